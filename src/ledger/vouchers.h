#pragma once
// Granting, expiring and drawing on vouchers. A voucher is an account: one grant, one expiry, one
// set of purposes; never merged, never transferable, never a bearer token.
//
// Functions here read Books and return the events that would change them; the caller folds them
// with evolve() in order.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ledger/books.h"
#include "ledger/programmes.h"

namespace granary {

using BooksEvent = std::variant<Opened, Posted, Granted, Closed>;
void evolve(Books&, const BooksEvent&);

// Opens FUND:<programme>, CITY:<issuer> and EXPIRED:<programme> where missing and posts the fund.
// When the programme was configured before, posts only what its fund has grown by; a smaller fund
// changes nothing. `appropriated` is what earlier calls posted.
std::vector<BooksEvent> appropriate(const Books&, const Programme&, Money appropriated);

struct Grant {
  std::string programme, holder;
  Money amount;
  std::vector<std::string> purposes;  // empty: those of the programme
  Instant expires{};
};
// The voucher's account and the money from the fund. Refused: unknown programme (G2005 with the
// nearest), amount not positive (G1008), expiry not after now (G4004), a purpose outside the
// programme (G4005), a fund that has run dry (G4006: has, needs).
Result<std::vector<BooksEvent>> grant(const Books&, const std::map<std::string, Programme>&,
                                      const Grant&, Instant now);

// At its expiry the free part of a voucher moves to EXPIRED:<programme>; holds placed in time stay
// good until they are captured or released, and what they release then follows it. Closes the
// voucher when nothing is held. Nothing to do gives no events.
std::vector<BooksEvent> expire(const Books&, Id<Voucher>, Instant now);

// What a payment needs: an amount, for a purpose, used until an instant.
struct Payment {
  std::string holder, purpose, asset;
  Money amount;
  Instant until{};  // the claim would end then: a voucher pays only for use before its expiry
};

// Why a voucher of the holder cannot be drawn on.
enum class ExcludedBecause { expired, ends_too_late, purpose, asset, empty };

struct VoucherView {
  Id<Voucher> voucher;
  Money left, held;  // left: balance not held
  std::optional<ExcludedBecause> excluded;
  Instant expires{};
  std::vector<std::string> purposes;
};

// Not enough: what was needed, what could be used, and each voucher of the holder with why not.
struct Shortfall {
  std::string holder, purpose;
  Money needed, have;
  Instant until{};
  std::vector<VoucherView> vouchers;
};

// One source of a payment, in draw order.
struct Draw {
  Id<Voucher> voucher;
  Money amount;
};

// Eligible vouchers in draw order: earliest expiry first, then fewer purposes, then id. Amounts
// sum to the payment. O(vouchers of all holders).
tl::expected<std::vector<Draw>, Shortfall> draw(const Books&, const Payment&);

// What the holder could pay for that purpose until then; the same eligibility as draw().
Money spendable(const Books&, const Payment&);

// "voucher v-9 has 3,720.00 left, the job needs 5,000.00 (short by 1,280.00). v-9 is the only one
// of edu-cloud whose purposes include finetune.": G4002.
// `payee`: what would be paid for, "job" or "reservation".
Error to_error(const Shortfall&, std::string_view payee = "job");

}  // namespace granary
