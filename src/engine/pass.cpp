// One scheduling pass: a view, the policy's decisions, and the money for each start.

#include <algorithm>

#include "engine/stepper.h"

namespace granary {
namespace {

using Unfundable = std::set<std::pair<Id<Job>, std::size_t>>;

Offer offer_of(const State& s, const Job& job, std::size_t index, Instant now,
               const Unfundable& unfundable) {
  const Choice& choice = job.request.choices[index];
  Offer offer;
  offer.pool = choice.pool;
  offer.wanted = choice.wanted;
  offer.span = remaining(job, choice);
  if (job.request.time_limit) offer.span = std::min(offer.span, *job.request.time_limit);
  if (!find_pool(s.configuration->pools, choice.pool)) {
    offer.fundable = false;
    return offer;
  }
  if (job.request.followed) return offer;  // its site asks nobody
  const auto bill =
      bill_of(s, job.request, choice, {begin_of(s, job.request, now), offer.span, job.done_ppb});
  if (!bill) return offer;  // paid for by the reservation
  const auto price = price_of(*bill);
  offer.price = price.value_or(Money{});
  offer.fundable = price && unfundable.count({job.id, index}) == 0 &&
                   fund(s.books, s.configuration->programmes, *bill).has_value();
  return offer;
}

bool same_reason(const Because& a, const Because& b) {
  if (a.index() != b.index()) return false;
  if (const auto* x = std::get_if<Fits>(&a)) return x->pool == std::get<Fits>(b).pool;
  if (const auto* x = std::get_if<ChipsShort>(&a)) return x->pool == std::get<ChipsShort>(b).pool;
  if (const auto* x = std::get_if<Outranked>(&a)) {
    return x->pool == std::get<Outranked>(b).pool && x->by == std::get<Outranked>(b).by;
  }
  if (const auto* x = std::get_if<HeldByReservation>(&a)) {
    const auto& y = std::get<HeldByReservation>(b);
    return x->pool == y.pool && x->by == y.by;
  }
  return true;  // FundsShort: amounts are numbers
}

}  // namespace

namespace {
// All of a bill but its price.
Bill unpriced(const State& s, const Pool& pool, std::int64_t shares, Instant from, Span span) {
  Bill bill;
  bill.asset = pool.asset;
  bill.shares = shares;
  bill.from = from;
  bill.until = from + span;
  bill.site = pool.site;
  bill.chip = pool.chip;
  const auto chip = s.configuration->catalog.chips.find(pool.chip);
  if (chip != s.configuration->catalog.chips.end()) bill.origin = chip->second.origin;
  return bill;
}
}  // namespace

Bill bill_of(const State& s, const Reservation& reservation, const std::string& purpose,
             const Pool& pool) {
  const Claim& claim = reservation.claim;
  const std::int64_t shares = shares_of(claim);
  Bill bill = unpriced(s, pool, shares, claim.from, claim.until - claim.from);
  bill.holder = reservation.payer;
  bill.team = reservation.team;
  bill.purpose = purpose;
  bill.rate = extended({}, {{}, claim.from, shares, ChipUse::reserved, pool.prices()});
  return bill;
}

std::optional<Bill> bill_of(const State& s, const JobRequest& request, const Choice& choice,
                            const WorkPart& part) {
  const Pool& pool = *find_pool(s.configuration->pools, choice.pool);
  const std::int64_t shares = std::int64_t{choice.wanted.chips} * choice.wanted.share;
  AgreedTariff next{part.use, part.from, shares, ChipUse::running, pool.prices()};
  if (request.inside) {
    next.use = ChipUse::inside;
    next.tariff = s.reservations.at(*request.inside).tariff;
    if (next.tariff.rows.empty()) return std::nullopt;
  }
  Bill bill = unpriced(s, pool, shares, part.from, part.span);
  bill.holder = request.payer;
  bill.team = request.team;
  bill.purpose = request.purpose;
  bill.before = part.use;
  if (choice.firm && part.line == nullptr) {
    const auto done = static_cast<Wide>(choice.span.count()) * part.done_ppb / 1'000'000'000;
    next.at = choice.firm->at + Span(static_cast<std::int64_t>(done));
    next.tariff = choice.firm->tariff;
    bill.asset = choice.firm->asset;
  }
  if (part.line == nullptr) {
    bill.rate = extended({}, next);
  } else {
    bill.unit = part.line->unit;
    if (!bill.unit->empty()) bill.asset = *bill.unit;
    bill.rate = bill.unit->empty() ? extended(part.line->rate, next) : part.line->rate;
  }
  return bill;
}

Instant begin_of(const State& s, const JobRequest& request, Instant now) {
  if (!request.inside) return now;
  return std::max(now, s.reservations.at(*request.inside).claim.from);
}

Money left_for(const State& s, const Job& job, Money wanted, Instant now) {
  for (std::size_t i = 0; i < job.request.choices.size(); ++i) {
    const Choice& choice = job.request.choices[i];
    const Offer offer = offer_of(s, job, i, now, {});
    if (!find_pool(s.configuration->pools, offer.pool) || offer.price != wanted) continue;
    const auto bill =
        bill_of(s, job.request, choice, {begin_of(s, job.request, now), offer.span, job.done_ppb});
    if (bill) return affordable(s.books, s.configuration->programmes, *bill);
  }
  return {};
}

std::optional<Shortfall> shortfall_for(const State& s, const Job& job, Money wanted, Instant now) {
  for (std::size_t i = 0; i < job.request.choices.size(); ++i) {
    const Offer offer = offer_of(s, job, i, now, {});
    if (!find_pool(s.configuration->pools, offer.pool) || offer.price != wanted) continue;
    const auto bill = bill_of(s, job.request, job.request.choices[i],
                              {begin_of(s, job.request, now), offer.span, job.done_ppb});
    if (!bill) return std::nullopt;
    const auto funding = fund(s.books, s.configuration->programmes, *bill);
    if (!funding) return funding.error();
    return std::nullopt;
  }
  return std::nullopt;
}

bool waits_for_a_window(const State& s, const Job& job) {
  if (!std::holds_alternative<FundsShort>(job.because)) return false;
  const JobRequest& r = job.request;
  const auto first = s.books.budgets.lower_bound({r.payer, "", "", Budget::Per::month});
  for (auto at = first; at != s.books.budgets.end() && std::get<0>(at->first) == r.payer; ++at) {
    const auto& [tenant, team, asset, per] = at->first;
    if (per == Budget::Per::month && (team.empty() || team == r.team)) return true;
  }
  const auto held = s.books.held_by.find(r.payer);
  if (held == s.books.held_by.end()) return false;
  return std::any_of(held->second.begin(), held->second.end(), [&](Id<Voucher> id) {
    const Voucher& voucher = s.books.vouchers.at(id);
    const auto programme = s.configuration->programmes.find(voucher.programme);
    if (voucher.closed || programme == s.configuration->programmes.end()) return false;
    const auto& caps = programme->second.caps;
    return std::any_of(caps.begin(), caps.end(),
                       [](const HolderCap& cap) { return cap.per == HolderCap::Per::year; });
  });
}

namespace {
Waiting waiting_of(const State& s, const Job& job, Instant now, const Unfundable& unfundable) {
  const JobRequest& r = job.request;
  Waiting waiting{job.id, r.payer, r.priority, job.submitted, {}, r.inside};
  waiting.offers.reserve(r.choices.size());
  for (std::size_t i = 0; i < r.choices.size(); ++i) {
    waiting.offers.push_back(offer_of(s, job, i, now, unfundable));
  }
  return waiting;
}

bool payable(const Waiting& waiting) {
  return std::any_of(waiting.offers.begin(), waiting.offers.end(),
                     [](const Offer& offer) { return offer.fundable; });
}

Running running_of(const Job& job, Instant now) {
  return {.job = job.id,
          .priority = job.request.priority,
          .preemptible = job.request.preemptible,
          .stopping = job.state == JobState::stopping,
          .started = job.started,
          .last_checkpoint = job.request.service ? now : job.report.checkpoint_at,
          .not_before = job.not_before};
}

// Those that stop, and those that the first of the queue outranks: nobody asks about others.
std::vector<Running> concerned(const State& s, Instant now) {
  std::set<Id<Job>> jobs = s.roster.stopping();
  const int highest = -std::get<0>(*s.roster.waiting().begin());
  for (const auto& [priority, equals] : s.roster.preemptible()) {
    if (priority < highest) jobs.insert(equals.begin(), equals.end());
  }
  std::vector<Running> running;
  for (const Id<Job> id : jobs) running.push_back(running_of(s.jobs.at(id), now));
  return running;
}
}  // namespace

View view_of(const State& s, Instant now) {
  View view;
  if (!s.configuration) return view;
  const Limits& limits = s.configuration->limits;
  view.pools = s.configuration->pools;
  view.stop_notice = limits.stop_notice;
  view.reservations_for = limits.places;
  for (const auto& [id, reservation] : s.reservations) {
    if (reservation.open) view.claims.push_back(reservation.claim);
  }
  for (const Id<Job> id : s.active) {
    const Job& job = s.jobs.at(id);
    if (!job.claim) {
      view.waiting.push_back(waiting_of(s, job, now, {}));
      continue;
    }
    view.claims.push_back(*job.claim);
    view.running.push_back(running_of(job, now));
  }
  std::stable_sort(view.claims.begin(), view.claims.end(), [](const Claim& a, const Claim& b) {
    return std::tie(a.from, a.owner) < std::tie(b.from, b.owner);
  });
  std::stable_sort(view.waiting.begin(), view.waiting.end(),
                   [](const Waiting& a, const Waiting& b) {
                     return std::tuple(-a.priority, a.submitted, a.job) <
                            std::tuple(-b.priority, b.submitted, b.job);
                   });
  return view;
}

std::vector<Claim> claims_in(const State& s, const Pool& pool) {
  std::vector<Claim> claims;
  for (const auto& [owner, claim] : s.roster.timelines().at(pool.id).claims()) {
    claims.push_back(claim);
  }
  const auto site = s.followed.find(pool.site);
  if (site == s.followed.end()) return claims;
  for (const auto& [key, id] : site->second.open) {
    const auto& claim = s.jobs.at(id).claim;
    if (claim && claim->pool == pool.id) claims.push_back(*claim);
  }
  return claims;
}

void Stepper::waits(Id<Job> id, Because because) {
  if (auto* funds = std::get_if<FundsShort>(&because)) {
    funds->left = left_for(s_, s_.jobs.at(id), funds->wanted, now_);
  }
  if (!same_reason(s_.jobs.at(id).because, because)) emit(Waits{id, because});
}

// False when the payer's vouchers no longer cover it: the pass must be made again.
bool Stepper::start(const Start& decision, Unfundable& unfundable) {
  const Job& job = s_.jobs.at(decision.job);
  const Choice& choice = job.request.choices[decision.offer];
  const Pool& pool = *find_pool(configuration().pools, choice.pool);
  Span span = remaining(job, choice);
  if (job.request.time_limit) span = std::min(span, *job.request.time_limit);
  Started started;
  started.job = job.id;
  started.attempt = job.attempt + 1;
  started.choice = decision.offer;
  started.claim = {job.id, pool.id, decision.held, now_, now_ + span, job.request.inside};
  started.because = decision.because;
  started.not_before = now_ + limits().minimum_run;
  if (const auto bill = bill_of(s_, job.request, choice, {now_, span, job.done_ppb})) {
    std::optional<Placed> placed;
    if (price_of(*bill)) {
      const auto funding = fund(s_.books, configuration().programmes, *bill);
      if (funding) {
        Line line;
        line.owner = to_text(job.id) + "/" + std::to_string(started.attempt);
        line.site = pool.site;
        auto held = place_hold(s_.books, *funding, line,
                               describe(started.claim, configuration()) + " " + to_text(span));
        if (held) placed = std::move(*held);
      }
    }
    if (!placed) {
      unfundable.insert({job.id, decision.offer});
      return false;
    }
    emit(placed->events);
    emit(LineOpen{placed->line});
  }
  emit(std::move(started));
  return true;
}

// Whether time alone may have changed what the policy decides. Everything else that it depends on
// changes by an event, and the command that emits such an event asks for a pass itself: a claim or
// a reservation that ends, a grant, an expiry, a release. What is left to time is found without
// remembering when the last pass was, so that stepping again decides alike:
//   - a reservation has begun, and somebody waits for it;
//   - somebody's minimum run is over, and one that goes before it wants its pool;
//   - the vouchers of one that waits for chips by now end too early to pay for it, or it costs more
//     at this hour;
//   - one that waits for money can pay at this hour, or from the budget or cap of a month or a year
//     that has begun.
// A minute of metering is none of these.
bool Stepper::time_decides() const {
  std::map<Id<Pool>, int> preemptible;  // the lowest priority that may be preempted there
  for (const Id<Job> id : s_.active) {
    const Job& job = s_.jobs.at(id);
    if (job.state != JobState::running || !job.request.preemptible || job.not_before > now_) {
      continue;
    }
    const auto known = preemptible.try_emplace(job.claim->pool, job.request.priority).first;
    known->second = std::min(known->second, job.request.priority);
  }
  for (const Id<Job> id : s_.active) {
    const Job& job = s_.jobs.at(id);
    if (job.claim || job.request.followed) continue;
    if (job.request.inside && s_.reservations.at(*job.request.inside).claim.from <= now_) {
      return true;
    }
    const bool waits_for_money = std::holds_alternative<FundsShort>(job.because);
    bool fundable = false;
    for (std::size_t i = 0; i < job.request.choices.size(); ++i) {
      const auto below = preemptible.find(job.request.choices[i].pool);
      if (below != preemptible.end() && below->second < job.request.priority) return true;
      fundable = fundable || offer_of(s_, job, i, now_, {}).fundable;
    }
    if (fundable == waits_for_money) return true;
  }
  return false;
}

void Stepper::pass() {
  Unfundable unfundable;
  // Each round but the last finds at least one offer that two jobs of a payer cannot both have: one
  // that could not start, or one that others wait behind and that can be paid for no more.
  while (!s_.roster.waiting().empty()) {
    std::vector<Waiting> waiting;
    for (const auto& [priority, submitted, id] : s_.roster.waiting()) {
      waiting.push_back(waiting_of(s_, s_.jobs.at(id), now_, unfundable));
    }
    const std::vector<Running> running = concerned(s_, now_);
    CountedView view(s_.roster.timelines(), running, waiting);
    view.stop_notice = limits().stop_notice;
    view.reservations_for = limits().places;
    bool again = false;
    std::set<std::string> spent;  // payers of what has started
    for (const Decision& decision : configuration().policy(view, now_)) {
      if (const auto* d = std::get_if<Start>(&decision)) {
        again = !start(*d, unfundable);
        spent.insert(s_.jobs.at(d->job).request.payer);
      } else if (const auto* d2 = std::get_if<Preempt>(&decision)) {
        stop(s_.jobs.at(d2->victim), StopCause::preempted, d2->job);
      } else if (const auto* d3 = std::get_if<Reserve>(&decision)) {
        waits(d3->job, d3->because);
      } else if (const auto* d4 = std::get_if<Wait>(&decision)) {
        waits(d4->job, d4->because);
      }
      if (again) break;
    }
    for (auto one = waiting.begin(); one != waiting.end() && !again; ++one) {
      const Job& job = s_.jobs.at(one->job);
      again = !job.claim && spent.count(one->payer) != 0 && payable(*one) &&
              !payable(waiting_of(s_, job, now_, unfundable));
    }
    if (!again) return;
  }
}

}  // namespace granary
