// Whether an event may be folded after a state: what step() guarantees and evolve() asserts, asked
// of events that somebody may have written by hand.

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <set>

#include "engine/followed.h"
#include "engine/stepper.h"

namespace granary {
namespace {

constexpr Instant last_instant{std::chrono::sys_days(std::chrono::year(10'000) / 1 / 1)};

tl::unexpected<Error> odd(std::string what) {
  return fail(Error::Kind::failed, 9041, std::move(what));
}

bool is_sane(Instant at) { return at >= Instant{} && at <= last_instant; }

class Follows {
 public:
  explicit Follows(const State& state) : s_(state) {}

  Result<void> on(const Configured& e) const {
    std::vector<Document> documents;
    for (const ConfiguredDocument& d : e.documents) {
      if (!d.text.empty() && sha256(d.text) != d.hash) {
        return odd("the text of " + d.name + " does not give its hash");
      }
      const auto known = s_.contents.find(d.hash);
      if (d.text.empty() && known == s_.contents.end() && d.hash != sha256("")) {
        return odd("the text of " + d.name + " was never there");
      }
      documents.push_back(
          {d.name, d.text.empty() && known != s_.contents.end() ? known->second : d.text});
    }
    const auto made = configure(std::move(documents), e.policy, e.limits, s_.pool_ids);
    if (!made) return odd("its configuration is refused: " + made.error().what);
    return {};
  }

  Result<void> on(const Appropriated& e) const {
    if (e.total < Money{}) return odd("it appropriates " + to_grouped_text(e.total));
    return {};
  }

  Result<void> on(const Opened& e) const {
    const Account& a = e.account;
    if (a.id.value != s_.books.next_account || s_.books.by_name.count(a.name) != 0) {
      return odd(
          fmt::format("it opens {} as account {}; the next is {}, and each name is used once",
                      a.name, a.id.value, s_.books.next_account));
    }
    if (a.debits_pending != Money{} || a.debits_posted != Money{} || a.credits_pending != Money{} ||
        a.credits_posted != Money{} || a.credit_line != Money{}) {
      return odd("it opens " + a.name + " with money on it");
    }
    return {};
  }

  Result<void> on(const Posted& e) const {
    for (const Leg& leg : e.transfer.legs) {
      if (leg.kind != LegKind::hold) continue;
      const auto to = s_.books.accounts.find(leg.credit);
      if (to == s_.books.accounts.end()) continue;  // admit() says so
      const AccountClass kind = to->second.kind;
      if (kind != AccountClass::revenue && kind != AccountClass::due &&
          kind != AccountClass::limit) {
        return odd("it holds money for " + to->second.name + ", where no use of chips is paid to");
      }
    }
    if (auto admitted = admit(s_.books, e.transfer); !admitted) return odd(admitted.error().what);
    return {};
  }

  Result<void> on(const Granted& e) const {
    const Voucher& v = e.voucher;
    const std::string id = to_text(v.id);
    if (v.id.value != s_.books.next_voucher) {
      return odd(fmt::format("it grants {}; the next is v-{}", id, s_.books.next_voucher));
    }
    if (v.face < Money{} || v.closed || !is_sane(v.expires) || !is_sane(v.granted)) {
      return odd(id + " is no voucher that can be granted");
    }
    std::set<std::string> suffixes;
    for (const Purse& purse : purses_of(v)) {
      const auto account = s_.books.accounts.find(purse.account);
      if (account == s_.books.accounts.end() || account->second.kind != AccountClass::voucher ||
          account->second.name != "V:" + id + purse.suffix || purse.weight <= 0 ||
          !suffixes.insert(purse.suffix).second) {
        return odd(id + " has no account of its own");
      }
    }
    if (purses_of(v).front().account != v.account) return odd(id + " has two accounts");
    if (v.exchanged && s_.books.vouchers.count(v.exchanged->from) == 0) {
      return odd(id + " is exchanged for " + to_text(v.exchanged->from) + ", which nobody has");
    }
    return {};
  }

  Result<void> on(const TrancheReleased& e) const { return voucher(e.voucher); }

  Result<void> on(const Closed& e) const {
    if (auto good = voucher(e.voucher); !good) return good;
    for (const Purse& purse : purses_of(s_.books.vouchers.at(e.voucher))) {
      if (s_.books.accounts.at(purse.account).debits_pending == Money{}) continue;
      return odd("it closes " + to_text(e.voucher) + ", of which money is held");
    }
    return {};
  }

  Result<void> on(const BudgetSet& e) const {
    if (e.budget.amount && *e.budget.amount < Money{}) {
      return odd("it sets a budget of " + to_grouped_text(*e.budget.amount));
    }
    return {};
  }

  Result<void> on(const CreditLineSet& e) const {
    const auto account = s_.books.accounts.find(e.account);
    if (account == s_.books.accounts.end() || account->second.kind != AccountClass::cash) {
      return odd("it gives credit to what is nobody's cash");
    }
    const Wide left = static_cast<Wide>(account->second.available().micros) + e.line.micros;
    if (e.line < Money{} || left < 0) {
      return odd("a credit line of " + to_grouped_text(e.line) + " is below what " +
                 account->second.name + " has used");
    }
    return {};
  }

  Result<void> on(const QuoteMade& e) const {
    if (!is_sane(e.quote.made)) return odd("a quote was made at no time that there is");
    return {};
  }

  Result<void> on(const Accepted& e) const {
    const Job& job = e.job;
    if (job.id.value != s_.next_job) {
      return odd(fmt::format("it accepts {}; the next is j-{}", to_text(job.id), s_.next_job));
    }
    if (job.state != JobState::waiting || job.claim || job.attempt != 0) {
      return odd(to_text(job.id) + " has begun before it was accepted");
    }
    const auto& choices = job.request.choices;
    const bool countable = std::all_of(choices.begin(), choices.end(), [](const Choice& c) {
      return c.span > Span(0) && c.span <= max_span && c.wanted.chips > 0 && c.wanted.share > 0;
    });
    if (choices.empty() || !countable) return odd(to_text(job.id) + " asks for nothing");
    if (job.request.inside && s_.reservations.count(*job.request.inside) == 0) {
      return odd(to_text(job.id) + " is inside a reservation that nobody has");
    }
    return {};
  }

  Result<void> on(const Waits& e) const { return waiting(e.job); }
  Result<void> on(const CancelledWaiting& e) const { return waiting(e.job); }

  Result<void> on(const Started& e) const {
    if (auto good = waiting(e.job); !good) return good;
    const Job& job = s_.jobs.at(e.job);
    if (e.attempt != job.attempt + 1 || e.choice >= job.request.choices.size()) {
      return odd(fmt::format("{} starts attempt {} after {}, with choice {}", to_text(e.job),
                             e.attempt, job.attempt, e.choice));
    }
    if (e.claim.inside && s_.reservations.count(*e.claim.inside) == 0) {
      return odd(to_text(e.job) + " runs inside a reservation that nobody has");
    }
    return claim(e.claim, e.job);
  }

  Result<void> on(const Confirmed& e) const { return running(e.job, e.attempt); }
  Result<void> on(const Asked& e) const {
    if (!is_sane(e.at)) return odd("an executor is asked at no time that there is");
    return running(e.job, e.attempt);
  }
  Result<void> on(const Progressed& e) const { return running(e.job, e.attempt); }
  Result<void> on(const Ended& e) const {
    if (!is_sane(e.at)) return odd(to_text(e.job) + " ends at no time that there is");
    return running(e.job, e.attempt);
  }

  Result<void> on(const Extended& e) const { return until(e.job, std::nullopt, e.until); }
  Result<void> on(const Stopping& e) const { return until(e.job, e.attempt, e.until); }

  Result<void> on(const ReservationMade& e) const {
    const Reservation& r = e.reservation;
    if (r.id.value != s_.next_reservation || !r.open) {
      return odd(fmt::format("it makes {}; the next is r-{}", to_text(r.id), s_.next_reservation));
    }
    return claim(r.claim, r.id);
  }

  Result<void> on(const ReservationEnded& e) const {
    const auto found = s_.reservations.find(e.reservation);
    if (found != s_.reservations.end() && found->second.open) return {};
    return odd(to_text(e.reservation) + " is not open");
  }

  Result<void> on(const LineOpen& e) const {
    const Line& line = e.line;
    const std::size_t holds = line.holds.size();
    if (line.sources.size() != holds || line.captured.size() != holds) {
      return odd("the line of " + line.owner + " does not add up");
    }
    Wide captured = line.paid.micros;
    for (std::size_t i = 0; i < holds; ++i) {
      if (line.holds[i].value >= s_.books.next_hold || line.captured[i] < Money{} ||
          s_.books.accounts.count(line.sources[i]) == 0) {
        return odd("the line of " + line.owner + " names a hold or account that is not there");
      }
      captured += line.captured[i].micros;
    }
    if (captured > std::numeric_limits<std::int64_t>::max() || line.metered < ChipTime{} ||
        line.paid < Money{}) {
      return odd("the line of " + line.owner + " has captured more than there can be");
    }
    if (auto good = agreed(line); !good) return good;
    return stretches(line);
  }

  Result<void> on(const LineClosed& e) const {
    const auto line = s_.lines.find(e.owner);
    if (line == s_.lines.end()) return odd("the line of " + e.owner + " is not open");
    Money before;
    if (const auto id = parse_id<Job>(e.owner.substr(0, e.owner.find('/')))) {
      const auto job = s_.jobs.find(*id);
      if (job == s_.jobs.end()) return odd("there is no " + to_text(*id));
      before = job->second.paid;
    } else if (const auto reservation = parse_id<Reservation>(e.owner)) {
      const auto found = s_.reservations.find(*reservation);
      if (found == s_.reservations.end()) return odd("there is no " + to_text(*reservation));
      before = found->second.paid;
    }
    if (checked_add(before, paid_by(line->second))) return {};
    return odd("the line of " + e.owner + " has captured more than there can be");
  }

  Result<void> on(const SiteFollowed& e) const {
    if (auto site = find_followed(s_.configuration->catalog, e.site); !site) {
      return odd(site.error().what);
    }
    const auto known = s_.followed.find(e.site);
    if (!is_sane(e.as_of) || (known != s_.followed.end() && e.as_of < known->second.as_of)) {
      return odd(e.site + " was read at no time that can be");
    }
    return {};
  }
  Result<void> on(const Alerted&) const { return {}; }
  Result<void> on(const AlertOver&) const { return {}; }
  Result<void> on(const Answered& e) const { return answered(e.at); }
  Result<void> on(const Refused& e) const { return answered(e.at); }

 private:
  static Result<void> answered(Instant at) {
    if (!is_sane(at)) return odd("it is answered at no time that there is");
    return {};
  }

  Result<void> voucher(Id<Voucher> id) const {
    if (s_.books.vouchers.count(id) == 0) return odd("there is no " + to_text(id));
    return {};
  }

  Result<void> waiting(Id<Job> id) const {
    const auto job = s_.jobs.find(id);
    if (job != s_.jobs.end() && job->second.state == JobState::waiting && !job->second.claim) {
      return {};
    }
    return odd(to_text(id) + " does not wait");
  }

  Result<void> running(Id<Job> id, std::optional<int> attempt) const {
    const auto job = s_.jobs.find(id);
    if (job != s_.jobs.end() && job->second.claim &&
        attempt.value_or(job->second.attempt) == job->second.attempt) {
      return {};
    }
    return odd(to_text(id) + " does not run" +
               (attempt ? " in attempt " + std::to_string(*attempt) : ""));
  }

  Result<void> until(Id<Job> id, std::optional<int> attempt, Instant until) const {
    if (auto good = running(id, attempt); !good) return good;
    Claim longer = *s_.jobs.at(id).claim;
    longer.until = until;
    return span(longer);
  }

  Result<void> claim(const Claim& c, const Owner& owner) const {
    if (c.owner != owner) return odd("the chips of " + to_text(owner) + " are another's");
    const Pool* const pool = find_pool(s_.configuration->pools, c.pool);
    const bool there =
        pool != nullptr && !c.held.empty() &&
        std::all_of(c.held.begin(), c.held.end(), [&](const Held& held) {
          const auto node = std::find_if(pool->nodes.begin(), pool->nodes.end(),
                                         [&](const Node& one) { return one.id == held.node; });
          return node != pool->nodes.end() && held.chip >= 0 && held.chip < node->chips &&
                 held.share > 0 && held.share <= whole_chip;
        });
    if (!there) return odd(to_text(owner) + " claims chips that are not held");
    return span(c);
  }

  Result<void> span(const Claim& c) const {
    const bool good = is_sane(c.from) && is_sane(c.until) && c.until >= c.from &&
                      static_cast<Wide>(shares_of(c)) * (c.until - c.from).count() <=
                          std::numeric_limits<std::int64_t>::max();
    if (good) return {};
    return odd(to_text(c.owner) + " claims its chips for no time that there is");
  }

  static Result<void> agreed(const Line& line) {
    bool good = line.rate.first.per_chip_hour >= Money{};
    ChipTime from;
    for (const AgreedTariff& part : line.rate.tariffs) {
      good = good && part.from >= from && part.shares > 0 && is_sane(part.at) &&
             part.tariff.rate.per_chip_hour >= Money{};
      for (const TariffRow& row : part.tariff.rows) {
        good = good && row.rate.per_chip_hour >= Money{} && row.begins >= Span(0) &&
               row.ends >= Span(0) && row.begins <= std::chrono::hours(24) &&
               row.ends <= std::chrono::hours(24) && is_sane(row.from) && is_sane(row.until);
      }
      from = part.from;
    }
    if (good) return {};
    return odd("what the line of " + line.owner + " costs is no price");
  }

  static Result<void> stretches(const Line& line) {
    bool good = true;
    Money from;
    for (const Stretch& stretch : line.stretches) {
      good = good && stretch.upto >= from;
      from = stretch.upto;
      for (const Part& part : stretch.parts) {
        good = good && part.share >= 0 && part.share <= whole_share &&
               std::all_of(part.weights.begin(), part.weights.end(),
                           [](int weight) { return weight > 0; }) &&
               std::all_of(part.holds.begin(), part.holds.end(), [&](int hold) {
                 return hold >= -1 && hold < static_cast<int>(line.holds.size());
               });
      }
    }
    if (good) return {};
    return odd("who pays for " + line.owner + " does not add up");
  }

  const State& s_;
};

}  // namespace

Result<void> follows(const State& state, const Event& event) {
  const bool needs_stock = !std::holds_alternative<Configured>(event) &&
                           !std::holds_alternative<Answered>(event) &&
                           !std::holds_alternative<Refused>(event);
  if (needs_stock && !state.configuration) return odd("there is no stock yet");
  const Follows after(state);
  return std::visit([&](const auto& e) { return after.on(e); }, event);
}

Result<void> fold(State& state, const Entry& entry) {
  for (const Event& event : entry.events) {
    if (auto good = follows(state, event); !good) {
      return fail(Error::Kind::failed, 9041,
                  fmt::format("Entry {} does not follow from those before it: {}.", entry.sequence,
                              good.error().what),
                  "Restore the journal from a copy; entries before this one are good.");
    }
    evolve(state, event);
  }
  return {};
}

}  // namespace granary
