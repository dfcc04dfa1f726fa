// slurm_sandbox_test: the client against a real Slurm. Skips (77) where there can be none.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <thread>

#include "slurm/client.h"
#include "slurm/sandbox_for_tests.h"

namespace granary::slurm {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using How = SubmitAnswer::How;

std::unique_ptr<Sandbox> sandbox;

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(100ms);
  }
  return true;
}

class RealSlurm : public testing::Test {
 protected:
  Submission job(const std::string& name, const std::string& script) {
    Submission one;
    one.name = name;
    one.partition = "main";
    one.nodes = {"a800-1"};
    one.gres = "gpu:a800:2";
    one.memory_mb = 100;
    one.minutes = 1;
    one.script = "#!/bin/bash\n:\n" + script + "\n";
    return one;
  }
  std::optional<QueueRow> named(const std::string& name) {
    const auto queue = client_.queue_named(name);
    EXPECT_TRUE(queue) << (queue ? "" : queue.error().what);
    if (!queue || queue->rows.empty()) return std::nullopt;
    EXPECT_EQ(queue->rows.size(), 1u);
    EXPECT_EQ(queue->skipped.rows, 0u) << queue->skipped.first;
    return queue->rows[0];
  }

  CommandLine client_{{.conf = sandbox->conf()}};
};

TEST_F(RealSlurm, AnswersAndSaysWhatItIs) {
  EXPECT_TRUE(client_.ping());
  const auto config = client_.config();
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->cluster, "east");
  EXPECT_TRUE(config->booted);
  const auto nodes = client_.nodes();
  ASSERT_TRUE(nodes) << nodes.error().what;
  EXPECT_EQ(nodes->skipped.rows, 0u) << nodes->skipped.first;
  ASSERT_EQ(nodes->rows.size(), 2u);
  EXPECT_EQ(nodes->rows[0].gres.at("gpu:a800"), 8);
  EXPECT_EQ(nodes->rows[0].state.use, NodeUse::usable);
}

TEST_F(RealSlurm, RunsAJobOnTheNodeNamedAndEndsIt) {
  // What stands behind the first command is no option of ours, whatever it looks like.
  const auto answer = client_.submit(
      job("granary-t-1-1", "#SBATCH --array=0-9\n#SBATCH --begin=now+1hour\nexit 7"));
  ASSERT_EQ(answer.how, How::acknowledged) << answer.why;
  ASSERT_TRUE(eventually([&] {
    const auto row = named("granary-t-1-1");
    return row && is_final(row->state);
  }));
  const auto row = named("granary-t-1-1");
  EXPECT_EQ(row->id, answer.id);
  EXPECT_EQ(row->state, JobState::failed);
  EXPECT_EQ(row->node_list, "a800-1");
  EXPECT_EQ(row->task, "");
  EXPECT_EQ(row->gres.at("gpu:a800"), 2);
  EXPECT_EQ(row->limit, 1min);
  const auto shown = client_.job(answer.id);
  ASSERT_TRUE(shown) << shown.error().what;
  EXPECT_EQ(*read_exit(shown->at("ExitCode")), (ExitStatus{7, 0}));
  EXPECT_EQ(shown->at("Requeue"), "0");
}

TEST_F(RealSlurm, CancelsByIdAndByName) {
  for (const bool by_name : {false, true}) {
    const std::string name = by_name ? "granary-t-2-2" : "granary-t-2-1";
    const auto answer = client_.submit(job(name, "exec sleep 60"));
    ASSERT_EQ(answer.how, How::acknowledged) << answer.why;
    ASSERT_TRUE(eventually([&] { return named(name)->state == JobState::running; }));
    EXPECT_TRUE(by_name ? client_.cancel_named(name) : client_.cancel(answer.id));
    EXPECT_TRUE(eventually([&] { return named(name)->state == JobState::cancelled; }));
  }
  EXPECT_TRUE(client_.cancel(999'999));
  EXPECT_TRUE(client_.cancel_named("granary-t-9-9"));
}

TEST_F(RealSlurm, RefusalsAreOverAndLeaveARowWithoutNodes) {
  Submission bad = job("granary-t-3-1", "exit 0");
  bad.gres = "gpu:h20:1";
  const auto answer = client_.submit(bad);
  EXPECT_EQ(answer.how, How::rejected) << answer.why;
  const auto row = named("granary-t-3-1");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->reason, "BadConstraints");
  EXPECT_EQ(row->node_list, "");
  bad.partition = "nosuch";
  EXPECT_EQ(client_.submit(bad).how, How::rejected);
}

TEST_F(RealSlurm, HistoryTellsWhatEnded) {
  if (!Sandbox::can_account()) GTEST_SKIP() << "slurmdbd or mariadbd is not installed";
  const auto answer = client_.submit(job("granary-t-4-1", "exit 3"));
  ASSERT_EQ(answer.how, How::acknowledged) << answer.why;
  const Instant now = std::chrono::floor<Span>(std::chrono::system_clock::now());
  std::optional<HistoryRow> found;
  EXPECT_TRUE(eventually([&] {
    const auto history = client_.history(now - 1h, now + 1h, "granary-t-4-1");
    EXPECT_TRUE(history) << history.error().what;
    if (!history) return true;
    EXPECT_EQ(history->skipped.rows, 0u) << history->skipped.first;
    if (!history->rows.empty()) found = history->rows[0];
    return found && is_final(found->state);
  }));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->raw_id, answer.id);
  EXPECT_EQ(found->exit, (ExitStatus{3, 0}));
  EXPECT_EQ(found->allocated.chips_by_type().at("a800"), 2);
}

TEST_F(RealSlurm, ThatIsDownIsNoticedAtOnce) {
  ASSERT_TRUE(sandbox->crash("slurmctld")) << sandbox->said();
  const auto began = std::chrono::steady_clock::now();
  const auto answer = client_.ping();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Error::Kind::unavailable);
  ASSERT_TRUE(sandbox->revive()) << sandbox->said();
  EXPECT_TRUE(client_.ping());
}

}  // namespace
}  // namespace granary::slurm

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  using granary::slurm::Sandbox;
  if (const std::string why = Sandbox::why_not(); !why.empty()) {
    std::printf("skipped: %s.\n", why.c_str());
    return 77;
  }
  granary::slurm::sandbox = std::make_unique<Sandbox>("a800:2x8", Sandbox::can_account());
  int status = 1;
  if (granary::slurm::sandbox->running()) {
    status = RUN_ALL_TESTS();
  } else {
    std::printf("no sandbox: %s\n", granary::slurm::sandbox->said().c_str());
  }
  granary::slurm::sandbox.reset();
  return status;
}
