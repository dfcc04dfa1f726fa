#include "plan/work_text.h"

#include <gtest/gtest.h>

#include "cost/known.h"

namespace granary {
namespace {

Catalog catalog() {
  Catalog made;
  made.models["chatglm-6b"] = known::chatglm_6b();
  return made;
}
Result<PlanRequest> read(WorkText text) {
  text.emplace("model", "chatglm-6b");
  return read_work(text, catalog());
}
Error refusal(const WorkText& text) {
  const auto request = read(text);
  EXPECT_FALSE(request);
  return request ? Error{} : request.error();
}

TEST(WorkText, OfAServiceReadsItsTargetsAndHowItIsRun) {
  const auto request = read({{"kind", "serve"},
                             {"rate", "5/s"},
                             {"p95-ttft", "800ms"},
                             {"p95-tpot", "50ms"},
                             {"weights", "Q4_K_M"},
                             {"framework", "native"},
                             {"cache", "int8"},
                             {"replicas-per-card", "2"}});
  ASSERT_TRUE(request) << request.error().what;
  const auto& serve = std::get<Serve>(request->work.what);
  EXPECT_EQ(serve.first_token, Seconds(0.8));
  EXPECT_EQ(serve.token, Seconds(0.05));
  EXPECT_EQ(request->weights, WeightFormat::q4_k_m);
  EXPECT_EQ(request->framework, FrameworkClass::native);
  EXPECT_EQ(request->cache, CacheFormat::int8);
  EXPECT_EQ(request->replicas_per_card, 2);
}

TEST(WorkText, OfAServiceWithoutThemAsksForNothingInParticular) {
  const auto request = read({{"kind", "serve"}, {"rate", "5/s"}});
  ASSERT_TRUE(request) << request.error().what;
  EXPECT_EQ(std::get<Serve>(request->work.what).token, Seconds{});
  EXPECT_FALSE(request->weights || request->framework);
  EXPECT_EQ(request->replicas_per_card, 1);
}

TEST(WorkText, OfABatchCountsRequestsOrTokens) {
  const auto by_requests = read({{"kind", "batch"}, {"requests", "10K"}, {"output", "100"}});
  const auto by_tokens = read({{"kind", "batch"}, {"tokens", "1M"}, {"deadline", "8h"}});
  ASSERT_TRUE(by_requests && by_tokens);
  EXPECT_EQ(std::get<Batch>(by_requests->work.what).tokens, Tokens(1e6));
  EXPECT_EQ(std::get<Batch>(by_tokens->work.what).tokens, Tokens(1e6));
  EXPECT_EQ(by_tokens->deadline, Span(std::chrono::hours(8)));
  EXPECT_EQ(describe(by_tokens->work), "batch chatglm-6b for 1M output tokens");
}

TEST(WorkText, NamesTheFlagThatIsWrong) {
  const WorkText batch{{"kind", "batch"}};
  EXPECT_EQ(refusal(batch).what,
            "batch needs --requests or --tokens, one of them, for example --requests 10K.");
  EXPECT_EQ(refusal({{"kind", "batch"}, {"requests", "5"}, {"tokens", "1M"}}).code, 1001);
  EXPECT_EQ(refusal({{"kind", "batch"}, {"requests", "5"}, {"rate", "5/s"}}).code, 1001);
  EXPECT_EQ(refusal({{"kind", "batch"}, {"requests", "0.5"}}).what, "--requests 0.5: at least 1.");
  const auto serve = [](const std::string& key, const std::string& value) {
    return refusal({{"kind", "serve"}, {"rate", "5/s"}, {key, value}}).what;
  };
  EXPECT_EQ(serve("weights", "int3").rfind("--weights int3: use fp32, fp16, ", 0), 0u);
  EXPECT_EQ(serve("framework", "fast"),
            "--framework fast: use compiled, native, eager or offload.");
  EXPECT_EQ(serve("cache", "int4"), "--cache int4: use fp16, fp8 or int8.");
  EXPECT_EQ(serve("replicas-per-card", "0").rfind("--replicas-per-card 0: ", 0), 0u);
  EXPECT_EQ(serve("deadline", "5d").rfind("serve has no --deadline.", 0), 0u);
  EXPECT_EQ(refusal({{"kind", "sing"}}).what,
            "The kind of work \"sing\" is not known: use pretrain, finetune, serve or batch.");
}
}  // namespace
}  // namespace granary
