#include "engine/job_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/built_in.h"
#include "engine/test_house.h"
#include "ledger/books_chance.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string why(const std::string& text) {
  const auto job = parse_job_file("job.toml", text);
  if (job) return "no error";
  EXPECT_EQ(job.error().code, 1010);
  EXPECT_EQ(job.error().kind, Error::Kind::invalid);
  return job.error().what;
}

TEST(AJobFile, ShowsWhereTheAcceptedChipsAreWrong) {
  EXPECT_EQ(why("payer = \"lab\"\npriority = 10\npreemptible = true\n\n\n\n"
                "chips = \"a800-sxm-80 x\"\n[run]\nargv = [\"./train\"]\n"),
            "job.toml:7:9: chips = \"a800-sxm-80 x\": a count or range must follow \"x\", e.g. "
            "\"a800-sxm-80 x 64..128\".\n"
            "      7 | chips = \"a800-sxm-80 x\"\n"
            "        |                       ^");
}

TEST(AJobFile, PointsAtTheItemOfTheListThatIsWrong) {
  EXPECT_EQ(why("accept = [\"cpu x 4\",\n  \"cpu x 8..2\"]\n"),
            "job.toml:2:3: chips = \"cpu x 8..2\": the range ends at 2, below its start, e.g. "
            "\"a800-sxm-80 x 64..128\".\n"
            "      2 |   \"cpu x 8..2\"]\n"
            "        |             ^");
}

TEST(AJobFile, SaysWhichKeyWasMeant) {
  EXPECT_THAT(why("payer = \"lab\"\npriorty = 3\n"),
              StartsWith("job.toml:2:1: \"priorty\" is not a key here. Did you mean priority?"));
  EXPECT_THAT(why("[run]\nargs = [\"a\"]\n"), HasSubstr("Did you mean argv?"));
  EXPECT_THAT(why("colour = \"red\"\n"), HasSubstr("\"colour\" is not a key here.\n"));
}

TEST(AJobFile, SaysWhatKindOfValueAKeyTakes) {
  EXPECT_THAT(why("payer = 3\n"), StartsWith("job.toml:1:9: payer must be a text in quotes."));
  EXPECT_THAT(why("priority = \"high\"\n"), HasSubstr("priority must be a whole number."));
  EXPECT_THAT(why("priority = 1.5\n"), HasSubstr("priority must be a whole number."));
  EXPECT_THAT(why("priority = 9223372036854775807\n"), HasSubstr("must be a whole number."));
  EXPECT_THAT(why("preemptible = 1\n"), HasSubstr("preemptible must be true or false."));
  EXPECT_THAT(why("accept = \"cpu\"\n"), HasSubstr("accept must be a list."));
  EXPECT_THAT(why("accept = [1]\n"), HasSubstr("accept must hold texts in quotes."));
  EXPECT_THAT(why("chips = [\"cpu\"]\n"), HasSubstr("chips must be a text in quotes."));
  EXPECT_THAT(why("run = 3\n"), HasSubstr("run must be a table."));
  EXPECT_THAT(why("work = \"x\"\n"), HasSubstr("work must be a table."));
  EXPECT_THAT(why("[work]\ntokens = 1.5\n"), HasSubstr("tokens must be a text or a whole number."));
  EXPECT_THAT(why("[run]\nargv = \"a\"\n"), HasSubstr("argv must be a list."));
  EXPECT_THAT(why("[run]\nenvironment = \"a\"\n"), HasSubstr("environment must be a table."));
  EXPECT_THAT(why("[run.environment]\nA = 1\n"),
              HasSubstr("environment must hold texts in quotes."));
}

TEST(AJobFile, ThatIsNoTomlShowsItsLine) {
  const std::string what = why("payer = \"lab\"\npriority = = 3\n");
  EXPECT_THAT(what, StartsWith("job.toml:2:"));
  EXPECT_THAT(what, HasSubstr("\n      2 | priority = = 3\n        | "));
  EXPECT_THAT(why("payer = \"lab\"\npayer = \"uni\"\n"), StartsWith("job.toml:2:"));
}

TEST(AJobFile, MayEndItsLinesAsWindowsDoes) {
  const auto job = parse_job_file(
      "job.toml", "payer = \"lab\"\r\nchips = \"cpu x 2\"\r\n[run]\r\nargv = [\"./a\"]\r\n");
  ASSERT_TRUE(job) << job.error().what;
  EXPECT_EQ(job->payer, "lab");
  EXPECT_THAT(job->accept, ElementsAre("cpu x 2"));
  const std::string what = why("payer = \"lab\"\r\nchips = \"cpu x\"\r\n");
  EXPECT_THAT(what, HasSubstr("\n      2 | chips = \"cpu x\"\n"));
}

TEST(AJobFile, OfWhichALineIsLongShowsThePartThatIsWrong) {
  const std::string what = why("chips = \"" + std::string(200, 'c') + " y\"\n");
  const std::string shown = what.substr(what.find("\n      1 | ") + 11);
  const std::size_t end = shown.find('\n');
  EXPECT_EQ(shown[shown.find('^') - end - 11], 'y') << what;
  EXPECT_THAT(why("payer = \"\x1b[31m\" oops\n"), ::testing::Not(HasSubstr("\x1b")));
}

TEST(AJobFile, ThatIsEmptyIsAJobThatSaysNothing) {
  for (const char* text : {"", "\n", "# nothing\n"}) {
    const auto job = parse_job_file("job.toml", text);
    ASSERT_TRUE(job) << job.error().what;
    const auto request = to_request(*job, Catalog{}, {}, {});
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().code, 1009);
    EXPECT_EQ(request.error().what,
              "The job accepts no chips; say accept = [\"a800-sxm-80 x 64..128\"].");
  }
}

TEST(AJobFile, OfGarbageIsRefusedWithASentenceOfBoundedLength) {
  const std::string good =
      "payer = \"lab\"\nname = 'x'\npriority = -3\naccept = [\"cpu x 1..4\"]\n[work]\nkind = "
      "\"pretrain\"\ntokens = 400\n[run]\nargv = [\"a\", '''b''']\nenvironment = { A = \"1\" }\n";
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    Chance chance(seed);
    std::string text = good;
    for (auto n = chance.below(6) + 1; n > 0; --n) {
      const auto at = static_cast<std::size_t>(chance.below(std::ssize(text)));
      if (chance.percent(50)) {
        text[at] = static_cast<char>(chance.below(256));
      } else if (chance.percent(50)) {
        text.erase(at, static_cast<std::size_t>(chance.below(9)));
      } else {
        text.insert(at, 1, static_cast<char>(chance.below(256)));
      }
      if (text.empty()) text = "=";
    }
    const auto job = parse_job_file("job.toml", text);
    if (job) continue;
    EXPECT_EQ(job.error().code, 1010) << "seed " << seed;
    EXPECT_LT(job.error().what.size(), 1000U) << "seed " << seed;
    EXPECT_THAT(job.error().what, StartsWith("job.toml:")) << "seed " << seed;
  }
}

TEST(AJobFile, ThatIsHugeIsReadOrRefusedLikeAnyOther) {
  std::string list = "accept = [";
  for (int i = 0; i < 50'000; ++i) list += "\"cpu x 4\",";
  EXPECT_TRUE(parse_job_file("job.toml", list + "]\n"));
  const std::string line = "payer = \"" + std::string(1 << 20, 'x') + "\" oops\n";
  EXPECT_LT(why(line).size(), 1000U);
  EXPECT_LT(why("payer = " + std::string(100'000, '[') + "\n").size(), 1000U);
  EXPECT_LT(why(std::string(1 << 20, 'k') + " = 1\n").size(), 1000U);
  EXPECT_LT(why("chips = \"" + std::string(1 << 20, 'c') + " y\"\n").size(), 1000U);
}

// The stock of the data that comes with the program.
struct Stock {
  Catalog catalog = parse_catalog(built_in_documents()).value();
  std::vector<Pool> pools = pools_of(catalog, {});
};

Result<JobRequest> request(const std::string& text) {
  static const Stock stock;
  const auto job = parse_job_file("job.toml", text);
  if (!job) return fail(job.error());
  return to_request(*job, stock.catalog, stock.pools, {});
}

TEST(AJobFile, OfAProgramOfOnesOwnBecomesARequestForTheAcceptedCounts) {
  const auto made = request(
      "payer = \"lab\"\nname = \"fold\"\npriority = 7\npreemptible = true\nexpected = \"20 min\"\n"
      "time_limit = \"2 h\"\ninside = \"r-3\"\naccept = [\"a800-sxm-80 x 2..8\"]\n[run]\n"
      "argv = [\"./fold\", \"-q\"]\ncheckpoint_every = \"5 min\"\nenvironment = { A = \"b\" }\n");
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_EQ(made->purpose, "run");
  EXPECT_EQ(made->what, "./fold");
  EXPECT_EQ(made->priority, 7);
  EXPECT_TRUE(made->preemptible);
  EXPECT_EQ(made->time_limit, Span(2h));
  EXPECT_EQ(made->inside, Id<Reservation>{3});
  EXPECT_EQ(made->recipe.checkpoint_every, Span(5min));
  EXPECT_EQ(made->recipe.environment.at("A"), "b");
  ASSERT_GE(made->choices.size(), 2U);
  EXPECT_EQ(made->choices[0].wanted.chips, 8);
  EXPECT_EQ(made->choices[1].wanted.chips, 2);
  for (const Choice& choice : made->choices) {
    EXPECT_EQ(choice.span * choice.wanted.chips, 8 * Span(20min)) << "fewer take longer";
    EXPECT_EQ(choice.layout.chips(), choice.wanted.chips);
  }
}

TEST(AJobFile, OfKnownWorkIsPlannedAndRemembersWhatElseWouldDo) {
  const auto made = request(
      "payer = \"lab\"\naccept = [\"a800-sxm-80 x 64..128\"]\n[work]\nkind = \"pretrain\"\n"
      "model = \"chatglm-6b\"\ntokens = \"20B\"\n[run]\nargv = [\"./train\"]\n");
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_EQ(made->purpose, "pretrain");
  EXPECT_FALSE(made->service);
  ASSERT_FALSE(made->choices.empty());
  for (const Choice& choice : made->choices) {
    EXPECT_GE(choice.wanted.chips, 64);
    EXPECT_LE(choice.wanted.chips, 128);
  }
  EXPECT_FALSE(made->others.empty());
  for (const Choice& other : made->others) {
    for (const Choice& choice : made->choices) {
      EXPECT_FALSE(other.pool == choice.pool && other.layout == choice.layout);
    }
  }
}

TEST(AJobFile, ThatLacksSomethingIsToldWhat) {
  const auto code = [](const std::string& text) {
    const auto made = request("payer = \"lab\"\n" + text);
    return made ? 0 : made.error().code;
  };
  EXPECT_EQ(code("chips = \"cpu x 1\"\n"), 1009) << "no program";
  EXPECT_EQ(code("chips = \"cpu x 1\"\n[run]\nargv = [\"a\"]\n"), 1009) << "how long?";
  EXPECT_EQ(code("chips = \"cpu x 1\"\nexpected = \"soon\"\n[run]\nargv = [\"a\"]\n"), 1013);
  EXPECT_EQ(code("chips = \"cpu x 1\"\nexpected = \"0 s\"\n[run]\nargv = [\"a\"]\n"), 1013);
  EXPECT_EQ(code("chips = \"cpu x 1\"\ntime_limit = \"x\"\n[run]\nargv = [\"a\"]\n"), 1013);
  EXPECT_EQ(code("chips = \"cpu x 1\"\ninside = \"q-1\"\n[run]\nargv = [\"a\"]\n"), 1011);
  EXPECT_EQ(code("chips = \"abacus x 1\"\nexpected = \"1 h\"\n[run]\nargv = [\"a\"]\n"), 6001);
  EXPECT_EQ(code("chips = \"a800-sxm-80 x 8\"\n[work]\nkind = \"pretrain\"\nmodel = \"glm130b\"\n"
                 "tokens = \"400B\"\n"),
            2001);
}

}  // namespace
}  // namespace granary
