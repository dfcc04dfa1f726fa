#include "slurm/rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "slurm/recorded_for_tests.h"

namespace granary::slurm {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

const QueueRow& row(const Queue& queue, std::uint64_t id, const std::string& task = "") {
  for (const QueueRow& each : queue.rows) {
    if (each.id == id && each.task == task) return each;
  }
  ADD_FAILURE() << "no row " << id << "_" << task;
  static const QueueRow none;
  return none;
}

TEST(SlurmQueue, ReadsEveryRowOfARealOne) {
  const Queue queue = read_queue(recorded("queue"));
  EXPECT_EQ(queue.rows.size(), 14u);
  EXPECT_EQ(queue.skipped.rows, 0u) << queue.skipped.first;
  EXPECT_EQ(queue.skipped.unknown_words, 0u);

  const QueueRow& runs = row(queue, 3);
  EXPECT_EQ(runs.name, "granary-h1-3-1");
  EXPECT_EQ(runs.state, JobState::running);
  EXPECT_EQ(runs.submitted, Instant(1795890010s));
  EXPECT_EQ(runs.started, Instant(1795890011s));
  EXPECT_EQ(runs.ends, Instant(1795890311s));
  EXPECT_EQ(runs.nodes, 2);
  EXPECT_EQ(runs.node_list, "a800-[1-2]");
  EXPECT_THAT(runs.gres, ElementsAre(Pair("gpu:a800", 8)));
  EXPECT_EQ(runs.partition, "main");
  EXPECT_EQ(runs.limit, 5min);

  EXPECT_EQ(row(queue, 9, "1").array, 4u);
  EXPECT_EQ(row(queue, 9, "1").state, JobState::running);
  EXPECT_EQ(row(queue, 4, "2").reason, "JobArrayTaskLimit");
  EXPECT_EQ(row(queue, 12).state, JobState::completing);
  EXPECT_EQ(row(queue, 5).reason, "PartitionNodeLimit");
  EXPECT_EQ(row(queue, 11).reason, "BeginTime");
  // It never ran, whatever its start says: it has no nodes.
  EXPECT_EQ(row(queue, 6).reason, "BadConstraints");
  EXPECT_EQ(row(queue, 6).node_list, "");
  EXPECT_EQ(row(queue, 7).state, JobState::cancelled);
  EXPECT_EQ(row(queue, 7).started, row(queue, 7).ends);
}

TEST(SlurmQueue, SkipsAndCountsWhatItCannotRead) {
  const Queue queue = read_queue(recorded("queue-by-hand"));
  EXPECT_EQ(queue.rows.size(), 4u);
  EXPECT_EQ(queue.skipped.rows, 4u);
  EXPECT_THAT(queue.skipped.first, HasSubstr("job id \"x\""));
  EXPECT_EQ(queue.skipped.unknown_words, 1u);
  EXPECT_EQ(row(queue, 14, "1-2%1").state, JobState::pending);
  EXPECT_EQ(row(queue, 21).name, "a|b?c");
  EXPECT_EQ(expand_nodes(row(queue, 21).node_list)->size(), 14u);
  EXPECT_EQ(row(queue, 22).state, JobState::unknown);
  EXPECT_EQ(row(queue, 22).state_text, "HIBERNATING");
  EXPECT_EQ(row(queue, 26).nodes, 1);
}

TEST(SlurmQueue, IsEmptyForAnEmptyAnswer) {
  EXPECT_TRUE(read_queue("").rows.empty());
  EXPECT_EQ(read_queue("").skipped.rows, 0u);
  EXPECT_EQ(read_queue("slurm_load_jobs error: something\n").skipped.rows, 1u);
}

TEST(SlurmHistory, ReadsEveryRecordOfARealOne) {
  const History history = read_history(recorded("history"));
  EXPECT_EQ(history.skipped.rows, 0u) << history.skipped.first;
  ASSERT_EQ(history.rows.size(), 14u);
  std::map<std::uint64_t, std::vector<HistoryRow>> by_id;
  for (const HistoryRow& each : history.rows) by_id[each.raw_id].push_back(each);

  const HistoryRow& two_nodes = by_id[3][0];
  EXPECT_EQ(two_nodes.cluster, "east");
  EXPECT_EQ(two_nodes.state, JobState::completed);
  EXPECT_EQ(two_nodes.elapsed, 60s);
  EXPECT_EQ(two_nodes.limit, 5min);
  EXPECT_EQ(two_nodes.allocated.chips(), 16);
  EXPECT_EQ(two_nodes.index, 7u);
  EXPECT_EQ(two_nodes.qos, "normal");

  EXPECT_EQ(by_id[2][0].exit, (ExitStatus{7, 0}));
  EXPECT_EQ(by_id[13][0].exit, (ExitStatus{0, 11}));
  EXPECT_EQ(by_id[8][0].cancelled_by, 0u);
  EXPECT_EQ(by_id[8][0].state, JobState::cancelled);
  EXPECT_EQ(by_id[10][0].state, JobState::timeout);
  EXPECT_EQ(by_id[14][0].shown_id, "4_2");
  EXPECT_EQ(by_id[4][0].ended, std::nullopt);
  // Never started: no nodes, nothing allocated.
  EXPECT_EQ(by_id[5][0].started, std::nullopt);
  EXPECT_EQ(by_id[6][0].node_list, "");
  EXPECT_EQ(by_id[6][0].allocated.chips(), 0);
  // Requeued: two records of one job.
  ASSERT_EQ(by_id[11].size(), 2u);
  EXPECT_EQ(by_id[11][0].state, JobState::requeued);
  EXPECT_EQ(by_id[11][1].state, JobState::completed);
  EXPECT_LT(by_id[11][0].submitted, by_id[11][1].submitted);
}

TEST(SlurmHistory, SkipsAndCountsWhatItCannotRead) {
  const History history = read_history(recorded("history-by-hand"));
  EXPECT_EQ(history.rows.size(), 4u);
  EXPECT_EQ(history.skipped.rows, 3u);
  EXPECT_EQ(history.skipped.unknown_words, 1u);
  EXPECT_EQ(history.rows[0].limit, std::nullopt);
  EXPECT_EQ(history.rows[0].ended, std::nullopt);
  EXPECT_EQ(history.rows[1].started, std::nullopt);
  EXPECT_EQ(history.rows[1].reservation, "granary-h1-R");
  EXPECT_EQ(history.rows[2].allocated.chips(), 4);
  EXPECT_EQ(history.rows[2].exit, (ExitStatus{0, 125}));
}

TEST(SlurmHistory, TakesColumnsAsAHeaderNamesThem) {
  std::vector<HistoryRow> rows;
  const HistoryFormat format{.separator = '|', .header = true};
  const auto keep = [&](HistoryRow&& each) { rows.push_back(std::move(each)); };
  const auto skipped = read_history(recorded("history-with-header"), format, keep);
  ASSERT_TRUE(skipped) << skipped.error().what;
  EXPECT_EQ(skipped->rows, 0u) << skipped->first;
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].raw_id, 9u);
  EXPECT_EQ(rows[0].allocated.chips_by_type().at("a800"), 2);
  EXPECT_EQ(rows[0].account, "root");
  EXPECT_EQ(rows[0].index, 0u);
  EXPECT_EQ(rows[1].cancelled_by, 1000u);
  EXPECT_FALSE(read_history("JobID|State\n1|COMPLETED\n", format, keep));
}

TEST(SlurmNodes, AreReadFromARealSite) {
  const Nodes nodes = read_nodes(recorded("nodes"));
  EXPECT_EQ(nodes.skipped.rows, 0u) << nodes.skipped.first;
  ASSERT_EQ(nodes.rows.size(), 6u);
  const NodeRow& first = nodes.rows[0];
  EXPECT_EQ(first.name, "a800-1");
  EXPECT_EQ(first.state_text, "MIXED");
  EXPECT_EQ(first.state.use, NodeUse::usable);
  EXPECT_THAT(first.gres, ElementsAre(Pair("gpu:a800", 8)));
  EXPECT_EQ(first.configured.chips(), 8);
  EXPECT_EQ(first.configured.memory_bytes, 500LL << 30);
  EXPECT_EQ(first.allocated.chips(), 8);
  EXPECT_THAT(first.features, ElementsAre("a800"));
  EXPECT_THAT(first.partitions, ElementsAre("main", "urgent", "scavenge"));
  EXPECT_EQ(first.version, "22.05.8");
  EXPECT_EQ(first.booted, Instant(1795878141s));
}

TEST(SlurmNodes, AreOnlyUsedInStatesThatSaySo) {
  const Nodes nodes = read_nodes(recorded("nodes-by-hand"));
  std::map<std::string, NodeUse> use;
  for (const NodeRow& each : nodes.rows) use[each.name] = each.state.use;
  EXPECT_EQ(use, (std::map<std::string, NodeUse>{{"a", NodeUse::until_claims_end},
                                                 {"b", NodeUse::unusable},
                                                 {"c", NodeUse::unusable},
                                                 {"d", NodeUse::set_aside},
                                                 {"e", NodeUse::unusable},
                                                 {"f", NodeUse::unusable},
                                                 {"g", NodeUse::usable},
                                                 {"h", NodeUse::unusable},
                                                 {"i", NodeUse::unusable}}));
  EXPECT_EQ(nodes.skipped.rows, 4u);
  EXPECT_EQ(nodes.skipped.unknown_words, 1u);
  EXPECT_FALSE(nodes.rows[1].state.responding);
  // What a reason says comes after what the site says.
  EXPECT_THAT(nodes.rows[0].gres, ElementsAre(Pair("gpu:a800", 8)));
  EXPECT_THAT(nodes.rows[0].reason, HasSubstr("broken fan"));
}

TEST(SlurmConfig, IsReadFromARealSite) {
  const auto config = read_config(recorded("config"));
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->cluster, "east");
  EXPECT_EQ(config->version, "22.05.8");
  EXPECT_EQ(config->booted, Instant(1795889983s));
  EXPECT_EQ(config->next_job_id, 14u);
  EXPECT_EQ(config->min_job_age, 600s);
  EXPECT_EQ(config->slurmd_timeout, 20s);
  EXPECT_EQ(config->max_array_size, 100'001);
  EXPECT_EQ(config->preempt_mode, "REQUEUE");
  EXPECT_TRUE(config->has_accounting());
  EXPECT_TRUE(config->requeues);
  EXPECT_FALSE(read_config("Unable to contact slurm controller\n"));
}

TEST(SlurmPairs, EndAValueOnlyBeforeAnotherKey) {
  const auto pairs = read_pairs(recorded("job"));
  EXPECT_EQ(pairs.at("JobName"), "granary-h1-3-1");
  EXPECT_EQ(pairs.at("TRES"), "cpu=2,mem=200M,node=2,billing=2,gres/gpu=16,gres/gpu:a800=16");
  EXPECT_EQ(pairs.at("StdOut"), "/dev/null");
  EXPECT_EQ(pairs.at("Requeue"), "0");
  EXPECT_EQ(read_pairs("A=1 2 3 B=x=y A=4").at("A"), "1 2 3");
  EXPECT_EQ(read_pairs("A=1 2 3 B=x=y A=4").at("B"), "x=y");
}

TEST(SlurmStates, AreAClosedListAndWhatHidesThem) {
  EXPECT_EQ(read_job_state("CANCELLED by 1000"),
            (JobStateText{JobState::cancelled, std::uint32_t{1000}}));
  EXPECT_EQ(read_job_state("CANCELLED+").state, JobState::cancelled);
  EXPECT_EQ(read_job_state("RUNNING,COMPLETING").state, JobState::completing);
  EXPECT_EQ(read_job_state("CG").state, JobState::completing);
  EXPECT_EQ(read_job_state("").state, JobState::unknown);
  EXPECT_EQ(read_job_state("CANCELLED by x").cancelled_by, std::nullopt);
  EXPECT_FALSE(is_final(JobState::completing));
  EXPECT_TRUE(holds_chips(JobState::completing));
  for (int i = 1; i <= static_cast<int>(JobState::expediting); ++i) {
    const auto state = static_cast<JobState>(i);
    EXPECT_EQ(read_job_state(to_text(state)).state, state);
    EXPECT_FALSE(is_final(state) && holds_chips(state));
  }
}

}  // namespace
}  // namespace granary::slurm
