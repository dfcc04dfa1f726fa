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
  if (job.request.inside) return offer;  // paid for by the reservation
  const Pool* pool = find_pool(s.configuration->pools, choice.pool);
  if (!pool) {
    offer.fundable = false;
    return offer;
  }
  const Bill bill = bill_of(s, job.request.payer, job.request.purpose, *pool,
                            std::int64_t{offer.wanted.chips} * offer.wanted.share, now, offer.span,
                            job.request.team);
  const auto price = price_of(bill);
  offer.price = price.value_or(Money{});
  offer.fundable = price && unfundable.count({job.id, index}) == 0 &&
                   fund(s.books, s.configuration->programmes, bill).has_value();
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

Bill bill_of(const State& s, const std::string& payer, const std::string& purpose, const Pool& pool,
             std::int64_t shares, Instant from, Span span, const std::string& team) {
  Bill bill;
  bill.team = team;
  bill.holder = payer;
  bill.purpose = purpose;
  bill.asset = pool.asset;
  bill.rate = pool.rate;
  bill.shares = shares;
  bill.from = from;
  bill.until = from + span;
  bill.site = pool.site;
  bill.chip = pool.chip;
  const auto chip = s.configuration->catalog.chips.find(pool.chip);
  if (chip != s.configuration->catalog.chips.end()) bill.origin = chip->second.origin;
  return bill;
}

View view_of(const State& s, Instant now) { return view_of(s, now, {}); }

Money left_for(const State& s, const Job& job, Money wanted, Instant now) {
  for (std::size_t i = 0; i < job.request.choices.size(); ++i) {
    const Offer offer = offer_of(s, job, i, now, {});
    const Pool* pool = find_pool(s.configuration->pools, offer.pool);
    if (!pool || offer.price != wanted) continue;
    return affordable(s.books, s.configuration->programmes,
                      bill_of(s, job.request.payer, job.request.purpose, *pool,
                              std::int64_t{offer.wanted.chips} * offer.wanted.share, now,
                              offer.span, job.request.team));
  }
  return {};
}

std::optional<Shortfall> shortfall_for(const State& s, const Job& job, Money wanted, Instant now) {
  for (std::size_t i = 0; i < job.request.choices.size(); ++i) {
    const Offer offer = offer_of(s, job, i, now, {});
    const Pool* pool = find_pool(s.configuration->pools, offer.pool);
    if (!pool || offer.price != wanted) continue;
    const auto funding = fund(s.books, s.configuration->programmes,
                              bill_of(s, job.request.payer, job.request.purpose, *pool,
                                      std::int64_t{offer.wanted.chips} * offer.wanted.share, now,
                                      offer.span, job.request.team));
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

View view_of(const State& s, Instant now, const Unfundable& unfundable) {
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
    if (job.claim) {
      view.claims.push_back(*job.claim);
      view.running.push_back(
          {.job = id,
           .priority = job.request.priority,
           .preemptible = job.request.preemptible,
           .stopping = job.state == JobState::stopping,
           .started = job.started,
           .last_checkpoint = job.request.service ? now : job.report.checkpoint_at,
           .not_before = job.not_before});
      continue;
    }
    Waiting waiting{id, job.request.payer, job.request.priority, job.submitted,
                    {}, job.request.inside};
    for (std::size_t i = 0; i < job.request.choices.size(); ++i) {
      waiting.offers.push_back(offer_of(s, job, i, now, unfundable));
    }
    view.waiting.push_back(std::move(waiting));
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
  if (!job.request.inside) {
    const Bill bill = bill_of(s_, job.request.payer, job.request.purpose, pool,
                              shares_of(started.claim), now_, span, job.request.team);
    std::optional<Placed> placed;
    if (price_of(bill)) {
      const auto funding = fund(s_.books, configuration().programmes, bill);
      if (funding) {
        Line line;
        line.owner = to_text(job.id) + "/" + std::to_string(started.attempt);
        line.site = pool.site;
        line.rate = pool.rate;
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
//   - the vouchers of one that waits for chips by now end too early to pay for it;
//   - a month or a year has begun whose budget or cap lets one that waits for money be paid.
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
    if (job.claim) continue;
    if (job.request.inside && s_.reservations.at(*job.request.inside).claim.from <= now_) {
      return true;
    }
    bool fundable = std::holds_alternative<FundsShort>(job.because);
    for (std::size_t i = 0; i < job.request.choices.size(); ++i) {
      const auto below = preemptible.find(job.request.choices[i].pool);
      if (below != preemptible.end() && below->second < job.request.priority) return true;
      fundable = fundable || offer_of(s_, job, i, now_, {}).fundable;
    }
    if (!fundable) return true;
    if (!waits_for_a_window(s_, job)) continue;
    for (std::size_t i = 0; i < job.request.choices.size(); ++i) {
      if (offer_of(s_, job, i, now_, {}).fundable) return true;
    }
  }
  return false;
}

void Stepper::pass() {
  Unfundable unfundable;
  // Each round but the last finds at least one offer that two jobs of a payer cannot both have.
  for (;;) {
    const View view = view_of(s_, now_, unfundable);
    if (view.waiting.empty()) return;
    bool again = false;
    for (const Decision& decision : configuration().policy(view, now_)) {
      if (const auto* d = std::get_if<Start>(&decision)) {
        again = !start(*d, unfundable);
      } else if (const auto* d2 = std::get_if<Preempt>(&decision)) {
        stop(s_.jobs.at(d2->victim), StopCause::preempted, d2->job);
      } else if (const auto* d3 = std::get_if<Reserve>(&decision)) {
        waits(d3->job, d3->because);
      } else if (const auto* d4 = std::get_if<Wait>(&decision)) {
        waits(d4->job, d4->because);
      }
      if (again) break;
    }
    if (!again) return;
  }
}

}  // namespace granary
