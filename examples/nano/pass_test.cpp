#include "nano/pass.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "nano/random.h"

namespace nano {
namespace {

constexpr Shape kTiny{.layers = 2, .hidden = 12, .heads = 3, .context = 7};
constexpr std::size_t kSequences = 3;

struct Example {
  std::vector<std::uint8_t> tokens, targets;
  std::vector<float> weights;
};

// Weights large enough that every part of the model matters to the loss.
Example example() {
  Random random(11);
  Example made;
  made.weights = initial_weights(kTiny, 5);
  for (float& weight : made.weights) weight += static_cast<float>(0.2 * random.normal());
  for (std::size_t i = 0; i < kSequences * kTiny.context; ++i) {
    made.tokens.push_back(static_cast<std::uint8_t>(random.below(256)));
    made.targets.push_back(static_cast<std::uint8_t>(random.below(256)));
  }
  return made;
}

double loss(Pass& pass, const Example& of, const std::vector<float>& weights) {
  return pass.forward(weights, {of.tokens, of.targets, kSequences, kTiny.context});
}

// The slope of the loss along `direction`, by central differences.
double slope(Pass& pass, const Example& of, const std::vector<float>& direction) {
  constexpr float kStep = 4e-3F;
  std::vector<float> ahead = of.weights;
  std::vector<float> behind = of.weights;
  for (std::size_t i = 0; i < ahead.size(); ++i) {
    ahead[i] += kStep * direction[i];
    behind[i] -= kStep * direction[i];
  }
  return (loss(pass, of, ahead) - loss(pass, of, behind)) / (2.0 * static_cast<double>(kStep));
}

class Gradient : public testing::Test {
 protected:
  Gradient() : gradient_(example_.weights.size(), 0.0F) {
    loss(pass_, example_, example_.weights);
    pass_.backward(example_.weights, 1.0F, gradient_);
  }
  // The gradient's own answer to the same question.
  double predicted(const std::vector<float>& direction) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < direction.size(); ++i) {
      sum += static_cast<double>(direction[i]) * static_cast<double>(gradient_[i]);
    }
    return sum;
  }
  Example example_ = example();
  Pass pass_{kTiny, kSequences};
  std::vector<float> gradient_;
};

TEST_F(Gradient, OfEveryTensorAgreesWithFiniteDifferencesInRandomDirections) {
  Random random(3);
  for (const Tensor& tensor : offsets(kTiny).tensors) {
    for (int trial = 0; trial < 3; ++trial) {
      std::vector<float> direction(example_.weights.size(), 0.0F);
      double norm = 0.0;
      for (std::size_t i = 0; i < tensor.count; ++i) {
        // Half along the gradient, half anywhere: large enough to measure, blind to no part.
        const double part = random.normal();
        direction[tensor.offset + i] =
            static_cast<float>(part) * (0.2F + std::abs(gradient_[tensor.offset + i])) +
            gradient_[tensor.offset + i];
        norm += std::pow(static_cast<double>(direction[tensor.offset + i]), 2.0);
      }
      for (float& value : direction) value /= static_cast<float>(std::sqrt(norm));
      const double expected = predicted(direction);
      EXPECT_NEAR(slope(pass_, example_, direction), expected, 0.01 * std::abs(expected) + 0.01)
          << tensor.name << ", trial " << trial;
    }
  }
}

TEST_F(Gradient, OfTheLargestElementOfEveryTensorAgreesWithFiniteDifferences) {
  for (const Tensor& tensor : offsets(kTiny).tensors) {
    std::size_t largest = tensor.offset;
    for (std::size_t i = tensor.offset; i < tensor.offset + tensor.count; ++i) {
      if (std::abs(gradient_[i]) > std::abs(gradient_[largest])) largest = i;
    }
    std::vector<float> direction(example_.weights.size(), 0.0F);
    direction[largest] = 1.0F;
    const double expected = static_cast<double>(gradient_[largest]);
    EXPECT_GT(std::abs(expected), 0.05) << tensor.name;
    EXPECT_NEAR(slope(pass_, example_, direction), expected, 0.01 * std::abs(expected) + 0.01)
        << tensor.name;
  }
}

TEST_F(Gradient, IsAddedToWhatIsThereAndScaled) {
  std::vector<float> twice = gradient_;
  loss(pass_, example_, example_.weights);
  pass_.backward(example_.weights, 2.0F, twice);
  for (std::size_t i = 0; i < twice.size(); ++i) {
    EXPECT_NEAR(twice[i], 3.0F * gradient_[i], 1e-3F + 1e-3F * std::abs(gradient_[i]));
  }
}

TEST(Forward, APositionSeesNothingOfWhatFollowsIt) {
  Example one = example();
  Pass pass(kTiny, kSequences);
  loss(pass, one, one.weights);
  const std::vector<float> before(pass.probabilities().begin(), pass.probabilities().end());
  one.tokens[4] ^= 0x55U;  // of the first sequence
  loss(pass, one, one.weights);
  const auto after = pass.probabilities();
  const auto row = [](std::size_t index) { return static_cast<std::ptrdiff_t>(index * 256); };
  EXPECT_TRUE(std::equal(before.begin(), before.begin() + row(4), after.begin()));
  EXPECT_FALSE(
      std::equal(before.begin() + row(4), before.begin() + row(5), after.begin() + row(4)));
  EXPECT_TRUE(std::equal(before.begin() + row(7), before.end(), after.begin() + row(7)));
}

TEST(Forward, AnUntrainedModelIsAsSurprisedAsOneWhoKnowsNothing) {
  const Example one = example();
  Pass pass(kTiny, kSequences);
  const double mean = loss(pass, one, initial_weights(kTiny, 1)) / 21.0;
  EXPECT_NEAR(mean, std::log(256.0), 0.1);
}

TEST(Shape, TheDefaultModelHasAboutOneHundredAndTwentyThousandParameters) {
  EXPECT_EQ(offsets(Shape{}).count, 120'576U);
}

}  // namespace
}  // namespace nano
