#include "ledger/programmes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace granary {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;

const std::string good =
    "id = \"city\"\n"
    "name = \"City vouchers\"\n"
    "issuer = \"city\"\n"
    "fund = \"1000.50 CNY\"\n"
    "purposes = [\"serve\", \"run\"]\n"
    "standing = \"assumed\"\n"
    "source = \"granary-example\"\n";

// The file with `from` replaced by `to`.
std::string with(const std::string& from, const std::string& to) {
  std::string text = good;
  return text.replace(text.find(from), from.size(), to);
}

std::string refusal(const std::vector<Document>& documents) {
  const auto parsed = parse_programmes(documents);
  if (parsed) return "parsed";
  return "G" + std::to_string(parsed.error().code) + " " + parsed.error().what + " | " +
         parsed.error().fix;
}
std::string refusal(const std::string& text) {
  return refusal(std::vector<Document>{{"programmes/city.toml", text}});
}

TEST(Programmes, AFileBecomesAProgramme) {
  const std::vector<Document> documents{{"programmes/city.toml", good},
                                        {"chips/a100.toml", "not even TOML"}};
  const auto parsed = parse_programmes(documents);
  ASSERT_TRUE(parsed) << parsed.error().what;
  ASSERT_EQ(parsed->size(), 1U);
  const Programme& city = parsed->at("city");
  EXPECT_EQ(city.name, "City vouchers");
  EXPECT_EQ(city.issuer, "city");
  EXPECT_EQ(city.asset, "CNY");
  EXPECT_EQ(city.fund, Money{1'000'500'000});
  EXPECT_THAT(city.purposes, ElementsAre("serve", "run"));
  EXPECT_EQ(city.standing, Standing::assumed);
  EXPECT_EQ(city.source, "granary-example");
}

TEST(Programmes, WithoutPurposesAnyIsPaidFor) {
  const std::vector<Document> documents{
      {"programmes/city.toml", with("purposes = [\"serve\", \"run\"]\n", "")}};
  const auto parsed = parse_programmes(documents);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->at("city").purposes.empty());
}

TEST(Programmes, EachMistakeNamesFileLineAndFix) {
  EXPECT_EQ(refusal(with("fund", "funds")),
            "G1030 programmes/city.toml:4: unknown key \"funds\" | did you mean fund?");
  EXPECT_THAT(refusal(with("\"City vouchers\"", "oops")),
              HasSubstr("G1030 programmes/city.toml:2"));
  EXPECT_EQ(refusal(with("id = \"city\"", "id = \"City!\"")),
            "G1030 programmes/city.toml:1: id \"City!\" is not a name | use small letters, digits, "
            "'-' and '.'");
  EXPECT_EQ(refusal(with("\"City vouchers\"", "7")),
            "G1030 programmes/city.toml:2: name is to be a text that is not empty | write name = "
            "\"...\"");
  EXPECT_EQ(refusal(with("source = \"granary-example\"\n", "")),
            "G1031 programmes/city.toml:1: source is missing | add source = \"...\"");
  EXPECT_EQ(
      refusal(with("\"assumed\"", "\"guessed\"")),
      "G1031 programmes/city.toml:6: unknown standing \"guessed\" | write declared, measured, "
      "recalled or assumed");
  EXPECT_EQ(refusal(with("\"run\"", "\"dance\"")),
            "G1032 programmes/city.toml:5: unknown purpose \"dance\" | write some of pretrain, "
            "finetune, serve, run");
  EXPECT_THAT(refusal(with("\"run\"", "3")), HasSubstr("G1032 programmes/city.toml:5"));
  EXPECT_THAT(refusal(with("\"run\"", "\"serve\"")), HasSubstr("purpose \"serve\" twice"));
  EXPECT_THAT(refusal(with("[\"serve\", \"run\"]", "\"run\"")), HasSubstr("is to be a list"));
  EXPECT_EQ(refusal(with("1000.50 CNY", "a lot")),
            "G1033 programmes/city.toml:4: fund = \"a lot\" is not an amount | write fund = "
            "\"8000000 CNY\"");
  EXPECT_THAT(refusal(with("1000.50", "-5")), HasSubstr("below zero"));
  EXPECT_THAT(refusal(with("\"1000.50 CNY\"", "1000")), HasSubstr("G1033 programmes/city.toml:4"));
}

TEST(Programmes, TwoFilesWithOneIdAreRefused) {
  EXPECT_EQ(refusal({{"programmes/a.toml", good}, {"programmes/b.toml", good}}),
            "G1034 programmes/b.toml:1: programme city is already in programmes/a.toml | give it "
            "another id");
}

TEST(Programmes, AnIssuerHasOneAssetAndNoMoreThanTheBooksCanCount) {
  std::string dollars = with("id = \"city\"", "id = \"other\"");
  dollars.replace(dollars.find("CNY"), 3, "USD");
  EXPECT_THAT(refusal({{"programmes/a.toml", good}, {"programmes/b.toml", dollars}}),
              HasSubstr("G1033 programmes/b.toml:1: issuer city has funds in CNY"));
  std::string huge = with("id = \"city\"", "id = \"other\"");
  huge.replace(huge.find("1000.50"), 7, "9223372036854");
  EXPECT_THAT(refusal({{"programmes/a.toml", good}, {"programmes/b.toml", huge}}),
              HasSubstr("9,223,372,036,854.00 CNY more"));
}

TEST(Programmes, TheFilesOfTheProjectAreReadAndSayThatTheyAreInvented) {
  const char* const source = std::getenv("GRANARY_SOURCE");
  if (source == nullptr) GTEST_SKIP() << "GRANARY_SOURCE is not set";
  std::vector<Document> documents;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(source) / "data/programmes")) {
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_THAT(text.str(), HasSubstr("# Invented for the examples"));
    documents.push_back({"programmes/" + entry.path().filename().string(), text.str()});
  }
  const auto parsed = parse_programmes(documents);
  ASSERT_TRUE(parsed) << parsed.error().what;
  ASSERT_TRUE(parsed->contains("city-vouchers"));
  EXPECT_EQ(parsed->at("city-vouchers").fund, Money::units(21'000'000));
  EXPECT_EQ(parsed->at("city-vouchers").purposes, known_purposes());
  EXPECT_EQ(parsed->at("internal-use").issuer, "centre");
  EXPECT_EQ(parsed->at("priority-clients").issuer, "clients");
  for (const auto& [id, programme] : *parsed) {
    EXPECT_EQ(programme.standing, Standing::assumed) << id;
    EXPECT_EQ(programme.source, "granary-example") << id;
  }
}

}  // namespace
}  // namespace granary
