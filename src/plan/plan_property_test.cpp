// Laws of every menu, over random work on random stocks. Seeds are fixed and printed on failure.

#include <gtest/gtest.h>

#include <random>

#include "plan/demo_stock.h"
#include "plan/search.h"

namespace granary {
namespace {
constexpr unsigned runs = 150;

struct Draw {
  demo::Stock stock;
  PlanRequest request;
};

template <class T>
T one_of(std::mt19937& random, std::initializer_list<T> choices) {
  return choices.begin()[random() % choices.size()];
}

// 1 to `most`.
int below(std::mt19937& random, unsigned most) { return 1 + static_cast<int>(random() % most); }

Draw draw(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<demo::Row> rows;
  for (const Chip& chip :
       {known::a800_80(), known::a100_40(), known::v100_32(), known::ascend910b2(), known::br104(),
        known::rtx4090(), known::rtx3090(), known::rtx2080ti(), known::cpu()}) {
    if (random() % 2 == 0) continue;
    rows.push_back({one_of<std::string>(random, {"guian", "wuhu"}), chip, below(random, 40),
                    one_of(random, {1, 2, 4, 6, 8, 16}), static_cast<int>(random() % 20)});
  }
  Draw drawn{demo::stock(rows), {}};
  Model model = one_of(random, {known::chatglm_6b(), known::chatglm2_6b(), known::glm_130b(),
                                known::llama2_70b(), known::hunyuan_large(), known::deepseek_v3()});
  switch (random() % 4) {
    case 0:
      drawn.request.work = {model, Pretrain{Tokens(1e9 * below(random, 400)), 1024,
                                            one_of(random, {64, 96, 1000, 1024})}};
      break;
    case 1:
      drawn.request.work = {model, FineTune{Tokens(1e6 * below(random, 400))}};
      break;
    case 2:
      drawn.request.work = {model, Batch{Tokens(1e4 * below(random, 100'000))}};
      break;
    default:
      Serve serve{PerSecond(0.1 * below(random, 300))};
      serve.token = one_of(random, {Seconds{}, Seconds(0.05), Seconds(0.2)});
      drawn.request.work = {model, serve};
  }
  if (random() % 3 == 0) {
    drawn.request.framework = one_of(random, {FrameworkClass::compiled, FrameworkClass::native,
                                              FrameworkClass::eager, FrameworkClass::offload});
  }
  if (random() % 3 == 0) drawn.request.deadline = std::chrono::hours(24 * below(random, 300));
  if (random() % 3 == 0) {
    drawn.request.accept = {*parse_accept(one_of<std::string>(
        random, {"imported x 8..", "domestic", "repurposed x 4..64", "wuhu/rtx4090", "cpu"}))};
  }
  drawn.request.sort = one_of(random, {Sort::price, Sort::time, Sort::chips});
  return drawn;
}

void expect_laws(const PlanRequest& request, const Option& option, const Pool& pool) {
  EXPECT_LE(option.memory.total(), option.usable);
  EXPECT_EQ(option.chips, option.layout.chips());
  EXPECT_LE(option.chips, pool.chips());
  EXPECT_TRUE(fits_empty(pool, option.wanted()));
  EXPECT_EQ(option.price,
            *price_of(pool.rate, ChipTime::of(std::int64_t{option.chips} * 1000, option.duration)));
  EXPECT_FALSE(option.terms.empty());
  EXPECT_EQ(request.work.model.shape.value.heads % option.layout.tensor, 0);
  if (request.framework && option.engine) {
    EXPECT_EQ(option.engine->framework, *request.framework);
  }
  if (const auto* serve = std::get_if<Serve>(&request.work.what)) {
    const ServiceLevel& level = option.service.value();
    EXPECT_GE(level.sustained.base(), serve->rate.base() * (1 - 1e-6));
    EXPECT_GE(level.headroom, 0);
    EXPECT_LE(level.first_token_p95.likely, serve->first_token);
    if (serve->token > Seconds{}) {
      EXPECT_LE(level.token_p95.likely, serve->token);
    }
    EXPECT_LT(level.token_p95.low, level.token_p95.high);
    EXPECT_EQ(option.duration, serve->span);
    EXPECT_TRUE(option.engine && !option.outputs);
  } else if (std::holds_alternative<Batch>(request.work.what)) {
    const double seconds = static_cast<double>(option.duration.count()) / 1e3;
    EXPECT_NEAR(sum(option.terms).base() / seconds, 1, 1e-6);
    EXPECT_LE(option.duration, request.deadline.value_or(max_span));
    EXPECT_TRUE(option.engine && option.outputs && !option.service);
    EXPECT_LT(option.low, option.duration);
    EXPECT_GT(option.high, option.duration);
  } else {
    EXPECT_FALSE(option.engine || option.service || option.outputs);
    EXPECT_EQ(option.duration, to_span(sum(option.terms)));
    EXPECT_LE(option.duration, request.deadline.value_or(max_span));
  }
}

TEST(EveryMenu, KeepsItsLaws) {
  std::size_t options = 0, excluded = 0;
  for (unsigned seed = 1; seed <= runs; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Draw drawn = draw(seed);
    const auto menu = plan(drawn.request, drawn.stock.catalog, drawn.stock.pools);
    ASSERT_TRUE(menu);
    options += menu->options.size();
    excluded += menu->excluded.size();
    std::set<Id<Pool>> seen;
    for (const Option& option : menu->options) {
      seen.insert(option.pool);
      expect_laws(drawn.request, option, *find_pool(drawn.stock.pools, option.pool));
      for (const Option& other : menu->options) {
        EXPECT_FALSE(other.pool == option.pool && dominates(other, option));
      }
    }
    for (const Excluded& out : menu->excluded) {
      EXPECT_TRUE(seen.insert(out.pool).second) << "both offered and excluded";
      EXPECT_FALSE(to_text(out.why).empty());
    }
    EXPECT_EQ(seen.size(), drawn.stock.pools.size());
    if (menu->options.empty()) {
      const Error error =
          nothing_fits(drawn.request, *menu, drawn.stock.catalog, drawn.stock.pools);
      EXPECT_EQ(error.code, 6001);
      EXPECT_FALSE(error.fix.empty());
    }
  }
  EXPECT_GT(options, 200u);
  EXPECT_GT(excluded, 100u);
}

TEST(EveryMenu, IsTheSameWhenAskedAgain) {
  for (unsigned seed = 1; seed <= runs; seed += 10) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Draw drawn = draw(seed);
    const auto first = plan(drawn.request, drawn.stock.catalog, drawn.stock.pools);
    const auto second = plan(drawn.request, drawn.stock.catalog, drawn.stock.pools);
    ASSERT_TRUE(first && second);
    ASSERT_EQ(first->options.size(), second->options.size());
    for (std::size_t i = 0; i < first->options.size(); ++i) {
      const Option &a = first->options[i], &b = second->options[i];
      EXPECT_EQ(a.layout, b.layout);
      EXPECT_EQ(a.pool, b.pool);
      EXPECT_EQ(a.price, b.price);
      EXPECT_EQ(a.duration, b.duration);
      EXPECT_EQ(a.memory.total(), b.memory.total());
    }
  }
}
}  // namespace
}  // namespace granary
