#pragma once
// Everything that the reports of money are made of, summed from the first entry on. Two of them,
// one at the beginning of a period and one at its end, make a statement of it.

#include <map>
#include <string>

#include "report/debts.h"
#include "report/uses.h"

namespace granary {

// A site's revenue account under one operator. In a programme's own unit what was used in kind.
struct SiteKey {
  std::string operated_by, site, asset;
  friend auto operator<=>(const SiteKey&, const SiteKey&) = default;
};
struct SiteMoney {
  Money earned, refunded, paid_out;
  Money left() const { return earned - refunded - paid_out; }
};

// The part of a programme that one issuer gave.
struct FundKey {
  std::string programme, issuer, asset;
  friend auto operator<=>(const FundKey&, const FundKey&) = default;
};
struct FundMoney {
  Money appropriated;  // by the issuer
  Money granted;       // vouchers, what is promised included
  Money used;          // captured from vouchers, or as a subsidy
  Money refunded;      // of it
  Money paid_back;     // to tenants who had paid first, once approved
  Money expired;       // vouchers at their expiry
  Money returned;      // to the fund, to be granted again
  Money lapsed;        // to the issuer: it does not owe it any more
  Money exchanged;     // in from another programme, less out
  // What must still be on its accounts.
  Money left() const { return appropriated - used + refunded - paid_back - lapsed + exchanged; }
};

// What went through BANK:<asset>.
struct BankMoney {
  Money paid_in, paid_back;  // by tenants, to tenants
  Money settled, paid_out;   // by issuers, to sites
  Money left() const { return paid_in - paid_back + settled - paid_out; }
};

struct DebtorKey {
  std::string issuer, asset;
  friend auto operator<=>(const DebtorKey&, const DebtorKey&) = default;
};

struct Totals {
  Uses uses;
  std::map<SiteKey, SiteMoney> sites;
  std::map<FundKey, FundMoney> funds;
  std::map<DebtorKey, Debtor> debtors;  // in currencies; what is owed in kind is not paid by a bank
  std::map<std::string, BankMoney> bank;
};

}  // namespace granary
