#include "import/slurm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace granary {
namespace {
using namespace std::chrono_literals;
using slurm::HistoryRow;
using slurm::JobState;
using slurm::QueueRow;
using testing::ElementsAre;
using testing::IsEmpty;

const Instant t0 = parse_instant("2026-11-21T00:00:00Z").value();

HistoryRow ran(std::uint64_t id, JobState state, Instant from, Span took) {
  HistoryRow row;
  row.raw_id = id;
  row.shown_id = std::to_string(id);
  row.state = state;
  row.state_text = to_text(state);
  row.submitted = t0;
  row.started = from;
  row.ended = from + took;
  row.elapsed = took;
  row.allocated.cpus = 4;
  row.allocated.gres = {{"gpu", 8}, {"gpu:a800", 8}};
  row.node_list = "a800-[1-2]";
  row.account = "nlp";
  return row;
}

QueueRow queued(std::uint64_t id, JobState state) {
  QueueRow row;
  row.id = row.array = id;
  row.state = state;
  row.state_text = to_text(state);
  row.submitted = t0;
  row.nodes = 2;
  row.gres = {{"gpu:a800", 4}};
  if (state != JobState::pending) {
    row.started = t0 + 1min;
    row.node_list = "a800-[1-2]";
  }
  return row;
}

// Answers what it is told to.
class Site final : public slurm::Controller {
 public:
  std::vector<QueueRow> rows;
  std::vector<HistoryRow> past;

  Result<void> ping() override { return {}; }
  Result<slurm::Queue> queue(const std::string&) override { return slurm::Queue{rows, {}}; }
  Result<slurm::Queue> queue_named(const std::string&) override { return slurm::Queue{}; }
  Result<slurm::History> history(Instant from, Instant to, const std::string&) override {
    slurm::History all;
    for (const HistoryRow& row : past) {
      if (*row.submitted < to && (!row.ended || *row.ended >= from)) all.rows.push_back(row);
    }
    return all;
  }
  Result<slurm::Nodes> nodes() override { return slurm::Nodes{}; }
  Result<slurm::SiteConfig> config() override { return slurm::SiteConfig{}; }
  slurm::SubmitAnswer submit(const slurm::Submission&) override { return {}; }
  Result<void> cancel(std::uint64_t) override { return {}; }
  Result<void> cancel_named(const std::string&) override { return {}; }
  Result<std::map<std::string, std::string>> job(std::uint64_t) override {
    return std::map<std::string, std::string>{};
  }
};

std::vector<std::string> numbers(const SitesReport& report) {
  std::vector<std::string> all;
  for (const FollowedJob& job : report.jobs) {
    all.push_back(job.number + (job.ended ? " ended" : job.started ? " runs" : " waits"));
  }
  return all;
}

TEST(ImportSlurm, OneRowOfTheAccountingIsOneJob) {
  const auto job = followed_job(ran(7, JobState::completed, t0 + 1h, 2h));
  ASSERT_TRUE(job);
  EXPECT_EQ(job->number, "7");
  EXPECT_EQ(job->gres, "a800");
  EXPECT_EQ(job->chips, 8) << "typed and untyped figures are the same chips";
  EXPECT_THAT(job->nodes, ElementsAre("a800-1", "a800-2"));
  EXPECT_EQ(job->ended, t0 + 3h);
}

TEST(ImportSlurm, WhatWasRequeuedHasRunUntilThen) {
  HistoryRow row = ran(7, JobState::requeued, t0 + 1h, 8s);
  EXPECT_EQ(followed_job(row)->ended, t0 + 1h + 8s);
}

TEST(ImportSlurm, TimeInWhichASiteSuspendedAJobIsNotCounted) {
  HistoryRow row = ran(7, JobState::completed, t0, 2h);
  row.elapsed = 90min;
  EXPECT_EQ(followed_job(row)->ended, t0 + 90min);
}

TEST(ImportSlurm, TasksOfAnArrayAreCalledByTheirPlaceAndItsWaitingRestIsNobody) {
  HistoryRow task = ran(15, JobState::completed, t0, 1h);
  task.shown_id = "14_2";
  EXPECT_EQ(followed_job(task)->number, "14_2");
  task.shown_id = "14_[3-9%2]";
  EXPECT_FALSE(followed_job(task));
  task.shown_id = "12+1";
  EXPECT_EQ(followed_job(task)->number, "15");
  QueueRow row = queued(15, JobState::running);
  row.array = 14;
  row.task = "2";
  EXPECT_EQ(followed_job(row)->number, "14_2");
}

TEST(ImportSlurm, WhatNeverRanHasNoStart) {
  HistoryRow row = ran(7, JobState::cancelled, t0 + 1h, 0h);
  row.requested = row.allocated;
  row.allocated = {};
  row.node_list = "None assigned";
  const auto job = followed_job(row);
  ASSERT_TRUE(job);
  EXPECT_FALSE(job->started);
  EXPECT_EQ(job->ended, t0 + 1h);
  QueueRow cancelled = queued(7, JobState::cancelled);
  cancelled.node_list = "";
  cancelled.ends = t0 + 1h;
  EXPECT_FALSE(followed_job(cancelled)->started) << "squeue shows start = end, on no node";
}

TEST(ImportSlurm, WithoutChipsItIsNotFollowed) {
  HistoryRow row = ran(7, JobState::completed, t0, 1h);
  row.allocated.gres.clear();
  EXPECT_FALSE(followed_job(row));
  QueueRow queue = queued(7, JobState::running);
  queue.gres.clear();
  EXPECT_FALSE(followed_job(queue));
}

TEST(ImportSlurm, SaysWhatIsNewUntilItIsAccepted) {
  Site site;
  SlurmReader reader(site, true);
  site.rows = {queued(1, JobState::running), queued(2, JobState::pending)};
  auto report = reader.now(t0 + 2min, {});
  ASSERT_TRUE(report);
  EXPECT_THAT(numbers(*report), ElementsAre("1 runs", "2 waits"));
  report = reader.now(t0 + 3min, {});
  EXPECT_THAT(numbers(*report), ElementsAre("1 runs", "2 waits")) << "it did not arrive";
  reader.accepted(*report);
  const std::vector<SlurmReader::Known> open{{{"1", t0}, true}, {{"2", t0}, false}};
  EXPECT_THAT(numbers(*reader.now(t0 + 4min, open)), IsEmpty());
  site.rows = {queued(1, JobState::completed), queued(2, JobState::running)};
  EXPECT_THAT(numbers(*reader.now(t0 + 5min, open)), ElementsAre("2 runs"))
      << "sacct says for how long the first ran, and lags";
  site.past = {ran(1, JobState::completed, t0 + 1min, 3min)};
  EXPECT_THAT(numbers(*reader.now(t0 + 4min + 59s, open)), ElementsAre("2 runs"))
      << "an end counts once it has stood for a minute";
  report = reader.now(t0 + 6min, open);
  EXPECT_THAT(numbers(*report), ElementsAre("2 runs", "1 ended"));
  reader.accepted(*report);
  EXPECT_THAT(numbers(*reader.now(t0 + 7min, {{{"2", t0}, true}})), IsEmpty());
}

TEST(ImportSlurm, WithoutAccountingTheQueueSaysWhatEnded) {
  Site site;
  SlurmReader reader(site, false);
  site.rows = {queued(1, JobState::failed)};
  site.rows[0].ends = t0 + 9min;
  const auto report = reader.now(t0 + 10min, {{{"1", t0}, true}});
  ASSERT_TRUE(report);
  ASSERT_EQ(report->jobs.size(), 1u);
  EXPECT_EQ(report->jobs[0].ended, t0 + 9min);
}

TEST(ImportSlurm, AnEndThatADeadControllerTakesBackIsNone) {
  Site site;
  SlurmReader reader(site, true);
  const std::vector<SlurmReader::Known> open{{{"1", t0}, true}};
  site.past = {ran(1, JobState::completed, t0 + 1min, 3min)};
  site.rows = {queued(1, JobState::running)};
  EXPECT_THAT(numbers(*reader.now(t0 + 9min, open)), IsEmpty()) << "it runs again";
  site.rows.clear();
  site.past = {ran(1, JobState::timeout, t0 + 1min, 10min)};
  const auto report = reader.now(t0 + 20min, open);
  ASSERT_EQ(report->jobs.size(), 1u);
  EXPECT_EQ(report->jobs[0].ended, t0 + 11min);
}

TEST(ImportSlurm, WhatTheAccountingDoesNotKnowUsedNothing) {
  Site site;
  SlurmReader reader(site, true);
  site.rows = {queued(1, JobState::running)};
  reader.accepted(*reader.now(t0 + 2min, {}));
  site.rows.clear();
  const std::vector<SlurmReader::Known> open{{{"1", t0}, true}};
  reader.accepted(*reader.now(t0 + 3min, open));
  const auto report = reader.now(t0 + 4min, open);
  ASSERT_EQ(report->jobs.size(), 1u);
  EXPECT_EQ(report->jobs[0].ended, t0) << "so that what was charged is given back";
}

TEST(ImportSlurm, WhatIsGoneFromAQueueWithoutAccountingEndedWhenItWasSeenLast) {
  Site site;
  SlurmReader reader(site, false);
  site.rows = {queued(1, JobState::running)};
  auto report = reader.now(t0 + 2min, {});
  reader.accepted(*report);
  site.rows.clear();
  const std::vector<SlurmReader::Known> open{{{"1", t0}, true}};
  report = reader.now(t0 + 3min, open);
  EXPECT_THAT(numbers(*report), IsEmpty()) << "one look may be wrong";
  reader.accepted(*report);
  report = reader.now(t0 + 4min, open);
  ASSERT_EQ(report->jobs.size(), 1u);
  EXPECT_EQ(report->jobs[0].state, "VANISHED");
  EXPECT_EQ(report->jobs[0].ended, t0 + 2min);
}

TEST(ImportSlurm, APageOfThePastIsAsItWasAtItsEnd) {
  Site site;
  SlurmReader reader(site, true);
  HistoryRow open = ran(3, JobState::running, t0 + 30h, 0h), runaway = open;
  open.ended.reset();
  runaway.ended.reset();
  runaway.raw_id = 4;
  runaway.shown_id = "4";
  site.past = {ran(1, JobState::completed, t0 + 1h, 2h), ran(2, JobState::failed, t0 + 20h, 8h),
               open, runaway};
  QueueRow running = queued(3, JobState::running);
  site.rows = {running};
  std::vector<std::vector<std::string>> pages;
  const auto read = reader.history(t0, t0 + 32h, [&](const SitesReport& report) -> Result<void> {
    pages.push_back(numbers(report));
    return {};
  });
  ASSERT_TRUE(read);
  EXPECT_THAT(pages, ElementsAre(ElementsAre("1 ended", "2 runs", "3 waits"),
                                 ElementsAre("2 ended", "3 runs")));
  // One that ended half a minute ago still runs.
  site.past = {ran(5, JobState::completed, t0, 1h)};
  pages.clear();
  ASSERT_TRUE(reader.history(t0, t0 + 1h + 30s, [&](const SitesReport& report) -> Result<void> {
    pages.push_back(numbers(report));
    return {};
  }));
  EXPECT_THAT(pages, ElementsAre(ElementsAre("5 runs")));
}

TEST(ImportSlurm, AFileOfSacctIsReadAsOfAnInstant) {
  const std::string file =
      "JobIDRaw|JobID|State|Submit|Start|End|ElapsedRaw|AllocTRES|NodeList|Account|User|JobName\n"
      "1|1|COMPLETED|1795219200|1795219300|1795222900|3600|cpu=1,gres/"
      "gpu:a800=2|a800-1|nlp|al|one\n"
      "2|2|RUNNING|1795219200|1795222900|Unknown|10|cpu=1,gres/gpu:a800=2|a800-1|nlp|al|two\n"
      "3|3|COMPLETED|1795219200|1795219300|1795222900|3600|cpu=1|a800-1|nlp|al|none\n"
      "garbage\n";
  const Instant begin{std::chrono::seconds(1'795'219'200)};
  auto report = report_of(file, begin + 10h);
  ASSERT_TRUE(report) << report.error().what;
  EXPECT_THAT(numbers(*report), ElementsAre("1 ended", "2 runs"));
  EXPECT_EQ(report->left_out.at("no chips"), 1u);
  EXPECT_EQ(report->left_out.at("not readable"), 1u);
  EXPECT_THAT(numbers(*report_of(file, begin + 1min)), ElementsAre("1 waits", "2 waits"));
  EXPECT_FALSE(report_of("nothing of the kind\n", begin));
}

}  // namespace
}  // namespace granary
