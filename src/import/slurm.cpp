#include "import/slurm.h"

#include <algorithm>

namespace granary {
namespace {

using namespace std::chrono_literals;

constexpr Span page = 24h;
constexpr Span lag = 10min;  // of the accounting, at most
// A controller that dies takes back the last it said: an end counts once it has stood for so long.
constexpr Span settling = 60s;
constexpr Span remembered = 1h;  // what was reported as ended
constexpr Span given_up = 60s;   // what is gone from the queue, after two looks
constexpr std::int64_t most_chips = 1'000'000;

// "a800" and how many, of figures of "gpu:a800" or "gpu"; nothing where there are none.
std::optional<std::pair<std::string, int>> chips_of(const slurm::Resources& resources) {
  const auto kinds = resources.chips_by_type();
  const std::int64_t chips = std::min(resources.chips(), most_chips);
  if (chips <= 0) return std::nullopt;
  if (kinds.size() == 1) return std::pair(kinds.begin()->first, static_cast<int>(chips));
  // Of several kinds it is nobody's pool: the names together say so.
  std::string names;
  for (const auto& [name, count] : kinds) names += (names.empty() ? "" : "+") + name;
  return std::pair(names, static_cast<int>(chips));
}

// "14_2"; a part of a heterogeneous job by its own number. Nothing for "14_[1-2]".
std::optional<std::string> number_of(const slurm::HistoryRow& row) {
  if (row.shown_id.find('[') != std::string::npos) return std::nullopt;
  if (row.shown_id.find('_') != std::string::npos) return row.shown_id;
  return std::to_string(row.raw_id);
}

std::vector<std::string> nodes_of(const std::string& list) {
  auto names = slurm::expand_nodes(list);
  return names ? std::move(*names) : std::vector<std::string>();
}

SitesKey key_of(const FollowedJob& job) { return {job.number, job.submitted}; }

// The job as it was then.
FollowedJob as_of(FollowedJob job, Instant at) {
  if (job.ended && *job.ended > at) {
    job.ended.reset();
    job.state = "RUNNING";
    job.exit_code = job.exit_signal = 0;
  }
  if (job.started && *job.started > at) {
    job.started.reset();
    job.nodes.clear();
    job.state = "PENDING";
  }
  return job;
}

}  // namespace

std::optional<FollowedJob> followed_job(const slurm::HistoryRow& row) {
  const auto number = number_of(row);
  if (!number || !row.submitted) return std::nullopt;
  // It never ran where nothing was given to it.
  const bool given = !row.allocated.gres.empty() || row.allocated.cpus > 0;
  const auto chips = chips_of(given ? row.allocated : row.requested);
  if (!chips) return std::nullopt;
  FollowedJob job;
  job.number = *number;
  job.submitted = *row.submitted;
  job.eligible = row.eligible;
  job.name = row.name;
  job.account = row.account;
  job.user = row.user;
  std::tie(job.gres, job.chips) = *chips;
  job.limit = row.limit;
  job.state = row.state_text;
  // Also what was requeued: the accounting gives each queueing its row.
  const bool ended = row.ended.has_value() || slurm::is_final(row.state);
  if (given && row.started) {
    job.started = row.started;
    job.nodes = nodes_of(row.node_list);
    // What the site counts: a job that it suspended has run for less than from start to end.
    if (ended) job.ended = *row.started + row.elapsed;
  } else if (ended) {
    job.ended = row.ended.value_or(*row.submitted);
  }
  if (ended) {
    job.exit_code = row.exit.code;
    job.exit_signal = row.exit.signal;
  }
  return job;
}

std::optional<FollowedJob> followed_job(const slurm::QueueRow& row) {
  if (!row.submitted) return std::nullopt;
  slurm::Resources all;
  for (const auto& [name, count] : row.gres) {
    all.gres[name] = std::min(count, most_chips) * std::clamp<std::int64_t>(row.nodes, 1, 100'000);
  }
  const auto chips = chips_of(all);
  if (!chips) return std::nullopt;
  FollowedJob job;
  const bool task =
      !row.task.empty() && row.task.find_first_not_of("0123456789") == std::string::npos;
  job.number = task ? std::to_string(row.array) + "_" + row.task : std::to_string(row.id);
  job.submitted = *row.submitted;
  job.name = row.name;
  job.account = row.account;
  job.user = row.user;
  std::tie(job.gres, job.chips) = *chips;
  job.limit = row.limit;
  job.state = row.state_text;
  const bool ended = slurm::is_final(row.state);
  if (row.started && (ended || slurm::holds_chips(row.state))) {
    job.started = row.started;
    job.nodes = nodes_of(row.node_list);
  }
  // A job that was cancelled while it waited shows start = end, on no node.
  if (job.nodes.empty()) job.started.reset();
  if (ended) job.ended = row.ends;
  return job;
}

Result<SitesReport> report_of(std::string_view sacct, Instant at) {
  SitesReport report;
  report.as_of = at;
  slurm::HistoryFormat format;
  format.header = true;
  if (sacct.substr(0, sacct.find('\n')).find('|') != std::string_view::npos) format.separator = '|';
  const auto skipped = slurm::read_history(sacct, format, [&](slurm::HistoryRow&& row) {
    auto job = followed_job(row);
    if (!job) {
      ++report.left_out["no chips"];
    } else if (job->submitted <= at) {
      report.jobs.push_back(as_of(std::move(*job), at));
    }
  });
  if (!skipped) return fail(skipped.error());
  if (skipped->rows > 0) report.left_out["not readable"] = skipped->rows;
  return report;
}

void SlurmReader::take(Report& report, FollowedJob job, const std::set<SitesKey>& waiting,
                       const std::set<SitesKey>& running) {
  const SitesKey key = key_of(job);
  if (job.ended) {
    if (ended_.count(key) != 0) return;
  } else if (running.count(key) != 0 || (waiting.count(key) != 0 && !job.started)) {
    return;  // nothing new
  }
  report.jobs.push_back(std::move(job));
}

Result<void> SlurmReader::history(Instant from, Instant until,
                                  const std::function<Result<void>(const Report&)>& each) {
  const auto queue = controller_.queue("");
  if (!queue) return fail(queue.error());
  std::set<SitesKey> alive;
  for (const slurm::QueueRow& row : queue->rows) {
    if (const auto job = followed_job(row); job && !job->ended) alive.insert(key_of(*job));
  }
  for (Instant begin = from; begin < until; begin += page) {
    Report report;
    report.as_of = std::min(begin + page, until);
    // What has just ended may not have been reported as ended yet.
    const auto rows = controller_.history(begin - lag, report.as_of, {});
    if (!rows) return fail(rows.error());
    if (rows->skipped.rows > 0) report.left_out["not readable"] += rows->skipped.rows;
    for (const slurm::HistoryRow& row : rows->rows) {
      auto job = followed_job(row);
      if (!job) {
        ++report.left_out["no chips"];
      } else if (!job->ended && alive.count(key_of(*job)) == 0) {
        ++report.left_out["open in the accounting, gone from the queue"];
      } else if (job->submitted < report.as_of) {
        const bool settled = !job->ended || *job->ended + settling <= until;
        report.jobs.push_back(
            as_of(std::move(*job),
                  settled ? report.as_of : std::min(report.as_of, *job->ended - Span(1))));
      }
    }
    if (auto good = each(report); !good) return good;
    accepted(report);
  }
  return {};
}

Result<SlurmReader::Report> SlurmReader::now(Instant now, const std::vector<Known>& open) {
  std::set<SitesKey> waiting, running;
  for (const Known& known : open) (known.runs ? running : waiting).insert(known.key);
  Report report;
  report.as_of = now;
  const auto queue = controller_.queue("");
  if (!queue) return fail(queue.error());
  std::set<SitesKey> seen, alive;
  for (const slurm::QueueRow& row : queue->rows) {
    auto job = followed_job(row);
    if (!job) {
      ++report.left_out["no chips"];
      continue;
    }
    // For how long it ran the accounting says.
    if (slurm::is_final(row.state) && (accounting_ || !row.ends)) continue;
    seen.insert(key_of(*job));
    if (!job->ended) alive.insert(key_of(*job));
    take(report, std::move(*job), waiting, running);
  }
  if (accounting_) {
    const Instant from = (last_ == Instant{} ? now : last_) - lag;
    const auto rows = controller_.history(from, now, {});
    if (!rows) return fail(rows.error());
    for (const slurm::HistoryRow& row : rows->rows) {
      auto job = followed_job(row);
      if (!job || !job->ended) continue;
      seen.insert(key_of(*job));
      if (*job->ended + settling > now || alive.count(key_of(*job)) != 0) continue;
      take(report, std::move(*job), waiting, running);
    }
  }
  std::map<SitesKey, Missing> missing;
  for (const Known& known : open) {
    if (seen.count(known.key) != 0 || ended_.count(known.key) != 0) continue;
    const auto before = missing_.find(known.key);
    Missing gone =
        before == missing_.end() ? Missing{last_ == Instant{} ? now : last_, 0} : before->second;
    ++gone.times;
    if (gone.times >= 2 && now - gone.seen >= given_up) {
      FollowedJob job;
      job.number = known.key.first;
      job.submitted = known.key.second;
      // What the accounting does not know was not used.
      job.ended = accounting_ ? known.key.second : gone.seen;
      job.state = "VANISHED";
      report.jobs.push_back(std::move(job));
    } else {
      missing[known.key] = gone;
    }
  }
  missing_ = std::move(missing);
  return report;
}

void SlurmReader::accepted(const Report& report) {
  for (const FollowedJob& job : report.jobs) {
    if (job.ended) ended_[key_of(job)] = *job.ended;
  }
  last_ = report.as_of;
  std::erase_if(ended_, [&](const auto& one) { return one.second < last_ - remembered; });
}

}  // namespace granary
