#include <gtest/gtest.h>

#include <limits>

#include "plan/demo_stock.h"
#include "plan/plan.h"

namespace granary {
namespace {

Error refusal(const decltype(Work::what)& what) {
  const auto answer = check({known::glm_130b(), what});
  EXPECT_FALSE(answer);
  return answer ? Error{} : answer.error();
}

TEST(Check, Of400TokensSaysHowToWrite400Billion) {
  const Error error = refusal(Pretrain{Tokens(400)});
  EXPECT_EQ(error.code, 1004);
  EXPECT_EQ(error.kind, Error::Kind::invalid);
  EXPECT_EQ(error.what,
            "--tokens 400: far too few for pretraining (at least 1M). Write 400B for 400 billion.");
}

TEST(Check, RefusesTokensThatNobodyTrainsOn) {
  for (const double tokens :
       {0.0, -5.0, 5000.0, 999'999.0, 1e16, std::numeric_limits<double>::quiet_NaN(),
        std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(refusal(Pretrain{Tokens(tokens)}).code, 1004) << tokens;
  }
  EXPECT_EQ(refusal(FineTune{Tokens(10)}).code, 1004);
  EXPECT_TRUE(check({known::glm_130b(), Pretrain{Tokens(1e6)}}));
  EXPECT_TRUE(check({known::glm_130b(), FineTune{Tokens(1e6)}}));
}

TEST(Check, RefusesStepsThatTheModelCannotTake) {
  EXPECT_EQ(refusal(Pretrain{Tokens(1e9), 4096}).code, 1005);
  EXPECT_EQ(refusal(Pretrain{Tokens(1e9), 0}).code, 1005);
  EXPECT_EQ(refusal(Pretrain{Tokens(1e9), 2048, 0}).code, 1005);
  EXPECT_EQ(refusal(FineTune{Tokens(1e9), 2048, 2'000'000}).code, 1005);
}

TEST(Check, RefusesServicesWithoutRequestsTokensOrTime) {
  Serve serve{PerSecond(5)};
  EXPECT_TRUE(check({known::glm_130b(), serve}));
  EXPECT_EQ(refusal(Serve{PerSecond(0)}).code, 1005);
  EXPECT_EQ(refusal(Serve{PerSecond(-1)}).code, 1005);
  EXPECT_EQ(refusal(Serve{PerSecond(std::numeric_limits<double>::infinity())}).code, 1005);
  EXPECT_EQ(refusal(Serve{PerSecond(1), 0}).code, 1005);
  EXPECT_EQ(refusal(Serve{PerSecond(1), 512, 0}).code, 1005);
  EXPECT_EQ(refusal(Serve{PerSecond(1), 512, 256, Seconds(0)}).code, 1005);
  EXPECT_EQ(refusal(Serve{PerSecond(1), 512, 256, Seconds(1), Span(0)}).code, 1005);
  const Error long_prompt = refusal(Serve{PerSecond(1), 2000, 256});
  EXPECT_EQ(long_prompt.what, "--prompt 2000 and --output 256: GLM-130B holds 2048 tokens in all.");
}

TEST(Check, RefusesBatchesWithoutAnAnswer) {
  EXPECT_TRUE(check({known::glm_130b(), Batch{Tokens(256)}}));
  EXPECT_EQ(refusal(Batch{Tokens(255)}).what, "--tokens 255: not even one answer of --output 256.");
  EXPECT_EQ(refusal(Batch{Tokens(1e16)}).code, 1004);
  EXPECT_EQ(refusal(Batch{Tokens(std::numeric_limits<double>::quiet_NaN())}).code, 1004);
  EXPECT_EQ(refusal(Batch{Tokens(1e6), 2000, 256}).code, 1005);
  Serve serve{PerSecond(5)};
  serve.token = Seconds(-1);
  EXPECT_EQ(refusal(serve).code, 1005);
}

TEST(Plan, RefusesNonsenseBeforeItSearches) {
  const demo::Stock stock = demo::city();
  PlanRequest request = demo::pretraining_of(known::glm_130b());
  request.deadline = Span(0);
  EXPECT_EQ(plan(request, stock.catalog, stock.pools).error().code, 1005);
  request = demo::serving_of(known::chatglm_6b(), 0);
  EXPECT_EQ(plan(request, stock.catalog, stock.pools).error().code, 1005);
}
}  // namespace
}  // namespace granary
