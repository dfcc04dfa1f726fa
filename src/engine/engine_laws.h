#pragma once
// For tests: steps a state and checks after each step what must hold of any house, against accounts
// kept here from the events alone.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "engine/alerts.h"
#include "engine/codec.h"
#include "engine/engine.h"
#include "engine/entry_laws.h"
#include "engine/stepper.h"

namespace granary::testing {

class EngineLaws {
 public:
  explicit EngineLaws(Instant start) : now_(start) {}

  const State& state() const { return state_; }
  Instant now() const { return now_; }
  void set_now(Instant now) { now_ = now; }

  void step(const Request& request) {
    const std::map<Id<Job>, Job> before = jobs_with_claims();
    entries_.push_back({entries_.size() + 1, now_, request, step_onto(state_, request, now_), {}});
    const auto answered = check_answer(folded_, entries_.back());
    ASSERT_TRUE(answered) << answered.error().what << context();
    for (const Event& event : entries_.back().events) {
      book(event);
      hear(event);
      if (const auto* ended = std::get_if<Ended>(&event)) {
        check_paid(*ended, before, request.command);
      }
      evolve(folded_, event);
    }
    const auto spent = use_.take(folded_, entries_.back());
    ASSERT_TRUE(spent) << spent.error().what << context();
    const auto good = audit(state_);
    ASSERT_TRUE(good) << good.error().what << context();
    check_chips();
    check_money();
    check_closed();
    check_lapses(request.command);
    check_first_in_queue();
    check_roster();
    ASSERT_GT(next_due(state_, now_).value_or(Instant::max()), now_) << context();
  }

  // The events alone rebuild the state; the requests lead to the same events again.
  void check_replay() const {
    ASSERT_EQ(digest(folded_), digest(state_)) << "events alone do not rebuild the state";
    State again;
    for (const Entry& entry : entries_) {
      Entry replayed = entry;
      replayed.events = step_onto(again, entry.request, entry.at);
      ASSERT_EQ(encode(entry), encode(replayed)) << "stepped again, other events";
    }
    ASSERT_EQ(digest(again), digest(state_));
  }

  std::size_t entries() const { return entries_.size(); }
  std::string bytes() const {
    std::string all;
    for (const Entry& entry : entries_) all += encode(entry) + "\n";
    return all;
  }

 private:
  struct Paid {
    Money captured, refunded, borne;
  };

  std::string context() const {
    const Entry& last = entries_.back();
    std::string text = "\nafter entry " + std::to_string(last.sequence) + " at " +
                       to_text(last.at) + ": " + encode(last.request.command);
    for (const Event& event : last.events) text += "\n  " + encode(event).substr(0, 400);
    return text;
  }

  std::map<Id<Job>, Job> jobs_with_claims() const {
    std::map<Id<Job>, Job> jobs;
    for (const Id<Job> id : state_.active) {
      const Job& job = state_.jobs.at(id);
      if (job.claim) jobs.emplace(id, job);
    }
    return jobs;
  }

  static std::string owner(Id<Job> job, int attempt) {
    return to_text(job) + "/" + std::to_string(attempt);
  }

  void book(const Event& event) {
    if (const auto* posted = std::get_if<Posted>(&event)) {
      for (const Leg& leg : posted->transfer.legs) {
        if (counts_only(leg.debit)) continue;
        Paid& paid = paid_[posted->transfer.owner];
        if (leg.kind == LegKind::capture) paid.captured += leg.amount;
        if (posted->transfer.reason == Reason::refund) paid.refunded += leg.amount;
        if (posted->transfer.reason == Reason::preemption) paid.borne += leg.amount;
      }
    } else if (const auto* line = std::get_if<LineOpen>(&event)) {
      rates_[line->line.owner] = line->line.rate;
    }
  }

  // Limits are counted beside the money.
  bool counts_only(Id<Account> account) const {
    return state_.books.accounts.at(account).asset == "limit";
  }

  // Nothing is alerted twice, in one window, unless it was over in between.
  void hear(const Event& event) {
    if (const auto* raised = std::get_if<Alerted>(&event)) {
      const Alert& alert = raised->alert;
      const AlertKey key{alert.kind, alert.subject, alert.level};
      const auto known = alerts_.find(key);
      EXPECT_TRUE(known == alerts_.end() || known->second < alert.window)
          << alert.subject << " " << alert.level << " is alerted twice";
      alerts_[key] = alert.window;
    } else if (const auto* over = std::get_if<AlertOver>(&event)) {
      EXPECT_EQ(alerts_.erase({over->kind, over->subject, over->level}), 1U) << over->subject;
    } else if (const auto* set = std::get_if<BudgetSet>(&event); set && !set->budget.amount) {
      std::erase_if(alerts_, [&](const auto& one) {
        return std::get<1>(one.first) == alert_subject(set->budget);
      });
    }
  }

  // What an attempt paid in the end is the price of what it keeps of its use, to the micro-unit.
  void check_paid(const Ended& e, const std::map<Id<Job>, Job>& before, const Command& command) {
    const Job& job = before.at(e.job);
    const Claim& claim = *job.claim;
    const std::string whose = owner(e.job, e.attempt);
    const Money paid = paid_[whose].captured - paid_[whose].refunded;
    if (claim.inside && rates_.count(whose) == 0) {
      EXPECT_EQ(paid, Money{}) << whose << ": the reservation pays";
      return;
    }
    const bool by_lapse = std::holds_alternative<Tick>(command);
    const bool gone = ((std::holds_alternative<WorkerLost>(command) || by_lapse) &&
                       (!job.stop_cause || !job.confirmed)) ||
                      std::holds_alternative<LaunchRefused>(command);
    const bool repeats = gone || e.outcome == Outcome::lost || e.outcome == Outcome::preempted;
    Instant end = std::max(claim.from, std::min({e.at, now_, claim.until}));
    if (repeats && !job.request.service) end = std::min(end, job.report.checkpoint_at);
    if (repeats && !job.confirmed) end = claim.from;
    const Span free = free_of(e, job, command, end);
    EXPECT_EQ(to_text(e.free.value_or(Span(0))), to_text(free)) << whose << context();
    end -= free;
    // Whoever preempts may bear what was given back, never more.
    EXPECT_LE(paid_[whose].borne, paid_[whose].refunded) << whose;
    if (e.outcome != Outcome::preempted) {
      EXPECT_EQ(paid_[whose].borne, Money{}) << whose;
    }
    const Money due = *price_of(rates_.at(whose), ChipTime::of(shares_of(claim), end - claim.from));
    EXPECT_EQ(to_text(paid), to_text(due)) << whose << " " << to_text(e.outcome);
  }

  // Of a program that failed by itself, once a day for a tenant of a site.
  Span free_of(const Ended& e, const Job& job, const Command& command, Instant end) {
    const bool its_own = std::holds_alternative<WorkerFinished>(command) && !job.stop_cause &&
                         e.outcome == Outcome::failed;
    const std::string& site = find_pool(state_.configuration->pools, job.claim->pool)->site;
    const auto day = std::chrono::floor<std::chrono::days>(e.at);
    const auto last = free_.find({site, job.request.payer});
    if (!its_own || (last != free_.end() && last->second >= day)) return Span(0);
    const Span most = state_.configuration->catalog.sites.at(site).free_if_failed;
    const Span free = std::min(most, end - job.claim->from);
    if (free > Span(0)) free_[{site, job.request.payer}] = day;
    return free;
  }

  using Chip = std::tuple<Id<Pool>, Id<Node>, int>;

  void check_chips() const {
    std::map<Chip, int> used;                            // by jobs, at this instant
    std::map<Chip, std::vector<const Claim*>> promised;  // what must not overlap
    for (const auto& [id, reservation] : state_.reservations) {
      if (!reservation.open) continue;
      for (const Held& h : reservation.claim.held) {
        promised[{reservation.claim.pool, h.node, h.chip}].push_back(&reservation.claim);
      }
    }
    for (const Id<Job> id : state_.active) {
      const Job& job = state_.jobs.at(id);
      ASSERT_EQ(job.claim.has_value(), job.state != JobState::waiting) << context();
      if (!job.claim) continue;
      if (job.claim->inside) check_inside(job);
      for (const Held& h : job.claim->held) {
        const Chip chip{job.claim->pool, h.node, h.chip};
        used[chip] += h.share;
        ASSERT_LE(used[chip], whole_chip) << to_text(id) << " shares a full chip" << context();
        if (!job.claim->inside) promised[chip].push_back(&*job.claim);
      }
    }
    for (const auto& [chip, claims] : promised) {
      for (const Claim* at : claims) {
        int taken = 0;  // at the instant at which this one begins
        const Instant when = std::max(at->from, now_);
        if (when >= at->until) continue;
        for (const Claim* claim : claims) {
          if (claim->from > when || claim->until <= when) continue;
          for (const Held& h : claim->held) {
            if (Chip{claim->pool, h.node, h.chip} == chip) taken += h.share;
          }
        }
        ASSERT_LE(taken, whole_chip) << to_text(at->owner) << " and another claim" << context();
      }
    }
  }

  void check_inside(const Job& job) const {
    const Reservation& host = state_.reservations.at(*job.claim->inside);
    ASSERT_GE(job.claim->from, host.claim.from) << context();
    ASSERT_LE(job.claim->until, host.claim.until) << context();
    for (const Held& mine : job.claim->held) {
      const bool reserved = std::any_of(
          host.claim.held.begin(), host.claim.held.end(),
          [&](const Held& theirs) { return mine.node == theirs.node && mine.chip == theirs.chip; });
      ASSERT_TRUE(reserved) << to_text(job.id) << " leaves its reservation" << context();
    }
  }

  void check_line(const std::string& whose, const Claim& claim) {
    const auto line = state_.lines.find(whose);
    ASSERT_NE(line, state_.lines.end()) << whose << context();
    const Money price =
        *price_of(line->second.rate, ChipTime::of(shares_of(claim), claim.until - claim.from));
    Money open;
    for (const Id<Hold> id : line->second.holds) {
      const auto hold = state_.books.holds.find(id);
      if (hold == state_.books.holds.end() || counts_only(hold->second.debit)) continue;
      open += hold->second.open();
    }
    const Money paid = paid_[whose].captured - paid_[whose].refunded;
    ASSERT_GE(open + paid, price) << whose << " holds too little" << context();
    ASSERT_LE(paid, price) << whose << " paid for more than it has" << context();
    const Money metered = *price_of(line->second.rate, line->second.metered);
    ASSERT_EQ(paid, metered) << whose << context();
  }

  void check_money() {
    std::size_t lines = 0;
    for (const Id<Job> id : state_.active) {
      const Job& job = state_.jobs.at(id);
      if (!job.claim) continue;
      if (job.claim->inside && state_.reservations.at(*job.claim->inside).tariff.rows.empty()) {
        continue;
      }
      ++lines;
      check_line(owner_of(job), *job.claim);
    }
    for (const auto& [id, reservation] : state_.reservations) {
      if (!reservation.open) continue;
      ++lines;
      check_line(owner_of(reservation), reservation.claim);
    }
    ASSERT_EQ(lines, state_.lines.size()) << "a line without an owner" << context();
  }

  // No hold outlives its claim by more than it may, and every one is on the line of its owner.
  void check_lapses(const Command& command) const {
    std::set<Id<Hold>> on_lines;
    for (const auto& [owner, line] : state_.lines) {
      for (const Id<Hold> hold : line.holds) {
        const auto open = state_.books.holds.find(hold);
        if (open == state_.books.holds.end()) continue;
        ASSERT_EQ(open->second.owner, owner) << to_text(hold) << context();
        on_lines.insert(hold);
      }
    }
    ASSERT_EQ(on_lines.size(), state_.books.holds.size()) << "a hold on no line" << context();
    if (!std::holds_alternative<Tick>(command)) return;
    const Limits& limits = state_.configuration->limits;
    for (const OpenHold& open : open_holds(state_)) {
      ASSERT_TRUE(open.claim) << to_text(open.hold.id) << " has no owner" << context();
      if (open.lapses) {
        ASSERT_GT(*open.lapses, now_) << open.hold.owner << context();
      }
      if (!std::holds_alternative<Id<Job>>(open.claim->owner)) continue;
      ASSERT_TRUE(open.lapses || open.claim->until > now_) << open.hold.owner << context();
      ASSERT_LE(open.lapses.value_or(now_), std::max(open.claim->until, now_) + limits.hold_lapse)
          << open.hold.owner << context();
    }
  }

  void check_closed() const {
    for (const auto& [id, job] : state_.jobs) {
      const bool closed = job.state == JobState::finished || job.state == JobState::failed ||
                          job.state == JobState::cancelled;
      ASSERT_EQ(closed, state_.active.count(id) == 0) << to_text(id) << context();
      ASSERT_FALSE(closed && job.claim) << to_text(id) << context();
      if (job.state != JobState::waiting || !job.request.inside) continue;
      ASSERT_TRUE(state_.reservations.at(*job.request.inside).open)
          << to_text(id) << " waits for chips of a reservation that is over" << context();
    }
  }

  // Nobody is before the first of the queue whom money does not stop: if its only option fits
  // beside the claims, it has started.
  void check_first_in_queue() const {
    const Entry& last = entries_.back();
    if (!std::holds_alternative<Tick>(last.request.command)) return;
    const View view = view_of(state_, now_);
    for (const Waiting& waiting : view.waiting) {
      const auto payable = [](const Offer& offer) { return offer.fundable; };
      if (std::none_of(waiting.offers.begin(), waiting.offers.end(), payable)) continue;
      if (waiting.offers.size() > 1) return;
      const Offer& offer = waiting.offers.front();
      const Pool* pool = find_pool(view.pools, offer.pool);
      if (!pool) return;
      const Timeline timeline(*pool, view.claims, now_, waiting.inside);
      ASSERT_FALSE(timeline.place(offer.wanted, now_, offer.span))
          << to_text(waiting.job) << " could start and does not" << context();
      return;
    }
  }

  // What is kept as jobs come and go is what they give when looked at anew, and decides alike.
  void check_roster() const {
    if (!state_.configuration) return;
    const Roster anew = roster_of(state_);
    ASSERT_TRUE(state_.roster.lists_like(anew)) << context();
    ASSERT_TRUE(folded_.roster.lists_like(anew)) << "folded" << context();
  }

  Instant now_;
  State state_, folded_;
  std::vector<Entry> entries_;
  VoucherUse use_;
  std::map<std::string, Paid> paid_;
  std::map<std::string, Agreed> rates_;
  std::map<std::pair<std::string, std::string>, Instant> free_;  // by site and tenant
  std::map<AlertKey, std::string> alerts_;                       // with their window
};

}  // namespace granary::testing
