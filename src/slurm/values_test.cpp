#include "slurm/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace granary::slurm {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST(SlurmTimes, AreUnixSecondsAndNothingForItsWords) {
  EXPECT_EQ(**read_time("1795890010"), Instant(1795890010s));
  for (const char* none : {"", "Unknown", "None", "NONE", "N/A", "0"}) {
    ASSERT_TRUE(read_time(none)) << none;
    EXPECT_FALSE(*read_time(none)) << none;
  }
  for (const char* bad : {"-5", "2026-11-28T18:19:16", "17 ", "99999999999999", "1e9"}) {
    EXPECT_FALSE(read_time(bad)) << bad;
  }
}

TEST(SlurmLimits, AreReadInBothForms) {
  EXPECT_EQ(**read_limit("5:00"), 5min);
  EXPECT_EQ(**read_limit("2:05:00"), 125min);
  EXPECT_EQ(**read_limit("1-02:03:04"), 26h + 3min + 4s);
  EXPECT_FALSE(*read_limit("UNLIMITED"));
  EXPECT_FALSE(read_limit("5"));
  EXPECT_FALSE(read_limit("1:2:3:4"));
  EXPECT_FALSE(read_limit("1-"));
  EXPECT_EQ(**read_limit_minutes("5"), 5min);
  EXPECT_FALSE(*read_limit_minutes("Partition_Limit"));
  EXPECT_FALSE(read_limit_minutes("5:00"));
  EXPECT_LE(**read_limit("1000000-00:00:00"), max_span);
}

TEST(SlurmExits, AreReadAsPairsAndAsWaitStatus) {
  EXPECT_EQ(*read_exit("7:0"), (ExitStatus{7, 0}));
  EXPECT_EQ(*read_exit("0:15"), (ExitStatus{0, 15}));
  EXPECT_EQ(*read_exit("1792"), (ExitStatus{7, 0}));
  EXPECT_EQ(*read_exit("9"), (ExitStatus{0, 9}));
  EXPECT_FALSE(read_exit("7:"));
  EXPECT_FALSE(read_exit("999:0"));
  EXPECT_FALSE(read_exit("70000"));
}

TEST(SlurmResources, NeverAddTypedAndUntypedChips) {
  const auto both = read_resources("billing=2,cpu=2,gres/gpu:a800=16,gres/gpu=16,mem=200M,node=2");
  ASSERT_TRUE(both);
  EXPECT_EQ(both->chips(), 16);
  EXPECT_THAT(both->chips_by_type(), UnorderedElementsAre(Pair("a800", 16)));
  EXPECT_EQ(both->cpus, 2);
  EXPECT_EQ(both->nodes, 2);
  EXPECT_EQ(both->memory_bytes, 200LL << 20);
  EXPECT_EQ(read_resources("gres/gpu=4,cpu=1")->chips(), 4);
  EXPECT_TRUE(read_resources("gres/gpu=4,cpu=1")->chips_by_type().empty());
  EXPECT_EQ(read_resources("gres/gpu:a=3,gres/gpu:b=2,gres/gpu=5")->chips(), 5);
  EXPECT_EQ(read_resources("gres/npu:ascend910b=8")->chips("npu"), 8);
  EXPECT_EQ(read_resources("mem=1.5T")->memory_bytes, 3LL << 39);
  for (const char* none : {"", "(null)"}) EXPECT_EQ(read_resources(none)->chips(), 0);
  for (const char* bad : {"cpu", "cpu=x", "cpu=-1", "mem=5Q", "gres/gpu=99999999999"}) {
    EXPECT_FALSE(read_resources(bad)) << bad;
  }
}

TEST(SlurmGres, IsReadInTheFormsOfAllVersions) {
  EXPECT_THAT(*read_gres("gpu:a800:8(S:0-1)"), ElementsAre(Pair("gpu:a800", 8)));
  EXPECT_THAT(*read_gres("gres:gpu:a800:2"), ElementsAre(Pair("gpu:a800", 2)));
  EXPECT_THAT(*read_gres("gres/gpu:a800=2"), ElementsAre(Pair("gpu:a800", 2)));
  EXPECT_THAT(*read_gres("gpu:4"), ElementsAre(Pair("gpu", 4)));
  EXPECT_THAT(*read_gres("gpu:a800"), ElementsAre(Pair("gpu:a800", 1)));
  EXPECT_THAT(*read_gres("gpu:a800:2(IDX:0,3),npu:1"),
              ElementsAre(Pair("gpu:a800", 2), Pair("npu", 1)));
  EXPECT_TRUE(read_gres("(null)")->empty());
  EXPECT_FALSE(read_gres("gpu:a800:99999999"));
  EXPECT_FALSE(read_gres(":3"));
}

TEST(SlurmNodeLists, AreReadAndMayBeNone) {
  EXPECT_THAT(*expand_nodes("a800-[1-2],b"), ElementsAre("a800-1", "a800-2", "b"));
  for (const char* none : {"", "(null)", "None assigned", "N/A"}) {
    EXPECT_TRUE(expand_nodes(none)->empty()) << none;
  }
  EXPECT_FALSE(expand_nodes("n[0-999999999]"));
}

TEST(SlurmTexts, AreShownWithoutControlCharacters) {
  EXPECT_EQ(clean("a\x1b[31mb\n\xff"), "a?[31mb??");
  EXPECT_EQ(clean("abcdef", 3), "abc");
}

}  // namespace
}  // namespace granary::slurm
