#pragma once
// A statement of one period between operators, issuers with their programmes, and the platform,
// made from the journal alone. Each side is summed by itself and the sides are checked against one
// another: what an issuer owes by the operators' books is what it owes by its own.

#include <string>
#include <vector>

#include "report/fold.h"

namespace granary {

// What an operator earned on one kind of chip, by whom it was paid.
struct EarnedLine {
  std::string operated_by, site, chip, paid_by, programme, issuer, tenant_class, asset;
  Money earned, refunded;
  ChipTime chip_time;
};
// A site of an operator: what the platform owes it.
struct SiteLine {
  SiteKey site;
  Money opening, earned, refunded, paid_out, closing;
};
// What a programme's issuer owes to an operator, or to tenants who are paid back (`to` is empty).
struct OwedLine {
  std::string programme, issuer, to, asset;
  Money opening, used, settled, closing;
};
struct FundLine {
  FundKey fund;
  FundMoney moved;                               // in the period
  Money free, promised, vouchers, due, expired;  // at its end
  Money owed;                                    // by its issuer for its use
};
struct IssuerLine {
  std::string issuer, asset;
  Money opening, used, settled, closing;  // owed; less than zero: paid in advance
};
// The platform between them: what its bank account held and for whom.
struct PlatformLine {
  std::string asset;
  Money opening;
  BankMoney moved;
  Money closing;
  Money of_tenants, of_operators, of_issuers, owed_by_issuers;  // at the end of the period
};
// Two sums that must be the same.
struct CrossCheck {
  std::string what, asset;
  Money one, other;
  bool holds() const { return one == other; }
};

struct SettlementStatement {
  std::vector<EarnedLine> earned;
  std::vector<SiteLine> sites;
  std::vector<OwedLine> owed;
  std::vector<FundLine> funds;
  std::vector<IssuerLine> issuers;
  std::vector<PlatformLine> platform;
  std::vector<CrossCheck> checks;
  bool agrees() const;
};

// Of everybody.
SettlementStatement settlement_statement(const Fold&);

// Only what concerns that operator or that programme; an empty name asks nothing. The checks stay.
// G2115 with the nearest name for one that the journal does not know.
struct Party {
  std::string operated_by, programme;
};
Result<SettlementStatement> only_of(SettlementStatement, const Party&, const Fold&);

}  // namespace granary
