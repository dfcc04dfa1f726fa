#include "nano/decode.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "nano/pass.h"

namespace nano {
namespace {

constexpr Shape kTiny{.layers = 2, .hidden = 16, .heads = 4, .context = 12};

std::vector<float> weights() {
  std::vector<float> all = initial_weights(kTiny, 9);
  Random random(2);
  for (float& weight : all) weight += static_cast<float>(0.2 * random.normal());
  return all;
}

TEST(Decoder, GivesWithItsCacheTheLogitsOfAFullForwardPass) {
  const auto all = weights();
  const std::string text = "twelve bytes";
  const std::vector<std::uint8_t> tokens(text.begin(), text.end());
  Pass pass(kTiny, 1);
  pass.forward(all, {tokens, tokens, 1, tokens.size()});
  Decoder decoder(kTiny, all);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto logits = decoder.feed(tokens[i]);
    // The full pass keeps probabilities, which are logits up to a constant.
    const auto full = pass.probabilities().subspan(i * kVocabulary, kVocabulary);
    const float constant = logits[0] - std::log(full[0]);
    for (std::size_t j = 0; j < kVocabulary; ++j) {
      EXPECT_NEAR(logits[j] - std::log(full[j]), constant, 2e-4F) << i << ", " << j;
    }
  }
}

std::string continued(const std::string& prompt, const Sampling& sampling, int count) {
  const auto all = weights();
  Continuation text(kTiny, all, prompt, sampling);
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(text.next());
  return bytes;
}

TEST(Continuation, TheSameSeedGivesTheSameTextAndAnotherSeedAnother) {
  const auto one = continued("grain", {1.0, 4}, 40);
  EXPECT_EQ(continued("grain", {1.0, 4}, 40), one);
  EXPECT_NE(continued("grain", {1.0, 5}, 40), one);
}

TEST(Continuation, WithoutTemperatureTheSeedDoesNotMatter) {
  EXPECT_EQ(continued("grain", {0.0, 4}, 40), continued("grain", {0.0, 5}, 40));
}

TEST(Continuation, GoesOnPastTheContextAndTakesPromptsOfAnyLength) {
  EXPECT_EQ(continued("", {1.0, 1}, 100).size(), 100U);
  for (std::size_t length = 10; length < 15; ++length) {
    EXPECT_EQ(continued(std::string(length, 'x'), {1.0, 1}, 30).size(), 30U);
  }
  // Only the end of a long prompt still fits.
  const std::string end = "the last bytes";
  EXPECT_EQ(continued(std::string(1000, 'a') + end, {0.0, 1}, 20),
            continued(std::string(900, 'b') + end, {0.0, 1}, 20));
}

}  // namespace
}  // namespace nano
