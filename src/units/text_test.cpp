#include "units/text.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace granary {
namespace {
TEST(Bytes, AreReadInDecimalAndBinaryUnits) {
  struct Row {
    const char* text;
    double bytes;
  };
  for (const Row& row :
       {Row{"80 GB", 80e9}, Row{"24 GiB", 24.0 * 1073741824}, Row{"512 MiB", 512.0 * 1048576},
        Row{"11GB", 11e9}, Row{"1.5 TB", 1.5e12}, Row{"7 B", 7}, Row{"2 kB", 2000},
        Row{"2 KiB", 2048}, Row{"1 PiB", 1125899906842624.0}, Row{"0 B", 0}}) {
    const auto parsed = parse_bytes(row.text);
    ASSERT_TRUE(parsed) << row.text;
    EXPECT_DOUBLE_EQ(parsed->base(), row.bytes) << row.text;
  }
}

TEST(Bytes, WithoutAKnownUnitOrNegativeAreRefused) {
  for (const char* text : {"", "80", "GB", "80 gb", "80 Gb", "-80 GB", "80 GB ", "80 GB/s",
                           "8e1 GB", "nan GB", "inf GB", "1,000 GB"}) {
    const auto parsed = parse_bytes(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, 1014) << text;
  }
}

TEST(Bytes, ThatLeaveTheRangeOfANumberAreRefused) {
  std::string with_its_unit(305, '9');
  with_its_unit.append(" PB");
  EXPECT_FALSE(parse_bytes(with_its_unit));
  std::string alone(400, '9');
  alone.append(" B");
  EXPECT_FALSE(parse_bytes(alone));
}

TEST(Bytes, ARefusalNamesTheTextAndShowsTheForm) {
  const auto parsed = parse_bytes("80 GBit");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().what, "\"80 GBit\" is not a number with a unit such as \"80 GB\".");
}

TEST(Bytes, ArePrintedInThreeDigits) {
  EXPECT_EQ(to_text(Bytes(22.3 * 1073741824)), "22.3 GiB");
  EXPECT_EQ(to_text(Bytes(80e9)), "74.5 GiB");
  EXPECT_EQ(to_text(Bytes(640e9)), "596 GiB");
  EXPECT_EQ(to_text(Bytes(5.0 * 1048576)), "5 MiB");
  EXPECT_EQ(to_text(Bytes(2048)), "2 KiB");
  EXPECT_EQ(to_text(Bytes(0)), "0 KiB");
}

TEST(Bandwidth, IsReadPerSecondOnly) {
  EXPECT_DOUBLE_EQ(parse_bytes_per_second("2039 GB/s")->base(), 2039e9);
  EXPECT_DOUBLE_EQ(parse_bytes_per_second("3.35 TB/s")->base(), 3.35e12);
  EXPECT_FALSE(parse_bytes_per_second("2039 GB"));
  EXPECT_DOUBLE_EQ(parse_bytes_per_second("400 Gbit/s")->base(), 50e9);
  EXPECT_FALSE(parse_bytes_per_second("200 Gb/s"));
}

TEST(Compute, CountsAnOperationAsOneFlop) {
  EXPECT_DOUBLE_EQ(parse_flops_per_second("312 TFLOPS")->base(), 312e12);
  EXPECT_DOUBLE_EQ(parse_flops_per_second("624 TOPS")->base(), 624e12);
  EXPECT_DOUBLE_EQ(parse_flops_per_second("1 PFLOPS")->base(), 1e15);
  EXPECT_DOUBLE_EQ(parse_flops_per_second("20 GFLOPS")->base(), 20e9);
  EXPECT_FALSE(parse_flops_per_second("312"));
  EXPECT_FALSE(parse_flops_per_second("312 TFLOP"));
}

TEST(Count, HasSuffixesThatArePowersOfAThousand) {
  EXPECT_DOUBLE_EQ(*parse_count("400B"), 400e9);
  EXPECT_DOUBLE_EQ(*parse_count("6.2B"), 6.2e9);
  EXPECT_DOUBLE_EQ(*parse_count("1M"), 1e6);
  EXPECT_DOUBLE_EQ(*parse_count("32k"), 32e3);
  EXPECT_DOUBLE_EQ(*parse_count("1.5T"), 1.5e12);
  EXPECT_DOUBLE_EQ(*parse_count("2048"), 2048);
  for (const char* text : {"2,048", "", "B", "-1B", "1 2", "1e9", "4OOB"}) {
    const auto parsed = parse_count(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, 1015) << text;
  }
}

TEST(Count, IsPrintedWithTheLargestSuffixThatFits) {
  EXPECT_EQ(count_text(400e9), "400B");
  EXPECT_EQ(count_text(6.2e9), "6.2B");
  EXPECT_EQ(count_text(2048), "2.05k");
  EXPECT_EQ(count_text(15), "15");
  EXPECT_EQ(count_text(0), "0");
}

TEST(Count, NeverPrintsAThousandOfASuffix) {
  EXPECT_EQ(count_text(999'999), "1M");
  EXPECT_EQ(count_text(999'600'000'000.0), "1T");
  EXPECT_EQ(count_text(999'400), "999k");
}

TEST(RequestRate, IsReadPerSecondMinuteHourOrDay) {
  EXPECT_DOUBLE_EQ(parse_rate("50/s")->base(), 50);
  EXPECT_DOUBLE_EQ(parse_rate("3000/min")->base(), 50);
  EXPECT_DOUBLE_EQ(parse_rate("36/h")->base(), 0.01);
  EXPECT_DOUBLE_EQ(parse_rate("86400/d")->base(), 1);
  for (const char* text : {"50", "50/y", "-1/s", "/s"}) {
    const auto parsed = parse_rate(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, 1016) << text;
  }
}

TEST(Price, IsAnAmountAnAssetAndPerChipHour) {
  const auto price = parse_price("12.00 CNY per chip-hour");
  ASSERT_TRUE(price);
  EXPECT_EQ(price->rate, Rate{Money::units(12)});
  EXPECT_EQ(price->asset, "CNY");
  for (const char* text :
       {"12.00 CNY", "12.00 per chip-hour", "12.00 cny per chip-hour", "-1.00 CNY per chip-hour",
        "12,00 CNY per chip-hour", "12.00 CNY per hour", "12.00 YUAN per chip-hour", ""}) {
    const auto parsed = parse_price(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, 1017) << text;
  }
}

TEST(Amount, NeedsItsAsset) {
  const auto amount = parse_amount("8000000 CNY");
  ASSERT_TRUE(amount);
  EXPECT_EQ(amount->money, Money::units(8'000'000));
  EXPECT_EQ(amount->asset, "CNY");
  for (const char* text : {"8000000", "CNY", "8000000 ", "8000000  CNY", "1e6 CNY", "8 CN", ""}) {
    const auto parsed = parse_amount(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, 1017) << text;
  }
}

TEST(Nearest, FindsWhatWasMeant) {
  const std::vector<std::string> known = {"a100-sxm-80", "a800-sxm-80", "ascend910b2", "glm-130b"};
  EXPECT_EQ(nearest("a800-smx-80", known), "a800-sxm-80");
  EXPECT_EQ(nearest("ascend910b", known), "ascend910b2");
  EXPECT_EQ(nearest("a100-sxm-80", known), "a100-sxm-80");
}

TEST(Nearest, DoesNotMindUpperCase) {
  EXPECT_EQ(nearest("GLM-130B", {"glm-130b", "yi-34b"}), "glm-130b");
}

TEST(Nearest, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(nearest("tpu-v5p", {"a100-sxm-80", "glm-130b"}), "");
  EXPECT_EQ(nearest("x", {"ab", "yz"}), "");
  EXPECT_EQ(nearest("", {"ab"}), "");
  EXPECT_EQ(nearest("anything", {}), "");
}

TEST(Nearest, OfTwoEquallyNearTheFirstIsNamed) {
  EXPECT_EQ(nearest("a900", {"a800", "a100"}), "a800");
  EXPECT_EQ(nearest("a900", {"a100", "a800"}), "a100");
}

TEST(Quantity, TheCompilerDerivesDimensions) {
  static_assert(std::is_same_v<decltype(Bytes(1) / BytesPerSecond(1)), Seconds>);
  static_assert(std::is_same_v<decltype(FlopsPerSecond(1) * Seconds(1)), Flops>);
  static_assert(std::is_same_v<decltype(Tokens(1) * BytesPerToken(1)), Bytes>);
  static_assert(std::is_same_v<decltype(Bytes(1) / Bytes(2)), double>);
  static_assert(!std::is_convertible_v<double, Bytes>);
  const Seconds step = Bytes(80e9) / BytesPerSecond(2e12);
  EXPECT_DOUBLE_EQ(step.base(), 0.04);
  EXPECT_LT(step, 2 * step);
}

template <class A, class B>
concept addable = requires(A a, B b) {
  a + b;
};

TEST(Quantity, DifferentDimensionsDoNotAdd) {
  static_assert(addable<Bytes, Bytes>);
  static_assert(!addable<Bytes, Flops>);
  static_assert(!addable<Seconds, double>);
}
}  // namespace
}  // namespace granary
