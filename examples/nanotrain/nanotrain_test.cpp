// The real binary, as an executor would start it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "child.h"

namespace nano {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using Environment = std::map<std::string, std::string>;

const std::vector<std::string> kSmall = {"--layers", "1",       "--hidden", "16",        "--heads",
                                         "2",        "--batch", "4",        "--context", "16"};

Ended train(std::vector<std::string> flags, const Environment& environment) {
  flags.insert(flags.begin(), kSmall.begin(), kSmall.end());
  return Child("nanotrain", flags, environment).wait();
}

std::vector<json> lines(const std::string& text) {
  std::vector<json> all;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    all.push_back(json::parse(text.substr(at, end - at)));
    at = end + 1;
  }
  return all;
}

// The step after which a run first reported; -1 if it never did.
int first_step(const Ended& ended) {
  const auto all = lines(ended.out);
  return all.empty() ? -1 : all.front()["steps"].get<int>();
}

std::map<int, double> losses(const std::vector<json>& all) {
  std::map<int, double> by_step;
  for (const json& line : all) by_step[line["steps"].get<int>()] = line["loss"].get<double>();
  return by_step;
}

TEST(Nanotrain, ReportsStepsTokensLossAndCheckpointsAsJsonLines) {
  const Folder folder;
  const auto ended =
      train({"--steps", "7", "--checkpoint-every", "3", "--report-every", "2"},
            {{"GRANARY_PROGRESS", folder / "p"}, {"GRANARY_CHECKPOINT", folder / "c"}});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.out, "");
  const auto all = lines(content(folder / "p"));
  ASSERT_EQ(all.size(), 5U);  // 2, 3 with a checkpoint, 4, 6 with one, 7 with the last
  EXPECT_EQ(all[0]["steps"], 2);
  EXPECT_EQ(all[0]["tokens"], 2 * 4 * 16);
  EXPECT_FALSE(all[0].contains("checkpoint"));
  EXPECT_EQ(all[1]["checkpoint"], "ckpt-000003");
  EXPECT_EQ(all[3]["checkpoint"], "ckpt-000006");
  EXPECT_EQ(all[4]["checkpoint"], "ckpt-000007");
  EXPECT_TRUE(std::filesystem::exists((folder / "c") + "/ckpt-000007"));
}

TEST(Nanotrain, ResumedItHasTheLossesOfARunThatWasNeverStopped) {
  for (const char* ranks : {"1", "2"}) {
    const Folder folder;
    const Environment straight = {{"GRANARY_CHECKPOINT", folder / "a"},
                                  {"GRANARY_DATA_PARALLEL", ranks}};
    const Environment broken = {{"GRANARY_CHECKPOINT", folder / "b"},
                                {"GRANARY_DATA_PARALLEL", ranks}};
    const auto expected = losses(lines(train({"--steps", "9"}, straight).out));
    auto seen = losses(lines(train({"--steps", "4"}, broken).out));
    const auto rest = lines(train({"--steps", "9"}, broken).out);
    EXPECT_EQ(rest.front()["steps"], 5);
    EXPECT_EQ(rest.back()["tokens"], 9 * 4 * 16);
    seen.merge(losses(rest));
    EXPECT_EQ(seen, expected) << ranks << " ranks";
    EXPECT_EQ(content((folder / "a") + "/ckpt-000009"), content((folder / "b") + "/ckpt-000009"));
  }
}

TEST(Nanotrain, TakesTheNamedCheckpointOrTheLastWholeOneBeforeIt) {
  const Folder folder;
  const std::string place = folder / "c";
  const auto to = [&](const char* steps, const Environment& environment) {
    return train({"--steps", steps, "--checkpoint-every", "3", "--out", place}, environment);
  };
  to("9", {});
  EXPECT_EQ(first_step(to("8", {{"GRANARY_RESUME", "ckpt-000006"}})), 7);
  EXPECT_FALSE(std::filesystem::exists(place + "/ckpt-000009"));  // another future
  write(place + "/ckpt-000008", "grain");
  const auto earlier = to("7", {{"GRANARY_RESUME", "ckpt-000008"}});
  EXPECT_THAT(earlier.err, HasSubstr("continuing from ckpt-000006"));
  EXPECT_EQ(first_step(earlier), 7);
  EXPECT_EQ(to("9", {{"GRANARY_RESUME", "elsewhere"}}).status, 1);
}

TEST(Nanotrain, SkipsACorruptNewestCheckpointAndSaysSo) {
  const Folder folder;
  const std::string place = folder / "c";
  train({"--steps", "6", "--checkpoint-every", "3", "--out", place}, {});
  write(place + "/ckpt-000006", content(place + "/ckpt-000006").substr(0, 999));
  const auto resumed = train({"--steps", "6", "--out", place}, {});
  EXPECT_EQ(resumed.status, 0);
  EXPECT_THAT(resumed.err, HasSubstr("ckpt-000006"));
  EXPECT_EQ(first_step(resumed), 4);
}

TEST(Nanotrain, FreshForgetsWhatTheFolderHolds) {
  const Folder folder;
  train({"--steps", "6", "--checkpoint-every", "3", "--out", folder / "c"}, {});
  EXPECT_EQ(first_step(train({"--steps", "2", "--out", folder / "c", "--fresh"}, {})), 1);
  EXPECT_FALSE(std::filesystem::exists((folder / "c") + "/ckpt-000006"));
  EXPECT_EQ(first_step(train({"--steps", "3", "--out", folder / "c"}, {})), 3);
}

TEST(Nanotrain, AFinishedTrainingSaysWhereItIsAndEnds) {
  const Folder folder;
  const auto first = train({"--steps", "3", "--report-every", "3", "--out", folder / "c"}, {});
  const auto again = train({"--steps", "3", "--out", folder / "c"}, {});
  EXPECT_EQ(again.status, 0);
  EXPECT_EQ(losses(lines(again.out)), losses(lines(first.out)));
}

TEST(Nanotrain, EndsAtOnceWith143OnSigtermAndWritesNoLastCheckpoint) {
  const Folder folder;
  std::vector<std::string> flags = {"--steps", "100000", "--checkpoint-every", "2", "--step-pause",
                                    "20",      "--out",  folder / "c"};
  flags.insert(flags.begin(), kSmall.begin(), kSmall.end());
  Child child("nanotrain", flags, {{"GRANARY_PROGRESS", folder / "p"}});
  content_with(folder / "p", "\"steps\":3,");
  const auto before = std::chrono::steady_clock::now();
  child.signal(SIGTERM);
  const auto ended = child.wait();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
  EXPECT_EQ(ended.status, 143);
  const auto all = lines(content(folder / "p"));
  const int last = all.back()["steps"].get<int>();
  EXPECT_FALSE(std::filesystem::exists((folder / "c") + "/ckpt-" +
                                       std::string(last + 1 < 10 ? "00000" : "0000") +
                                       std::to_string(last + 2)));
  for (const json& line : all)
    EXPECT_EQ(line.contains("checkpoint"), line["steps"].get<int>() % 2 == 0);
}

TEST(Nanotrain, AMicroBatchIsWhatARankPassesAtATime) {
  const Folder folder;
  const Environment micro = {{"GRANARY_MICRO_BATCH", "3"}, {"GRANARY_DATA_PARALLEL", "2"}};
  const auto tokens = [&](const std::vector<std::string>& more) {
    std::vector<std::string> flags = {"--layers",  "1",  "--hidden", "16",    "--steps",   "2",
                                      "--context", "16", "--fresh",  "--out", folder / "c"};
    flags.insert(flags.end(), more.begin(), more.end());
    const auto all = lines(Child("nanotrain", flags, micro).wait().out);
    return all.empty() ? 0 : all.back()["tokens"].get<int>();
  };
  EXPECT_EQ(tokens({}), 2 * 6 * 16);                  // one pass of three on two ranks
  EXPECT_EQ(tokens({"--batch", "12"}), 2 * 12 * 16);  // two passes, accumulated
}

struct Bad {
  std::vector<std::string> flags;
  Environment environment;
  std::string part;  // of the sentence
};

TEST(Nanotrain, AnswersEveryBadInputWithOneSentenceAndStatus2) {
  const Bad all[] = {
      {{"--steps", "0"}, {}, "--steps must be"},
      {{"--steps", "ten"}, {}, "\"ten\""},
      {{"--steps"}, {}, "needs a value"},
      {{"--hidden", "65"}, {}, "not a multiple of heads"},
      {{"--heads", "0"}, {}, "--heads must be"},
      {{"--hidden", "2"}, {}, "--hidden must be"},
      {{"--context", "1"}, {}, "--context must be"},
      {{"--layers", "-1"}, {}, "--layers must be"},
      {{"--learning-rate", "0"}, {}, "learning rate"},
      {{"--learning-rate", "nan"}, {}, "--learning-rate must be"},
      {{"--context", "4096"}, {}, "the text has"},
      {{"--layers", "64", "--hidden", "4096"}, {}, "parameters"},
      {{"--data", "/does/not/exist"}, {}, "/does/not/exist"},
      {{"--data", "/tmp"}, {}, "is not a file"},
      {{"--data", "/dev/null"}, {}, "is not a file"},
      {{"--out", ""}, {}, "--out"},
      {{"--what"}, {}, "\"--what\""},
      {{"stray"}, {}, "\"stray\""},
      {{"--fresh=1"}, {}, "takes no value"},
      {{"--seed", "1", "--seed=2"}, {}, "--seed is given twice"},
      {{"--batch", "7"}, {{"GRANARY_DATA_PARALLEL", "2"}}, "batch 7"},
      {{"--batch", "8"}, {{"GRANARY_MICRO_BATCH", "3"}}, "micro-batch 3"},
      {{}, {{"GRANARY_DATA_PARALLEL", "0"}}, "GRANARY_DATA_PARALLEL"},
      {{}, {{"GRANARY_DATA_PARALLEL", "many"}}, "GRANARY_DATA_PARALLEL"},
      {{}, {{"GRANARY_TENSOR_PARALLEL", "2"}}, "GRANARY_TENSOR_PARALLEL=2"},
      {{}, {{"GRANARY_PIPELINE_PARALLEL", "4"}}, "GRANARY_PIPELINE_PARALLEL=4"},
  };
  for (const Bad& bad : all) {
    const auto ended = Child("nanotrain", bad.flags, bad.environment).wait();
    EXPECT_EQ(ended.status, 2) << bad.part << ": " << ended.err;
    EXPECT_THAT(ended.err, HasSubstr(bad.part));
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
    EXPECT_EQ(ended.out, "");
  }
}

TEST(Nanotrain, ALayoutOfOneIsNoLayout) {
  const Folder folder;
  EXPECT_EQ(train({"--steps", "1", "--out", folder / "c"},
                  {{"GRANARY_TENSOR_PARALLEL", "1"}, {"GRANARY_PIPELINE_PARALLEL", "1"}})
                .status,
            0);
}

}  // namespace
}  // namespace nano
