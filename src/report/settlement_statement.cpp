#include "report/settlement_statement.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "units/text.h"

namespace granary {
namespace {

template <class Map>
typename Map::mapped_type before_of(const Map& map, const typename Map::key_type& key) {
  const auto found = map.find(key);
  return found == map.end() ? typename Map::mapped_type{} : found->second;
}

std::vector<EarnedLine> earned_lines(const Fold& fold) {
  using Key = std::tuple<std::string, std::string, std::string, std::string, std::string,
                         std::string, std::string, std::string>;
  std::map<Key, Use> sums;
  for (const auto& [key, use] : fold.uses()) {
    if (key.paid_by == "reservation") continue;  // tokens only; the reservation is what was paid
    sums[{key.operated_by, key.site, key.chip, key.paid_by, key.programme, key.issuer,
          key.tenant_class, key.asset}] += use;
  }
  std::vector<EarnedLine> lines;
  for (const auto& [key, use] : sums) {
    const auto& [operated_by, site, chip, paid_by, programme, issuer, tenant_class, asset] = key;
    lines.push_back({operated_by, site, chip, paid_by, programme, issuer, tenant_class, asset,
                     use.earned, use.refunded, use.chip_time});
  }
  return lines;
}

std::vector<SiteLine> site_lines(const Fold& fold) {
  std::vector<SiteLine> lines;
  for (const auto& [key, now] : fold.closing().sites) {
    const SiteMoney before = before_of(fold.opening().sites, key);
    lines.push_back({key, before.left(), now.earned - before.earned, now.refunded - before.refunded,
                     now.paid_out - before.paid_out, now.left()});
  }
  return lines;
}

std::vector<OwedLine> owed_lines(const Fold& fold) {
  std::vector<OwedLine> lines;
  for (const auto& [key, debtor] : fold.closing().debtors) {
    const Debtor earlier = before_of(fold.opening().debtors, key);
    for (const auto& [creditor, now] : debtor.debts) {
      const Debt before = before_of(earlier.debts, creditor);
      lines.push_back({creditor.programme, key.issuer, creditor.to, key.asset, before.left(),
                       now.used - before.used, now.settled - before.settled, now.left()});
    }
  }
  return lines;
}

// A balance of the programme's accounts, by what the account is.
void add_balance(FundLine& line, const Account& account) {
  const auto is = [&](std::string_view prefix) { return account.name.starts_with(prefix); };
  (is("PROMISE:")                          ? line.promised
   : account.kind == AccountClass::voucher ? line.vouchers
   : account.kind == AccountClass::due     ? line.due
   : account.kind == AccountClass::expired ? line.expired
                                           : line.free) += account.balance();
}

FundMoney grown(const FundMoney& now, const FundMoney& before) {
  FundMoney moved;
  for (Money FundMoney::*part : {&FundMoney::appropriated, &FundMoney::granted, &FundMoney::used,
                                 &FundMoney::refunded, &FundMoney::paid_back, &FundMoney::expired,
                                 &FundMoney::returned, &FundMoney::lapsed, &FundMoney::exchanged}) {
    moved.*part = now.*part - before.*part;
  }
  return moved;
}

std::vector<FundLine> fund_lines(const Fold& fold) {
  std::vector<FundLine> lines;
  for (const auto& [key, now] : fold.closing().funds) {
    FundLine line;
    line.fund = key;
    line.moved = grown(now, before_of(fold.opening().funds, key));
    for (const auto& [id, origin] : fold.money().origins()) {
      const Account& account = fold.state().books.accounts.at(id);
      const FundKey of{origin.programme, origin.issuer, account.asset};
      if (of == key) add_balance(line, account);
    }
    const auto debtor = fold.closing().debtors.find({key.issuer, key.asset});
    if (debtor != fold.closing().debtors.end()) {
      for (const auto& [creditor, debt] : debtor->second.debts) {
        if (creditor.programme == key.programme) line.owed += debt.left();
      }
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

Money used_of(const Debtor& debtor) {
  Money sum;
  for (const auto& [creditor, debt] : debtor.debts) sum += debt.used;
  return sum;
}

std::vector<IssuerLine> issuer_lines(const Fold& fold) {
  std::vector<IssuerLine> lines;
  for (const auto& [key, now] : fold.closing().debtors) {
    const Debtor before = before_of(fold.opening().debtors, key);
    IssuerLine line{key.issuer,
                    key.asset,
                    before.left() - before.advance,
                    used_of(now) - used_of(before),
                    {},
                    now.left() - now.advance};
    line.settled = line.opening + line.used - line.closing;
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<PlatformLine> platform_lines(const Fold& fold) {
  std::map<std::string, PlatformLine> lines;
  for (const auto& [id, account] : fold.state().books.accounts) {
    if (!is_currency(account.asset)) continue;
    if (account.kind == AccountClass::cash || account.kind == AccountClass::owed) {
      lines[account.asset].of_tenants += account.balance();
    }
    if (account.kind == AccountClass::revenue) {
      lines[account.asset].of_operators += account.balance();
    }
  }
  for (const auto& [key, debtor] : fold.closing().debtors) {
    lines[key.asset].owed_by_issuers += debtor.left();
    lines[key.asset].of_issuers += debtor.advance;
  }
  std::vector<PlatformLine> all;
  for (auto& [asset, line] : lines) {
    const BankMoney before = before_of(fold.opening().bank, asset);
    const BankMoney now = before_of(fold.closing().bank, asset);
    line.asset = asset;
    line.opening = before.left();
    line.moved = {now.paid_in - before.paid_in, now.paid_back - before.paid_back,
                  now.settled - before.settled, now.paid_out - before.paid_out};
    line.closing = now.left();
    all.push_back(line);
  }
  return all;
}

// What an issuer owes by its own accounts: what it has put in and not paid yet, less what is still
// there.
Money owed_by_accounts(const Fold& fold, const DebtorKey& key) {
  const Account* const city = find_account(fold.state().books, "CITY:" + key.issuer);
  Money left = city == nullptr ? Money{} : city->balance();
  for (const auto& [id, origin] : fold.money().origins()) {
    const Account& account = fold.state().books.accounts.at(id);
    if (origin.issuer == key.issuer && account.asset == key.asset) left += account.balance();
  }
  for (const auto& [fund, money] : fold.closing().funds) {
    if (fund.issuer == key.issuer && fund.asset == key.asset) left -= money.exchanged;
  }
  return -left;
}

void check_programmes(const Fold& fold, const SettlementStatement& statement,
                      std::vector<CrossCheck>& checks) {
  for (const FundLine& line : statement.funds) {
    const auto& [programme, issuer, asset] = line.fund;
    const FundMoney now = fold.closing().funds.at(line.fund);
    checks.push_back(
        {fmt::format("what {} of {} moved leaves what is on its accounts", programme, issuer),
         asset, now.left(), line.free + line.promised + line.vouchers + line.due + line.expired});
    if (!is_currency(asset)) continue;
    Money operators;
    const auto debtor = fold.closing().debtors.find({issuer, asset});
    if (debtor != fold.closing().debtors.end()) {
      for (const auto& [creditor, debt] : debtor->second.debts) {
        if (creditor.programme == programme) operators += debt.used;
      }
    }
    checks.push_back(
        {fmt::format("operators and tenants got from {} of {} what it paid", programme, issuer),
         asset, operators, now.used - now.refunded + now.paid_back});
  }
}

std::vector<CrossCheck> checks_of(const Fold& fold, const SettlementStatement& statement) {
  std::vector<CrossCheck> checks;
  check_programmes(fold, statement, checks);
  for (const auto& [key, debtor] : fold.closing().debtors) {
    checks.push_back(
        {fmt::format("what {} owes to operators and tenants is what its accounts say", key.issuer),
         key.asset, debtor.left() - debtor.advance, owed_by_accounts(fold, key)});
  }
  std::map<std::pair<std::string, std::string>, Money> of_sites;
  for (const auto& [key, money] : fold.closing().sites) {
    of_sites[{key.site, key.asset}] += money.left();
  }
  for (const auto& [site, left] : of_sites) {
    const auto& [id, asset] = site;
    const std::string name = is_currency(asset) ? "REV:" + id : "USED:" + id + "/" + asset;
    const Account* const account = find_account(fold.state().books, name);
    checks.push_back({fmt::format("what {} has left is its account's balance", id), asset, left,
                      account == nullptr ? Money{} : account->balance()});
  }
  for (const PlatformLine& line : statement.platform) {
    const Account* const bank = find_account(fold.state().books, "BANK:" + line.asset);
    checks.push_back({"what the bank holds is what went through it", line.asset,
                      bank == nullptr ? Money{} : -bank->balance(), line.closing});
    checks.push_back({"what the bank holds and issuers owe is tenants', operators' and issuers'",
                      line.asset, line.closing + line.owed_by_issuers,
                      line.of_tenants + line.of_operators + line.of_issuers});
  }
  return checks;
}

tl::unexpected<Error> unknown(const std::string& what, const std::string& name,
                              const std::set<std::string>& known) {
  const std::string near =
      name.size() > 64 ? "" : nearest(name, std::vector<std::string>(known.begin(), known.end()));
  return fail(
      Error::Kind::not_found, 2115,
      fmt::format("no {} \"{}\" in the journal up to then ({} there).{}", what, name.substr(0, 40),
                  known.size(), near.empty() ? "" : " Did you mean " + near + "?"));
}

template <class Line, class Concerns>
void keep(std::vector<Line>& lines, Concerns concerns) {
  std::erase_if(lines, [&](const Line& line) { return !concerns(line); });
}

}  // namespace

bool SettlementStatement::agrees() const {
  return std::all_of(checks.begin(), checks.end(),
                     [](const CrossCheck& check) { return check.holds(); });
}

SettlementStatement settlement_statement(const Fold& fold) {
  SettlementStatement statement;
  statement.earned = earned_lines(fold);
  statement.sites = site_lines(fold);
  statement.owed = owed_lines(fold);
  statement.funds = fund_lines(fold);
  statement.issuers = issuer_lines(fold);
  statement.platform = platform_lines(fold);
  statement.checks = checks_of(fold, statement);
  return statement;
}

Result<SettlementStatement> only_of(SettlementStatement statement, const Party& party,
                                    const Fold& fold) {
  const std::string& operated_by = party.operated_by;
  const std::string& programme = party.programme;
  std::set<std::string> operators, programmes, issuers;
  for (const auto& [site, id] : fold.money().operators()) operators.insert(id);
  for (const auto& [key, money] : fold.closing().funds) {
    programmes.insert(key.programme);
    if (key.programme == programme) issuers.insert(key.issuer);
  }
  if (!operated_by.empty() && operators.count(operated_by) == 0) {
    return unknown("operator", operated_by, operators);
  }
  if (!programme.empty() && programmes.count(programme) == 0) {
    return unknown("programme", programme, programmes);
  }
  const auto asks = [](const std::string& wanted, const std::string& value) {
    return wanted.empty() || wanted == value;
  };
  keep(statement.earned, [&](const EarnedLine& line) {
    return asks(operated_by, line.operated_by) && asks(programme, line.programme);
  });
  keep(statement.owed, [&](const OwedLine& line) {
    return asks(operated_by, line.to) && asks(programme, line.programme);
  });
  keep(statement.sites, [&](const SiteLine& line) {
    return programme.empty() && asks(operated_by, line.site.operated_by);
  });
  keep(statement.funds, [&](const FundLine& line) {
    return operated_by.empty() && asks(programme, line.fund.programme);
  });
  keep(statement.issuers, [&](const IssuerLine& line) {
    return operated_by.empty() && (programme.empty() || issuers.count(line.issuer) != 0);
  });
  if (!operated_by.empty() || !programme.empty()) statement.platform.clear();
  return statement;
}

}  // namespace granary
