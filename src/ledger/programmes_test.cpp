#include "ledger/programmes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ledger/vouchers.h"

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

// What a programme may name.
const Catalog& catalog() {
  static const Catalog known = [] {
    Catalog catalog;
    catalog.sources["granary-example"] = {"granary-example", "invented", true};
    catalog.chips["ascend910b2"].id = "ascend910b2";
    return catalog;
  }();
  return known;
}

Result<Programmes> parse(const std::vector<Document>& documents) {
  return parse_programmes(documents, catalog());
}
Programme parsed(const std::string& text) {
  const auto all = parse({{"programmes/city.toml", text}});
  EXPECT_TRUE(all) << all.error().what;
  return all ? all->begin()->second : Programme{};
}

std::string refusal(const std::vector<Document>& documents) {
  const auto parsed = parse(documents);
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
  const auto parsed = parse(documents);
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
  const auto parsed = parse(documents);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->at("city").purposes.empty());
}

TEST(Programmes, EachMistakeNamesFileLineAndFix) {
  EXPECT_EQ(
      refusal(with("fund", "funds")).substr(0, 83),
      "G1021 programmes/city.toml:4: unknown key \"funds\" in a programme. Did you mean fund");
  EXPECT_THAT(refusal(with("\"City vouchers\"", "oops")),
              HasSubstr("G1020 programmes/city.toml:2"));
  EXPECT_THAT(refusal(with("id = \"city\"", "id = \"City!\"")),
              HasSubstr("G1026 programmes/city.toml:1: id: \"City!\" is not an id."));
  EXPECT_THAT(refusal(with("\"City vouchers\"", "7")), HasSubstr("G1026 programmes/city.toml:2"));
  EXPECT_THAT(refusal(with("source = \"granary-example\"\n", "")),
              HasSubstr("G1023 programmes/city.toml:1: source is missing."));
  EXPECT_THAT(refusal(with("\"granary-example\"", "\"hearsay\"")),
              HasSubstr("G1029 programmes/city.toml:7"));
  EXPECT_THAT(refusal(with("\"assumed\"", "\"guessed\"")),
              HasSubstr("G1026 programmes/city.toml:6"));
  EXPECT_THAT(refusal(with("\"run\"", "\"dance\"")), HasSubstr("G1026 programmes/city.toml:5"));
  EXPECT_THAT(refusal(with("\"run\"", "3")), HasSubstr("G1026 programmes/city.toml:5"));
  EXPECT_THAT(refusal(with("\"run\"", "\"serve\"")), HasSubstr("\"serve\" is listed twice."));
  EXPECT_THAT(refusal(with("[\"serve\", \"run\"]", "\"run\"")), HasSubstr("must be a list"));
  EXPECT_EQ(refusal(with("1000.50 CNY", "a lot")),
            "G1033 programmes/city.toml:4: fund: \"a lot\" is not an amount. | write fund = "
            "\"8000000 CNY\"");
  EXPECT_THAT(refusal(with("1000.50", "-5")), HasSubstr("is not an amount"));
  EXPECT_THAT(refusal(with("\"1000.50 CNY\"", "1000")), HasSubstr("G1026 programmes/city.toml:4"));
}

TEST(Programmes, EachFormOfRuleIsRead) {
  const Programme p = parsed(good +
                             "with_subsidy = true\nexpiry = \"end\"\nlapse = \"issuer\"\n"
                             "preemption = \"fund\"\n"
                             "holders = [\"start-up\", \"sme\"]\ndeclare = [\"history\"]\n"
                             "sites = [\"guian\"]\nfrom = \"2026-01-01\"\nuntil = \"2027-01-01\"\n"
                             "months = 3\n"
                             "[[rates]]\nshare = \"30 %\"\norigin = \"domestic\"\n"
                             "chips = [\"ascend910b2\"]\npurposes = [\"serve\"]\n"
                             "[[rates]]\nshare = \"12.25%\"\nholders = [\"sme\"]\n"
                             "from = \"2026-07-01\"\n"
                             "[[rates]]\nshare = \"20 %\"\n"
                             "[[caps]]\namount = \"8000000 CNY\"\nper = \"year\"\n"
                             "except = [\"base-model\"]\n");
  EXPECT_TRUE(p.with_subsidy);
  EXPECT_TRUE(p.bears_preemption);
  EXPECT_FALSE(parsed(good).bears_preemption);
  EXPECT_EQ(p.basis, Programme::Basis::end);
  EXPECT_EQ(p.lapse, Programme::Lapse::issuer);
  EXPECT_THAT(p.holders, ElementsAre("start-up", "sme"));
  EXPECT_THAT(p.declare, ElementsAre("history"));
  EXPECT_THAT(p.sites, ElementsAre("guian"));
  EXPECT_EQ(to_text(p.from), "2026-01-01T00:00:00Z");
  EXPECT_EQ(to_text(p.until), "2027-01-01T00:00:00Z");
  EXPECT_EQ(p.months, 3);
  ASSERT_EQ(p.shares.size(), 3U);
  EXPECT_EQ(p.shares[0].share, 3000);
  EXPECT_EQ(p.shares[0].when.origin, Origin::domestic);
  EXPECT_THAT(p.shares[0].when.chips, ElementsAre("ascend910b2"));
  EXPECT_THAT(p.shares[0].when.purposes, ElementsAre("serve"));
  EXPECT_EQ(p.shares[1].share, 1225);
  EXPECT_EQ(to_text(p.shares[1].when.from), "2026-07-01T00:00:00Z");
  EXPECT_EQ(p.shares[2].share, 2000);
  ASSERT_EQ(p.caps.size(), 1U);
  EXPECT_EQ(p.caps[0].amount, Money::units(8'000'000));
  EXPECT_THAT(p.caps[0].except, ElementsAre("base-model"));
}

TEST(Programmes, UnitsTranchesApprovalsAndPayingBackAreRead) {
  const Programme p = parsed(with("CNY", "hour") +
                             "tranches = [\"50 %\", \"50 %\"]\n"
                             "approval = { amount = \"500 hour\", chips = 50, chip_hours = 5000 }\n"
                             "[[prices]]\nprice = \"1.5 hour per chip-hour\"\nat_least = 2\n"
                             "at_most = 4\n[[prices]]\nprice = \"1 hour per chip-hour\"\n");
  EXPECT_EQ(p.asset, "hour");
  EXPECT_THAT(p.tranches, ElementsAre(5000, 5000));
  EXPECT_EQ(p.approval.amount, Money::units(500));
  EXPECT_EQ(p.approval.chips, 50);
  EXPECT_EQ(p.approval.chip_hours, 5000);
  ASSERT_EQ(p.prices.size(), 2U);
  EXPECT_EQ(p.prices[0].rate.per_chip_hour, Money{1'500'000});
  EXPECT_EQ(p.prices[0].when.at_least, 2);
  EXPECT_EQ(p.prices[0].when.at_most, 4);
  EXPECT_EQ(parsed(good + "mode = \"reimburse\"\n").mode, Programme::Mode::reimburse);
  EXPECT_THAT(refusal(good + "tranches = [\"50 %\", \"40 %\"]\n"), HasSubstr("sum to 100 %"));
  EXPECT_THAT(refusal(good + "tranches = [1, 2]\n"), HasSubstr("sum to 100 %"));
  EXPECT_THAT(refusal(good + "approval = {}\n"), HasSubstr("asks nothing"));
  EXPECT_THAT(refusal(good + "[[prices]]\nprice = \"1 hour per chip-hour\"\n"),
              HasSubstr("is not a price in CNY"));
  EXPECT_THAT(refusal(with("CNY", "hour") + "share = \"30 %\"\n"
                                            "[[prices]]\nprice = \"1 hour per chip-hour\"\n"),
              HasSubstr("pays for the whole of a job"));
}

TEST(Programmes, WhatNobodyHasFoundOutIsUnknownAndNeverZero) {
  const Programme p = parsed(with("\"1000.50 CNY\"", "\"unknown\"\nasset = \"CNY\"") +
                             "share = \"unknown\"\nmonths = \"unknown\"\n");
  EXPECT_THAT(p.unknown, ElementsAre("fund", "share", "months"));
  EXPECT_EQ(p.asset, "CNY");
  EXPECT_THAT(refusal(with("\"1000.50 CNY\"", "\"unknown\"")), HasSubstr("add asset"));
}

TEST(Programmes, AFileThatContradictsItselfIsRefused) {
  const auto refused = [](const std::string& more) { return refusal(good + more); };
  EXPECT_THAT(refused("share = \"30\"\n"), HasSubstr("is not a share"));
  EXPECT_THAT(refused("share = \"0 %\"\n"), HasSubstr("is not a share"));
  EXPECT_THAT(refused("share = \"100.01 %\"\n"), HasSubstr("is not a share"));
  EXPECT_THAT(refused("share = \"12.345 %\"\n"), HasSubstr("is not a share"));
  EXPECT_THAT(refused("share = \"30 %\"\n[[rates]]\nshare = \"20 %\"\n"),
              HasSubstr("stands beside share"));
  EXPECT_THAT(refused("[[rates]]\nshare = \"20 %\"\n[[rates]]\nshare = \"30 %\"\n"),
              HasSubstr("is never reached"));
  EXPECT_THAT(refused("[[rates]]\nshare = \"20 %\"\nchips = [\"ascend910b9\"]\n"),
              HasSubstr("Did you mean ascend910b2?"));
  EXPECT_THAT(refused("from = \"2026-02-01\"\nuntil = \"2026-01-01\"\n"),
              HasSubstr("is not after from"));
  EXPECT_THAT(refused("from = \"2026-02\"\n"), HasSubstr("must be a day"));
  EXPECT_THAT(refused("[[caps]]\namount = \"8 USD\"\nper = \"year\"\n"),
              HasSubstr("is not in CNY"));
  EXPECT_THAT(refused("[[caps]]\namount = \"8 CNY\"\nper = \"year\"\n"
                      "[[caps]]\namount = \"9 CNY\"\nper = \"year\"\n"),
              HasSubstr("has a cap already"));
  EXPECT_THAT(refused("rates = []\n"), HasSubstr("an empty list says nothing"));
  EXPECT_THAT(refused("rates = [1]\n"), HasSubstr("must hold tables"));
  EXPECT_THAT(refused("kind = \"subsidy\"\nshare = \"20 %\"\nuntil = \"2027-01-01\"\n"),
              HasSubstr("until: is about vouchers"));
  EXPECT_THAT(refusal(with("CNY", "hour")), HasSubstr("nothing says what a chip costs"));
  EXPECT_THAT(refused("[[prices]]\nprice = \"5 CNY per chip-hour\"\n"),
              HasSubstr("sites say what chips cost in it"));
  EXPECT_THAT(refused("kind = \"subsidy\"\n"), HasSubstr("share is missing"));
  EXPECT_THAT(refused("kind = \"subsidy\"\nshare = \"20 %\"\nmonths = 3\n"),
              HasSubstr("a subsidy grants none"));
  EXPECT_THAT(refused("kind = \"subsidy\"\n[[rates]]\nshare = \"20 %\"\nholders = [\"sme\"]\n"),
              HasSubstr("does not know what holders declared"));
}

TEST(Programmes, FundersRegistersAndTiersOfCapsAreRead) {
  const Programme p =
      parsed(good +
             "exclusive = { group = \"sides\", per = \"contract\" }\n"
             "[[funders]]\nissuer = \"province\"\nweight = 2\n"
             "[[funders]]\nissuer = \"town\"\nweight = 1\n"
             "[[caps]]\namount = \"3 CNY\"\nper = \"ever\"\nholders = [\"national\"]\n"
             "[[caps]]\namount = \"2 CNY\"\nper = \"ever\"\nholders = [\"local\"]\n"
             "[[rates]]\nshare = \"100 %\"\nmonths = 12\n[[rates]]\nshare = \"30 %\"\n");
  ASSERT_EQ(p.funders.size(), 2U);
  EXPECT_EQ(p.funders[0].issuer, "province");
  EXPECT_EQ(p.funders[0].fund, Money{667'000'000}) << "two thirds of 1000.50";
  EXPECT_EQ(p.funders[1].fund, Money{333'500'000});
  EXPECT_EQ(p.exclusive.group, "sides");
  EXPECT_EQ(p.exclusive.per, Exclusive::Per::contract);
  ASSERT_EQ(p.caps.size(), 2U);
  EXPECT_THAT(p.caps[1].holders, ElementsAre("local"));
  EXPECT_EQ(p.shares.at(0).when.months, 12);
  const Programme half_known = parsed(good + "[[caps]]\namount = \"3 CNY\"\nper = \"unknown\"\n");
  EXPECT_THAT(half_known.unknown, ElementsAre("caps.per"));
}

TEST(Programmes, FundersThatContradictEachOtherAreRefused) {
  const std::string two = "[[funders]]\nissuer = \"a\"\nweight = 1\n[[funders]]\nissuer = \"b\"\n";
  const auto refused = [](const std::string& more) { return refusal(good + more); };
  EXPECT_THAT(refused(two), HasSubstr("weight is missing"));
  EXPECT_THAT(refused(two + "weight = 0\n"), HasSubstr("G1028"));
  EXPECT_THAT(refused(two + "weight = 1\nfund = \"5 CNY\"\n"),
              HasSubstr("G1106 programmes/city.toml:8: funders: some of them say their fund"));
  EXPECT_THAT(refused("[[funders]]\nissuer = \"a\"\nweight = 1\nfund = \"5 CNY\"\n"
                      "[[funders]]\nissuer = \"b\"\nweight = 1\nfund = \"5 CNY\"\n"),
              HasSubstr("put in 10.00 together, and the fund is 1,000.50"));
  EXPECT_THAT(refused("[[funders]]\nissuer = \"a\"\nweight = 1\n"), HasSubstr("are not 2 to 8"));
  EXPECT_THAT(refused("[[funders]]\nissuer = \"a\"\nweight = 1\n"
                      "[[funders]]\nissuer = \"a\"\nweight = 1\n"),
              HasSubstr("G1105"));
  EXPECT_THAT(refused("kind = \"subsidy\"\nshare = \"20 %\"\n" + two + "weight = 1\n"),
              HasSubstr("funders: stands beside kind = \"subsidy\""));
  EXPECT_THAT(refused(two + "weight = 1\n[[exchange]]\nprogramme = \"x\"\ngive = \"1 CNY\"\n"
                            "get = \"1 CNY\"\n"),
              HasSubstr("funders: stands beside exchange"));
  EXPECT_THAT(refused("[[caps]]\namount = \"3 CNY\"\nper = \"ever\"\n"
                      "[[caps]]\namount = \"2 CNY\"\nper = \"ever\"\nholders = [\"x\"]\n"),
              HasSubstr("has a cap already"));
  EXPECT_THAT(refused("exclusive = { group = \"sides\" }\n"), HasSubstr("per is missing"));
  EXPECT_THAT(refused("kind = \"subsidy\"\nshare = \"20 %\"\n"
                      "exclusive = { group = \"s\", per = \"holder\" }\n"),
              HasSubstr("exclusive: is about vouchers"));
  EXPECT_THAT(refused("kind = \"subsidy\"\n[[rates]]\nshare = \"20 %\"\nmonths = 3\n"),
              HasSubstr("or since when"));
}

TEST(Programmes, ARateOfExchangeNamesAnotherProgrammeAndItsUnit) {
  const std::string credits =
      "id = \"credits\"\nname = \"C\"\nissuer = \"c\"\nfund = \"5 credit\"\nstanding = "
      "\"assumed\"\n"
      "source = \"granary-example\"\n[[prices]]\nprice = \"1 credit per chip-hour\"\n";
  const auto with_row = [&](const std::string& row, const std::string& other) {
    return refusal({{"programmes/city.toml", good + "[[exchange]]\n" + row},
                    {"programmes/credits.toml", other}});
  };
  const std::string row = "programme = \"credits\"\ngive = \"3 credit\"\nget = \"2 CNY\"\n";
  EXPECT_EQ(with_row(row, credits), "parsed");
  EXPECT_THAT(with_row("programme = \"credit\"\ngive = \"3 credit\"\nget = \"2 CNY\"\n", credits),
              HasSubstr("G1107 programmes/city.toml:1: exchange from credit: it is no other"));
  EXPECT_THAT(with_row("programme = \"city\"\ngive = \"3 CNY\"\nget = \"2 CNY\"\n", credits),
              HasSubstr("it is no other programme"));
  EXPECT_THAT(with_row("programme = \"credits\"\ngive = \"3 hour\"\nget = \"2 CNY\"\n", credits),
              HasSubstr("its vouchers are in credit, not in hour"));
  EXPECT_THAT(with_row("programme = \"credits\"\ngive = \"0 credit\"\nget = \"2 CNY\"\n", credits),
              HasSubstr("must be amounts of more than zero"));
  EXPECT_THAT(refusal(good + "certified = true\n[[exchange]]\n" + row +
                      "[[keys]]\nid = \"a\"\npublic = \"" + std::string(64, 'a') + "\"\n"),
              HasSubstr("exchange: stands beside certified"));
  EXPECT_THAT(with_row(row + "[[exchange]]\n" + row, credits), HasSubstr("has a rate already"));
  EXPECT_THAT(with_row(row, credits + "[[funders]]\nissuer = \"a\"\nweight = 1\n"
                                      "[[funders]]\nissuer = \"b\"\nweight = 1\n"),
              HasSubstr("G1105 programmes/city.toml:1: exchange from credits: it has funders"));
}

TEST(Programmes, TwoFilesWithOneIdAreRefused) {
  EXPECT_EQ(refusal({{"programmes/a.toml", good}, {"programmes/b.toml", good}}),
            "G1034 programmes/b.toml:1: programme city is already in programmes/a.toml. | give it "
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

std::vector<Document> files_of(const std::filesystem::path& root, const std::string& folder) {
  std::vector<Document> documents;
  for (const auto& entry : std::filesystem::directory_iterator(root / folder)) {
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    documents.push_back({folder + "/" + entry.path().filename().string(), text.str()});
  }
  return documents;
}

struct Files : testing::Test {
  std::vector<Document> documents;
  Programmes all;
  int sources = 0;  // of programmes

  void SetUp() override {
    const char* const source = std::getenv("GRANARY_SOURCE");
    if (source == nullptr) GTEST_SKIP() << "GRANARY_SOURCE is not set";
    const std::filesystem::path root = std::filesystem::path(source) / "data";
    documents = files_of(root, "programmes");
    const auto sources_read = parse_catalog(files_of(root, "sources"));
    ASSERT_TRUE(sources_read) << sources_read.error().what;
    Catalog catalog = *sources_read;
    for (const auto& [id, read] : catalog.sources) sources += id.starts_with("programme-");
    catalog.sources["granary-example"] = {"granary-example", "invented", true};
    const auto parsed = parse_programmes(documents, catalog);
    ASSERT_TRUE(parsed) << parsed.error().what;
    all = *parsed;
  }
};

TEST_F(Files, OfTheExamplesSayThatTheyAreInvented) {
  ASSERT_TRUE(all.contains("city-vouchers"));
  EXPECT_EQ(all.at("city-vouchers").fund, Money::units(21'000'000));
  EXPECT_EQ(all.at("city-vouchers").purposes, known_purposes());
  EXPECT_EQ(all.at("internal-use").issuer, "centre");
  EXPECT_EQ(all.at("priority-clients").issuer, "clients");
  for (const Document& document : documents) {
    const bool invented = document.text.find("# Invented for the examples") == 0;
    const bool example = document.text.find("source = \"granary-example\"") != std::string::npos;
    EXPECT_EQ(invented, example) << document.name;
  }
}

// 22 real programmes: none is known in full, so none has money or grants, and each says why.
TEST_F(Files, OfRealProgrammesLoadAndGrantNothingUntilAllIsKnown) {
  int real = 0;
  for (const auto& [id, programme] : all) {
    if (programme.source == "granary-example") continue;
    ++real;
    EXPECT_EQ(programme.source, "programme-" + id);
    EXPECT_FALSE(programme.unknown.empty()) << id;
    EXPECT_TRUE(appropriate({}, programme, {}).empty()) << id;
    const auto granted = grant({}, all, {id, "lab", Money::units(1), {}, Instant::max(), {}, {}},
                               Instant{std::chrono::hours(24 * 20'000)});
    ASSERT_FALSE(granted) << id;
    EXPECT_EQ(granted.error().code, 4023) << id;
    if (programme.kind == Programme::Kind::subsidy) continue;
    EXPECT_THAT(granted.error().what, HasSubstr("is incomplete: ")) << id;
    for (const std::string& field : programme.unknown) {
      EXPECT_THAT(granted.error().what, HasSubstr(field)) << id;
    }
  }
  EXPECT_EQ(real, 22);
  EXPECT_EQ(sources, 22) << "a source for each, and none beside";
}

// What the sources say, once more by hand.
TEST_F(Files, OfRealProgrammesSayWhatTheirSourcesSay) {
  const Programme& hangzhou = all.at("cn-hangzhou-2024");
  ASSERT_EQ(hangzhou.shares.size(), 3U);
  EXPECT_EQ(hangzhou.shares[1].share, 3000);
  EXPECT_EQ(hangzhou.shares[1].when.origin, Origin::domestic);
  EXPECT_EQ(hangzhou.shares[2].share, 2000);
  EXPECT_EQ(hangzhou.caps.at(0).amount, Money::units(8'000'000));
  EXPECT_EQ(all.at("cn-henan-2023").shares.at(0).share, 2000);
  ASSERT_EQ(all.at("cn-henan-2023").funders.size(), 2U);
  EXPECT_EQ(all.at("cn-henan-2023").funders[0].weight, all.at("cn-henan-2023").funders[1].weight);
  EXPECT_EQ(all.at("cn-henan-2023").funders[0].fund, Money::units(25'000'000));
  EXPECT_EQ(all.at("cn-shanghai-2025").shares.at(0).when.months, 12);
  EXPECT_EQ(all.at("cn-yangzhou-2024").exclusive.per, Exclusive::Per::contract);
  EXPECT_EQ(all.at("cn-qingyang").exclusive.per, Exclusive::Per::holder);
  EXPECT_EQ(all.at("us-jetstream2").exchange.at(0).get, Money::units(1));
  EXPECT_EQ(all.at("cn-shenzhen-2024").shares.at(0).share, 6000);
  EXPECT_EQ(all.at("cn-shenzhen-guangming-2025").months, 36);
  EXPECT_EQ(all.at("uk-airr-gateway").caps.at(0).amount, Money::units(10'000));
  EXPECT_EQ(all.at("us-path").prices.at(3).rate.per_chip_hour, Money::units(2));
  EXPECT_EQ(all.at("in-indiaai").approval.chip_hours, 5000);
}

}  // namespace
}  // namespace granary
