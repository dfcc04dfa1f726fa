#include "execute/slurm/attempt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "execute/local/lease.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using Word = slurm::JobState;

const Instant at{std::chrono::seconds(1'795'890'100)};

SlurmSite site() {
  SlurmSite one;
  one.name = "east";
  one.house = "h1";
  one.hints = "/srv/granary/slurm/east";
  one.runs = "/shared/granary/runs";
  one.supervisor = "/usr/bin/granary-supervise";
  return one;
}

Launch launch() {
  Launch one;
  one.job = {7};
  one.attempt = 2;
  one.pool = "east/a800";
  one.gres = "a800";
  one.account = "lab";
  one.partition = "main";
  one.recipe.argv = {"/bin/sh", "-c", "#SBATCH --uid=0\nrm -rf $HOME"};
  one.held = {{"a800-2", {Id<Node>{2}, 0, whole_chip}},
              {"a800-2", {Id<Node>{2}, 1, whole_chip}},
              {"a800-1", {Id<Node>{1}, 4, whole_chip}},
              {"a800-1", {Id<Node>{1}, 5, whole_chip}}};
  one.wanted.chips = 4;
  one.span = 90s;
  return one;
}

slurm::QueueRow row(Word state, const std::string& nodes = "a800-1") {
  slurm::QueueRow one;
  one.state = state;
  one.state_text = slurm::to_text(state);
  one.reason = "None";
  one.node_list = nodes;
  return one;
}

SlurmAttempt attempt() {
  SlurmAttempt one;
  one.job = {7};
  one.number = 2;
  one.token = "granary-h1-7-2";
  return one;
}

std::string told(const Command& command) {
  if (const auto* end = std::get_if<WorkerFinished>(&command)) {
    return "finished " + std::to_string(end->exit_code) + ":" + std::to_string(end->exit_signal);
  }
  if (const auto* lost = std::get_if<WorkerLost>(&command)) return "lost " + lost->why;
  return "refused " + std::get<LaunchRefused>(command).why;
}

TEST(SlurmTokens, NameOneAttemptOfOneHouseAndNothingElse) {
  EXPECT_EQ(token_of(site(), {7}, 2), "granary-h1-7-2");
  EXPECT_EQ(of_token(site(), "granary-h1-7-2"), (std::pair{Id<Job>{7}, 2}));
  for (const char* other : {"granary-h2-7-2", "granary-h1-7", "granary-h1-7-2-3", "granary-h1-07-2",
                            "granary-h1-7-0", "granary-h1--2", "run", "granary-h1-7-2 "}) {
    EXPECT_FALSE(of_token(site(), other).first) << other;
  }
}

TEST(SlurmSites, AreRefusedForWhatSlurmCannotBeTold) {
  EXPECT_TRUE(check(site()));
  const auto refused = [](const std::function<void(SlurmSite&)>& change) {
    SlurmSite bad = site();
    change(bad);
    return !check(bad);
  };
  EXPECT_TRUE(refused([](SlurmSite& bad) { bad.house = "h-1"; }));
  EXPECT_TRUE(refused([](SlurmSite& bad) { bad.house = ""; }));
  EXPECT_TRUE(refused([](SlurmSite& bad) { bad.runs = "/with a blank"; }));
  EXPECT_TRUE(refused([](SlurmSite& bad) { bad.runs = "relative"; }));
  EXPECT_TRUE(refused([](SlurmSite& bad) { bad.supervisor = "/x;rm"; }));
}

TEST(SlurmLaunches, AreTheNodesAndChipsOfTheClaim) {
  const auto made = slurm_launch_of(site(), launch());
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_THAT(made->submission.nodes, ElementsAre("a800-2", "a800-1"));
  EXPECT_EQ(made->submission.gres, "gpu:a800:2");
  EXPECT_EQ(made->submission.name, "granary-h1-7-2");
  EXPECT_EQ(made->submission.minutes, 63);
  EXPECT_EQ(made->submission.folder, "/shared/granary/runs/j-7/2");
  EXPECT_TRUE(made->several_nodes);
  EXPECT_EQ(made->program.environment.at("GRANARY_NODES"), "a800-2,a800-1");
  EXPECT_EQ(made->program.environment.at("GRANARY_WORLD_SIZE"), "2");
}

TEST(SlurmLaunches, AreRefusedForPartsOfChipsAndUnequalNodes) {
  Launch part = launch();
  part.held[0].second.share = 500;
  EXPECT_EQ(slurm_launch_of(site(), part).error().code, 4042);
  Launch unequal = launch();
  unequal.held.pop_back();
  EXPECT_THAT(slurm_launch_of(site(), unequal).error().what,
              HasSubstr("2 chips of a800-2 and 1 of a800-1"));
  Launch none = launch();
  none.held.clear();
  EXPECT_FALSE(slurm_launch_of(site(), none));
}

TEST(SlurmScripts, AreOursAloneAndEndTheSearchForOptions) {
  const std::string script = script_of(site(), "/shared/granary/runs/j-7/2", 8s);
  EXPECT_TRUE(
      script.starts_with("#!/bin/bash\n:\n[ ! -e /shared/granary/runs/j-7/2/revoked ] || "
                         "exit 77\nexec /usr/bin/env -i PATH=/usr/bin:/bin "))
      << script;
  EXPECT_TRUE(script.ends_with(" /usr/bin/granary-supervise --stay /shared/granary/runs/j-7/2\n"));
  EXPECT_THAT(script, HasSubstr("GRANARY_STOP_GRACE_MS=8000 GRANARY_LEASE_MS=60000 "));
  EXPECT_EQ(std::count(script.begin(), script.end(), '\n'), 4);
}

TEST(SlurmOutcomes, AreThoseOfTheTableOfStates) {
  const auto end = [](Word state, std::optional<Exit> exit, bool stopping = false,
                      const std::string& nodes = "a800-1") {
    SlurmAttempt one = attempt();
    one.stopping = stopping;
    return told(outcome_of(one, row(state, nodes), exit, at));
  };
  const Exit zero{.exit_code = 0, .exit_signal = 0, .lost = {}, .refused = {}, .at = at};
  const Exit seven{.exit_code = 7, .exit_signal = 0, .lost = {}, .refused = {}, .at = at};
  const Exit term{.exit_code = 0, .exit_signal = 15, .lost = {}, .refused = {}, .at = at};
  const Exit gone{
      .exit_code = 0, .exit_signal = 0, .lost = std::string(superseded), .refused = {}, .at = at};
  EXPECT_EQ(end(Word::completed, zero), "finished 0:0");
  EXPECT_EQ(end(Word::failed, seven), "finished 7:0");
  EXPECT_EQ(end(Word::timeout, term), "finished 0:15");
  EXPECT_EQ(end(Word::timeout, std::nullopt), "finished 0:9");
  EXPECT_EQ(end(Word::out_of_memory, std::nullopt), "finished 0:9");
  EXPECT_EQ(end(Word::cancelled, term, true), "finished 0:15");
  EXPECT_EQ(end(Word::cancelled, std::nullopt, true), "lost stopped before it started");
  EXPECT_EQ(end(Word::cancelled, term), "lost cancelled at the site");
  EXPECT_EQ(end(Word::cancelled, std::nullopt), "lost cancelled at the site");
  EXPECT_EQ(end(Word::preempted, term), "lost preempted at the site");
  EXPECT_EQ(end(Word::failed, std::nullopt, false, ""), "lost rejected by the site: None");
  EXPECT_EQ(end(Word::failed, gone), "lost superseded");
  EXPECT_EQ(end(Word::node_fail, zero), "finished 0:0");
  EXPECT_THAT(end(Word::failed, std::nullopt), HasSubstr("without a word"));
  Exit refused;
  refused.refused = "no such file.";
  EXPECT_THAT(end(Word::failed, refused),
              HasSubstr("refused j-7 cannot be launched: no such file"));
  SlurmAttempt given_up = attempt();
  given_up.give_up = "the site does not start it: JobHeldAdmin";
  EXPECT_EQ(told(outcome_of(given_up, row(Word::cancelled, ""), std::nullopt, at)),
            "lost the site does not start it: JobHeldAdmin");
}

TEST(SlurmReasons, ThatPassAreToldFromThoseThatDoNot) {
  slurm::QueueRow waits = row(Word::pending, "");
  for (const char* passing : {"None", "Resources", "Priority"}) {
    waits.reason = passing;
    EXPECT_EQ(why_never(waits), "") << passing;
  }
  for (const char* lasting : {"PartitionNodeLimit", "AssocGrpGRESMinutes", "QOSMaxJobsPerUserLimit",
                              "BadConstraints", "ReqNodeNotAvail, UnavailableNodes:a800-1",
                              "JobHeldAdmin", "BeginTime", "ReservationDeleted"}) {
    waits.reason = lasting;
    EXPECT_EQ(why_never(waits), lasting);
  }
}

TEST(SlurmRequests, ThatTheSiteChangedAreNoticed) {
  const slurm::Submission asked = slurm_launch_of(site(), launch())->submission;
  slurm::QueueRow good = row(Word::running, "a800-[1-2]");
  good.partition = "main";
  good.account = "lab";
  good.limit = 63min;
  good.gres = {{"gpu:a800", 2}};
  EXPECT_EQ(changed_by_site(asked, good), "");
  const auto changed = [&](const std::function<void(slurm::QueueRow&)>& change) {
    slurm::QueueRow other = good;
    change(other);
    return !changed_by_site(asked, other).empty();
  };
  EXPECT_TRUE(changed([](slurm::QueueRow& r) { r.partition = "scavenge"; }));
  EXPECT_TRUE(changed([](slurm::QueueRow& r) { r.account = "other"; }));
  EXPECT_TRUE(changed([](slurm::QueueRow& r) { r.limit = 5min; }));
  EXPECT_TRUE(changed([](slurm::QueueRow& r) { r.gres = {{"gpu", 2}}; }));
  EXPECT_TRUE(changed([](slurm::QueueRow& r) { r.node_list = "a800-[1-3]"; }));
  EXPECT_TRUE(changed([](slurm::QueueRow& r) { r.node_list = "n[0-999999999]"; }));
  EXPECT_TRUE(changed([](slurm::QueueRow& r) { r.task = "0"; }));
  EXPECT_FALSE(changed([](slurm::QueueRow& r) { r.node_list = ""; })) << "it waits";
}

TEST(SlurmHints, AreReadBackAndDamagedOnesAreNone) {
  SlurmAttempt one = attempt();
  one.stage = Stage::over;
  one.id = 17;
  one.intended = at;
  one.stopping = true;
  one.give_up = "x";
  one.outcome = WorkerLost{{7}, 2, "x", at};
  const auto again = decode_attempt(encode(one));
  ASSERT_TRUE(again);
  EXPECT_EQ(encode(*again), encode(one));
  one.outcome = WorkerFinished{{7}, 2, 7, 0, at};
  EXPECT_EQ(encode(*decode_attempt(encode(one))), encode(one));
  const std::string text = encode(one);
  for (std::size_t size = 0; size + 2 < text.size(); ++size) {
    EXPECT_FALSE(decode_attempt(text.substr(0, size)));
  }
  EXPECT_FALSE(decode_attempt(R"({"job":7})"));
}

}  // namespace
}  // namespace granary
