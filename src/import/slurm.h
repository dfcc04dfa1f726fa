#pragma once
// What a Slurm site has run and runs, as the reports that follow it (engine/followed.h). Nothing is
// written to the site.
//
// A job is named by its number, of an array "14_2", and by when it was submitted: a site gives
// numbers again, and a requeue is submitted anew. The accounting (sacct) says what has ended and
// for how long it ran; it lags by seconds, so that what waits and runs is read off the queue
// (squeue). A controller that died may take an end back, so an end is reported when it has stood
// for a minute. Without accounting the queue says both, for as long as it remembers (MinJobAge).

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/commands.h"
#include "slurm/client.h"

namespace granary {

// What a job or a row is called in reports.
using SitesKey = std::pair<std::string, Instant>;  // number, submitted

// Nothing for what never held or asked for chips, and for a row that is not one job (the waiting
// rest of an array).
std::optional<FollowedJob> followed_job(const slurm::HistoryRow&);
std::optional<FollowedJob> followed_job(const slurm::QueueRow&);

// One report.
struct SitesReport {
  Instant as_of{};
  std::vector<FollowedJob> jobs;
  std::map<std::string, std::uint64_t> left_out;  // rows by reason: "no chips", ...
};

// Of what sacct has printed and somebody kept, as it was at that instant: with the columns
// JobIDRaw, JobID, State, Submit, Start, End, ... named in its first line, in any order, separated
// by | or 0x1f (`sacct -P -X -D -a -o ...`). Times are Unix seconds, or as sacct prints them where
// TZ is UTC. Errors are those of slurm::read_history().
Result<SitesReport> report_of(std::string_view sacct, Instant as_of);

// Reports of one site, one after the other.
class SlurmReader {
 public:
  struct Known {  // to whom the reports go
    SitesKey key;
    bool runs = false;
  };
  using Report = SitesReport;

  // `accounting`: whether sacct answers (SiteConfig::has_accounting()). The controller must outlive
  // the reader.
  SlurmReader(slurm::Controller& controller, bool accounting)
      : controller_(controller), accounting_(accounting) {}

  // What ran in [from, until), page by page, as it was at the end of each: a day at most. Needs
  // accounting. `each` is given the reports in order; its error ends it.
  Result<void> history(Instant from, Instant until,
                       const std::function<Result<void>(const Report&)>& each);
  // What has changed since the last report that was accepted, and the jobs that are `open` there
  // and that the site does not know any more, at two looks: where there is accounting they have
  // used nothing that it counts, else they have ended when they were seen last.
  Result<Report> now(Instant now, const std::vector<Known>& open);
  // That one has arrived; until then now() says the same again.
  void accepted(const Report&);

 private:
  struct Missing {
    Instant seen{};  // when it was there last
    int times = 0;
  };
  void take(Report&, FollowedJob, const std::set<SitesKey>& waiting,
            const std::set<SitesKey>& running);

  slurm::Controller& controller_;
  bool accounting_;
  Instant last_{};                     // of the last report
  std::map<SitesKey, Instant> ended_;  // accepted as ended, for an hour
  std::map<SitesKey, Missing> missing_;
};

}  // namespace granary
