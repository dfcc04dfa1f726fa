// What the site says, and what follows from it.

#include <algorithm>

#include "execute/slurm/site_worker.h"

namespace granary {

using Word = slurm::JobState;

bool SiteWorker::poll_is_due() const {
  const Span now = clocks_.elapsed();
  bool active = false, busy = false, near_end = false, waiting = false;
  for (const auto& [key, attempt] : attempts_) {
    if (attempt.stage == Stage::over) continue;
    waiting |= attempt.stage == Stage::intended;
    active |= attempt.stage != Stage::intended;
    busy |= attempt.stage == Stage::searching || attempt.stage == Stage::fencing ||
            attempt.stopping || (attempt.stage == Stage::acknowledged && !attempt.durable);
    near_end |= attempt.exit_seen || attempt.final_since;
  }
  if (!active && !waiting) return false;
  if (!polled_) return true;
  Span every = near_end ? site_.poll_near_end : busy ? site_.poll_every : site_.poll_idle;
  if (!active) every = site_.poll_idle;  // only to keep the submits fresh
  if (failures_ > 0) {
    every = Span(std::chrono::seconds(1)) * (1 << std::min(failures_, 6));
  } else if (poll_took_ > std::chrono::seconds(1)) {
    every = std::max(every, 10 * poll_took_);
  }
  every = std::min(every, site_.poll_slowest);
  // Daemons that were started together do not ask together.
  every += every * static_cast<int>(jitter_ % 41) / 100 - every / 5;
  if (poll_wanted_ && failures_ == 0) every = std::min(every, site_.poll_near_end);
  return now - *polled_ >= every;
}

void SiteWorker::failed(const Error&) {
  ++failures_;
  const std::lock_guard lock(mutex_);
  ++counts_.failed_polls;
}

bool SiteWorker::note_config(const slurm::SiteConfig& config) {
  if (cluster_.empty()) cluster_ = config.cluster;
  if (config.cluster != cluster_) return false;
  const bool other_boot = config_ && config_->booted != config.booted;
  // A controller that came back with an older state gives numbers again.
  const bool went_back = config.next_job_id != 0 && config.next_job_id <= highest_id_;
  if (other_boot || went_back) {
    for (auto& [key, attempt] : attempts_) {
      attempt.durable = false;
      attempt.acknowledged_at = clocks_.elapsed();
    }
    const std::lock_guard lock(mutex_);
    ++counts_.controller_starts;
  }
  if (went_back) highest_id_ = 0;
  config_ = config;
  return true;
}

Result<slurm::Queue> SiteWorker::ask() {
  if (const auto up = controller_.ping(); !up) return fail(up.error());
  const auto config = controller_.config();
  if (!config) return fail(config.error());
  if (!note_config(*config)) {
    return fail(Error::Kind::conflict, 7043,
                "The Slurm site " + site_.name + " was cluster " + cluster_ + " and is " +
                    config->cluster + " now.");
  }
  return controller_.queue(site_.user);
}

void SiteWorker::poll() {
  const Span began = clocks_.elapsed();
  const auto queue = ask();
  const Span now = clocks_.elapsed();
  polled_ = now;
  poll_took_ = now - began;
  poll_wanted_ = false;
  jitter_ = jitter_ * 1'103'515'245U + 12'345U;
  if (!queue) return failed(queue.error());
  failures_ = 0;
  good_poll_ = now;
  {
    const std::lock_guard lock(mutex_);
    ++counts_.polls;
    counts_.skipped_rows += queue->skipped.rows;
    counts_.unknown_words += queue->skipped.unknown_words;
    counts_.slowest_poll = std::max(counts_.slowest_poll, poll_took_);
  }
  Rows rows;
  for (const slurm::QueueRow& row : queue->rows) {
    if (of_token(site_, row.name).first) rows[row.name].push_back(&row);
  }
  for (auto& [key, attempt] : attempts_) advance(attempt, rows);
  handle_strays(rows);
}

void SiteWorker::advance(SlurmAttempt& attempt, const Rows& rows) {
  if (attempt.stage == Stage::over) return;
  const auto found = rows.find(attempt.token);
  if (found == rows.end()) return advance_absent(attempt);
  advance_row(attempt, choose(attempt, found->second));
}

// Of several jobs of one attempt the one that runs, or the first; the others are our own fault.
const slurm::QueueRow& SiteWorker::choose(SlurmAttempt& attempt,
                                          const std::vector<const slurm::QueueRow*>& rows) {
  const slurm::QueueRow* best = rows.front();
  const auto rank = [](const slurm::QueueRow& row) {
    return std::pair{slurm::holds_chips(row.state) ? 0
                     : slurm::is_final(row.state)  ? 2
                                                   : 1,
                     row.id};
  };
  for (const slurm::QueueRow* row : rows) {
    if (rank(*row) < rank(*best)) best = row;
  }
  for (const slurm::QueueRow* row : rows) {
    if (row == best || slurm::is_final(row->state)) continue;
    cancel(attempt, row->id);
    const std::lock_guard lock(mutex_);
    ++counts_.duplicates;
  }
  return *best;
}

void SiteWorker::cancel(SlurmAttempt&, std::uint64_t id) {
  // Only ids whose row, with our name, was in this poll. The next one tells what came of it.
  [[maybe_unused]] const auto asked = controller_.cancel(id);
}

void SiteWorker::advance_row(SlurmAttempt& attempt, const slurm::QueueRow& row) {
  const Span now = clocks_.elapsed();
  attempt.absent_since.reset();
  highest_id_ = std::max(highest_id_, row.id);
  if (attempt.id != row.id) {
    attempt.id = row.id;
    write_hint(attempt);
  }
  if (row.state == Word::unknown) return;
  if (slurm::is_final(row.state)) return conclude(attempt, row);
  if (attempt.stage == Stage::fencing) return cancel(attempt, row.id);
  if (attempt.stage != Stage::acknowledged && attempt.stage != Stage::running) {
    attempt.acknowledged_at = now;
    become(attempt, Stage::acknowledged);
  }
  attempt.durable = now - attempt.acknowledged_at >= site_.durable_after;
  if (attempt.launch && attempt.give_up.empty()) {
    if (const auto what = changed_by_site(attempt.launch->submission, row); !what.empty()) {
      attempt.give_up = "the site changed the request: " + what;
      const std::lock_guard lock(mutex_);
      ++counts_.changed_requests;
    }
  }
  if (!attempt.give_up.empty()) return cancel(attempt, row.id);
  switch (row.state) {
    case Word::pending:
      if (attempt.stopping) return cancel(attempt, row.id);
      return refuse_what_never_starts(attempt, row);
    case Word::requeued:
    case Word::requeue_fed:
    case Word::requeue_hold:
    case Word::special_exit:
    case Word::resv_del_hold:
    case Word::expediting:
      attempt.give_up = "the site put it back: " + row.state_text;
      return cancel(attempt, row.id);
    case Word::completing:
    case Word::stage_out:
      return;  // its chips are not free yet
    default:
      become(attempt, Stage::running);
  }
  const bool overdue =
      now - attempt.stop_asked >= site_.stop_grace + Span(std::chrono::seconds(10));
  // Its supervisor looks for the file `stop`; this is for one that does not.
  if (attempt.stopping && (overdue || !attempt.stop_written)) cancel(attempt, row.id);
}

void SiteWorker::refuse_what_never_starts(SlurmAttempt& attempt, const slurm::QueueRow& row) {
  const Span now = clocks_.elapsed();
  if (attempt.stage == Stage::running) {  // it ran, and waits again
    attempt.give_up = "the site put it back: " + row.reason;
    return cancel(attempt, row.id);
  }
  const std::string why = why_never(row);
  const bool first = !attempt.refused_since;
  if (first) attempt.refused_since = now;
  if (now - *attempt.refused_since < site_.refused_after) return;
  if (why.empty()) {
    // The engine thought that its chips were free; others may have them.
    attempt.refused_since = now;
    const std::lock_guard lock(mutex_);
    ++counts_.slow_starts;
    return;
  }
  attempt.give_up = "the site does not start it: " + why;
  cancel(attempt, row.id);
}

// Slurm's word for an end is not taken alone: a controller that came back with an older state may
// have started the job once more, and tell of the second how it ended while the first still runs.
void SiteWorker::conclude(SlurmAttempt& attempt, const slurm::QueueRow& row) {
  if (attempt.stage == Stage::fencing) return;
  const Span now = clocks_.elapsed();
  const Instant present = clocks_.real();
  if (!attempt.final_since) attempt.final_since = now;
  const Descriptor folder = folder_of_attempt(attempt);
  if (const auto exit = folder ? read_exit(folder.number()) : std::nullopt) {
    return finish(attempt, outcome_of(attempt, row, exit, present));
  }
  // A shared folder may show a file some time after it was written.
  const bool ran = folder && has_file(folder.number(), "lease");
  if (ran && now - *attempt.final_since < site_.files_patience) return;
  attempt.final_row = row;
  const bool cut_off = row.state == Word::node_fail || row.state == Word::boot_fail;
  fence(attempt, cut_off ? "the node failed (" + row.state_text + ", " + row.node_list + ")" : "");
  advance_fence(attempt);
}

void SiteWorker::advance_absent(SlurmAttempt& attempt) {
  const Span now = clocks_.elapsed();
  if (attempt.stage == Stage::acknowledged || attempt.stage == Stage::running) {
    return search(attempt, Span{});
  }
  if (attempt.stage != Stage::searching || now < attempt.search_from) return;
  if (!attempt.absent_since || attempt.absent_boot != config_->booted) {
    attempt.absent_since = now;
    attempt.absent_boot = config_->booted;
    return;
  }
  if (now - *attempt.absent_since < site_.absent_for) return;
  if (const auto row = final_in_history(attempt)) return conclude(attempt, *row);
  // Nobody lists it. Whether it ran, and still does, its lease tells better than any record.
  fence(attempt, "it vanished from the site");
  [[maybe_unused]] const auto asked = controller_.cancel_named(attempt.token);
}

std::optional<slurm::QueueRow> SiteWorker::final_in_history(const SlurmAttempt& attempt) {
  if (!config_->has_accounting()) return std::nullopt;
  const auto hour = std::chrono::hours(1);
  const auto history =
      controller_.history(attempt.intended - hour, clocks_.real() + hour, attempt.token);
  if (!history) return std::nullopt;
  std::optional<slurm::QueueRow> last;
  for (const slurm::HistoryRow& record : history->rows) {
    // A record that has not ended says nothing: what was lost may never end there.
    if (record.name != attempt.token || !slurm::is_final(record.state)) continue;
    if (last && last->submitted > record.submitted) continue;
    last.emplace();
    last->id = record.raw_id;
    last->state = record.state;
    last->state_text = record.state_text;
    last->reason = record.reason;
    last->submitted = record.submitted;
    last->started = record.started;
    last->ends = record.ended;
    last->node_list = record.node_list;
  }
  return last;
}

// Jobs of our name that no attempt stands behind: what was given up and came up later. Its
// supervisor finds it revoked; until then it only stands in the queue.
void SiteWorker::handle_strays(const Rows& rows) {
  for (const auto& [name, all] : rows) {
    const Key key = of_token(site_, name);
    const auto found = attempts_.find(key);
    if (found != attempts_.end() && found->second.stage != Stage::over) continue;
    SlurmAttempt stray;
    stray.job = key.first;
    stray.number = key.second;
    for (const slurm::QueueRow* row : all) {
      if (slurm::is_final(row->state) || row->state == Word::completing) continue;
      const Descriptor folder = folder_of_attempt(stray);
      if (!folder || !has_file(folder.number(), "revoked")) continue;
      cancel(stray, row->id);
      const std::lock_guard lock(mutex_);
      ++counts_.strays;
    }
  }
}

}  // namespace granary
