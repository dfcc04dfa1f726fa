#include "nano/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "child.h"

namespace nano {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Training state(std::uint64_t steps) {
  Training training = begin_training({.layers = 1, .hidden = 4, .heads = 2, .context = 2}, 3);
  training.steps = steps;
  training.tokens = steps * 10;
  training.loss = 1.0 / 3.0;
  training.random.next();
  training.first[5] = 0.25F;
  training.second[6] = 0.5F;
  return training;
}

std::vector<std::string> names(const Folder& folder) {
  std::vector<std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "")) {
    all.push_back(entry.path().filename().string());
  }
  std::sort(all.begin(), all.end());
  return all;
}

TEST(Checkpoint, ReadsBackEveryFieldThatWasWritten) {
  const Folder folder;
  const Training before = state(5);
  const auto name = save_checkpoint(folder / "", before);
  ASSERT_TRUE(name) << name.error();
  EXPECT_EQ(*name, "ckpt-000005");
  const auto after = load_checkpoint(folder / *name);
  ASSERT_TRUE(after) << after.error();
  EXPECT_EQ(after->shape, before.shape);
  EXPECT_EQ(after->steps, 5U);
  EXPECT_EQ(after->tokens, 50U);
  EXPECT_EQ(after->loss, before.loss);
  EXPECT_EQ(after->random, before.random);
  EXPECT_EQ(after->weights, before.weights);
  EXPECT_EQ(after->first, before.first);
  EXPECT_EQ(after->second, before.second);
  EXPECT_THAT(names(folder), ElementsAre("ckpt-000005"));
}

TEST(Checkpoint, AnyChangedByteAndAnyMissingEndIsNoticed) {
  const Folder folder;
  ASSERT_TRUE(save_checkpoint(folder / "", state(5)));
  const std::string path = folder / "ckpt-000005";
  const std::string whole = content(path);
  for (std::size_t i = 0; i < whole.size(); i += 331) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    write(path, changed);
    EXPECT_FALSE(load_checkpoint(path)) << "byte " << i;
    write(path, whole.substr(0, i));
    EXPECT_FALSE(load_checkpoint(path)) << "first " << i << " bytes";
  }
  write(path, whole + whole);
  EXPECT_FALSE(load_checkpoint(path));
  write(path, whole);
  EXPECT_TRUE(load_checkpoint(path));
}

TEST(Checkpoint, ACorruptNewestIsSkippedForTheOneBeforeItAndNamed) {
  const Folder folder;
  for (const std::uint64_t steps : {5, 10, 15})
    ASSERT_TRUE(save_checkpoint(folder / "", state(steps)));
  write(folder / "ckpt-000015", content(folder / "ckpt-000015").substr(0, 100));
  const auto search = newest_checkpoint(folder / "");
  ASSERT_TRUE(search && search->found);
  EXPECT_EQ(search->found->name, "ckpt-000010");
  EXPECT_EQ(search->found->training.steps, 10U);
  ASSERT_EQ(search->skipped.size(), 1U);
  EXPECT_THAT(search->skipped[0], HasSubstr("ckpt-000015"));
}

TEST(Checkpoint, AFolderWithoutAnyIsNotAFailureOneWithoutAWholeOneIs) {
  const Folder folder;
  const auto none = newest_checkpoint(folder / "");
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->found);
  EXPECT_TRUE(newest_checkpoint(folder / "missing"));
  write(folder / "ckpt-000005", "grain");
  EXPECT_FALSE(newest_checkpoint(folder / ""));
}

TEST(Checkpoint, ThreeAreKeptAndThoseOfAReplacedRunGo) {
  const Folder folder;
  for (const std::uint64_t steps : {1, 5, 10, 15, 20, 25}) {
    ASSERT_TRUE(save_checkpoint(folder / "", state(steps)));
  }
  write(folder / "ckpt-notes", "not ours");
  prune_checkpoints(folder / "", 10, {15, 20});
  EXPECT_THAT(names(folder),
              ElementsAre("ckpt-000010", "ckpt-000015", "ckpt-000020", "ckpt-notes"));
  prune_checkpoints(folder / "", 0, {20});
  EXPECT_THAT(names(folder), ElementsAre("ckpt-000020", "ckpt-notes"));
}

}  // namespace
}  // namespace nano
