#pragma once
// Granting, expiring and drawing on vouchers. A voucher is an account: one grant, one expiry, one
// set of purposes; never merged, never transferable, never a bearer token.
//
// Functions here read Books and return the events that would change them; the caller folds them
// with evolve() in order.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ledger/books.h"
#include "ledger/programmes.h"

namespace granary {

using BooksEvent =
    std::variant<Opened, Posted, Granted, Closed, TrancheReleased, BudgetSet, CreditLineSet>;
void evolve(Books&, const BooksEvent&);

// Opens FUND:<programme>, CITY:<issuer> and EXPIRED:<programme> where missing and posts the fund,
// or that `part` of fund_parts(). When the programme was configured before, posts only what its
// fund has grown by; a smaller fund changes nothing, and a programme that is not known in full has
// no accounts. `appropriated` is what earlier calls posted.
std::vector<BooksEvent> appropriate(const Books&, const Programme&, Money appropriated,
                                    std::size_t part = 0);

struct Grant {
  std::string programme, holder;
  Money amount;
  std::vector<std::string> purposes;  // empty: those of the programme
  Instant expires{};
  std::vector<std::string> declared = {};  // what the holder has stated: "start-up", "sme"
  std::string approved_by = {};            // who agreed, beside the programme; may be empty
  std::string contract = {};               // that the voucher is for; may be empty
};
// The voucher's account and the money from the fund. Refused: unknown programme (G2005 with the
// nearest), amount not positive (G1008), expiry not after now (G4004), a purpose outside the
// programme (G4005), a fund that has run dry (G4006: has, needs), a programme that is not known in
// full, does not grant, or not now, or not to this holder, or only with an approval (G4023), or
// only by certificate (G4127); a certificate that has become a voucher already (G4126), a holder or
// contract that another voucher excludes (G4106), a contract that is not named (G4107), a
// grant of which a funder would give nothing (G1106). Of several funders each gives its part into a
// purse of its own, V:<voucher>/<funder>, and each fund runs dry by itself. The money of later
// tranches waits in PROMISE:<voucher>.
// `certified`: the certificate it is granted by, checked already (engine/certificate.h).
Result<std::vector<BooksEvent>> grant(const Books&, const Programmes&, const Grant&, Instant now,
                                      const std::optional<Certified>& certified = {});

// The next tranche of a voucher: PROMISE>V. G2011 for no such voucher, G4025 when nothing is
// promised any more.
Result<std::vector<BooksEvent>> release_tranche(const Books&, const Programmes&, Id<Voucher>);

// What is due to the holder of a voucher that is paid back: approved, it becomes their cash;
// refused, it is the voucher's again. G2011, G4025 when less is due. `not_final` of an account, by
// name, may still have to be given back, and stays.
struct Reimbursement {
  Id<Voucher> voucher;
  Money amount;
  bool approved = true;
};
Result<std::vector<BooksEvent>> decide(const Books&, const Reimbursement&,
                                       const std::map<std::string, Money>& not_final = {});

// At its expiry the free part of a voucher moves to EXPIRED:<programme>; holds placed in time stay
// good until they are captured or released, and what they release then follows it. Closes the
// voucher when nothing is held. What expired lapses as its programme says. Nothing to do gives no
// events. What was promised and not released goes back to the fund.
std::vector<BooksEvent> expire(const Books&, const Programmes&, Id<Voucher>, Instant now);

// Why a voucher of the holder does not pay for a bill.
enum class ExcludedBecause {
  expired,
  ends_too_late,  // the claim would end after it, and its programme does not allow that
  purpose,
  asset,
  empty,
  site,        // its programme pays only at other sites
  no_share,    // no rate of its programme is for this chip, purpose or holder
  capped,      // the holder has had all that the programme gives in that year
  needs_cash,  // it pays a share, and nothing pays the rest
  unapproved,  // the job is larger than its programme lets pass without an approval
  unit_short,  // it pays in a unit of its own: too little of it, or no price for this chip
};

struct VoucherView {
  Id<Voucher> voucher;
  Money left, held;  // left: balance not held
  std::optional<ExcludedBecause> excluded;
  Instant expires{};
  std::vector<std::string> purposes;
  std::string programme;
  int share = whole_share;        // of the price, when it pays
  std::optional<Money> cap_left;  // what its programme's cap leaves the holder, at first
  std::string asset;
  std::optional<Money> unit_needed;  // of a unit of its own, where it has a price for the chip
};

// A budget as it binds a bill at one instant.
struct BudgetView {
  std::string tenant, team, asset;
  std::string window;            // "2026-11", or "ever"
  std::optional<Money> amount;   // nothing: the team has no budget in that currency
  Money used, held, left;        // in that window
  std::optional<Instant> until;  // when its month ends
};
// "the budget of team vision of lab for 2026-11 has 20.00 of 5,000.00 left; that of the next month
// begins on 2026-12-01T00:00:00Z".
std::string to_text(const BudgetView&);

// Not enough: what was needed, what could be paid, and each voucher of the holder with why not.
struct Shortfall {
  std::string holder, purpose, chip, site;
  Money needed, have;
  Instant until{};
  std::vector<VoucherView> vouchers;
  std::optional<Money> cash;         // left, if the holder has an account; with its credit
  bool credit = false;               // whether it has a credit line
  std::optional<BudgetView> budget;  // that ends what the holder may pay
};

// "voucher v-9 has 3,720.00 left, the job needs 5,000.00 (short by 1,280.00). v-9 is the only one
// of edu-cloud whose purposes include finetune.": G4002.
// `payee`: what would be paid for, "job" or "reservation".
Error to_error(const Shortfall&, std::string_view payee = "job");

}  // namespace granary
