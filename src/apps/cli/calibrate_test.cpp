// A probe's file becomes a document that the catalogue reads; nonsense is refused in one sentence.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/cli/probe_file.h"
#include "apps/cli/session.h"
#include "catalog/built_in.h"

namespace granary::cli {

std::vector<Verb> calibrate_verbs();
std::vector<Verb> validate_verbs();

namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

const char* const header =
    R"({"schema":"granary.probe/1","device":"Ascend 910B3","date":"2026-11-21T20:00:00Z","cores":24})"
    "\n";

// Times of a chip of 300 TFLOPS and 1500 GB/s that reaches 0.8 of both.
std::string products(const char* precision, double spread = 0.01) {
  std::string text;
  for (const double m : {1, 8, 64, 128, 256, 1024, 8192}) {
    for (const double n : {1024, 4096, 12288}) {
      const Gemm gemm{m, n, 4096};
      const double seconds =
          3e-6 + (gemm.flops().base() / 300e12 + gemm.bytes().base() / 1500e9) / 0.8;
      text +=
          nlohmann::json{{"kind", "gemm"}, {"precision", precision},   {"m", m},          {"n", n},
                         {"k", 4096},      {"time_us", seconds * 1e6}, {"spread", spread}}
              .dump() +
          "\n";
    }
  }
  return text;
}

class Calibrate : public ::testing::Test {
 protected:
  Calibrate()
      : folder_(fs::temp_directory_path() / ("granary-calibrate-" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
  }
  ~Calibrate() override { fs::remove_all(folder_); }

  Result<int> run(const std::vector<Verb>& verbs, const Arguments& arguments) {
    out_.str("");
    CliContext context{in_, out_, err_};
    context.directory = folder_;
    Session session(context, arguments);
    return verbs.front().run(session);
  }
  Result<int> calibrate(const std::string& probe, const std::string& chip = "ascend910b3",
                        std::map<std::string, std::vector<std::string>> values = {}) {
    std::ofstream(folder_ / "p.jsonl", std::ios::binary) << probe;
    values["from"] = {"p.jsonl"};
    return run(calibrate_verbs(), {{chip}, std::move(values)});
  }
  std::string file(const std::string& name) const {
    std::ifstream in(folder_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fs::path folder_;
  std::istringstream in_;
  std::ostringstream out_, err_;
};

TEST_F(Calibrate, TheDocumentHoldsAMeasuredCurveOfTheProbesDate) {
  const auto status = calibrate(
      header + products("fp16") + products("bf16") +
      R"({"kind":"copy","bytes":1e9,"time_us":800,"spread":0.01})"
      "\n"
      R"({"kind":"all_reduce","chips":8,"bytes":1048576,"time_us":120})"
      "\n"
      R"({"kind":"decode","precision":"fp16","layers":8,"hidden":4096,"heads":32,"ffn":10944,"batch":1,"length":1024,"time_us":2400})"
      "\n"
      R"({"kind":"train","precision":"fp16","layers":8,"hidden":2048,"batch":4,"length":2048,"time_us":90000})"
      "\n");
  ASSERT_TRUE(status) << status.error().what;
  const std::string text = file("calibrations/ascend910b3.toml");
  EXPECT_THAT(text, HasSubstr("# Measured on Ascend 910B3 by the probe on 2026-11-21."));
  // 8 layers x 202 M parameters in 2 bytes at some 0.7 of 1.6 TB/s: about 2.8 ms and the layers'
  // own time.
  EXPECT_THAT(text, ::testing::ContainsRegex("# Decode of a token, fp16, 8 layers of width 4096, "
                                             "batch 1, length 1024: measured 2.4 ms, predicted "
                                             "[23]\\.[0-9]+ ms \\("));
  EXPECT_THAT(out_.str(), HasSubstr("predicted "));
  EXPECT_THAT(text,
              HasSubstr("# Training step, fp16, 8 layers of width 2048, batch 4, length 2048: "
                        "measured 90 ms, no prediction."))
      << "the line does not say how many heads";
  std::vector<Document> documents = built_in_documents();
  documents.push_back({"calibrations/ascend910b3.toml", text});
  const auto catalog = parse_catalog(documents);
  ASSERT_TRUE(catalog) << catalog.error().what;
  const Calibration& read = catalog->calibrations.at("ascend910b3");
  const auto& curve = read.gemm.at(Precision::fp16);
  EXPECT_EQ(curve.standing, Standing::measured);
  EXPECT_EQ(curve.source, "probe-ascend910b3-2026-11-21");
  EXPECT_NEAR(curve.value.compute_share, 0.8 * 300 / 313, 0.08);
  EXPECT_EQ(curve.value.peak.base(), 0) << "no more was measured than is declared";
  EXPECT_EQ(read.gemm.size(), 2U);
  EXPECT_EQ(read.all_reduce.size(), 1U);
  EXPECT_THAT(out_.str(), HasSubstr("LEFT OUT %"));
}

TEST_F(Calibrate, AChipThatDoesMoreThanItsSheetKeepsTheMeasuredRatesWithItsCurve) {
  // The products above move half as many bytes as those of 32 bits: a memory of twice the rate.
  const auto status = calibrate(header + products("fp32") +
                                    R"({"kind":"copy","bytes":1e9,"time_us":330,"spread":0.01})"
                                    "\n",
                                "cpu");
  ASSERT_TRUE(status) << status.error().what;
  EXPECT_THAT(file("calibrations/cpu.toml"), HasSubstr("peak = \""));
  EXPECT_THAT(out_.str(), HasSubstr("measured, above the declared"));
}

TEST_F(Calibrate, MemoryThatAProgramCouldUseIsWhatPlansUseFromThenOn) {
  ASSERT_TRUE(calibrate(header + products("fp16") +
                        R"({"kind":"memory","usable_bytes":60000000000})"
                        "\n"));
  std::vector<Document> documents = built_in_documents();
  documents.push_back({"calibrations/ascend910b3.toml", file("calibrations/ascend910b3.toml")});
  const auto catalog = parse_catalog(documents);
  ASSERT_TRUE(catalog) << catalog.error().what;
  EXPECT_EQ(catalog->chips.at("ascend910b3").usable_memory->value, Bytes(6e10));
}

TEST_F(Calibrate, TimesThatNoProductOnThisChipTakesAreRefused) {
  std::string same = header;
  for (int m = 64; m <= 4096 * 64; m *= 2) {
    same +=
        fmt::format(
            R"({{"kind":"gemm","precision":"fp16","m":{},"n":4096,"k":4096,"time_us":100}})", m) +
        "\n";
  }
  const auto refused = calibrate(same);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, 4081);
  EXPECT_THAT(refused.error().what, HasSubstr("these are no times of products on this chip"));
}

TEST_F(Calibrate, ADryRunWritesNothing) {
  const auto status = calibrate(header + products("fp16"), "ascend910b3", {{"dry-run", {}}});
  ASSERT_TRUE(status) << status.error().what;
  EXPECT_FALSE(fs::exists(folder_ / "calibrations"));
  EXPECT_THAT(out_.str(), HasSubstr("[gemm.fp16]"));
}

TEST_F(Calibrate, ANoisyRunIsRefusedUnlessNoiseIsAllowed) {
  const std::string noisy = header + products("fp16", 0.2);
  const auto refused = calibrate(noisy);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, 4081);
  EXPECT_THAT(refused.error().what, HasSubstr("spread by 20 %"));
  EXPECT_TRUE(calibrate(noisy, "ascend910b3", {{"allow-noise", {}}}));
}

TEST_F(Calibrate, GarbageIsRefusedNamingItsLine) {
  struct Case {
    std::string text;
    int code;
    std::string says;
  };
  const std::vector<Case> cases{
      {"", 1081, "p.jsonl:1: it is empty."},
      {"hello\n", 1081, "p.jsonl:1: this is not a JSON object."},
      {"{\"schema\":\"granary.probe/9\"}\n", 1081, "p.jsonl:1: its first line has no schema"},
      {header + std::string("{\"kind\":\"gemm\"}\n"), 1081, "p.jsonl:2: precision is missing"},
      {header + std::string("{\"kind\":\"dance\"}\n"), 1081, "p.jsonl:2: kind \"dance\""},
      {header + std::string(R"({"kind":"copy","bytes":1,"time_us":-4})") + "\n", 1081,
       "p.jsonl:2: time_us is outside"},
      {header, 1081, "holds no matrix product"},
      {header + products("fp16").substr(0, 300), 1081, "this is not a JSON object"}};
  for (const Case& c : cases) {
    const auto refused = calibrate(c.text);
    ASSERT_FALSE(refused) << c.text;
    EXPECT_EQ(refused.error().code, c.code) << refused.error().what;
    EXPECT_THAT(refused.error().what, HasSubstr(c.says));
  }
  EXPECT_EQ(calibrate(header + products("fp16"), "abacus").error().kind, Error::Kind::not_found);
}

TEST_F(Calibrate, ValidationNeedsAFileAndItsColumns) {
  const auto verbs = validate_verbs();
  EXPECT_EQ(run(verbs, {{}, {}}).error().code, 1000);
  EXPECT_EQ(run(verbs, {{"absent.csv"}, {}}).error().code, 2012);
  std::ofstream(folder_ / "t.csv") << "source,model\na,b\n";
  EXPECT_THAT(run(verbs, {{"t.csv"}, {}}).error().what, HasSubstr("lacks the columns chip"));
  // No score is no success: a script must not go on.
  std::ofstream(folder_ / "u.csv") << "source,chip,num_chips\na,abacus,8\n";
  EXPECT_EQ(run(verbs, {{"u.csv"}, {}}).value(), 1);
}

}  // namespace
}  // namespace granary::cli
