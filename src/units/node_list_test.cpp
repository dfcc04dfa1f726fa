#include "units/node_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace granary {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> nodes(std::string_view list) {
  const auto names = expand_nodes(list);
  return names ? *names : std::vector<std::string>{names.error().what};
}

TEST(NodeList, ReadsWhatSlurmWrites) {
  EXPECT_THAT(nodes("a800-1"), ElementsAre("a800-1"));
  EXPECT_THAT(nodes("a800-[1-3,7],b-[09-11],login"),
              ElementsAre("a800-1", "a800-2", "a800-3", "a800-7", "b-09", "b-10", "b-11", "login"));
  EXPECT_THAT(nodes("rack[1-2]n4"), ElementsAre("rack1n4", "rack2n4"));
  EXPECT_THAT(nodes("r[1-2]n[08-09]x"), ElementsAre("r1n08x", "r1n09x", "r2n08x", "r2n09x"));
}

TEST(NodeList, RefusesWhatIsNoneAndWhatNeverEnds) {
  for (const char* const list : {"", ",", "a,", "[1-2", "a[1-2", "a[]", "a[2-1]", "a[x]", "a[1-]",
                                 "n[1-2]]", "n;rm", "a b", "a[1-2],,b", "a[99999999999]"}) {
    EXPECT_THAT(nodes(list), ElementsAre(HasSubstr("is not a list of nodes"))) << list;
  }
  EXPECT_THAT(nodes("n[0-999999999]"), ElementsAre(HasSubstr("more than 100000 nodes")));
  EXPECT_FALSE(expand_nodes("n[0-99]m[0-99]x[0-99]"));
  EXPECT_FALSE(expand_nodes("n[1-5],m[1-5]", 9));
  EXPECT_TRUE(expand_nodes("n[1-5],m[1-5]", 10));
}

}  // namespace
}  // namespace granary
