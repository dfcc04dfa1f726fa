// What a followed site reports: jobs that come, run and end in its own queue, and what they cost.

#include <algorithm>

#include "engine/followed.h"
#include "engine/stepper.h"

namespace granary {
namespace {

constexpr Span no_limit = std::chrono::hours(24 * 30);  // of a job that the site lets run for ever
constexpr std::size_t most_reported = 10'000;           // of one command

// The first `longest` bytes of a text of the site, on one line.
std::string one_line(std::string text, std::size_t longest) {
  text.resize(std::min(text.size(), longest));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

Outcome outcome_of(const std::string& state) {
  if (state == "COMPLETED") return Outcome::finished;
  return state.starts_with("CANCELLED") ? Outcome::cancelled : Outcome::failed;
}

std::string why_of(const FollowedJob& job) {
  std::string why = one_line(job.state, 60);
  if (job.exit_signal != 0) return why + ", signal " + std::to_string(job.exit_signal);
  if (job.exit_code != 0) return why + ", exit " + std::to_string(job.exit_code);
  return why;
}

}  // namespace

// One report of one site.
class Stepper::Following {
 public:
  Following(Stepper& stepper, const Site& site)
      : step_(stepper), site_(site), places_(stepper.configuration(), site) {
    for (const auto& [key, id] : known().open) {
      const Job& job = s().jobs.at(id);
      if (job.claim) take(*job.claim);
    }
  }

  void add(const FollowedJob& said) {
    const FollowedSite::Key key{said.number, said.submitted};
    if (known().over.count(key) != 0) return;
    if (said.ended && *said.ended < known().as_of - step_.limits().followed_kept) return;
    const auto open = known().open.find(key);
    if (open == known().open.end()) {
      if (said.number.empty() || said.number.size() > 40) return;
      if (said.ended && !said.started) return;  // it never ran, and nobody saw it wait
      const auto on = places_.of(said);
      if (!on || known().open.size() >= step_.limits().followed_jobs) return;
      go_on(accept(said, *on), said, *on);
    } else {
      const Job& job = s().jobs.at(open->second);
      // It was placed when it was accepted; the site's file may have changed since.
      const auto on = places_.of(said);
      if (!on && !job.claim && said.started) return;
      go_on(open->second, said, on ? *on : FollowedOn{});
    }
  }

 private:
  State& s() { return step_.s_; }
  const FollowedSite& known() { return s().followed[site_.id]; }

  Id<Job> accept(const FollowedJob& said, const FollowedOn& on) {
    Job job;
    job.id = Id<Job>{s().next_job};
    job.submitted = std::max(said.submitted, said.eligible.value_or(said.submitted));
    JobRequest& r = job.request;
    r.name = one_line(said.name, 64);
    r.payer = on.account.tenant;
    r.team = on.account.team;
    r.purpose = on.account.purpose;
    r.what = one_line("sbatch " + said.name + " by " + said.user, 200);
    r.time_limit = said.limit;
    r.followed = SitesJob{site_.id, said.number, said.submitted, one_line(said.account, 64),
                          one_line(said.user, 64)};
    Choice choice;
    choice.pool = on.pool->id;
    choice.wanted = {said.chips, 1, whole_chip};
    choice.layout.data = said.chips;
    choice.span = said.limit.value_or(no_limit);
    r.choices.push_back(choice);
    step_.emit(Accepted{job});
    return job.id;
  }

  void go_on(Id<Job> id, const FollowedJob& said, const FollowedOn& on) {
    Job& job = s().jobs.at(id);
    if (!job.claim && said.started) start(job, said, on);
    if (!said.ended) return;
    if (!job.claim) {
      step_.emit(CancelledWaiting{id, std::min(*said.ended, step_.now_)});
      return;
    }
    end(job, said);
  }

  void start(const Job& job, const FollowedJob& said, const FollowedOn& on) {
    const Instant from = std::min(*said.started, step_.now_);
    Started started;
    started.job = job.id;
    started.attempt = 1;
    started.claim = {job.id, on.pool->id, chips_on(on), from, from + job.request.choices[0].span,
                     {}};
    started.because = Fits{on.pool->id, said.chips};
    started.not_before = started.claim.until;
    take(started.claim);
    step_.emit(std::move(started));
    step_.emit(Confirmed{job.id, 1, {}});
  }

  void end(Job& job, const FollowedJob& said) {
    const Instant at = std::clamp(*said.ended, job.claim->from, step_.now_);
    step_.charge(job, at);
    step_.give_back(job, at);
    for (const Held& held : job.claim->held) taken_.erase({held.node, held.chip});
    const std::string owner = owner_of(job);
    if (s().lines.count(owner) != 0) step_.emit(LineClosed{owner});
    step_.emit(Ended{job.id,
                     job.attempt,
                     outcome_of(said.state),
                     at,
                     said.exit_code,
                     said.exit_signal,
                     why_of(said),
                     {}});
  }

  void take(const Claim& claim) {
    for (const Held& held : claim.held) taken_.insert({held.node, held.chip});
  }

  // Which chips of its nodes they are is not said; those that nobody is known to have.
  std::vector<Held> chips_on(const FollowedOn& on) const {
    std::vector<Held> held;
    for (const auto& [node, chips] : on.nodes) {
      std::vector<int> free, used;
      for (int chip = 0; chip < node->chips; ++chip) {
        (taken_.count({node->id, chip}) == 0 ? free : used).push_back(chip);
      }
      free.insert(free.end(), used.begin(), used.end());
      free.resize(static_cast<std::size_t>(chips));
      std::sort(free.begin(), free.end());
      for (const int chip : free) held.push_back({node->id, chip, whole_chip});
    }
    std::sort(held.begin(), held.end(), [](const Held& a, const Held& b) {
      return std::pair(a.node, a.chip) < std::pair(b.node, b.chip);
    });
    return held;
  }

  Stepper& step_;
  const Site& site_;
  FollowedPlaces places_;
  std::set<std::pair<Id<Node>, int>> taken_;
};

// Charges use up to then that has not been charged: funded, held and captured at once.
void Stepper::charge(Job& job, Instant until) {
  const Claim claim = *job.claim;
  const std::int64_t shares = shares_of(claim);
  Line line;
  line.owner = owner_of(job);
  const auto open = s_.lines.find(line.owner);
  // Kept with the holds of its last charge, so that as much can be given back.
  if (open != s_.lines.end()) line = compacted(s_.books, open->second);
  const Instant from = claim.from + Span(line.metered.share_millis / shares);
  if (until <= from) return;
  if (until > claim.until) emit(Extended{job.id, until});
  Choice choice = job.request.choices[job.choice];
  choice.wanted.chips = static_cast<int>(claim.held.size());  // what it got, not what it asked for
  // Going on with what paid so far, or by any source.
  const auto bill_for = [&](const Line* paid_so_far) {
    const WorkPart part{
        .from = from, .span = until - from, .line = paid_so_far, .use = line.metered};
    Bill bill = *bill_of(s_, job.request, choice, part);  // nothing only inside a reservation
    bill.on_account = true;
    return bill;
  };
  const Programmes& programmes = configuration().programmes;
  Bill bill = bill_for(open == s_.lines.end() ? nullptr : &line);
  auto funding = fund(s_.books, programmes, bill);
  // What it was paid with in kind does not reach: it goes on in money.
  const bool changes_unit = !funding && !line.unit.empty();
  if (changes_unit) {
    bill = bill_for(nullptr);
    funding = fund(s_.books, programmes, bill);
  }
  if (!funding) {
    emit(open_owed(s_.books, bill));
    funding = fund(s_.books, programmes, bill);
  }
  if (!funding) return;  // a price beyond 64 bits
  if (changes_unit) {
    Line next;
    next.owner = line.owner;
    next.metered = line.metered;
    next.rate = funding->rate;
    line = compacted(s_.books, next);  // the price of what comes before was another
  }
  line.site = bill.site;
  const std::string memo = describe(claim, configuration()) + " " + to_text(until - from);
  const auto placed = extend_hold(s_.books, *funding, line, memo);
  if (!placed) return;
  emit(placed->events);
  const auto captured =
      capture(s_.books, placed->line, ChipTime::of(shares, until - claim.from), memo);
  emit(captured.events);
  emit(release(s_.books, captured.line, memo).events);
  emit(LineOpen{captured.line});
}

// A site may say late when a job ended: what was charged beyond is given back, as far as the last
// charge goes.
void Stepper::give_back(const Job& job, Instant ended) {
  const auto line = s_.lines.find(owner_of(job));
  const ChipTime kept = ChipTime::of(shares_of(*job.claim), ended - job.claim->from);
  if (line == s_.lines.end() || line->second.metered <= kept) return;
  const auto back = refund(s_.books, line->second, kept, "ended at " + to_text(ended));
  emit(back.events);
  emit(LineOpen{back.line});
}

Result<std::string> Stepper::on(const FollowSite& command) {
  const auto site = find_followed(configuration().catalog, command.site);
  if (!site) return fail(site.error());
  if (command.jobs.size() > most_reported) {
    return fail(Error::Kind::invalid, 1132,
                "A report names " + std::to_string(command.jobs.size()) + " jobs; at most " +
                    std::to_string(most_reported) + ".",
                "report in parts");
  }
  const Instant before = s_.followed[command.site].as_of;
  const Instant as_of = std::min(command.as_of, now_);
  if (as_of < before) {
    return fail(Error::Kind::conflict, 5010,
                "Site " + command.site + " was read at " + to_text(before) +
                    " already; this report is of " + to_text(as_of) + ".",
                "one import follows a site; start it again");
  }
  Following following(*this, **site);
  for (const FollowedJob& job : command.jobs) following.add(job);
  const auto open = s_.followed[command.site].open;
  for (const auto& [key, id] : open) {
    Job& job = s_.jobs.at(id);
    if (!job.claim) continue;
    const auto line = s_.lines.find(owner_of(job));
    const Instant charged =
        line == s_.lines.end()
            ? job.claim->from
            : job.claim->from + Span(line->second.metered.share_millis / shares_of(*job.claim));
    if (as_of - charged >= limits().meter_followed) charge(job, as_of);
  }
  emit(SiteFollowed{command.site, as_of});
  if (sweep_vouchers()) schedule_ = true;
  return std::string();
}

bool may_still_pay(const State& s, const Voucher& voucher, Instant now) {
  if (now >= voucher.expires + s.configuration->limits.hold_lapse) return false;
  for (const auto& [name, site] : s.followed) {
    if (site.as_of >= voucher.expires) continue;
    for (const auto& [key, id] : site.open) {
      const Job& job = s.jobs.at(id);
      if (job.claim && job.request.payer == voucher.holder) return true;
    }
  }
  return false;
}

}  // namespace granary
