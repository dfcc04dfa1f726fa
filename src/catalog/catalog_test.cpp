#include "catalog/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace granary {
namespace {
using ::testing::HasSubstr;

// Line 1 is the id, so that a planted error's line can be counted.
const std::string sources =
    "[sheet]\nwhat = \"a data sheet\"\nread = true\n[memory]\nwhat = \"ours\"\nread = false\n";
const std::string chip =
    "id = \"a1\"\n"
    "name = \"A1\"\n"
    "vendor = \"Acme\"\n"
    "origin = \"domestic\"\n"
    "memory = { value = \"80 GiB\", standing = \"declared\", source = \"sheet\" }\n"
    "memory_bandwidth = { value = \"2 TB/s\", standing = \"measured\", source = \"sheet\" }\n"
    "link = { value = \"200 GB/s\", domain = 8, standing = \"recalled\", source = \"memory\" }\n"
    "dense.fp16 = { value = \"312 TFLOPS\", standing = \"assumed\", source = \"sheet\" }\n";
const std::string model =
    "id = \"m1\"\n"
    "name = \"M1\"\n"
    "published_parameters = { value = \"6.06B\", standing = \"declared\", source = \"sheet\" }\n"
    "[shape]\n"
    "layers = 32\n"
    "hidden = 4096\n"
    "heads = 32\n"
    "kv_heads = 4\n"
    "head_width = 128\n"
    "ffn = 11008\n"
    "gated_ffn = true\n"
    "vocabulary = 64000\n"
    "context = 4096\n"
    "tied_embeddings = false\n"
    "standing = \"recalled\"\n"
    "source = \"sheet\"\n";
const std::string site =
    "id = \"s1\"\n"
    "name = \"S1\"\n"
    "runner = \"local\"\n"
    "asset = \"CNY\"\n"
    "standing = \"assumed\"\n"
    "source = \"sheet\"\n"
    "[[pools]]\n"
    "chip = \"a1\"\n"
    "nodes = 2\n"
    "chips_per_node = 8\n"
    "price = \"18.00 CNY per chip-hour\"\n"
    "replaceable = false\n";

std::vector<Document> sound() {
  return {{"sites/s1.toml", site},
          {"models/m1.toml", model},
          {"chips/a1.toml", chip},
          {"sources.toml", sources}};
}

// The sound documents with one text replaced in one of them.
Result<Catalog> with(const std::string& document, const std::string& from, const std::string& to) {
  std::vector<Document> documents = sound();
  for (Document& each : documents) {
    if (each.name != document) continue;
    const std::size_t at = each.text.find(from);
    EXPECT_NE(at, std::string::npos) << document << " has no " << from;
    if (at != std::string::npos) each.text.replace(at, from.size(), to);
  }
  return parse_catalog(documents);
}

struct Planted {
  std::string document, from, to;
  int code;
  std::string where_and_what, fix;  // parts of the message
};

void expect_refused(const std::vector<Planted>& all) {
  for (const Planted& p : all) {
    SCOPED_TRACE(p.document + ": " + p.to);
    const Result<Catalog> catalog = with(p.document, p.from, p.to);
    ASSERT_FALSE(catalog.has_value());
    EXPECT_EQ(catalog.error().kind, Error::Kind::invalid);
    EXPECT_EQ(catalog.error().code, p.code) << catalog.error().what;
    EXPECT_THAT(catalog.error().what, HasSubstr(p.where_and_what));
    EXPECT_THAT(catalog.error().fix, HasSubstr(p.fix));
    EXPECT_FALSE(catalog.error().fix.empty());
  }
}

TEST(ParseCatalog, ReadsFiguresWithUnitStandingAndSourceInAnyOrderOfDocuments) {
  const Result<Catalog> catalog = parse_catalog(sound());
  ASSERT_TRUE(catalog.has_value()) << catalog.error().what;
  const Chip& a1 = catalog->chips.at("a1");
  EXPECT_EQ(a1.vendor, "Acme");
  EXPECT_EQ(a1.origin, Origin::domestic);
  EXPECT_EQ(a1.memory->value, Bytes(80 * 1073741824.0));
  EXPECT_EQ(a1.memory->source, "sheet");
  EXPECT_EQ(a1.memory_bandwidth->value, BytesPerSecond(2e12));
  EXPECT_EQ(a1.memory_bandwidth->standing, Standing::measured);
  EXPECT_EQ(a1.link_bandwidth->value, BytesPerSecond(2e11));
  EXPECT_EQ(a1.link_bandwidth->standing, Standing::recalled);
  EXPECT_EQ(a1.link_domain, 8);
  EXPECT_EQ(a1.dense.at(Precision::fp16).value, FlopsPerSecond(3.12e14));
  EXPECT_EQ(a1.dense.at(Precision::fp16).standing, Standing::assumed);
  EXPECT_FALSE(catalog->sources.at("memory").read);
  const Site& s1 = catalog->sites.at("s1");
  EXPECT_EQ(s1.runner, Runner::local);
  EXPECT_EQ(s1.standing, Standing::assumed);
  ASSERT_EQ(s1.pools.size(), 1U);
  EXPECT_EQ(s1.pools[0].rate.per_chip_hour, Money::units(18));
  EXPECT_FALSE(s1.pools[0].replaceable);
}

TEST(ParseCatalog, LeavesUnknownFiguresAbsent) {
  const Result<Catalog> catalog = with("chips/a1.toml", chip.substr(chip.find("memory =")), "");
  ASSERT_TRUE(catalog.has_value()) << catalog.error().what;
  const Chip& a1 = catalog->chips.at("a1");
  EXPECT_FALSE(a1.memory.has_value());
  EXPECT_FALSE(a1.memory_bandwidth.has_value());
  EXPECT_FALSE(a1.link_bandwidth.has_value());
  EXPECT_FALSE(a1.host_bandwidth.has_value());
  EXPECT_EQ(a1.link_domain, 1);
  EXPECT_TRUE(a1.dense.empty());
}

TEST(ParseCatalog, DoesNotLookAtDocumentsOfOtherFolders) {
  std::vector<Document> documents = sound();
  documents.push_back({"programmes/city.toml", "not toml at all ["});
  EXPECT_TRUE(parse_catalog(documents).has_value());
}

TEST(ParseCatalog, RefusesWhatIsNotTomlAndNamesTheLine) {
  expect_refused({
      {"chips/a1.toml", "vendor = \"Acme\"", "vendor = Acme", 1020, "chips/a1.toml:3: not TOML",
       "quotes"},
      {"chips/a1.toml", "name = \"A1\"\n", "name = \"A1\"\nname = \"A2\"\n", 1020,
       "chips/a1.toml:3: not TOML", "correct the line"},
  });
}

TEST(ParseCatalog, RefusesUnknownKeysAndNamesTheNearestKnownOne) {
  expect_refused({
      {"chips/a1.toml", "memory =", "memmory =", 1021,
       "chips/a1.toml:5: unknown key \"memmory\" in a chip. Did you mean memory?",
       "host_bandwidth"},
      {"chips/a1.toml", "dense.fp16", "dense.f16", 1021,
       "chips/a1.toml:8: unknown key \"dense.f16\" in the dense rates. Did you mean fp16?", "int8"},
      {"chips/a1.toml", "standing = \"measured\"", "standng = \"measured\"", 1021,
       "chips/a1.toml:6: unknown key \"memory_bandwidth.standng\" in a figure. Did you mean "
       "standing?",
       "source"},
      {"models/m1.toml", "hidden", "hiden", 1021,
       "models/m1.toml:6: unknown key \"shape.hiden\" in a shape. Did you mean hidden?", "layers"},
      {"sites/s1.toml", "nodes = 2", "node = 2", 1021,
       "sites/s1.toml:9: unknown key \"pools.node\" in a pool. Did you mean nodes?", "price"},
      {"sources.toml", "read = false", "red = false", 1021,
       "sources.toml:6: unknown key \"memory.red\" in a source. Did you mean read?", "what"},
  });
}

TEST(ParseCatalog, RefusesKeysThatSayNothingAboutThisKindOfModel) {
  expect_refused({
      {"models/m1.toml", "ffn = 11008", "ffn = 11008\nexpert_ffn = 64", 1021,
       "models/m1.toml:11: shape.expert_ffn: there are no experts", "remove"},
      {"models/m1.toml", "ffn = 11008", "ffn = 11008\nlatent_width = 64", 1021,
       "models/m1.toml:11: shape.latent_width: the attention is not latent", "remove"},
      {"models/m1.toml", "ffn = 11008",
       "ffn = 11008\nexperts = 8\nexperts_per_token = 2\nexpert_ffn = 9", 1021,
       "models/m1.toml:10: shape.ffn: every layer is a mixture", "remove"},
  });
}

TEST(ParseCatalog, RefusesMissingKeys) {
  expect_refused({
      {"chips/a1.toml", "name = \"A1\"\n", "", 1022, "chips/a1.toml:1: name is missing.",
       "write name = "},
      {"models/m1.toml", "layers = 32\n", "", 1022, "models/m1.toml:4: shape.layers is missing.",
       "write layers = "},
      {"models/m1.toml", "ffn = 11008\n", "experts = 8\n", 1022,
       "models/m1.toml:4: shape.experts_per_token is missing.", "experts_per_token"},
      {"sites/s1.toml", site.substr(site.find("[[")), "", 1022,
       "sites/s1.toml:1: pools is missing.", "[[pools]]"},
      {"sites/s1.toml", "replaceable = false\n", "", 1022,
       "sites/s1.toml:7: pools.replaceable is missing.", "replaceable = true"},
      {"chips/a1.toml", "domain = 8, ", "", 1022, "chips/a1.toml:7: link.domain is missing.",
       "domain"},
  });
}

TEST(ParseCatalog, RefusesFiguresWithoutStandingOrSource) {
  expect_refused({
      {"chips/a1.toml", "standing = \"declared\", ", "", 1023,
       "chips/a1.toml:5: memory.standing is missing.", "write standing = \"declared\""},
      {"chips/a1.toml", ", source = \"sheet\" }", " }", 1023,
       "chips/a1.toml:5: memory.source is missing.", "sources.toml"},
      {"chips/a1.toml", "{ value = \"80 GiB\", standing = \"declared\", source = \"sheet\" }",
       "\"80 GiB\"", 1023, "chips/a1.toml:5: memory: a figure must say its standing and source.",
       "write memory = { value = \"80 GiB\", standing = "},
      {"models/m1.toml", "standing = \"recalled\"\n", "", 1023,
       "models/m1.toml:4: shape.standing is missing.", "standing"},
      {"sites/s1.toml", "source = \"sheet\"\n", "", 1023, "sites/s1.toml:1: source is missing.",
       "sources.toml"},
  });
}

TEST(ParseCatalog, RefusesWrongUnits) {
  expect_refused({
      {"chips/a1.toml", "80 GiB", "80 GB/s", 1024,
       "chips/a1.toml:5: memory.value: \"80 GB/s\" is not a number with a unit", "80 GiB"},
      {"chips/a1.toml", "\"80 GiB\"", "80", 1024,
       "chips/a1.toml:5: memory.value: a whole number has no unit.", "value = \"80 GiB\""},
      {"chips/a1.toml", "2 TB/s", "2 TB", 1024, "chips/a1.toml:6: memory_bandwidth.value: \"2 TB\"",
       "2039 GB/s"},
      {"chips/a1.toml", "312 TFLOPS", "312 T", 1024, "chips/a1.toml:8: dense.fp16.value: \"312 T\"",
       "312 TFLOPS"},
      {"models/m1.toml", "6.06B", "6.06 billion", 1024,
       "models/m1.toml:3: published_parameters.value: \"6.06 billion\"", "130B"},
      {"sites/s1.toml", "18.00 CNY per chip-hour", "18.00 CNY", 1024,
       "sites/s1.toml:11: pools.price: \"18.00 CNY\"", "per chip-hour"},
      {"sites/s1.toml", "18.00 CNY", "18.00 USD", 1024,
       "sites/s1.toml:11: pools.price: is in USD, the site's asset is CNY.", "one asset"},
  });
}

TEST(ParseCatalog, RefusesNegativeAndAbsurdNumbers) {
  expect_refused({
      {"chips/a1.toml", "80 GiB", "-80 GiB", 1028,
       "chips/a1.toml:5: memory.value: -80 GiB is outside 1 MiB to 100 TB.", "check"},
      {"chips/a1.toml", "80 GiB", "0 GiB", 1028, "memory.value: 0 GiB is outside", "unknown"},
      {"chips/a1.toml", "312 TFLOPS", "312000 PFLOPS", 1028,
       "chips/a1.toml:8: dense.fp16.value: 312000 PFLOPS is outside", "source"},
      {"chips/a1.toml", "domain = 8", "domain = 0", 1028,
       "chips/a1.toml:7: link.domain: 0 is outside 2 to 100000.", "check"},
      {"models/m1.toml", "layers = 32", "layers = -32", 1028,
       "models/m1.toml:5: shape.layers: -32 is outside 1 to 10000.", "check"},
      {"models/m1.toml", "kv_heads = 4", "kv_heads = 5", 1028,
       "models/m1.toml:8: shape.kv_heads: 32 heads do not divide into 5.", "multiple"},
      {"models/m1.toml", "layers = 32", "layers = 32\nlayers_per_kv = 3", 1028,
       "models/m1.toml:6: shape.layers_per_kv: 32 layers do not divide", "multiple"},
      {"sites/s1.toml", "nodes = 2", "nodes = 9223372036854775807", 1028,
       "sites/s1.toml:9: pools.nodes: 9223372036854775807 is outside", "check"},
      {"sites/s1.toml", "18.00", "-18.00", 1028,
       "sites/s1.toml:11: pools.price: a price is not "
       "negative.",
       "12.00 CNY"},
      {"sites/s1.toml", "18.00", "1000000.01", 1028, "sites/s1.toml:11: pools.price", "check"},
  });
}

TEST(ParseCatalog, RefusesWrongTypesAndWords) {
  expect_refused({
      {"chips/a1.toml", "name = \"A1\"", "name = 1", 1026,
       "chips/a1.toml:2: name: must be text, not a whole number.", "write name = "},
      {"chips/a1.toml", "id = \"a1\"", "id = \"A 1\"", 1026,
       "chips/a1.toml:1: id: \"A 1\" is not an id.", "lower-case"},
      {"chips/a1.toml", "domestic", "domestik", 1026,
       "chips/a1.toml:4: origin: \"domestik\" is not one of imported, domestic, repurposed. Did "
       "you mean domestic?",
       "origin = "},
      {"chips/a1.toml", "declared", "proven", 1026, "memory.standing: \"proven\" is not one of",
       "standing = "},
      {"chips/a1.toml", "name = \"A1\"", "name = \"A\\n1\"", 1026,
       "chips/a1.toml:2: name: must be one line", "name = "},
      {"models/m1.toml", "hidden = 4096", "hidden = 4096.5", 1026,
       "models/m1.toml:6: shape.hidden: must be a whole number, not a number.", "hidden"},
      {"models/m1.toml", "gated_ffn = true", "gated_ffn = 1", 1026,
       "models/m1.toml:11: shape.gated_ffn: must be true or false", "true"},
      {"sites/s1.toml", "\"local\"", "\"pbs\"", 1026,
       "sites/s1.toml:3: runner: \"pbs\" is not one of local, simulated, followed, slurm.",
       "runner"},
      {"sites/s1.toml", "asset = \"CNY\"", "asset = \"yuan\"", 1026,
       "sites/s1.toml:4: asset: must be three capital letters.", "CNY"},
      {"sites/s1.toml", site.substr(site.find("[[")), "pools = [1, 2]\n", 1026,
       "sites/s1.toml:7: pools: must hold tables.", "[[pools]]"},
      {"sources.toml", "[sheet]\n", "sheet = 1\n[other]\n", 1026,
       "sources.toml:1: \"sheet\" must be a table, not a whole number.", "[sheet]"},
  });
}

TEST(ParseCatalog, RefusesTheSameIdTwice) {
  const auto twice = [](const Document& copy) {
    std::vector<Document> documents = sound();
    documents.push_back(copy);
    const Result<Catalog> catalog = parse_catalog(documents);
    EXPECT_FALSE(catalog.has_value());
    return catalog ? Error{} : catalog.error();
  };
  EXPECT_EQ(twice({"chips/b.toml", chip}).what,
            "chips/b.toml:1: id: chip \"a1\" is described twice.");
  EXPECT_EQ(twice({"models/b.toml", model}).code, 1025);
  EXPECT_EQ(twice({"sites/b.toml", site}).code, 1025);
  EXPECT_EQ(twice({"sources/b.toml", sources}).what,
            "sources/b.toml:4: source \"memory\" is described twice.");
  expect_refused({{"sites/s1.toml", "[[pools]]", site.substr(site.find("[[")) + "[[pools]]", 1025,
                   "sites/s1.toml:13: pool s1/a1 is described twice, first in line 7.", "add"}});
}

TEST(ParseCatalog, RefusesNamesThatNothingDescribes) {
  expect_refused({
      {"chips/a1.toml", "\"sheet\"", "\"shet\"", 1029,
       "chips/a1.toml:5: memory.source: no source \"shet\" is described. Did you mean sheet?",
       "sources.toml"},
      {"sites/s1.toml", "chip = \"a1\"", "chip = \"a2\"", 1029,
       "sites/s1.toml:8: pools.chip: no chip \"a2\" is described. Did you mean a1?", "chips/"},
  });
}

TEST(ParseCatalog, RefusesAShapeThatMissesThePublishedCountUnlessTheFileSaysWhy) {
  expect_refused({
      {"models/m1.toml", "6.06B", "6.3B", 1027,
       "models/m1.toml:3: published_parameters: 6.3B parameters are published, the shape has "
       "6.06B (-3.8 %); at most 1 % may differ.",
       "exception = "},
      {"models/m1.toml", "\"6.06B\",", "\"7B\", exception = \"rounded\",", 1027,
       "at most 10 % may differ", "correct"},
      {"models/m1.toml", "\"6.06B\",", "\"6.06B\", exception = \"rounded\",", 1027,
       "published_parameters.exception: the counts differ by +0.0 %, which needs none.", "remove"},
  });
  EXPECT_TRUE(
      with("models/m1.toml", "\"6.06B\",", "\"6.3B\", exception = \"rounded\",").has_value());
}

TEST(ParseCatalog, RefusesDocumentsThatAreTooLargeOrTooDeep) {
  const auto code = [](std::string text) {
    const std::vector<Document> documents{{"chips/x.toml", std::move(text)}};
    const Result<Catalog> catalog = parse_catalog(documents);
    return catalog ? 0 : catalog.error().code;
  };
  EXPECT_EQ(code(std::string(300 * 1024, '#')), 1020);
  std::string dots = "a";
  for (int i = 0; i < 100'000; ++i) dots += ".a";
  EXPECT_EQ(code(dots + " = 1"), 1020);
  EXPECT_EQ(code(dots.substr(0, 2 * 4000 + 1) + " = 1"), 1020);
  EXPECT_EQ(code("a = " + std::string(100'000, '[')), 1020);
  EXPECT_EQ(code("a = " + std::string(200, '[') + std::string(200, ']')), 1020);
}

TEST(Find, NamesTheNearestKnownIdOrListsThem) {
  const Result<Catalog> catalog = parse_catalog(sound());
  ASSERT_TRUE(catalog.has_value());
  EXPECT_EQ((*find_model(*catalog, "m1"))->name, "M1");
  EXPECT_EQ((*find_chip(*catalog, "a1"))->name, "A1");
  EXPECT_EQ((*find_site(*catalog, "s1"))->name, "S1");
  const Error model_error = find_model(*catalog, "m-1").error();
  EXPECT_EQ(model_error.what, "no model \"m-1\" in the catalogue (1 model). Did you mean m1?");
  EXPECT_EQ(model_error.code, 2001);
  EXPECT_EQ(model_error.kind, Error::Kind::not_found);
  EXPECT_EQ(find_chip(*catalog, "zzzz").error().fix, "known: a1");
  EXPECT_EQ(find_chip(*catalog, "zzzz").error().code, 2002);
  EXPECT_EQ(find_site(*catalog, "").error().code, 2004);
  EXPECT_EQ(find_site(*catalog, "\x1b[31m\n").error().what,
            "no site \"?[31m?\" in the catalogue (1 site).");
}

TEST(CountParameters, AgreesWithThePublishedFormulaOfALlamaBlock) {
  // Llama 2 7B: 6,738,415,616 parameters (published weights).
  const Shape llama{.layers = 32,
                    .hidden = 4096,
                    .heads = 32,
                    .kv_heads = 32,
                    .head_width = 128,
                    .ffn = 11008,
                    .gated_ffn = true,
                    .vocabulary = 32000,
                    .context = 4096};
  EXPECT_EQ(count_parameters(llama).total, 6738415616.0);
  EXPECT_EQ(count_parameters(llama).active, 6738415616.0);
  EXPECT_EQ(count_parameters(llama).flops, 6738415616.0 - 32000.0 * 4096);
}

TEST(CountParameters, CountsATiedHeadOnceInMemoryAndOnceInWork) {
  Shape shape{.layers = 2,
              .hidden = 8,
              .heads = 2,
              .kv_heads = 2,
              .head_width = 4,
              .ffn = 16,
              .vocabulary = 100,
              .context = 32};
  const Parameters untied = count_parameters(shape);
  shape.tied_embeddings = true;
  const Parameters tied = count_parameters(shape);
  EXPECT_EQ(untied.total - tied.total, 800);
  EXPECT_EQ(untied.flops, tied.flops);
  shape.learned_positions = true;
  EXPECT_EQ(count_parameters(shape).total - tied.total, 32 * 8);
  EXPECT_EQ(count_parameters(shape).flops, tied.flops);
}

TEST(Precisions, SurviveTheirText) {
  for (const Precision p : {Precision::fp32, Precision::tf32, Precision::fp16, Precision::bf16,
                            Precision::fp8, Precision::int8, Precision::int4, Precision::fp4}) {
    EXPECT_EQ(parse_precision(to_text(p)), p);
  }
  EXPECT_FALSE(parse_precision("fp12").has_value());
  EXPECT_EQ(to_text(Origin::repurposed), "repurposed");
  EXPECT_EQ(to_text(Standing::assumed), "assumed");
}

}  // namespace
}  // namespace granary
