#include "plan/plan.h"

#include <gtest/gtest.h>

#include "cost/training.h"
#include "plan/demo_stock.h"

namespace granary {
namespace {
constexpr Span day = std::chrono::hours(24);

Menu menu_of(const PlanRequest& request, const demo::Stock& stock) {
  auto menu = plan(request, stock.catalog, stock.pools);
  EXPECT_TRUE(menu) << menu.error().what;
  return menu.value_or(Menu{});
}

const Option* best_of(const Menu& menu, Id<Pool> pool) {
  for (const Option& option : menu.options) {
    if (option.pool == pool) return &option;
  }
  return nullptr;
}
const WhyExcluded* why_not(const Menu& menu, Id<Pool> pool) {
  for (const Excluded& excluded : menu.excluded) {
    if (excluded.pool == pool) return &excluded.why;
  }
  return nullptr;
}

demo::Stock one_node_of(const Chip& chip, int chips) {
  return demo::stock({{"site", chip, 1, chips, 2}});
}

TEST(PretrainingMenu, OfGlm130BOffersTheLargeChipsAndSaysWhyNotTheSmallOnes) {
  const demo::Stock stock = demo::city();
  PlanRequest request = demo::pretraining_of(known::glm_130b());
  request.deadline = 120 * day;
  const Menu menu = menu_of(request, stock);
  EXPECT_TRUE(best_of(menu, stock.pools[0].id));  // 512 A800
  EXPECT_TRUE(best_of(menu, stock.pools[2].id));  // 640 Ascend 910B2
  ASSERT_TRUE(why_not(menu, stock.pools[1].id));
  EXPECT_TRUE(std::holds_alternative<TooSlow>(*why_not(menu, stock.pools[1].id)));
  for (const Option& option : menu.options) EXPECT_LE(option.duration, 120 * day);
  EXPECT_GT(menu.considered, 500u);
}

TEST(PretrainingMenu, KeepsTheCheapestTheFastestAndTheSmallestOfAPool) {
  const demo::Stock stock = demo::stock({{"guian", known::a800_80(), 64, 8, 18}});
  const Menu all = menu_of(demo::pretraining_of(known::glm_130b()), stock);
  ASSERT_GE(all.options.size(), 2u);
  EXPECT_LE(all.options.size(), 3u);
  const auto [fewest, most] =
      std::minmax_element(all.options.begin(), all.options.end(),
                          [](const Option& a, const Option& b) { return a.chips < b.chips; });
  EXPECT_GT(fewest->duration, most->duration);
  for (const Option& option : all.options) {
    EXPECT_LE(all.options.front().price, option.price);
    EXPECT_LE(most->duration, option.duration);
  }
}

TEST(PretrainingMenu, RecomputesOnlyWhatDoesNotFitOtherwise) {
  const demo::Stock stock = demo::city();
  for (const Option& option : menu_of(demo::pretraining_of(known::glm_130b()), stock).options) {
    EXPECT_LT(option.low, option.duration);
    EXPECT_GT(option.high, option.duration);
    if (option.layout.recompute == Recompute::none) continue;
    Layout plain = option.layout;
    plain.recompute = Recompute::none;
    EXPECT_GT(training_memory(known::glm_130b(), plain, {2048, 1024}).total(), option.usable);
  }
}

// 61 layers: a prime number, so only one stage or 61 are equal ones.
TEST(PretrainingMenu, CutsALayerCountThatNothingDividesIntoStagesThatAreNearlyEqual) {
  const demo::Stock stock = demo::stock({{"guian", known::a800_80(), 32, 8, 18}});
  PlanRequest request = demo::pretraining_of(known::deepseek_v3());
  request.accept = {*parse_accept("a800-sxm-80 x 168")};  // 8 x 21
  int cut = 0;
  for (const Option& option : menu_of(request, stock).options) {
    const Layout& layout = option.layout;
    if (layout.pipeline == 1 || layout.pipeline == 61) continue;
    ++cut;
    EXPECT_EQ(layout.interleave, 1) << "stages of unequal length are not interleaved";
    EXPECT_LE(stage_layers(known::deepseek_v3().shape.value, layout) * layout.pipeline, 67);
  }
  EXPECT_GT(cut, 0);
}

TEST(PretrainingMenu, IsFasterOnAFasterFabricThatTheOperatorDeclares) {
  demo::Stock stock = demo::stock({{"guian", known::a800_80(), 64, 8, 18}});
  const auto fastest = [&](double gbit) {
    stock.pools.at(0).fabric = BytesPerSecond(gbit * 0.125e9);
    PlanRequest request = demo::pretraining_of(known::glm_130b());
    request.sort = Sort::time;
    return menu_of(request, stock).options.at(0).duration;
  };
  const Span usual = fastest(0);  // 100 GB/s in this catalogue
  EXPECT_EQ(fastest(800), usual);
  EXPECT_GT(fastest(10), usual + usual / 20) << "gaming cards on an office network";
  EXPECT_LT(fastest(3200), usual);
}

TEST(Accepted, ACountThatNothingDividesOverIsSaidToBeThat) {
  const demo::Stock stock = demo::city();
  PlanRequest request = demo::pretraining_of(known::glm_130b());
  request.accept = {*parse_accept("a800-sxm-80 x 73")};
  const Menu menu = menu_of(request, stock);
  ASSERT_TRUE(menu.options.empty());
  const std::string why = nothing_fits(request, menu, stock.catalog, stock.pools).what;
  EXPECT_NE(why.find("cannot be divided over \"a800-sxm-80 x 73\""), std::string::npos) << why;
  EXPECT_NE(why.find("1024 in a step"), std::string::npos) << why;
}

TEST(Accepted, WhatTheAcceptedChipLacksIsSaidAndNotThatNothingDivides) {
  const demo::Stock stock = demo::city();
  PlanRequest request = demo::pretraining_of(known::glm_130b());
  request.accept = {*parse_accept("rtx4090")};
  request.precision = Precision::fp8;
  const Error error = nothing_fits(request, menu_of(request, stock), stock.catalog, stock.pools);
  EXPECT_NE(error.what.find("has no fp8 units"), std::string::npos) << error.what;
}

TEST(Menu, IsRankedByWhatWasAskedFor) {
  const demo::Stock stock = demo::city();
  PlanRequest request = demo::pretraining_of(known::chatglm_6b());
  for (const Sort sort : {Sort::price, Sort::time, Sort::chips}) {
    request.sort = sort;
    const Menu menu = menu_of(request, stock);
    ASSERT_GT(menu.options.size(), 3u);
    EXPECT_TRUE(std::is_sorted(menu.options.begin(), menu.options.end(),
                               [&](const Option& a, const Option& b) {
                                 if (sort == Sort::price) return a.price < b.price;
                                 if (sort == Sort::time) return a.duration < b.duration;
                                 return a.chips < b.chips;
                               }));
  }
}

TEST(Menu, ShowsTheBestOfEveryPoolHoweverSmallItsLimit) {
  const demo::Stock stock = demo::city();
  PlanRequest request = demo::pretraining_of(known::chatglm_6b());
  request.limit = 1;
  const Menu menu = menu_of(request, stock);
  EXPECT_EQ(menu.options.size() + menu.excluded.size(), stock.pools.size());
  for (const Pool& pool : stock.pools) {
    EXPECT_TRUE(best_of(menu, pool.id) || why_not(menu, pool.id)) << pool.name();
  }
}

// https://github.com/THUDM/GLM-130B
TEST(ServingMenu, OfGlm130BTakesTheWeightsThatItsAuthorsRunOnEachCard) {
  const auto kind = [](const Chip& chip, int chips) -> std::string {
    PlanRequest request = demo::serving_of(known::glm_130b(), 0.01);
    auto& serve = std::get<Serve>(request.work.what);
    serve.prompt = 1792;  // and 256: its whole context
    serve.first_token = Seconds(60);
    const Menu menu = menu_of(request, one_node_of(chip, chips));
    return menu.options.empty() ? "nothing" : to_text(menu.options[0].layout.weights);
  };
  EXPECT_EQ(kind(known::a100_40(), 8), "fp16");
  EXPECT_EQ(kind(known::v100_32(), 8), "int8");
  EXPECT_EQ(kind(known::rtx3090(), 8), "int8");
  EXPECT_EQ(kind(known::rtx3090(), 4), "int4");
  EXPECT_EQ(kind(known::rtx2080ti(), 8), "int4");
  EXPECT_EQ(kind(known::rtx3090(), 2), "nothing");
  EXPECT_EQ(kind(known::rtx2080ti(), 4), "nothing");
}

TEST(ServingMenu, OfChatGlm6BFitsOneConsumerCardOfEachKind) {
  PlanRequest request = demo::serving_of(known::chatglm_6b(), 0.1);
  const Menu on_4090 = menu_of(request, one_node_of(known::rtx4090(), 1));
  ASSERT_EQ(on_4090.options.size(), 1u);
  EXPECT_EQ(on_4090.options[0].layout.weights, WeightFormat::fp16);
  request.weights = WeightFormat::int4;
  const Menu on_2080 = menu_of(request, one_node_of(known::rtx2080ti(), 1));
  ASSERT_EQ(on_2080.options.size(), 1u);
  EXPECT_EQ(on_2080.options[0].chips, 1);
  request.weights = WeightFormat::fp16;
  const Menu in_fp16 = menu_of(request, one_node_of(known::rtx2080ti(), 1));
  ASSERT_EQ(in_fp16.excluded.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<MemoryShort>(in_fp16.excluded[0].why));
}

TEST(ServingMenu, AddsReplicasUntilTheRateIsSustainedAndNotOneMore) {
  const demo::Stock stock = demo::city();
  const PlanRequest request = demo::serving_of(known::chatglm_6b(), 50);
  const Menu menu = menu_of(request, stock);
  ASSERT_FALSE(menu.options.empty());
  for (const Option& option : menu.options) {
    const ServiceLevel& level = option.service.value();
    const double each = level.sustained.base() / option.layout.data;
    EXPECT_GE(level.sustained.base(), 50);
    EXPECT_LT(level.sustained.base() - each, 50);
    EXPECT_NEAR(level.headroom, level.sustained.base() / 50 - 1, 1e-9);
    EXPECT_LE(level.first_token_p95.likely, Seconds(2));
    EXPECT_LT(level.first_token, level.first_token_p95.likely);
    EXPECT_EQ(option.duration, 30 * day);
    const double millions = level.sustained.base() * 30 * 86400 * (512 + 256) / 1e6;
    EXPECT_NEAR(level.million_tokens.likely,
                static_cast<double>(option.price.micros) / 1e6 / millions, 1e-9);
    EXPECT_LT(level.million_tokens.low, level.million_tokens.likely);
    EXPECT_GT(level.million_tokens.high, level.million_tokens.likely);
  }
}

TEST(ServingMenu, UsesAPipelineOverNodesOnlyWhenOneNodeIsTooSmall) {
  PlanRequest request = demo::serving_of(known::glm_130b(), 0.01);
  std::get<Serve>(request.work.what).first_token = Seconds(60);
  const demo::Stock nodes = demo::stock({{"wuhu", known::rtx2080ti(), 4, 4, 1}});
  const Menu menu = menu_of(request, nodes);
  ASSERT_EQ(menu.options.size(), 1u);
  EXPECT_EQ(menu.options[0].layout.tensor, 4);
  EXPECT_EQ(menu.options[0].layout.pipeline, 2);
  const demo::Stock node = demo::stock({{"wuhu", known::rtx3090(), 4, 8, 1}});
  EXPECT_EQ(menu_of(request, node).options.at(0).layout.pipeline, 1);
}

TEST(Accepted, CountsLimitTheMenu) {
  const demo::Stock stock = demo::city();
  PlanRequest request = demo::pretraining_of(known::glm_130b());
  request.accept = {*parse_accept("a800-sxm-80 x 64..128"),
                    *parse_accept("ulanqab/domestic x 320..")};
  const Menu menu = menu_of(request, stock);
  ASSERT_FALSE(menu.options.empty());
  for (const Option& option : menu.options) {
    if (option.pool == stock.pools[0].id) {
      EXPECT_GE(option.chips, 64);
      EXPECT_LE(option.chips, 128);
    } else {
      EXPECT_GE(option.chips, 320);
    }
  }
  EXPECT_TRUE(std::holds_alternative<NotAccepted>(*why_not(menu, stock.pools[4].id)));
  EXPECT_TRUE(std::holds_alternative<TooFewChips>(*why_not(menu, stock.pools[3].id)));
}

TEST(Accepted, ACountAboveTheNeedOfAServiceMeansMoreReplicas) {
  const demo::Stock stock = demo::city();
  PlanRequest request = demo::serving_of(known::chatglm_6b(), 0.1);
  request.accept = {*parse_accept("rtx4090 x 6..8")};
  const Menu menu = menu_of(request, stock);
  ASSERT_EQ(menu.options.size(), 1u);
  EXPECT_EQ(menu.options[0].chips, 6);
}

TEST(Excluded, GivesTheReasonOfTheLayoutThatCameFurthest) {
  Chip unknown = known::rtx4090();
  unknown.dense.clear();
  const auto reason = [](const PlanRequest& request, const demo::Stock& stock) {
    const Menu menu = menu_of(request, stock);
    EXPECT_TRUE(menu.options.empty());
    EXPECT_EQ(menu.excluded.size(), 1u);
    return to_text(menu.excluded.at(0).why);
  };
  const PlanRequest glm = demo::pretraining_of(known::glm_130b());
  EXPECT_EQ(reason(glm, one_node_of(unknown, 8)),
            "no arithmetic rate, memory size or bandwidth is known of this chip");
  EXPECT_EQ(reason(glm, one_node_of(known::rtx4090(), 8))
                .rfind("too little memory: the smallest layout needs ", 0),
            0u);
  PlanRequest soon = demo::pretraining_of(known::chatglm_6b());
  soon.deadline = day;
  EXPECT_EQ(reason(soon, one_node_of(known::a800_80(), 8)).rfind("too slow: ", 0), 0u);
  EXPECT_NE(reason(soon, one_node_of(known::a800_80(), 8)).find("the deadline is " + to_text(day)),
            std::string::npos);
  EXPECT_EQ(reason(demo::serving_of(known::chatglm_6b(), 1000), one_node_of(known::rtx4090(), 8))
                .rfind("too few chips: ", 0),
            0u);
  PlanRequest quick = demo::serving_of(known::chatglm_6b(), 1);
  std::get<Serve>(quick.work.what).first_token = Seconds(1e-3);
  EXPECT_EQ(reason(quick, one_node_of(known::rtx4090(), 8)).rfind("the first token takes ", 0), 0u);
  PlanRequest picky = demo::serving_of(known::chatglm_6b(), 1);
  picky.accept = {*parse_accept("domestic")};
  EXPECT_EQ(reason(picky, one_node_of(known::rtx4090(), 8)), "left out by the accepted chips");
}

TEST(MemoryShort, NamesWhatIsNeededUsableAndRated) {
  constexpr double gib = known::gib;
  EXPECT_EQ(
      to_text(WhyExcluded(MemoryShort{Bytes(38 * gib), Bytes(22.8 * gib), Bytes(24 * gib), {}})),
      "too little memory: the smallest layout needs 38 GiB a chip, 22.8 of 24 GiB usable");
  EXPECT_EQ(to_text(WhyExcluded(TooFewChips{640, 416})),
            "too few chips: 640 are needed, 416 can be had");
  EXPECT_EQ(to_text(WhyExcluded(TooSlow{255 * day, 120 * day, {.tensor = 8, .pipeline = 16}})),
            "too slow: 255 d with d1 t8 p16 b1; the deadline is 120 d");
  EXPECT_EQ(to_text(WhyExcluded(FirstTokenMissed{Seconds(3.2), Seconds(2)})),
            "the first token takes 3.2 s without load (95th percentile), the target is 2 s");
  EXPECT_EQ(to_text(WhyExcluded(TokenMissed{Seconds(0.06), Seconds(0.05)})),
            "a token takes 60 ms without load (95th percentile), the target is 50 ms");
  EXPECT_EQ(to_text(WhyExcluded(NoEngine{})), "no software is known that runs it on this chip");
  EXPECT_EQ(
      to_text(
          WhyExcluded(NoEngine{{FrameworkClass::native, WeightFormat::int4, CacheFormat::fp8}})),
      "no native engine is known that runs it on this chip with int4 weights and a fp8 cache");
}

Error nothing_of(const PlanRequest& request, const demo::Stock& stock) {
  const Menu menu = menu_of(request, stock);
  EXPECT_TRUE(menu.options.empty());
  return nothing_fits(request, menu, stock.catalog, stock.pools);
}

TEST(NothingFits, SaysWhatWasNeededWhatANodeHoldsAndTheNearestThatFits) {
  const demo::Stock stock = demo::stock({{"guian", known::a800_80(), 4, 8, 18},
                                         {"ulanqab", known::ascend910b2(), 4, 8, 12},
                                         {"wuhu", known::rtx4090(), 1, 8, 3}});
  PlanRequest request = demo::serving_of(known::llama31_405b(), 0.1);
  request.weights = WeightFormat::int8;
  request.accept = {*parse_accept("rtx4090")};
  const Error error = nothing_of(request, stock);
  EXPECT_EQ(error.code, 6001);
  EXPECT_EQ(error.kind, Error::Kind::infeasible);
  EXPECT_EQ(error.what,
            "nothing fits. Llama-3.1-405B in int8 needs 381.9 GiB and KV; one node of wuhu/rtx4090 "
            "holds 8 x 24 = 192 GiB.");
  EXPECT_EQ(error.fix,
            "nearest that fits: 8 x ascend910b2 (int8) · 8 x a800-sxm-80 (int8) · drop --chip");
}

TEST(NothingFits, OfAnAcceptedCountSpeaksOfLayoutsWithinThatCount) {
  const demo::Stock stock = demo::city();
  PlanRequest request = demo::serving_of(known::llama31_405b(), 0.1);
  request.weights = WeightFormat::int8;
  request.accept = {*parse_accept("rtx4090 x 8")};
  EXPECT_EQ(nothing_of(request, stock).what,
            "nothing fits. Llama-3.1-405B in int8 needs 381.9 GiB and KV; one node of wuhu/rtx4090 "
            "holds 8 x 24 = 192 GiB.");
  request.accept = {*parse_accept("rtx4090 x 24")};  // three nodes as a pipeline hold it
  std::get<Serve>(request.work.what).first_token = Seconds(60);
  EXPECT_EQ(menu_of(request, stock).options.at(0).layout.pipeline, 3);
}

TEST(NothingFits, NamesTheDeadlineThatStandsInTheWay) {
  const demo::Stock stock = demo::stock({{"guian", known::a800_80(), 64, 8, 18}});
  PlanRequest request = demo::pretraining_of(known::glm_130b());
  request.deadline = day;
  const Error error = nothing_of(request, stock);
  EXPECT_EQ(error.what.rfind("nothing fits. GLM-130B on guian/a800-sxm-80: too slow: ", 0), 0u);
  EXPECT_EQ(error.fix.rfind("nearest that fits: ", 0), 0u);
  EXPECT_TRUE(error.fix.ends_with(" · drop --deadline")) << error.fix;
}

TEST(NothingFits, OfAStockThatCannotSaysWhatToChange) {
  const demo::Stock small = one_node_of(known::rtx4090(), 8);
  const Error memory = nothing_of(demo::pretraining_of(known::glm_130b()), small);
  EXPECT_NE(memory.what.find("holds 8 x 24 = 192 GiB"), std::string::npos) << memory.what;
  EXPECT_EQ(memory.fix, "no pool of the stock can run it: take a smaller model, or add chips");
  const Error rate = nothing_of(demo::serving_of(known::chatglm_6b(), 1000), small);
  EXPECT_EQ(rate.fix, "lower --rate");
  EXPECT_EQ(nothing_of(demo::pretraining_of(known::glm_130b()), {}).what,
            "nothing fits. The stock has no pools.");
}
}  // namespace
}  // namespace granary
