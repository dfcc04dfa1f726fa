#include "catalog/calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/built_in.h"
#include "catalog/calibration_document.h"

namespace granary {
namespace {
using ::testing::HasSubstr;

// Line 1 is the id, so that a planted error's line can be counted.
const std::string sound =
    "id = \"acme\"\n"
    "attention = { value = 0.5, standing = \"recalled\", source = \"sheet\" }\n"
    "launch = { value = \"3.7 us\", standing = \"assumed\", source = \"sheet\" }\n"
    "all_reduce = [\n"
    "  { chips = 8, bytes = \"64 MiB\", time = \"675 us\" },\n"
    "  { chips = 2, bytes = \"2 KiB\", time = \"10 us\" },\n"
    "]\n"
    "[gemm.fp16]\n"
    "compute_share = 0.74\n"
    "memory_share = 0.79\n"
    "compute_floor = \"2.9 us\"\n"
    "memory_floor = \"340 ns\"\n"
    "exponent = 2\n"
    "cores = 108\n"
    "standing = \"measured\"\n"
    "source = \"sheet\"\n";

Result<Catalog> read(const std::string& text) {
  Catalog catalog;
  catalog.sources["sheet"] = {"sheet", "a sheet", true};
  catalog.chips["a1"].id = "a1";
  catalog.chips["a1"].family = "acme";
  const Result<TomlNode> root = parse_tree({"calibrations/x.toml", text});
  if (!root) return fail(root.error());
  Reading reading{.document = "calibrations/x.toml", .catalog = catalog};
  read_calibration(reading, *root, catalog);
  if (reading.error) return fail(*reading.error);
  return catalog;
}

std::string with(std::string text, const std::string& what, const std::string& instead) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), instead);
}

TEST(CalibrationDocument, SaysACurveForEachPrecisionAndItsPointsInOrder) {
  const auto catalog = read(sound);
  ASSERT_TRUE(catalog) << catalog.error().what;
  const Calibration& c = catalog->calibrations.at("acme");
  const Fact<GemmCurve>& curve = c.gemm.at(Precision::fp16);
  EXPECT_EQ(curve.standing, Standing::measured);
  EXPECT_EQ(curve.value.cores, 108);
  EXPECT_NEAR(curve.value.memory_floor.base(), 340e-9, 1e-15);
  EXPECT_EQ(c.attention->value, 0.5);
  ASSERT_EQ(c.all_reduce.size(), 2U);
  EXPECT_EQ(c.all_reduce[0].chips, 2);
  EXPECT_EQ(c.all_reduce[1].bytes, Bytes(64 * 1048576.0));
}

TEST(CalibrationDocument, WhatIsWrittenIsReadAgain) {
  Calibration c = read(sound)->calibrations.at("acme");
  c.gemm[Precision::fp32] = c.gemm.at(Precision::fp16);
  c.gemm[Precision::fp32].source = "probe-acme";
  c.gemm[Precision::fp32].value.peak = FlopsPerSecond(63.5e9);
  c.gemm[Precision::fp32].value.memory = BytesPerSecond(12e9);
  c.elementwise = Fact<double>{0.25, Standing::measured, "probe-acme"};
  c.training[Precision::bf16] = {{0.8, 122, 0.3}, Standing::measured, "sheet"};
  c.training_band = Fact<Band>{{0.9, 1.2}, Standing::measured, "sheet"};
  c.node_fabric = Fact<BytesPerSecond>{BytesPerSecond(12.5e9), Standing::assumed, "sheet"};
  c.training_chips = {"a1"};
  c.all_reduce.push_back({8, Bytes(67108865), Seconds(8e-3)});
  const std::string text =
      document_text(c, {{"said by a test"}, {{"probe-acme", "the \"probe\" of a test"}}});
  EXPECT_THAT(text, HasSubstr("# said by a test\n"));
  const auto again = read(text);
  ASSERT_TRUE(again) << again.error().what << text;
  const Calibration& d = again->calibrations.at("acme");
  EXPECT_EQ(document_text(d, {{"said by a test"}, {{"probe-acme", "the \"probe\" of a test"}}}),
            text);
  EXPECT_EQ(d.gemm.at(Precision::fp32).value.peak, FlopsPerSecond(63.5e9));
  EXPECT_EQ(d.training_chips, c.training_chips);
  EXPECT_EQ(d.all_reduce.at(2).bytes, Bytes(67108865));
  EXPECT_EQ(again->sources.at("probe-acme").what, "the \"probe\" of a test");
}

TEST(CalibrationDocument, AWrongOneIsRefusedNamingLineAndKey) {
  struct Case {
    std::string what, instead;
    int code;
    std::string says;
  };
  const std::vector<Case> cases{
      {"\"acme\"", "\"acne\"", 1029, "no chip and no family \"acne\""},
      {"compute_share = 0.74", "compute_share = 1.2", 1028, "1.2 is outside"},
      {"compute_share = 0.74", "compute_shore = 0.74", 1021, "Did you mean compute_share?"},
      {"\"2.9 us\"", "2.9", 1026, "compute_floor: must be"},
      {"\"2.9 us\"", "\"2.9 h\"", 1024, "is not a duration"},
      {"\"2.9 us\"", "\"2.9 s\"", 1028, "outside 0 to 1 ms"},
      {"exponent = 2", "exponent = 5", 1028, "exponent"},
      {"[gemm.fp16]", "[gemm.fp12]", 1021, "fp12"},
      {"cores = 108\nstanding = \"measured\"", "cores = 108", 1023, "standing is missing"},
      {"chips = 8, bytes", "chips = 8, nodes = 2, bytes", 1021, "nodes"},
      {"[gemm.fp16]", "training_chips = [\"a2\"]\n[gemm.fp16]", 1026, "a2"},
      {"\"64 MiB\"", "\"64 m\"", 1024, "bytes"},
      {"chips = 2, bytes = \"2 KiB\"", "chips = 8, bytes = \"65536 KiB\"", 1025, "given twice"},
      {"source = \"sheet\" }\nlaunch", "source = \"shoot\" }\nlaunch", 1029, "shoot"}};
  for (const Case& c : cases) {
    const auto refused = read(with(sound, c.what, c.instead));
    ASSERT_FALSE(refused) << c.instead;
    EXPECT_EQ(refused.error().code, c.code) << refused.error().what;
    EXPECT_THAT(refused.error().what, HasSubstr(c.says));
    EXPECT_THAT(refused.error().what, HasSubstr("calibrations/x.toml:"));
  }
  EXPECT_THAT(read("id = \"acme\"\n").error().what, HasSubstr("nothing else is said"));
}

TEST(Duration, IsReadWithItsUnitAndWrittenInFourDigits) {
  EXPECT_NEAR(parse_duration("2.9 us")->base(), 2.9e-6, 1e-18);
  EXPECT_NEAR(parse_duration("1.25ms")->base(), 1.25e-3, 1e-15);
  EXPECT_EQ(parse_duration("0 us")->base(), 0);
  for (const char* wrong : {"", "us", "-1 us", "2.9", "2.9 min", "nan us", "1e3 us"}) {
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  }
  EXPECT_EQ(duration_text(Seconds(2.9e-6)), "2.9 us");
  EXPECT_EQ(duration_text(Seconds(0.0011439)), "1.144 ms");
  EXPECT_EQ(duration_text(Seconds(0)), "0 ns");
  EXPECT_EQ(duration_text(Seconds(123456)), "123456 s");
}

TEST(BuiltInCalibrations, EveryChipWithRatesHasACurveToBorrow) {
  const auto catalog = parse_catalog(built_in_documents());
  ASSERT_TRUE(catalog) << catalog.error().what;
  ASSERT_TRUE(catalog->calibrations.contains("any"));
  const Calibration& general = catalog->calibrations.at("any");
  EXPECT_FALSE(general.gemm.empty());
  EXPECT_TRUE(general.attention && general.elementwise && general.launch);
  for (const auto& [id, calibration] : catalog->calibrations) {
    for (const auto& [precision, fact] : calibration.gemm) {
      EXPECT_TRUE(catalog->sources.contains(fact.source)) << id;
    }
  }
  const Calibration& a100 = catalog->calibrations.at("a100-sxm-80");
  EXPECT_EQ(a100.gemm.at(Precision::fp16).standing, Standing::measured);
  EXPECT_EQ(a100.gemm.at(Precision::fp16).source, "vidur");
  EXPECT_GE(a100.all_reduce.size(), 30U);
}

}  // namespace
}  // namespace granary
