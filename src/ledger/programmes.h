#pragma once
// Programmes: who gives money for chips, from which fund, to whom and for what. One file each in
// data/programmes; docs/PROGRAMMES.md says what a file may hold.
//
// A programme of kind vouchers grants vouchers to tenants. A programme of kind subsidy has a fund
// that pays a share of every bill it is for, whoever the payer is, until it runs dry.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "units/money.h"
#include "units/result.h"
#include "units/signature.h"
#include "units/time.h"

namespace granary {

inline constexpr int whole_share = 10'000;  // basis points

// A test on what is paid for and on who holds the voucher. What is empty asks nothing.
struct When {
  std::vector<std::string> purposes;  // of known_purposes()
  std::optional<Origin> origin;       // of the chip that really runs
  std::vector<std::string> chips;     // ids of the catalogue
  std::vector<std::string> sites;     // ids of sites
  std::vector<std::string> holders;   // words of which the holder declared one at the grant
  Instant from{}, until{};            // the use is within [from, until); zero: open
  int at_least = 0, at_most = 0;      // chips of the job; 0: any number
  int months = 0;  // until so many months after the holder's first voucher of it; 0: always
};

// A share of the price, in basis points, for what the test is about.
struct ShareRule {
  When when;
  int share = whole_share;
};

// No more than that for one holder, from all vouchers of the programme together; of the rows of one
// window the first that is for the voucher counts. A row for some counts what their vouchers pay.
struct HolderCap {
  Money amount;
  enum class Per { year, ever } per = Per::year;  // a calendar year of the use, UTC
  std::vector<std::string> except;                // not for those that declared one of these
  std::vector<std::string> holders = {};          // only for those that did; empty: for everybody
};

// Who gives a part of a programme's money.
struct Funder {
  std::string issuer;  // account CITY:<issuer>
  int weight = 1;      // of every grant, and of every capture of what was granted
  Money fund;          // what it puts in
};

// Of programmes that exclude each other, those of one group: a holder has one open voucher of all
// of them, or a contract gets one ever.
struct Exclusive {
  std::string group;  // empty: excludes nothing
  enum class Per { holder, contract } per = Per::holder;
};

// What vouchers of another programme may be exchanged for: `give` of its unit for `get` of ours.
struct ExchangeRate {
  std::string programme;
  Money give, get;  // more than zero
  Instant from{};   // the latest row that has begun counts
};

// Of a programme that counts in a unit of its own (hours, credits): what a chip costs for an hour.
struct UnitPrice {
  When when;
  Rate rate;
};

// Above any of these, somebody other than the programme must have agreed; zero: no such bound.
struct Approval {
  Money amount;                 // of one grant
  int chips = 0;                // of one job
  std::int64_t chip_hours = 0;  // of one job
};

// A key with which the issuer signs certificates of grants; good within [from, until) and until it
// is revoked.
struct IssuerKey {
  std::string id;  // "2026-a"
  PublicKey key;
  Instant from{}, until{}, revoked{};  // zero: open, never
};

struct Programme {
  std::string id;  // "city-2026"
  std::string name;
  std::string issuer;  // whose money it is: account CITY:<issuer>
  std::string asset = "CNY";
  enum class Kind { vouchers, subsidy } kind = Kind::vouchers;
  Money fund;                         // appropriated when the programme is configured
  std::vector<std::string> purposes;  // vouchers may be limited to these or fewer; empty: any
  std::vector<std::string> sites;     // where it may be spent; empty: anywhere
  std::vector<ShareRule> shares;      // the first that matches; empty: the whole price
  std::vector<HolderCap> caps;
  std::vector<Funder> funders;  // who give the fund together; empty: the issuer gives all of it
  Exclusive exclusive;
  std::vector<ExchangeRate> exchange;
  // In kind: the asset is a unit of its own ("hour", "credit"), which pays for the whole of a job
  // at the first price that matches. Empty: the asset is money.
  std::vector<UnitPrice> prices;
  // Of vouchers: paid with at once, or paid back. Who is paid back pays all of a job first, and the
  // voucher's share becomes due to them; it is paid when the programme has approved it.
  enum class Mode { prepaid, reimburse } mode = Mode::prepaid;
  std::vector<int> tranches;  // shares of a grant, released one after the other; empty: all at once
  Approval approval;
  // Of vouchers: whether a subsidy may pay a part of the same use. Else the voucher pays its share
  // of the whole price, and the subsidy nothing of it.
  bool with_subsidy = false;
  // What an expiry means for a claim: its use until then is paid (use), or the claim must end by
  // then (end).
  enum class Basis { use, end } basis = Basis::use;
  // What becomes of what expired: it stays with EXPIRED:<programme>, goes back to the fund and can
  // be granted again, or back to the issuer.
  enum class Lapse { kept, fund, issuer } lapse = Lapse::kept;
  // Whether its fund pays the site for the work that its jobs make others lose; else the site bears
  // what it gives back.
  bool bears_preemption = false;
  std::vector<std::string> holders;  // words of which a holder must declare one; empty: anybody
  std::vector<std::string> declare;  // words that every holder must declare
  Instant from{}, until{};           // grants are made within [from, until); zero: open
  int months = 0;                    // a voucher lasts at most so many months; 0: no such limit
  std::vector<IssuerKey> keys;       // empty: it has no certificates
  bool certified = false;            // grants are made by certificate only
  Standing standing = Standing::declared;
  std::string source;
  // Names of fields that nobody has found out. Nothing is granted until they are known.
  std::vector<std::string> unknown;
};

using Programmes = std::map<std::string, Programme>;

// Where a programme's money comes from: one part for each funder, or one of its issuer, whose
// suffix is empty. Its accounts are CITY:<issuer>, FUND:<programme><suffix> and
// EXPIRED:<programme><suffix>.
struct FundPart {
  std::string issuer, suffix;  // "/<issuer>"
  int weight = 1;
  Money fund;
};
std::vector<FundPart> fund_parts(const Programme&);

// The same time of day so many months later, or on the last day of a shorter month.
Instant months_after(Instant, int months);

// What work may be paid for, in the order of the help text: pretrain, finetune, serve, run (a
// program of the tenant's own).
const std::vector<std::string>& known_purposes();

// Reads the documents of the folder programmes; others are not looked at. The catalogue has the
// sources and chips that files name. Errors name file, line and fix: those of the catalogue
// (G1020..G1029), G1033 for funds that contradict each other, G1034 for a duplicate id, G1105 and
// G1106 for funders, G1107 for rates of exchange.
Result<Programmes> parse_programmes(std::span<const Document>, const Catalog&);

}  // namespace granary
