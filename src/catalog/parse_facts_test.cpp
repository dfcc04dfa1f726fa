// What documents say of chips beyond their rates, of rule sets, and of how chips are held.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/catalog.h"

namespace granary {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string sources = "[sheet]\nwhat = \"a data sheet\"\nread = true\n";
const std::string told = ", standing = \"declared\", source = \"sheet\" }\n";
const std::string chip = "id = \"a1\"\nname = \"A1\"\nvendor = \"Acme\"\norigin = \"domestic\"\n";
const std::string rule =
    "id = \"r1\"\nname = \"R1\"\ncitation = \"1 FR 1\"\nkind = \"arithmetic\"\n"
    "effective = \"2023-11-17\"\nstanding = \"declared\"\nsource = \"sheet\"\n"
    "[[tests]]\nname = \"T\"\ntpp.at_least = 4800\n";

Result<Catalog> with_chip(const std::string& more) {
  return parse_catalog(
      std::vector<Document>{{"sources.toml", sources}, {"chips/a1.toml", chip + more}});
}

Result<Catalog> with_rule(const std::string& text) {
  return parse_catalog(std::vector<Document>{
      {"sources.toml", sources}, {"chips/a1.toml", chip}, {"rules/r1.toml", text}});
}

std::string changed(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

void expect_refused(const Result<Catalog>& catalog, int code, const std::string& what) {
  ASSERT_FALSE(catalog.has_value()) << what;
  EXPECT_EQ(catalog.error().code, code) << catalog.error().what;
  EXPECT_THAT(catalog.error().what, HasSubstr(what));
  EXPECT_FALSE(catalog.error().fix.empty());
}

TEST(ParseChip, ReadsWhatRulesPlansAndPeopleAsk) {
  const Result<Catalog> catalog = with_chip(
      "country = \"CN\"\nfamily = \"ascend\"\nmemory = { value = \"64 GiB\"" + told +
      "usable_memory = { value = \"60.3 GiB\"" + told +
      "measured_bandwidth = { value = \"1 TB/s\"" + told + "link_name = { value = \"none\"" + told +
      "dense.fp32 = { value = \"8 TFLOPS\"" + told + "measured.fp32 = { value = \"7 TFLOPS\"" +
      told +
      "fp16_accumulation.fp16 = { value = "
      "\"9 TFLOPS\"" +
      told + "fastest = { value = \"fp32\"" + told + "backends = { value = [\"cann\", \"vulkan\"]" +
      told + "class = { value = \"workstation\"" + told + "year = { value = 2024" + told +
      "tdp = { value = \"310.5 W\"" + told + "die_area = { value = \"456.2 mm2\"" + told +
      "process = { planar = true" + told + "packages = { value = 2, disputed = 1" + told +
      "vendor_class = { value = \"EAR99\"" + told +
      "price = { value = \"120..150.50 USD\", date = \"2024-02\", place = \"here\"" + told +
      "cloud_price = { value = \"0.90 USD\", date = \"2026\", place = \"there\"" + told +
      "note = \"sources disagree\"\n");
  ASSERT_TRUE(catalog.has_value()) << catalog.error().what;
  const Chip& a1 = catalog->chips.at("a1");
  EXPECT_EQ(a1.country + a1.family + a1.note, "CNascendsources disagree");
  EXPECT_EQ(a1.usable_memory->value, Bytes(60.3 * 1073741824.0));
  EXPECT_EQ(a1.measured_bandwidth->value, BytesPerSecond(1e12));
  EXPECT_EQ(a1.link_name->value, "none");
  EXPECT_EQ(a1.measured.at(Precision::fp32).value, FlopsPerSecond(7e12));
  EXPECT_EQ(a1.fp16_accumulation.at(Precision::fp16).value, FlopsPerSecond(9e12));
  EXPECT_EQ(a1.fastest->value, Precision::fp32);
  EXPECT_THAT(a1.backends->value, ElementsAre("cann", "vulkan"));
  EXPECT_EQ(a1.market->value, Market::workstation);
  EXPECT_EQ(a1.year->value, 2024);
  EXPECT_EQ(a1.tdp_watts->value, 310.5);
  EXPECT_EQ(a1.die_mm2->value, 456.2);
  EXPECT_TRUE(a1.process->value.planar);
  EXPECT_EQ(a1.packages->value.count, 2);
  EXPECT_EQ(a1.packages->value.disputed, 1);
  EXPECT_EQ(a1.vendor_class->value, "EAR99");
  EXPECT_EQ(a1.price->value.least, Money::units(120));
  EXPECT_EQ(a1.price->value.most, Money{150'500'000});
  EXPECT_EQ(a1.price->value.asset + a1.price->value.date, "USD2024-02");
  EXPECT_EQ(a1.cloud_price->value.least, a1.cloud_price->value.most);
}

TEST(ParseChip, RefusesWhatCannotBe) {
  expect_refused(with_chip("tdp = { value = \"400\"" + told), 1024, "tdp.value");
  expect_refused(with_chip("tdp = { value = \"400 kW\"" + told), 1024, "tdp.value");
  expect_refused(with_chip("tdp = { value = \"inf W\"" + told), 1028, "tdp.value");
  expect_refused(with_chip("tdp = { value = \"nan W\"" + told), 1028, "tdp.value");
  expect_refused(with_chip("die_area = { value = \"-826 mm2\"" + told), 1028, "die_area.value");
  expect_refused(with_chip("year = { value = 20" + told), 1028, "year.value: 20 is outside");
  expect_refused(with_chip("year = 2020\n"), 1023, "year: a figure must say its standing");
  expect_refused(with_chip("country = \"China\"\n"), 1026, "two capital letters");
  expect_refused(with_chip("family = \"Ampere 2\"\n"), 1026, "family: \"Ampere 2\" is not an id");
  expect_refused(with_chip("class = { value = \"gaming\"" + told), 1026,
                 "\"gaming\" is not one of");
  expect_refused(with_chip("backends = { value = [\"cudda\"]" + told), 1026, "Did you mean cuda?");
  expect_refused(with_chip("backends = { value = []" + told), 1028, "empty list");
  expect_refused(with_chip("backends = { value = [\"cuda\", \"cuda\"]" + told), 1025, "twice");
  expect_refused(with_chip("backends = { value = [1]" + told), 1026, "backends");
  expect_refused(with_chip("packages = { value = 0" + told), 1028, "packages.value");
  expect_refused(with_chip("packages = { value = 2, disputed = 2" + told), 1028, "the same count");
  expect_refused(with_chip("process = { value = \"TSMC N7\"" + told), 1022, "planar is missing");
  expect_refused(with_chip("fastest = { value = \"fp32\"" + told), 1028, "without a dense rate");
  expect_refused(with_chip("measured.fp12 = { value = \"7 TFLOPS\"" + told), 1021, "measured.fp12");
  expect_refused(with_chip("link = { value = \"9 GB/s\", domain = 2" + told +
                           "link_name = { value = \"none\"" + told),
                 1028, "is none, and link gives a rate");
  expect_refused(with_chip("memory = { value = \"64 GiB\"" + told +
                           "usable_memory = { value = \"65 GiB\"" + told),
                 1028, "more than the rated memory");
  expect_refused(with_chip("link = 5\n"), 1023, "link: a figure must say");
}

TEST(ParseChip, RefusesPricesThatFallVanishOrHaveNoDay) {
  const auto price = [](const std::string& value, const std::string& rest) {
    return with_chip("price = { value = \"" + value + "\"" + rest + told);
  };
  const std::string dated = ", date = \"2024-02\", place = \"here\"";
  expect_refused(price("15000..12000 USD", dated), 1028, "must rise");
  expect_refused(price("0 USD", dated), 1028, "above zero");
  expect_refused(price("999999999 USD", dated), 1028, "100000000");
  expect_refused(price("12000", dated), 1024, "not a range of prices");
  expect_refused(price("a..b USD", dated), 1024, "not a range of prices");
  expect_refused(price("1..2..3 USD", dated), 1024, "not a range of prices");
  expect_refused(price("12 USD", ", place = \"here\""), 1022, "price.date is missing");
  expect_refused(price("12 USD", ", date = \"2024-13\", place = \"x\""), 1026, "not a year, month");
  expect_refused(price("12 USD", ", date = \"yesterday\", place = \"x\""), 1026, "not a year");
}

TEST(ParseRule, ReadsBoundsInEitherForm) {
  const Result<Catalog> catalog =
      with_rule(changed(rule, "tpp.at_least = 4800",
                        "tpp = { at_least = 2400, below = 4800 }\n"
                        "density.at_least = 5.92\ndatacentre_only = true"));
  ASSERT_TRUE(catalog.has_value()) << catalog.error().what;
  const Rule& r1 = catalog->rules.at("r1");
  EXPECT_EQ(to_text(r1.effective), "2023-11-17T00:00:00Z");
  EXPECT_TRUE(r1.tests.at(0).datacentre_only);
  EXPECT_EQ(*r1.tests.at(0).bounds.at(Measure::tpp).below, 4800);
  EXPECT_EQ(*r1.tests.at(0).bounds.at(Measure::density).at_least, 5.92);
  EXPECT_EQ((*find_rule(*catalog, "r1"))->citation, "1 FR 1");
  EXPECT_EQ(find_rule(*catalog, "r2").error().what,
            "no rule set \"r2\" in the catalogue (1 rule set). Did you mean r1?");
}

TEST(ParseRule, RefusesWhatCannotBeMetOrIsNotSaid) {
  const auto refused = [](const char* from, const char* to, int code, const char* what) {
    expect_refused(with_rule(changed(rule, from, to)), code, what);
  };
  refused("2023-11-17", "2023-11", 1026, "effective: must be a day");
  refused("2023-11-17", "2023-02-30", 1026, "effective");
  refused("[[tests]]", "until = \"2023-11-17\"\n[[tests]]", 1028, "is not after effective");
  refused("tpp.at_least = 4800", "", 1022, "asks nothing");
  refused("tpp.at_least = 4800", "tpp = {}", 1022, "has no bound");
  refused("tpp.at_least = 4800", "tpp = { at_least = 5, below = 5 }", 1028, "can never be met");
  refused("tpp.at_least = 4800", "tpp.at_least = nan", 1028, "tests.tpp.at_least");
  refused("tpp.at_least = 4800", "tpp.at_least = \"4800\"", 1026, "must be a number, not text");
  refused("tpp.at_least = 4800", "tp.at_least = 4800", 1021, "Did you mean tpp?");
  refused("\"arithmetic\"", "\"rithmetic\"", 1026, "Did you mean arithmetic?");
  refused("\"arithmetic\"", "\"memory\"", 1021, "a rule set of kind memory has none");
  refused("\"arithmetic\"", "\"list\"", 1022, "chips is missing");
  refused("\"arithmetic\"", "\"list\"\nchips = [\"a2\"]", 1026, "Did you mean a1?");
  refused("\"arithmetic\"", "\"review\"", 1022, "after is missing");
  refused("\"arithmetic\"", "\"review\"\nafter = \"r0\"\nfrom_country = \"US\"", 1029, "\"r0\"");
  refused("source = \"sheet\"", "source = \"shet\"", 1029, "Did you mean sheet?");
  EXPECT_TRUE(with_rule(rule).has_value());
}

TEST(ParseSite, ReadsSinceWhenAndFromWhereChipsAreHeld) {
  const std::string site =
      "id = \"s1\"\nname = \"S1\"\nrunner = \"local\"\nasset = \"CNY\"\nstanding = \"assumed\"\n"
      "source = \"sheet\"\n[[pools]]\nchip = \"a1\"\nnodes = 2\nchips_per_node = 8\n"
      "price = \"1.00 CNY per chip-hour\"\nreplaceable = false\n";
  const auto with_site = [&](const std::string& more) {
    return parse_catalog(std::vector<Document>{
        {"sources.toml", sources}, {"chips/a1.toml", chip}, {"sites/s1.toml", site + more}});
  };
  const auto held = with_site("held_since = \"2022-09\"\nheld_from = \"a reseller\"\n");
  ASSERT_TRUE(held.has_value()) << held.error().what;
  EXPECT_EQ(held->sites.at("s1").pools.at(0).held_since, "2022-09");
  EXPECT_EQ(held->sites.at("s1").pools.at(0).held_from, "a reseller");
  EXPECT_EQ(with_site("")->sites.at("s1").pools.at(0).held_since, "");
  expect_refused(with_site("held_since = \"long ago\"\n"), 1026, "pools.held_since");
  expect_refused(with_site("held_since = 2022\n"), 1026, "pools.held_since: must be text");
  EXPECT_EQ(with_site("fabric = \"400 Gbit/s\"\n")->sites.at("s1").pools.at(0).fabric,
            BytesPerSecond(50e9));
  EXPECT_EQ(with_site("")->sites.at("s1").pools.at(0).fabric, BytesPerSecond{});
  expect_refused(with_site("fabric = \"400 Gb\"\n"), 1024, "pools.fabric");
  expect_refused(with_site("fabric = \"1 MB/s\"\n"), 1028, "outside 1 Gbit/s to 100 Tbit/s");
}

TEST(ParseSite, WhoseOwnQueueIsFollowedSaysWhatItsQueueCallsThings) {
  const auto with_site = [&](const std::string& runner, const std::string& more,
                             const std::string& of_pool) {
    return parse_catalog(std::vector<Document>{
        {"sources.toml", sources},
        {"chips/a1.toml", chip},
        {"sites/s1.toml", "id = \"s1\"\nname = \"S1\"\nrunner = \"" + runner +
                              "\"\nasset = \"CNY\"\nstanding = \"assumed\"\nsource = \"sheet\"\n" +
                              more +
                              "[[pools]]\nchip = \"a1\"\nnodes = 4\nchips_per_node = 8\n"
                              "price = \"1.00 CNY per chip-hour\"\nreplaceable = false\n" +
                              of_pool}});
  };
  const std::string cluster = "cluster = \"east\"\n";
  const std::string nlp = "[[accounts]]\naccount = \"NLP\"\ntenant = \"lab\"\n";
  const std::string named = "gres = \"a800\"\nnode_names = \"n-[01-03],m\"\n";
  const auto read = with_site("followed", cluster + nlp, named);
  ASSERT_TRUE(read.has_value()) << read.error().what;
  const Site& site = read->sites.at("s1");
  EXPECT_EQ(site.cluster, "east");
  EXPECT_EQ(site.accounts.at(0).account, "NLP");
  EXPECT_EQ(site.accounts.at(0).tenant, "lab");
  EXPECT_EQ(site.accounts.at(0).purpose, "run");
  EXPECT_EQ(site.pools.at(0).gres, "a800");
  EXPECT_EQ(site.pools.at(0).node_names, (std::vector<std::string>{"n-01", "n-02", "n-03", "m"}));
  EXPECT_TRUE(with_site("simulated", cluster + nlp, named).has_value());
  const auto slurm =
      with_site("slurm", cluster + "account = \"ai\"\npartition = \"main\"\n", named);
  ASSERT_TRUE(slurm.has_value()) << slurm.error().what;
  EXPECT_EQ(slurm->sites.at("s1").runner, Runner::slurm);
  EXPECT_EQ(slurm->sites.at("s1").account + "/" + slurm->sites.at("s1").partition, "ai/main");
  expect_refused(with_site("slurm", cluster + nlp, named), 1021, "whose runner is followed.");
  expect_refused(with_site("followed", cluster + "partition = \"x\"\n", named), 1021,
                 "whose runner is slurm.");
  expect_refused(with_site("followed", "", named), 1022, "cluster is missing");
  expect_refused(with_site("followed", cluster, "gres = \"a800\"\n"), 1022,
                 "node_names is missing");
  expect_refused(with_site("followed", cluster, "gres = \"a800\"\nnode_names = \"n-[1-3]\"\n"),
                 1026, "names 3 nodes; nodes = 4");
  expect_refused(with_site("followed", cluster, "gres = \"a800\"\nnode_names = \"n,n,m,k\"\n"),
                 1026, "names 3 nodes");
  expect_refused(with_site("followed", cluster, "gres = \"a800\"\nnode_names = \"n-[4-1]\"\n"),
                 1026, "is not a list of nodes");
  expect_refused(with_site("followed", cluster + nlp + nlp, named), 1025, "NLP is named twice");
  expect_refused(with_site("local", cluster, ""), 1021,
                 "is of a site whose runner is followed or slurm");
  expect_refused(with_site("local", "", "gres = \"a800\"\n"), 1021,
                 "is of a site whose runner is followed or slurm");
}

TEST(ParseSite, BelongsToItsOperatorOrToItselfAndSaysWhatIsFree) {
  const auto with_site = [&](const std::string& operated_by) {
    return parse_catalog(std::vector<Document>{
        {"sources.toml", sources},
        {"chips/a1.toml", chip},
        {"sites/s1.toml",
         "id = \"s1\"\nname = \"S1\"\nrunner = \"local\"\nasset = \"CNY\"\nstanding = \"assumed\"\n"
         "source = \"sheet\"\n" +
             operated_by +
             "[[pools]]\nchip = \"a1\"\nnodes = 2\nchips_per_node = 8\n"
             "price = \"1.00 CNY per chip-hour\"\nreplaceable = false\n"}});
  };
  EXPECT_EQ(with_site("")->sites.at("s1").operated_by, "s1");
  EXPECT_EQ(with_site("operator = \"west-computing\"\n")->sites.at("s1").operated_by,
            "west-computing");
  expect_refused(with_site("operator = \"West/Computing\"\n"), 1026, "is not an id");
  expect_refused(with_site("operator = 7\n"), 1026, "operator: must be text");
  // What a failed program has for nothing.
  EXPECT_EQ(with_site("")->sites.at("s1").free_if_failed, Span(0));
  EXPECT_EQ(with_site("free_if_failed = \"10 min\"\n")->sites.at("s1").free_if_failed,
            std::chrono::minutes(10));
  expect_refused(with_site("free_if_failed = \"ten\"\n"), 1024, "free_if_failed");
  expect_refused(with_site("free_if_failed = \"0 s\"\n"), 1028, "outside 1 ms to 24 h");
  expect_refused(with_site("free_if_failed = \"25 h\"\n"), 1028, "outside 1 ms to 24 h");
}

TEST(ParseSite, ReadsTheRowsOfATariffAndRefusesThoseThatCannotHold) {
  const std::string site =
      "id = \"s1\"\nname = \"S1\"\nrunner = \"local\"\nasset = \"CNY\"\nstanding = \"assumed\"\n"
      "source = \"sheet\"\n[[pools]]\nchip = \"a1\"\nnodes = 2\nchips_per_node = 8\n"
      "price = \"8.00 CNY per chip-hour\"\nreplaceable = false\n";
  const auto with_row = [&](const std::string& row) {
    return parse_catalog(
        std::vector<Document>{{"sources.toml", sources},
                              {"chips/a1.toml", chip},
                              {"sites/s1.toml", site + "[[pools.tariff]]\n" + row}});
  };
  const std::string price = "price = \"5.00 CNY per chip-hour\"\n";
  const auto read = with_row(price +
                             "hours = \"22:00..06:00\"\nfrom = \"2026-12-01\"\nuntil = "
                             "\"2027-01-01\"\nstate = \"reserved\"\n");
  ASSERT_TRUE(read.has_value()) << read.error().what;
  const TariffRow& row = read->sites.at("s1").pools.at(0).tariff.at(0);
  EXPECT_EQ(
      to_text(row, "CNY"),
      "5.00 CNY per chip-hour, reserved, 22:00..06:00 UTC, from 2026-12-01, until 2027-01-01");
  const auto evening = with_row(price + "hours = \"18:00..24:00\"\n");
  ASSERT_TRUE(evening.has_value()) << evening.error().what;
  EXPECT_EQ(evening->sites.at("s1").pools.at(0).tariff.at(0).ends, Span(0));

  expect_refused(with_row("hours = \"22:00..06:00\"\n"), 1022, "tariff.price is missing");
  expect_refused(with_row("price = \"5.00 USD per chip-hour\"\n"), 1024, "is in USD");
  expect_refused(with_row(price + "hour = \"22:00..06:00\"\n"), 1021, "Did you mean hours?");
  for (const char* hours : {"22..6", "22:00", "22:00-06:00", "25:00..06:00", "22:60..23:00",
                            "06:00..06:00", "24:00..06:00", "00:00..24:00", "..", ""}) {
    expect_refused(with_row(price + "hours = \"" + hours + "\"\n"),
                   std::string(hours).empty() ? 1026 : 1102, "tariff.hours");
  }
  expect_refused(with_row(price + "from = \"2026-12\"\n"), 1102, "is not a day");
  expect_refused(with_row(price + "from = \"2026-12-01\"\nuntil = \"2026-12-01\"\n"), 1102,
                 "is not after from");
  expect_refused(with_row(price + "state = \"idle\"\n"), 1026, "tariff.state");
  std::string many;
  for (int i = 0; i < 33; ++i) many += (i == 0 ? "" : "[[pools.tariff]]\n") + price;
  expect_refused(with_row(many), 1102, "has 33 rows; at most 32");
}

}  // namespace
}  // namespace granary
