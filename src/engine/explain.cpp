#include "engine/explain.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "engine/overloaded.h"
#include "engine/stepper.h"

namespace granary {
namespace {

constexpr std::size_t most_counterfactuals = 8;

std::string pool_name(const State& s, Id<Pool> id) {
  const Pool* pool = find_pool(s.configuration->pools, id);
  return pool ? pool->name() : "a former pool";
}

// The view with a place in time for everybody who can pay: who waits for money stands in nobody's
// way. A forecast is not a promise.
View forecast_view(const State& s, Instant now) {
  View view = view_of(s, now);
  view.reservations_for = std::numeric_limits<int>::max();
  return view;
}

struct Place {
  Instant from{};
  std::size_t offer = 0;
};

struct Evaluated {
  std::optional<Place> place;
  std::optional<Because> because;
};

Evaluated evaluate(const View& view, Id<Job> job, Instant now) {
  Evaluated result;
  for (const Decision& decision : backfill(view, now)) {
    std::visit(overloaded{[&](const Start& d) {
                            if (d.job == job) result = {Place{now, d.offer}, d.because};
                          },
                          [&](const Reserve& d) {
                            if (d.job == job) result = {Place{d.from, d.offer}, d.because};
                          },
                          [&](const Wait& d) {
                            if (d.job == job) result.because = d.because;
                          },
                          [](const Preempt&) {}},
               decision);
  }
  return result;
}

Waiting* find_waiting(View& view, Id<Job> id) {
  for (Waiting& waiting : view.waiting) {
    if (waiting.job == id) return &waiting;
  }
  return nullptr;
}

void sort_queue(View& view) {
  std::stable_sort(view.waiting.begin(), view.waiting.end(),
                   [](const Waiting& a, const Waiting& b) {
                     return std::tuple(-a.priority, a.submitted, a.job) <
                            std::tuple(-b.priority, b.submitted, b.job);
                   });
}

// How long the work is on those chips, from the beginning: a time limit ends it then.
Span whole_span(const JobRequest& request, Span span) {
  return request.time_limit ? std::min(span, *request.time_limit) : span;
}

Offer offer_of(const JobRequest& request, const Choice& choice) {
  Offer offer;
  offer.pool = choice.pool;
  offer.wanted = choice.wanted;
  offer.span = whole_span(request, choice.span);
  return offer;
}

std::string chips_text(const State& s, const Choice& choice) {
  const Pool* pool = find_pool(s.configuration->pools, choice.pool);
  return fmt::format("{} x {}", choice.wanted.chips, pool ? pool->chip : "?");
}

// The counterfactuals of one waiting job.
class Counterfactuals {
 public:
  Counterfactuals(const State& s, const Job& job, Instant now, std::optional<Instant> start)
      : s_(s), job_(job), now_(now), start_(start), base_(forecast_view(s, now)) {}

  std::vector<Sooner> all() {
    if (job_.request.others.empty()) fewer_chips();
    without_reservations();
    other_options();
    higher_priority();
    return std::move(found_);
  }

 private:
  // Whether that brings the start forward by at least a minute and a twentieth of the wait.
  bool sooner(Instant start) const {
    if (!start_) return true;
    const Span gain = *start_ - start;
    return gain >= std::chrono::minutes(1) && gain >= (*start_ - now_) / 20;
  }

  void add(Instant start, std::string change, std::string effect, std::string command) {
    if (found_.size() >= most_counterfactuals) return;
    found_.push_back({std::move(change), start, std::move(effect), std::move(command)});
  }

  Id<Job> again() const { return {s_.next_job}; }

  // The view in which the job has been cancelled and submitted anew: from the beginning, behind
  // those of its priority, with another id.
  View resubmitted(int priority, std::vector<Offer> offers) const {
    View view = base_;
    Waiting& waiting = *find_waiting(view, job_.id);
    waiting.job = again();
    waiting.submitted = now_;
    waiting.priority = priority;
    waiting.offers = std::move(offers);
    sort_queue(view);
    return view;
  }

  // Keeps the change if `job` would then start sooner.
  void consider(const View& view, Id<Job> job, std::string change, std::string effect,
                std::string command) {
    const auto place = evaluate(view, job, now_).place;
    if (!place || !sooner(place->from)) return;
    add(place->from, std::move(change), std::move(effect), std::move(command));
  }

  std::string resubmit(const std::string& flags) const {
    return fmt::format("granary job cancel {} -y && granary submit FILE {}", to_text(job_.id),
                       flags);
  }

  void fewer_chips() {
    std::set<int> tried;
    for (const Choice& choice : job_.request.choices) {
      const int data = choice.layout.data;
      if (data < 2 || data % 2 != 0 || choice.wanted.chips % 2 != 0) continue;
      const int chips = choice.wanted.chips / 2;
      if (!tried.insert(chips).second) continue;
      Offer offer = offer_of(job_.request, choice);
      offer.wanted.chips = chips;
      offer.span = whole_span(job_.request, std::min(max_span, 2 * choice.span));
      consider(resubmitted(job_.request.priority, {offer}), again(),
               fmt::format("{} {} instead of {}", chips, chips == 1 ? "chip" : "chips",
                           choice.wanted.chips),
               "about twice as long, about the same price",
               resubmit(fmt::format("--accept \"{} x {}\"", pool_name(s_, choice.pool), chips)));
    }
  }

  void without_reservations() {
    for (const auto& [id, reservation] : s_.reservations) {
      if (!reservation.open || job_.request.inside == id) continue;
      View view = base_;
      std::erase_if(view.claims, [&](const Claim& claim) {
        return claim.owner == Owner(id) || claim.inside == id;
      });
      consider(view, job_.id, fmt::format("without {} ({})", to_text(id), reservation.why),
               fmt::format("{} would lose {} chips that it holds", reservation.payer,
                           reservation.claim.held.size()),
               fmt::format("granary reserve cancel {}", to_text(id)));
    }
  }

  // Other options of the menu, each by itself; per pool the one that would be done first.
  void other_options() {
    struct Alternative {
      const Choice* choice;
      Instant start;
      Span span;
    };
    std::map<Id<Pool>, Alternative> best;
    for (const Choice& choice : job_.request.others) {
      if (!find_pool(s_.configuration->pools, choice.pool)) continue;
      const Offer offer = offer_of(job_.request, choice);
      const View view = resubmitted(job_.request.priority, {offer});
      const auto place = evaluate(view, again(), now_).place;
      if (!place || !sooner(place->from)) continue;
      const auto known = best.find(choice.pool);
      if (known != best.end() &&
          known->second.start + known->second.span <= place->from + offer.span) {
        continue;
      }
      best.insert_or_assign(choice.pool, Alternative{&choice, place->from, offer.span});
    }
    for (const auto& [id, found] : best) {
      const Pool& pool = *find_pool(s_.configuration->pools, id);
      const Wanted& wanted = found.choice->wanted;
      JobRequest alone = job_.request;
      alone.inside.reset();
      const auto bill = bill_of(s_, alone, *found.choice, {found.start, found.span});
      const auto price = bill ? price_of(*bill) : std::nullopt;
      // To the hundredth, for people; the menu and the hold have the exact amount.
      const std::int64_t hundredths = (price.value_or(Money{}).micros + 5'000) / 10'000;
      add(found.start, fmt::format("{} x {} accepted", wanted.chips, pool.name()),
          fmt::format("{}, done {}, {} {}", to_text(found.span), to_text(found.start + found.span),
                      to_grouped_text(Money{hundredths * 10'000}), pool.asset),
          resubmit(fmt::format("--accept \"{} x {}\"", pool.name(), wanted.chips)));
    }
  }

  void higher_priority() {
    int highest = job_.request.priority;
    for (const Running& running : base_.running) {
      if (running.preemptible) highest = std::max(highest, running.priority);
    }
    for (const Waiting& waiting : base_.waiting) highest = std::max(highest, waiting.priority);
    if (highest >= 100) return;
    std::vector<Offer> offers;
    for (const Choice& choice : job_.request.choices) {
      offers.push_back(offer_of(job_.request, choice));
    }
    consider(resubmitted(highest + 1, std::move(offers)), again(),
             fmt::format("priority {} instead of {}", highest + 1, job_.request.priority),
             "others wait longer, preemptible work may be stopped",
             resubmit(fmt::format("--priority {}", highest + 1)));
  }

  const State& s_;
  const Job& job_;
  Instant now_;
  std::optional<Instant> start_;
  View base_;
  std::vector<Sooner> found_;
};

Blocker blocker_of(const State& s, const View& view, const Job& job, const Choice& choice,
                   Instant now) {
  const Pool& pool = *find_pool(s.configuration->pools, choice.pool);
  Timeline timeline(pool, view.claims, now, job.request.inside);
  const Span span = whole_span(job.request, remaining(job, choice));
  Blocker blocker;
  blocker.pool = pool.name();
  blocker.wanted = choice.wanted.chips;
  blocker.free = timeline.free_chips(now, Span(1));
  blocker.total = pool.chips();
  const int lacking = blocker.wanted - blocker.free;
  if (lacking <= 0) {
    const int lasting = timeline.free_chips(now, span);
    blocker.reason =
        lasting < blocker.wanted
            ? fmt::format("enough now, but only {} for all of {}: the rest is reserved", lasting,
                          to_text(span))
        : std::holds_alternative<FundsShort>(job.because)
            ? "enough are free; it is the money that lacks"
            : "enough are free, but promised to jobs ahead";
    return blocker;
  }
  blocker.reason = fmt::format("{} more needed", lacking);
  for (const auto& [id, reservation] : s.reservations) {
    const Claim& claim = reservation.claim;
    if (!reservation.open || claim.pool != pool.id || claim.from > now) continue;
    blocker.reason += fmt::format("; {} reserved for {} ({}, until {})", claim.held.size(),
                                  to_text(id), reservation.why, to_text(claim.until));
  }
  if (const auto slot = timeline.earliest(choice.wanted, span, now)) {
    blocker.reason += fmt::format("; enough from {}", to_text(slot->from));
  }
  return blocker;
}

std::string headline_of(const State& s, const Job& job) {
  const JobRequest& r = job.request;
  std::string wants;
  std::set<std::string> seen;
  for (const Choice& choice : r.choices) {
    const std::string text = chips_text(s, choice);
    if (seen.insert(text).second && seen.size() <= 3) wants += (wants.empty() ? "" : " or ") + text;
  }
  const std::string what = fmt::format("{} ({}, {}, {}, asked {})", to_text(job.id), r.payer,
                                       r.what, wants, to_text(job.submitted));
  switch (job.state) {
    case JobState::waiting:
      if (r.followed) {
        return what + " waits in the queue of " + r.followed->site + " as " + r.followed->number +
               ".";
      }
      if (std::holds_alternative<FundsShort>(job.because)) return what + " waits for money.";
      return what + " waits: not now. It fits the stock, not the free part.";
    case JobState::running:
      return what + " runs on " + describe(*job.claim, *s.configuration) + ".";
    case JobState::stopping:
      return what + " is being stopped: " + to_text(*job.stop_cause) +
             (job.stopped_for ? " for " + to_text(*job.stopped_for) : "") + ".";
    default:
      return what + " " + to_text(job.state) + " at " + to_text(job.ended) +
             (job.ended_why.empty() ? "" : ": " + job.ended_why) +
             (job.ended_why.ends_with('.') ? "" : ".");
  }
}

}  // namespace

std::string code_of(const Because& because) {
  return std::visit(overloaded{[](const Fits&) { return "fits"; },
                               [](const ChipsShort&) { return "chips_short"; },
                               [](const FundsShort&) { return "funds_short"; },
                               [](const Outranked&) { return "outranked"; },
                               [](const HeldByReservation&) { return "reserved"; }},
                    because);
}

std::string sentence(const State& s, const Because& because) {
  return std::visit(
      overloaded{[&](const Fits& b) {
                   return fmt::format("fits: {} were free at {}", b.free, pool_name(s, b.pool));
                 },
                 [&](const ChipsShort& b) {
                   return fmt::format("{} more needed at {}: {} wanted, {} free{}",
                                      std::max(0, b.wanted - b.free), pool_name(s, b.pool),
                                      b.wanted, b.free,
                                      b.until ? ", expected " + to_text(*b.until) : "");
                 },
                 [&](const FundsShort& b) {
                   return fmt::format("funds: {} needed, {} of it can be paid",
                                      to_grouped_text(b.wanted), to_grouped_text(b.left));
                 },
                 [&](const Outranked& b) {
                   return fmt::format("outranked: {} free at {} are promised to {}", b.free,
                                      pool_name(s, b.pool), to_text(b.by));
                 },
                 [&](const HeldByReservation& b) {
                   return fmt::format("{} wanted at {}, {} free; others are reserved for {}",
                                      b.wanted, pool_name(s, b.pool), b.free, to_text(b.by));
                 }},
      because);
}

std::map<Id<Job>, Because> reasons_at_followed_sites(const State& s, Instant now) {
  std::map<Id<Job>, Because> reasons;
  const bool any = std::any_of(s.followed.begin(), s.followed.end(),
                               [](const auto& site) { return !site.second.open.empty(); });
  if (!any) return reasons;
  for (const Decision& decision : backfill(forecast_view(s, now), now)) {
    std::visit(overloaded{[&](const Preempt&) {},
                          [&](const auto& d) {
                            if (s.jobs.at(d.job).request.followed) reasons[d.job] = d.because;
                          }},
               decision);
  }
  return reasons;
}

std::map<Id<Job>, Instant> estimated_starts(const State& s, Instant now) {
  std::map<Id<Job>, Instant> starts;
  if (!s.configuration) return starts;
  const View view = forecast_view(s, now);
  for (const Decision& decision : backfill(view, now)) {
    if (const auto* start = std::get_if<Start>(&decision)) starts[start->job] = now;
    if (const auto* later = std::get_if<Reserve>(&decision)) starts[later->job] = later->from;
  }
  return starts;
}

std::vector<Forecast> forecast(const State& s, const JobRequest& request, Instant now) {
  std::vector<Forecast> forecasts;
  const View view = forecast_view(s, now);
  for (const Choice& choice : request.choices) {
    Job job;
    job.id = {s.next_job};
    job.request = request;
    job.request.choices = {choice};
    const Pool* pool = find_pool(s.configuration->pools, choice.pool);
    if (!pool) {
      forecasts.emplace_back();
      continue;
    }
    Forecast f;
    f.span = whole_span(request, choice.span);
    const auto bill = bill_of(s, request, choice, {begin_of(s, request, now), f.span});
    const auto price = bill ? price_of(*bill) : Money{};
    f.price = price.value_or(Money{});
    f.fundable = !bill || (price && fund(s.books, s.configuration->programmes, *bill).has_value());
    View with = view;
    Offer offer{pool->id, choice.wanted, f.span, f.price, true};
    with.waiting.push_back({job.id, request.payer, request.priority, now, {offer}, request.inside});
    sort_queue(with);
    const Evaluated result = evaluate(with, job.id, now);
    if (result.place) {
      f.start = result.place->from;
      const auto then = bill_of(s, request, choice, {*f.start, f.span});
      if (then) f.price = price_of(*then).value_or(f.price);
    }
    if (result.because) f.reason = sentence(s, *result.because);
    forecasts.push_back(std::move(f));
  }
  return forecasts;
}

Result<Explanation> explain(const State& s, Id<Job> id, Instant now) {
  const auto found = s.jobs.find(id);
  if (found == s.jobs.end()) {
    return fail(Error::Kind::not_found, 2008, "No job " + to_text(id) + ".");
  }
  const Job& job = found->second;
  Explanation e;
  e.job = id;
  e.headline = headline_of(s, job);
  e.reason = sentence(s, job.because);
  e.code = code_of(job.because);
  if (job.state != JobState::waiting) return e;
  View view = forecast_view(s, now);
  e.waiting = static_cast<int>(view.waiting.size());
  for (std::size_t i = 0; i < view.waiting.size(); ++i) {
    if (view.waiting[i].job == id) e.position = static_cast<int>(i) + 1;
  }
  std::set<std::pair<Id<Pool>, int>> seen;
  for (const Choice& choice : job.request.choices) {
    if (!find_pool(s.configuration->pools, choice.pool) ||
        !seen.insert({choice.pool, choice.wanted.chips}).second) {
      continue;
    }
    e.blockers.push_back(blocker_of(s, view, job, choice, now));
  }
  // Time is not what it lacks: no start until it can be paid for. What is left is said as of now.
  if (const auto* funds = std::get_if<FundsShort>(&job.because)) {
    e.reason = sentence(s, FundsShort{funds->wanted, left_for(s, job, funds->wanted, now)});
    const auto lacking = shortfall_for(s, job, funds->wanted, now);
    if (lacking && lacking->budget) e.reason += "; " + to_text(*lacking->budget);
    return e;
  }
  const Evaluated result = evaluate(view, id, now);
  if (result.place) e.start = result.place->from;
  if (job.request.followed) {  // what would change it is its site's to do
    if (result.because) {
      e.code = code_of(*result.because);
      e.reason = std::holds_alternative<Fits>(*result.because)
                     ? "enough chips are free for it; its site has not started it"
                     : sentence(s, *result.because);
    }
    return e;
  }
  e.sooner = Counterfactuals(s, job, now, e.start).all();
  std::stable_sort(e.sooner.begin(), e.sooner.end(),
                   [](const Sooner& a, const Sooner& b) { return a.start < b.start; });
  return e;
}

}  // namespace granary
