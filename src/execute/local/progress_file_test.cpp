#include "execute/local/progress_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "execute/local/files.h"

namespace granary {
namespace {

class AProgressFile : public testing::Test {
 protected:
  AProgressFile() {
    std::string path = testing::TempDir() + "granary-progress-XXXXXX";
    path_ = ::mkdtemp(path.data());
    folder_ = open_folder(path_.string());
  }
  ~AProgressFile() override { std::filesystem::remove_all(path_); }

  void append(const std::string& text) {
    std::ofstream(path_ / "progress.jsonl", std::ios::app) << text;
  }
  std::vector<std::uint64_t> lines(std::uint64_t known) {
    std::vector<std::uint64_t> numbers;
    for (const auto& line : reader_.read(folder_.number(), known).lines) {
      numbers.push_back(line.line);
    }
    return numbers;
  }

  std::filesystem::path path_;
  Descriptor folder_;
  ProgressReader reader_;
};
using Numbers = std::vector<std::uint64_t>;

TEST_F(AProgressFile, IsReadAfterTheLineThatIsKnown) {
  append("{\"steps\":1}\n{\"steps\":2}\n{\"steps\":3}\n");
  EXPECT_EQ(lines(0), (Numbers{1, 2, 3}));
  EXPECT_EQ(lines(2), (Numbers{3}));
  EXPECT_EQ(lines(3), Numbers{});
  append("{\"steps\":4}\n");
  EXPECT_EQ(lines(3), (Numbers{4}));
  EXPECT_EQ(lines(1), (Numbers{2, 3, 4})) << "what was not taken is given again";
  ProgressReader another;
  EXPECT_EQ(another.read(folder_.number(), 3).lines.at(0).line, 4u);
}

TEST_F(AProgressFile, GivesALineOnlyWhenItIsComplete) {
  append("{\"steps\":1}\n{\"steps\":2");
  EXPECT_EQ(lines(0), (Numbers{1}));
  append("0}");
  EXPECT_EQ(lines(1), Numbers{});
  append("\n");
  const auto part = reader_.read(folder_.number(), 1);
  ASSERT_EQ(part.lines.size(), 1u);
  EXPECT_EQ(part.lines[0].steps, 20);
}

TEST_F(AProgressFile, CountsGarbageAsLinesAndSkipsIt) {
  const std::vector<std::string> garbage{
      "",
      "no json",
      "[1]",
      "{}",
      "{\"steps\":-1}",
      "{\"steps\":1.5}",
      "{\"steps\":\"1\"}",
      "{\"tokens\":1e30}",
      "{\"steps\":18446744073709551615}",
      "{\"loss\":NaN,\"steps\":1}",
      "{\"checkpoint\":7}",
      "{\"checkpoint\":\"a\\nb\"}",
      "{\"steps\":1,\"at_ms\":-5}",
      "{\"listening\":\"10.0.0.1:80\"}",
      "{\"listening\":\"127.0.0.1:0\"}",
      "{\"listening\":\"127.0.0.1:80x\"}",
      "{\"steps\":1}{\"steps\":2}",
      "{\"steps\":\"\xff\"}",
      "{\"checkpoint\":\"" + std::string(2000, 'x') + "\"}",
      "{\"steps\":1,\"text\":\"" + std::string(5000, 'x') + "\"}",
      std::string(3000, '[')};
  for (const std::string& line : garbage) append(line + "\n");
  EXPECT_EQ(lines(0), Numbers{});
  append("{\"steps\":1}\n");
  EXPECT_EQ(lines(0), (Numbers{garbage.size() + 1}));
  EXPECT_EQ(lines(0), (Numbers{garbage.size() + 1}));
  EXPECT_EQ(reader_.malformed(), garbage.size()) << "each counted once";
}

TEST_F(AProgressFile, IsReadOnBehindMegabytesOfGarbage) {
  append(std::string(5 << 20, 'x'));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(lines(0), Numbers{});
  append("\n{\"steps\":1}\n" + std::string(3 << 19, '\n') + "{\"steps\":2}\n");
  Numbers found;
  for (int i = 0; i < 8 && found.size() < 2; ++i) {
    const Numbers more = lines(found.empty() ? 0 : found.back());
    found.insert(found.end(), more.begin(), more.end());
  }
  EXPECT_EQ(found, (Numbers{2, 3 + (3 << 19)}));
}

TEST_F(AProgressFile, FarBehindTheKnownLineIsFoundAgainByABoundedReading) {
  std::string many;
  for (int i = 0; i < 200'000; ++i) many += "{\"steps\":" + std::to_string(i) + "}\n";
  append(many);
  EXPECT_EQ(lines(199'998), (Numbers{199'999, 200'000}));
}

TEST_F(AProgressFile, WithMoreLinesThanAnEngineWantsGivesCheckpointsAndTheLastWord) {
  std::string many;
  for (int i = 1; i <= 1000; ++i) {
    many += "{\"steps\":" + std::to_string(i) +
            (i % 100 == 0 ? ",\"checkpoint\":\"c" + std::to_string(i) + "\"}\n" : "}\n");
  }
  append(many + "{\"steps\":1001}\n");
  EXPECT_EQ(lines(0), (Numbers{100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1001}));
}

TEST_F(AProgressFile, ThatIsAPipeOrALinkIsNotRead) {
  ::mkfifo((path_ / "progress.jsonl").c_str(), 0600);
  EXPECT_EQ(lines(0), Numbers{});
  std::filesystem::remove(path_ / "progress.jsonl");
  std::ofstream(path_ / "else") << "{\"steps\":1}\n";
  std::filesystem::create_symlink(path_ / "else", path_ / "progress.jsonl");
  EXPECT_EQ(lines(0), Numbers{});
}

TEST(AProgressLine, SaysWhatItSays) {
  const auto line = parse_progress(
      R"({"steps":50,"tokens":6400,"loss":2.5,"checkpoint":"step-50","at_ms":7,"else":[1]})");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->steps, 50);
  EXPECT_EQ(line->tokens, 6400);
  EXPECT_EQ(line->loss, 2.5);
  EXPECT_EQ(line->checkpoint, "step-50");
  EXPECT_EQ(line->at, Instant(Span(7)));
  EXPECT_TRUE(line->reports);
  const auto service = parse_progress(R"({"listening":"127.0.0.1:8001"})");
  ASSERT_TRUE(service);
  EXPECT_EQ(service->listening, 8001);
  EXPECT_FALSE(service->reports);
}

}  // namespace
}  // namespace granary
