// Services and batch inference: which engine, what its users see, why not.

#include <gtest/gtest.h>

#include "cost/service.h"
#include "plan/demo_stock.h"
#include "plan/search.h"

namespace granary {
namespace {

Menu menu_of(const PlanRequest& request, const demo::Stock& stock) {
  auto menu = plan(request, stock.catalog, stock.pools);
  EXPECT_TRUE(menu) << menu.error().what;
  return menu.value_or(Menu{});
}
Option only_option(const PlanRequest& request, const demo::Stock& stock) {
  const Menu menu = menu_of(request, stock);
  EXPECT_EQ(menu.options.size(), 1u);
  for (const Excluded& out : menu.excluded) ADD_FAILURE() << to_text(out.why);
  return menu.options.empty() ? Option{} : menu.options[0];
}
template <class Why>
std::optional<Why> reason_of(const PlanRequest& request, const demo::Stock& stock) {
  const Menu menu = menu_of(request, stock);
  if (menu.excluded.empty()) return std::nullopt;
  const auto* why = std::get_if<Why>(&menu.excluded[0].why);
  if (!why) ADD_FAILURE() << to_text(menu.excluded[0].why);
  return why ? std::optional<Why>(*why) : std::nullopt;
}

Chip with_backends(Chip chip, const std::vector<std::string>& backends) {
  chip.backends->value = backends;
  return chip;
}
demo::Stock one_node_of(const Chip& chip, int chips) {
  return demo::stock({{"site", chip, 1, chips, 2}});
}

TEST(Engines, AreCompiledWhereOneIsKnownAndNativeOtherwise) {
  const PlanRequest request = demo::serving_of(known::chatglm_6b(), 0.1);
  const auto engine = [&](const std::vector<std::string>& backends) -> std::string {
    const auto stock = one_node_of(with_backends(known::rtx4090(), backends), 1);
    const Menu menu = menu_of(request, stock);
    if (menu.options.empty()) return "none";
    return std::string(menu.options[0].engine->name) + ", " +
           to_text(menu.options[0].engine->framework);
  };
  EXPECT_EQ(engine({"cuda", "vulkan"}), "vLLM, compiled");
  EXPECT_EQ(engine({"cann"}), "vLLM Ascend, compiled");
  EXPECT_EQ(engine({"musa", "vulkan"}), "llama.cpp, native");
  EXPECT_EQ(engine({"vulkan"}), "llama.cpp, native");
  EXPECT_EQ(engine({"supa"}), "transformers, eager");
  EXPECT_EQ(engine({"hgai"}), "none");
}

TEST(Engines, OfCudaAreNativeOnCardsOlderThanVolta) {
  Chip old = known::v100_32();
  old.year = Fact<int>{2016, Standing::recalled, "t"};
  const PlanRequest request = demo::serving_of(known::chatglm_6b(), 0.1);
  EXPECT_EQ(only_option(request, one_node_of(old, 1)).engine->name, "llama.cpp");
  old.year->value = 2017;
  EXPECT_EQ(only_option(request, one_node_of(old, 1)).engine->name, "vLLM");
}

TEST(Engines, AreTakenByTheWeightsThatTheyStore) {
  PlanRequest request = demo::serving_of(known::chatglm_6b(), 0.1);
  const demo::Stock stock = one_node_of(known::rtx4090(), 1);
  request.weights = WeightFormat::q4_k_m;
  const Option option = only_option(request, stock);
  EXPECT_EQ(option.engine->name, "llama.cpp");
  EXPECT_EQ(option.layout.weights, WeightFormat::q4_k_m);
  request.framework = FrameworkClass::compiled;
  const auto why = reason_of<NoEngine>(request, stock);
  ASSERT_TRUE(why);
  EXPECT_EQ(why->needs.weights, WeightFormat::q4_k_m);
  EXPECT_EQ(to_text(WhyExcluded(*why)),
            "no compiled engine is known that runs it on this chip with q4_k_m weights");
}

TEST(Engines, ThatPlaceLayersCardByCardKeepAReplicaOnOneNode) {
  PlanRequest request = demo::serving_of(known::glm_130b(), 0.001);
  std::get<Serve>(request.work.what).first_token = Seconds(1000);
  request.framework = FrameworkClass::native;
  request.weights = WeightFormat::q4_k_m;
  const Option option = only_option(request, one_node_of(known::rtx3090(), 8));
  EXPECT_EQ(option.layout.tensor, 1);
  EXPECT_GT(option.layout.pipeline, 3);
  EXPECT_EQ(option.wanted().together, option.layout.pipeline);
  const demo::Stock small = demo::stock({{"site", known::rtx3090(), 8, 2, 2}});
  EXPECT_TRUE(reason_of<MemoryShort>(request, small));
}

TEST(Formats, ThatNeedUnitsAreLeftOutWhereTheChipHasNone) {
  PlanRequest request = demo::serving_of(known::chatglm_6b(), 0.1);
  request.weights = WeightFormat::fp8;
  const auto why = reason_of<PrecisionMissing>(request, one_node_of(known::a100_80(), 1));
  ASSERT_TRUE(why);
  EXPECT_EQ(why->precision, Precision::fp8);
}

TEST(Service, ATargetForEachTokenTakesMoreChipsOrIsMissed) {
  PlanRequest request = demo::serving_of(known::chatglm_6b(), 20);
  const demo::Stock stock = demo::stock({{"site", known::rtx4090(), 8, 8, 2}});
  const Option any = only_option(request, stock);
  auto& serve = std::get<Serve>(request.work.what);
  serve.token = 0.7 * any.service->token_p95.likely;
  const Option quick = only_option(request, stock);
  EXPECT_LE(quick.service->token_p95.likely, serve.token);
  EXPECT_GT(quick.chips, any.chips);
  serve.token = Seconds(1e-3);
  const auto why = reason_of<TokenMissed>(request, stock);
  ASSERT_TRUE(why);
  EXPECT_EQ(why->target, serve.token);
  EXPECT_GT(why->takes, why->target);
  const Menu menu = menu_of(request, stock);
  EXPECT_EQ(
      nothing_fits(request, menu, stock.catalog, stock.pools).fix.rfind("raise --p95-tpot", 0), 0u);
}

TEST(Service, IsMissedByTheFirstTokenOfAnIdleReplicaAndNotForWantOfChips) {
  PlanRequest request = demo::serving_of(known::chatglm_6b(), 1);
  auto& serve = std::get<Serve>(request.work.what);
  const demo::Stock stock = one_node_of(known::rtx4090(), 1);
  const Option option = only_option(request, stock);
  // One prompt alone would make it, one in twenty does not.
  serve.first_token = 1.2 * option.service->first_token;
  const auto why = reason_of<FirstTokenMissed>(request, stock);
  ASSERT_TRUE(why);
  serve.first_token = 1.3 * why->takes;
  EXPECT_EQ(menu_of(request, stock).options.size(), 1u);
}

TEST(Service, GivesEachTimeWithABandAroundIt) {
  const auto stock = demo::city();
  for (const Option& option : menu_of(demo::serving_of(known::chatglm_6b(), 50), stock).options) {
    for (const Banded& time : {option.service->first_token_p95, option.service->token_p95}) {
      EXPECT_LT(time.low, time.likely);
      EXPECT_LT(time.likely, time.high);
    }
  }
}

TEST(Service, OfQuantisedCacheHoldsMoreSequences) {
  PlanRequest request = demo::serving_of(known::chatglm_6b(), 0.1);
  const demo::Stock stock = one_node_of(known::rtx4090(), 1);
  const int wide = only_option(request, stock).layout.micro_batch;
  request.cache = CacheFormat::fp8;
  EXPECT_GT(only_option(request, stock).layout.micro_batch, 1.8 * wide);
}

TEST(Service, OfSeveralReplicasOnACardIsNotOfferedWhereNothingKeepsThemApart) {
  PlanRequest request = demo::serving_of(known::chatglm_6b(), 0.1);
  request.replicas_per_card = 2;
  const demo::Stock stock = one_node_of(known::rtx4090(), 1);
  const auto why = reason_of<ShareNotEnforced>(request, stock);
  ASSERT_TRUE(why);
  EXPECT_EQ(why->replicas, 2);
  EXPECT_EQ(why->runner, Runner::simulated);
  EXPECT_LE(why->needed, why->usable);  // two in a narrower format
  EXPECT_GT(why->token, Seconds{});
  EXPECT_NE(to_text(WhyExcluded(*why)).find("the simulated runner cannot keep them apart"),
            std::string::npos);
  const Menu menu = menu_of(request, stock);
  EXPECT_EQ(nothing_fits(request, menu, stock.catalog, stock.pools).fix,
            "drop --replicas-per-card");
}

PlanRequest batch_of(double tokens) {
  PlanRequest request;
  request.work = {known::chatglm_6b(), Batch{Tokens(tokens)}};
  return request;
}

TEST(BatchInference, OfTwiceTheTokensTakesTwiceTheTimeAndThePrice) {
  const demo::Stock stock = one_node_of(known::a800_80(), 1);
  const Option one = only_option(batch_of(1e9), stock), two = only_option(batch_of(2e9), stock);
  const auto ratio = [](auto a, auto b) { return static_cast<double>(a) / static_cast<double>(b); };
  EXPECT_NEAR(ratio(two.duration.count(), one.duration.count()), 2, 1e-3);
  EXPECT_NEAR(ratio(two.price.micros, one.price.micros), 2, 1e-3);
  EXPECT_NEAR(one.outputs->base() * static_cast<double>(one.duration.count()) / 1e3, 1e9, 1e6);
  EXPECT_LT(one.low, one.duration);
  EXPECT_GT(one.high, one.duration);
}

TEST(BatchInference, SumsItsTermsToItsTime) {
  for (const Option& option : menu_of(batch_of(1e9), demo::city()).options) {
    EXPECT_NEAR(sum(option.terms).base(), static_cast<double>(option.duration.count()) / 1e3,
                1e-3 * static_cast<double>(option.duration.count()) / 1e3);
  }
}

TEST(BatchInference, OfADeadlineTakesTheChipsThatMeetItAndNoMore) {
  const demo::Stock stock = demo::stock({{"site", known::rtx4090(), 8, 8, 2}});
  PlanRequest request = batch_of(1e9);
  request.sort = Sort::chips;
  const Option alone = menu_of(request, stock).options.at(0);
  EXPECT_EQ(alone.chips, 1);
  request.deadline = alone.duration / 5;
  const Option quick = menu_of(request, stock).options.at(0);
  EXPECT_LE(quick.duration, *request.deadline);
  EXPECT_LE(quick.chips, 6);
  request.deadline = Span(1000);
  EXPECT_TRUE(reason_of<TooSlow>(request, stock));
}

TEST(BatchInference, OfFewRequestsDecodesThemTogetherAndNotLessThanOneBatch) {
  const demo::Stock stock = demo::stock({{"site", known::rtx4090(), 8, 8, 2}});
  const PlanRequest request = batch_of(10 * 256);  // ten requests
  for (const Option& option : menu_of(request, stock).options) {
    EXPECT_LE(option.layout.data, 10);
    EXPECT_LE(option.layout.data * option.layout.micro_batch, 10 + option.layout.data);
  }
}
}  // namespace
}  // namespace granary
