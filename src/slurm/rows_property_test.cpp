// Whatever bytes a site sends, its rows are read or skipped: no crash, nothing without a bound, no
// control character in what is kept. The seed is printed with a failure.

#include <gtest/gtest.h>

#include <random>

#include "slurm/client.h"
#include "slurm/recorded_for_tests.h"

namespace granary::slurm {
namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t end) {
  return random() % std::max<std::size_t>(end, 1);
}

std::string random_bytes(Random& random) {
  std::string text(below(random, 300), '\0');
  const bool wild = random() % 2 == 0;
  const std::string_view likely = "\x1e\x1f\n0123456789:-,[]=+ abcNodeName=PENDING";
  for (char& c : text) {
    c = wild ? static_cast<char>(random()) : likely[below(random, likely.size())];
  }
  return text;
}

std::string mutated(std::string text, Random& random) {
  for (std::size_t changes = 1 + below(random, 8); changes > 0; --changes) {
    const std::size_t at = below(random, text.size());
    switch (below(random, 5)) {
      case 0:
        if (!text.empty()) text[at] = static_cast<char>(random());
        break;
      case 1:
        text.erase(at, 1 + below(random, 20));
        break;
      case 2:
        text.insert(at, random_bytes(random));
        break;
      case 3:
        text.resize(at);
        break;
      default:
        text.insert(at, text.substr(below(random, text.size()), below(random, 60)));
    }
  }
  return text;
}

void expect_plain(const std::string& text) {
  for (const char c : text) ASSERT_TRUE(c >= 0x20 && c <= 0x7e) << "in \"" << text << '"';
  ASSERT_LE(text.size(), std::size_t{64} << 10);
}

void read_all(const std::string& text) {
  const Queue queue = read_queue(text);
  for (const QueueRow& row : queue.rows) {
    for (const auto* kept : {&row.name, &row.reason, &row.node_list, &row.state_text, &row.task}) {
      expect_plain(*kept);
    }
    if (const auto nodes = expand_nodes(row.node_list, 1'000)) {
      ASSERT_LE(nodes->size(), 1'000u);
    }
  }
  ASSERT_LE(queue.rows.size() + queue.skipped.rows, text.size() + 1);
  for (const HistoryRow& row : read_history(text).rows) {
    for (const auto* kept : {&row.name, &row.cluster, &row.node_list, &row.account}) {
      expect_plain(*kept);
    }
  }
  std::uint64_t rows = 0;
  [[maybe_unused]] const auto skipped =
      read_history(text, {.separator = '|', .header = true}, [&](HistoryRow&&) { ++rows; });
  ASSERT_LE(rows, text.size());
  for (const NodeRow& row : read_nodes(text).rows) {
    expect_plain(row.name);
    expect_plain(row.reason);
  }
  if (const auto config = read_config(text)) expect_plain(config->cluster);
  for (const auto& [key, value] : read_pairs(text)) {
    expect_plain(key);
    expect_plain(value);
  }
  read_submit({.how = Outcome::How::exited, .code = 0, .output = text, .errors = {}, .took = {}});
}

TEST(SlurmReadersProperty, SurviveAnyBytes) {
  for (std::uint64_t seed = 1; seed <= 3'000 && !testing::Test::HasFatalFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    read_all(random_bytes(random));
  }
}

TEST(SlurmReadersProperty, SurviveAnyChangeOfWhatARealSiteSaid) {
  std::vector<std::string> texts;
  for (const char* name : {"queue", "queue-by-hand", "history", "history-by-hand",
                           "history-with-header", "nodes", "nodes-by-hand", "config", "job"}) {
    texts.push_back(recorded(name));
  }
  for (std::uint64_t seed = 1; seed <= 2'000 && !testing::Test::HasFatalFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    read_all(mutated(texts[seed % texts.size()], random));
  }
}

TEST(SlurmReadersProperty, ARowThatIsBrokenCostsNoOther) {
  const std::string text = recorded("queue");
  const std::size_t whole = read_queue(text).rows.size();
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    Random random(seed);
    std::string broken = text;
    std::size_t at = 0;
    do {
      at = below(random, broken.size());
    } while (broken[at] == '\x1e');
    char other = 0;
    do {
      other = static_cast<char>(random());
    } while (other == '\x1e');
    broken[at] = other;
    EXPECT_GE(read_queue(broken).rows.size(), whole - 1) << "seed " << seed;
  }
}

TEST(SlurmReadersProperty, ReadAPollOfTenThousandJobsFast) {
  std::string text;
  for (int i = 0; i < 850; ++i) text += recorded("queue");
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(read_queue(text).rows.size(), 850u * 14);
  // 20 ms measured for 11,900 rows; a busy machine and a sanitizer are allowed fifty times that.
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));
}

}  // namespace
}  // namespace granary::slurm
