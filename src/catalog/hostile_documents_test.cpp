// Documents damaged at random: parse_catalog answers, with a catalogue or an error, and never
// crashes. The seed is printed with every failure.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>

#include "catalog/built_in.h"
#include "catalog/printable.h"

namespace granary {
namespace {
using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t n) { return n == 0 ? 0 : random() % n; }

// One to eight damages of a text: bytes changed, cut out, doubled, or a token of TOML put in.
std::string damaged(std::string text, Random& random) {
  static const std::vector<std::string> tokens{"[",
                                               "]",
                                               "[[",
                                               "{",
                                               "}",
                                               "=",
                                               "\"",
                                               "\"\"\"",
                                               "'",
                                               ".",
                                               ",",
                                               "#",
                                               "\n",
                                               "\r",
                                               "\\",
                                               "\\u0000",
                                               "\\UFFFFFFFF",
                                               "-",
                                               "1e999",
                                               "nan",
                                               "inf",
                                               "99999999999999999999",
                                               "0x",
                                               "1979-05-27",
                                               "true",
                                               "\xff",
                                               "\xc0\x80",
                                               "\xed\xa0\x80",
                                               std::string(1, '\0'),
                                               "\xef\xbb\xbf",
                                               "value = ",
                                               "id = \"a\"",
                                               "[shape]",
                                               "[[pools]]",
                                               "a.b.c.d.e.f.g.h.i.j = 1"};
  for (std::size_t n = 1 + below(random, 8); n > 0; --n) {
    const std::size_t at = below(random, text.size() + 1);
    switch (below(random, 5)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(random() & 0xff);
        break;
      case 1:
        text.erase(at, below(random, 40));
        break;
      case 2:
        text.insert(at, text.substr(below(random, text.size() + 1), below(random, 80)));
        break;
      case 3:
        text.resize(at);
        break;
      default:
        text.insert(at, tokens[below(random, tokens.size())]);
    }
  }
  return text;
}

std::string noise(Random& random) {
  std::string text(below(random, 300), ' ');
  for (char& c : text) c = static_cast<char>(random() & 0xff);
  return text;
}

// Errors name the document and the fix, in text that a terminal and JSON can carry.
void expect_readable(const Error& error, const std::string& document) {
  EXPECT_EQ(error.kind, Error::Kind::invalid);
  EXPECT_GE(error.code, 1020);
  EXPECT_LE(error.code, 1029);
  EXPECT_TRUE(error.what.starts_with(document + ":")) << error.what;
  EXPECT_FALSE(error.fix.empty());
  EXPECT_EQ(error.what, printable(error.what, 2000));
  EXPECT_EQ(error.fix, printable(error.fix, 2000));
}

TEST(HostileDocuments, NeverCrashTheLoaderAndRefusalsAreReadable) {
  const std::vector<Document>& built_in = built_in_documents();
  const auto sources = std::find_if(built_in.begin(), built_in.end(),
                                    [](const Document& d) { return d.name == "sources.toml"; });
  ASSERT_NE(sources, built_in.end());
  for (const std::uint64_t seed : {1, 4, 11, 13, 20261121}) {
    Random random(seed);
    int refused = 0;
    constexpr int rounds = 500;
    for (int round = 0; round < rounds && !HasFailure(); ++round) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << " round " << round);
      Document victim = built_in[below(random, built_in.size())];
      victim.text = round % 10 == 0 ? noise(random) : damaged(std::move(victim.text), random);
      std::vector<Document> documents{victim};
      if (victim.name != sources->name) documents.push_back(*sources);
      const Result<Catalog> catalog = parse_catalog(documents);
      if (catalog) continue;
      ++refused;
      expect_readable(catalog.error(), victim.name);
    }
    EXPECT_GT(refused, rounds / 2) << "seed " << seed;
    std::printf("seed %llu: %d of %d documents refused\n", static_cast<unsigned long long>(seed),
                refused, rounds);
  }
}

// Found by seed 4: the parser repeats the bytes it stumbled over.
TEST(HostileDocuments, DoNotCarryTheirControlCharactersIntoMessages) {
  const std::vector<Document> documents{{"models/x.toml", "id = \"x\"\nflag = tru\x07"}};
  const Result<Catalog> catalog = parse_catalog(documents);
  ASSERT_FALSE(catalog.has_value());
  EXPECT_EQ(catalog.error().code, 1020);
  expect_readable(catalog.error(), "models/x.toml");
}

TEST(Printable, KeepsWholeCharactersAndReplacesWhatATerminalOrJsonWouldStumbleOver) {
  EXPECT_EQ(printable("\u8d35\u5b89 \U0001f33e"), "\u8d35\u5b89 \U0001f33e");
  EXPECT_EQ(printable("a\x1b[31m\n\x7f"), "a?[31m??");
  EXPECT_EQ(printable("\u8d35\u5b89", 5), "\u8d35");
  EXPECT_EQ(printable("\xff\xc0\x80\xed\xa0\x80\xe8\xb4"), "????????");
  EXPECT_EQ(printable("\xc2\x9b"), "??");
}

}  // namespace
}  // namespace granary
