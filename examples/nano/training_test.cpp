#include "nano/training.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "nano/text.h"

namespace nano {
namespace {

constexpr Shape kSmall{.layers = 1, .hidden = 32, .heads = 2, .context = 32};

std::vector<double> losses(Trainer& trainer, int steps) {
  std::vector<double> all;
  for (int i = 0; i < steps; ++i) {
    trainer.step();
    all.push_back(trainer.now().loss);
  }
  return all;
}

Trainer trainer(const Settings& settings) {
  return Trainer(begin_training(kSmall, 1), settings, std::string(built_in_text()));
}

TEST(Trainer, LearnsTheBuiltInTextWellBelowWhatLetterCountsAloneWouldGive) {
  Trainer one(begin_training({.layers = 1, .hidden = 64, .heads = 4, .context = 32}, 1), {},
              std::string(built_in_text()));
  const auto all = losses(one, 80);
  EXPECT_NEAR(all.front(), 5.545, 0.1);  // ln 256
  EXPECT_LT(all.back(), 2.7);            // the entropy of the text's letter counts is 2.94
}

TEST(Trainer, TwoRunsWithTheSameThreadsGiveTheSameBits) {
  for (const std::size_t ranks : {1, 2, 3}) {
    const Settings settings{.batch = 6, .data_parallel = ranks, .micro_batch = 6 / ranks};
    Trainer one = trainer(settings);
    Trainer other = trainer(settings);
    EXPECT_EQ(losses(one, 5), losses(other, 5));
    EXPECT_EQ(one.now().weights, other.now().weights);
  }
}

TEST(Trainer, RanksAndAccumulationDivideTheSameBatch) {
  Trainer whole = trainer({.batch = 8, .data_parallel = 1, .micro_batch = 8});
  Trainer ranks = trainer({.batch = 8, .data_parallel = 4, .micro_batch = 2});
  Trainer parts = trainer({.batch = 8, .data_parallel = 2, .micro_batch = 1});
  const auto expected = losses(whole, 3);
  const auto of_ranks = losses(ranks, 3);
  const auto of_parts = losses(parts, 3);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(of_ranks[i], expected[i], 1e-3);
    EXPECT_NEAR(of_parts[i], expected[i], 1e-3);
  }
  EXPECT_EQ(parts.now().tokens, 3U * 8U * 32U);
}

TEST(Trainer, ContinuesFromACopyOfItsStateAsIfNothingHadHappened) {
  const Settings settings{.batch = 4, .data_parallel = 2, .micro_batch = 2};
  Trainer straight = trainer(settings);
  losses(straight, 3);
  Trainer resumed(straight.now(), settings, std::string(built_in_text()));
  EXPECT_EQ(losses(resumed, 4), losses(straight, 4));
}

TEST(Settings, ABatchThatDoesNotDivideAndATextThatIsTooShortAreRefused) {
  const std::string text(100, 'a');
  EXPECT_TRUE(check(kSmall, {.batch = 6, .data_parallel = 3, .micro_batch = 2}, text));
  EXPECT_FALSE(check(kSmall, {.batch = 6, .data_parallel = 4, .micro_batch = 1}, text));
  EXPECT_FALSE(check(kSmall, {.batch = 0, .data_parallel = 1, .micro_batch = 1}, text));
  EXPECT_FALSE(check(kSmall, {.learning_rate = 0.0}, text));
  EXPECT_FALSE(check(kSmall, {}, text.substr(0, 32)));
  EXPECT_TRUE(check(kSmall, {}, text.substr(0, 33)));
}

}  // namespace
}  // namespace nano
