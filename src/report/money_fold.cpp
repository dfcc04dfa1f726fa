#include "report/money_fold.h"

#include <algorithm>
#include <vector>

#include "units/text.h"

namespace granary {
namespace {

bool begins(const Account& account, std::string_view prefix) {
  return account.name.starts_with(prefix);
}
std::string after_colon(const Account& account) {
  return account.name.substr(account.name.find(':') + 1);
}
// "city" of "city" and of "city/province".
std::string up_to_slash(const std::string& name) { return name.substr(0, name.find('/')); }

bool of_a_programme(const Account& account) {
  switch (account.kind) {
    case AccountClass::fund:
    case AccountClass::voucher:
    case AccountClass::expired:
    case AccountClass::subsidy:
    case AccountClass::due:
      return true;
    default:
      return false;
  }
}

// The site of REV:<site> and of USED:<site>/<unit>.
std::string site_of(const Account& account) { return up_to_slash(after_colon(account)); }

std::string joined_words(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : "+") + word;
  return text;
}

bool moves(LegKind kind) { return kind == LegKind::post || kind == LegKind::capture; }

}  // namespace

void MoneyFold::add(const State& before, const Event& event) {
  configured(before);
  if (const auto* posted = std::get_if<Posted>(&event)) {
    for (const Leg& one : posted->transfer.legs) leg(before, posted->transfer, one);
  } else if (const auto* line = std::get_if<LineOpen>(&event)) {
    metered(before, line->line);
  } else if (const auto* closed = std::get_if<LineClosed>(&event)) {
    left_unpaid(before, closed->owner, "nothing");
  } else if (const auto* progress = std::get_if<Progressed>(&event)) {
    progressed(before, *progress);
  } else if (const auto* given = std::get_if<Granted>(&event)) {
    granted(before, given->voucher);
  } else if (const auto* end = std::get_if<Ended>(&event)) {
    ended(before, *end);
  } else if (const auto* cancelled = std::get_if<CancelledWaiting>(&event)) {
    tokens_.erase(cancelled->job);
  }
}

// A site that is not configured any more keeps the operator it had.
void MoneyFold::configured(const State& state) {
  if (state.configuration == known_) return;
  known_ = state.configuration;
  for (const auto& [id, site] : known_->catalog.sites) operators_[id] = site.operated_by;
}

std::optional<UseKey> MoneyFold::key_of(const State& state, const std::string& owner) const {
  UseKey key;
  const Claim* claim = nullptr;
  if (const auto id = parse_id<Job>(owner.substr(0, owner.find('/')))) {
    const auto job = state.jobs.find(*id);
    if (job == state.jobs.end() || !job->second.claim) return std::nullopt;
    key.tenant = job->second.request.payer;
    key.purpose = job->second.request.purpose;
    claim = &*job->second.claim;
  } else if (const auto reserved = parse_id<Reservation>(owner)) {
    const auto reservation = state.reservations.find(*reserved);
    if (reservation == state.reservations.end()) return std::nullopt;
    key.tenant = reservation->second.payer;
    key.purpose = "reservation";
    claim = &reservation->second.claim;
  } else {
    return std::nullopt;
  }
  const auto words = declared_.find(key.tenant);
  if (words != declared_.end()) key.tenant_class = joined_words(words->second);
  const Pool* const pool = find_pool(state.configuration->pools, claim->pool);
  if (pool == nullptr) return std::nullopt;
  key.site = pool->site;
  key.chip = pool->chip;
  key.operated_by = operators_.at(pool->site);
  key.origin = to_text(state.configuration->catalog.chips.at(pool->chip).origin);
  return key;
}

void MoneyFold::granted(const State& state, const Voucher& voucher) {
  declared_[voucher.holder].insert(voucher.declared.begin(), voucher.declared.end());
  // Of one that no fund of its own programme pays into: what another was exchanged for.
  const auto programme = state.configuration->programmes.find(voucher.programme);
  const std::string issuer =
      programme == state.configuration->programmes.end() ? "" : programme->second.issuer;
  for (const Purse& purse : purses_of(voucher)) {
    // "/<funder>" where several give it.
    origins_[purse.account] = {voucher.programme,
                               purse.suffix.empty() ? issuer : purse.suffix.substr(1)};
  }
}

// Money keeps its origin as it goes from a fund to a voucher and on.
void MoneyFold::learn_origin(const Account& debit, const Account& credit) {
  if (!of_a_programme(credit)) return;
  if (begins(debit, "CITY:")) {
    origins_[credit.id] = {up_to_slash(after_colon(credit)), after_colon(debit)};
    return;
  }
  const auto from = origins_.find(debit.id);
  if (from == origins_.end() || !of_a_programme(debit)) return;
  if (begins(debit, "FUND:") || origins_.count(credit.id) == 0) {
    origins_[credit.id] = from->second;
  }
}

void MoneyFold::leg(const State& state, const Transfer& transfer, const Leg& one) {
  const Account& debit = state.books.accounts.at(one.debit);
  const Account& credit = state.books.accounts.at(one.credit);
  learn_origin(debit, credit);
  if (!moves(one.kind)) return;
  if (credit.kind == AccountClass::revenue) {
    revenue(state, transfer, debit, credit, one.amount);
  } else if (debit.kind == AccountClass::revenue && !begins(credit, "BANK:")) {
    revenue(state, transfer, credit, debit, -one.amount);
  } else if (begins(debit, "BANK:") || begins(credit, "BANK:")) {
    through_bank(debit, credit, one.amount);
  } else {
    within_programmes(debit, credit, one.amount);
  }
}

// The payer's money becomes the site's, or goes back when it is negative.
void MoneyFold::revenue(const State& state, const Transfer& transfer, const Account& payer,
                        const Account& site, Money amount) {
  const std::string id = site_of(site);
  const std::string& operated_by = operators_[id];
  SiteMoney& money = totals_.sites[{operated_by, id, site.asset}];
  const bool back = amount < Money{};
  const Money size = back ? -amount : amount;
  (back ? money.refunded : money.earned) += size;
  if (of_a_programme(payer)) owes(payer, operated_by, amount);
  auto key = key_of(state, transfer.owner);
  if (!key) {
    key = UseKey{};
    key->operated_by = operated_by;
    key->site = id;
  }
  key->asset = site.asset;
  key->paid_by = transfer.reason == Reason::preemption ? "preemption"
                 : payer.kind == AccountClass::subsidy ? "subsidy"
                 : of_a_programme(payer)               ? "voucher"
                 : payer.kind == AccountClass::owed    ? "owed"
                                                       : "cash";
  if (const auto origin = origins_.find(payer.id); origin != origins_.end()) {
    key->programme = origin->second.programme;
    key->issuer = origin->second.issuer;
  }
  Use& use = totals_.uses[*key];
  (back ? use.refunded : use.earned) += size;
  if (!transfer.owner.empty()) open_[transfer.owner].paid[*key] += size;
}

// What a programme's money was used for becomes a debt of its issuer.
void MoneyFold::owes(const Account& payer, const std::string& to, Money amount) {
  const auto origin = origins_.find(payer.id);
  if (origin == origins_.end()) return;
  const auto& [programme, issuer] = origin->second;
  FundMoney& fund = totals_.funds[{programme, issuer, payer.asset}];
  if (to.empty()) {
    fund.paid_back += amount;
  } else if (amount < Money{}) {
    fund.refunded -= amount;
  } else {
    fund.used += amount;
  }
  if (is_currency(payer.asset)) {
    totals_.debtors[{issuer, payer.asset}].use({programme, to}, amount);
  }
}

void MoneyFold::within_programmes(const Account& debit, const Account& credit, Money amount) {
  if (begins(debit, "DUE:") && credit.kind == AccountClass::cash) return owes(debit, "", amount);
  const auto fund_of = [&](const Account& account) -> FundMoney* {
    const auto origin = origins_.find(account.id);
    if (origin == origins_.end()) return nullptr;
    const auto& [programme, issuer] = origin->second;
    return &totals_.funds[{programme, issuer, account.asset}];
  };
  FundMoney* const from = fund_of(debit);
  FundMoney* const to = fund_of(credit);
  if (begins(debit, "CITY:") && to != nullptr) {
    to->appropriated += amount;
  } else if (from == nullptr && to != nullptr) {
    to->exchanged += amount;
  } else if (from != nullptr && begins(credit, "CITY:")) {
    from->lapsed += amount;
  } else if (from != nullptr && to == nullptr) {
    from->exchanged -= amount;
  } else if (from == nullptr || to == nullptr) {
    return;  // limits, which are not money
  } else if (begins(debit, "FUND:")) {
    from->granted += amount;
  } else if (begins(credit, "EXPIRED:")) {
    from->expired += amount;
  } else if (begins(credit, "FUND:")) {
    from->returned += amount;
  }
}

void MoneyFold::through_bank(const Account& debit, const Account& credit, Money amount) {
  const bool in = begins(debit, "BANK:");
  const Account& party = in ? credit : debit;
  BankMoney& bank = totals_.bank[party.asset];
  if (party.kind == AccountClass::revenue) {
    bank.paid_out += amount;
    const std::string id = site_of(party);
    totals_.sites[{operators_[id], id, party.asset}].paid_out += amount;
  } else if (begins(party, "CITY:")) {
    bank.settled += amount;
    totals_.debtors[{after_colon(party), party.asset}].settle(amount);
  } else {
    (in ? bank.paid_in : bank.paid_back) += amount;
  }
}

void MoneyFold::progressed(const State& state, const Progressed& event) {
  const auto job = state.jobs.find(event.job);
  if (job == state.jobs.end() || event.report.tokens == 0) return;
  // What was lost with an attempt and is done again is not counted again.
  std::int64_t& most = tokens_[event.job];
  if (event.report.tokens <= most) return;
  Open& open = open_[owner_of(job->second)];
  open.tokens += event.report.tokens - most;
  open.reports += 1;
  most = event.report.tokens;
}

// Use and tokens since the last time go to who has paid since, in proportion to the money.
void MoneyFold::metered(const State& state, const Line& line) {
  const auto before = state.lines.find(line.owner);
  const ChipTime metered = before == state.lines.end() ? ChipTime{} : before->second.metered;
  if (line.metered == metered) return;
  Open& open = open_[line.owner];
  open.share_millis += (line.metered - metered).share_millis;
  std::vector<Money> weights;
  Money sum;
  for (const auto& [key, money] : open.paid) {
    weights.push_back(money);
    sum += money;
  }
  if (sum == Money{}) return;  // less than a micro-unit, or free: with the next of it
  const auto times = shared_out(open.share_millis, weights);
  const auto tokens = shared_out(open.tokens, weights);
  std::size_t i = 0;
  for (const auto& [key, money] : open.paid) {
    Use& use = totals_.uses[key];
    use.chip_time = use.chip_time + ChipTime{times[i]};
    use.tokens += tokens[i++];
    if (open.tokens > 0) use.reports += open.reports;
  }
  open = {};
}

void MoneyFold::left_unpaid(const State& state, const std::string& owner,
                            const std::string& paid_by) {
  const auto open = open_.find(owner);
  if (open == open_.end()) return;
  auto key = key_of(state, owner);
  if (key && (open->second.share_millis != 0 || open->second.tokens != 0)) {
    key->paid_by = paid_by;
    Use& use = totals_.uses[*key];
    use.chip_time = use.chip_time + ChipTime{open->second.share_millis};
    use.tokens += open->second.tokens;
    use.reports += open->second.reports;
  }
  open_.erase(open);
}

void MoneyFold::ended(const State& state, const Ended& event) {
  const auto job = state.jobs.find(event.job);
  if (job == state.jobs.end()) return;
  const bool inside = job->second.claim && job->second.claim->inside;
  left_unpaid(state, owner_of(job->second), inside ? "reservation" : "nothing");
  const bool again = event.outcome == Outcome::preempted || event.outcome == Outcome::lost;
  if (!again) tokens_.erase(event.job);
}

}  // namespace granary
