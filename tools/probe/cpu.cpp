// granary-probe-cpu: times the very routines that nanotrain trains with on one core, or on several
// at once, and writes what `granary calibrate cpu --from FILE` reads. Exit status: 0 written, 1 the
// file cannot be written, 2 the flags are wrong, 4 the repeats spread too far.

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "nano/gemm.h"
#include "replay.h"

namespace {

constexpr double kMostSpread = 0.05;
constexpr const char* kUsage =
    "usage: granary-probe-cpu [--threads N] [--repeats N] [--out FILE] [--quick] [--allow-noise]\n"
    "Times the kernels of nanotrain's layers in the order of a training step, the same on each of\n"
    "N threads at once, and writes FILE (probe.jsonl) for `granary calibrate cpu --from FILE`.\n"
    "About half a minute.\n";

struct Options {
  int threads = 1, repeats = 9;
  std::string out = "probe.jsonl";
  bool quick = false, allow_noise = false, help = false;
};

std::optional<int> number(const std::string& text, int least, int most) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value < least || value > most) return std::nullopt;
  return value;
}

// What is wrong with the flags; empty: nothing.
std::string read_flags(int count, char** values, Options& options) {
  for (int i = 1; i < count; ++i) {
    const std::string flag = values[i];
    const std::string next = i + 1 < count ? values[i + 1] : "";
    if (flag == "--quick") {
      options.quick = true;
    } else if (flag == "--allow-noise") {
      options.allow_noise = true;
    } else if (flag == "--help" || flag == "-h") {
      options.help = true;
    } else if (flag == "--threads" || flag == "--repeats") {
      const auto value = number(next, 1, flag == "--threads" ? 256 : 1000);
      if (!value)
        return flag + " needs a number from 1 to " + (flag == "--threads" ? "256" : "1000");
      (flag == "--threads" ? options.threads : options.repeats) = *value;
      ++i;
    } else if (flag == "--out" && !next.empty()) {
      options.out = next;
      ++i;
    } else {
      return "unknown flag " + flag;
    }
  }
  return {};
}

// Layers of widths, heads and lengths as small models have them, round ones and others.
const std::vector<probe::LayerShape> kLayers{
    {48, 3, 32, 6},   {64, 4, 64, 8},    {80, 5, 16, 4},   {96, 4, 48, 16},  {112, 7, 80, 4},
    {160, 5, 96, 4},  {192, 2, 256, 2},  {192, 6, 160, 3}, {224, 7, 64, 4},  {320, 5, 192, 2},
    {320, 20, 64, 2}, {448, 14, 112, 6}, {512, 8, 64, 4},  {640, 10, 96, 2}, {768, 12, 32, 1}};
const std::vector<probe::LayerShape> kQuickLayers{{48, 3, 32, 2}, {64, 4, 48, 2}};

std::vector<float> filled(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = 0.01F * static_cast<float>(i % 97) - 0.4F;
  return values;
}

double middle(std::vector<double> values) {
  const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), half, values.end());
  return *half;
}

// Between the quartiles, as a part of the median.
double spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return (values[3 * n / 4] - values[n / 4]) / values[n / 2];
}

// Takes the repeats in rounds over everything that is measured, so that what disturbs the machine
// for some seconds does not fall on one size alone.
class Probe {
 public:
  explicit Probe(const Options& options)
      : options_(options), shapes_(options.quick ? kQuickLayers : kLayers), seen_(shapes_.size()) {}

  void measure() {
    for (int r = 0; r < options_.repeats; ++r) round();
    // Layers that were disturbed get further rounds; the median then leaves those behind.
    for (int more = 0; more < 2 * options_.repeats && noisiest() > kMostSpread; ++more) {
      for (std::size_t i = 0; i < shapes_.size(); ++i) {
        if (spread_of(seen_[i].totals) > kMostSpread) look_at(i);
      }
    }
    for (std::size_t i = 0; i < shapes_.size(); ++i) write(shapes_[i], seen_[i]);
    write_copies();
  }

  // The largest spread of any layer, and nothing where noise is allowed.
  double noise() const { return options_.allow_noise ? 0 : noisiest(); }
  const std::string& text() const { return text_; }

 private:
  // Of one layer, a value for each thread and round.
  struct Seen {
    std::vector<probe::ProductTime> products;
    std::vector<std::vector<double>> times;  // of each product
    std::vector<double> passes, totals;
    double pass_bytes = 0;
  };

  void round() {
    for (std::size_t i = 0; i < shapes_.size(); ++i) look_at(i);
    for (std::size_t i = 0; i < kCopies.size(); ++i) copy(i);
  }

  // Calls it on all threads at once.
  template <class Call>
  void together(Call call) const {
    std::atomic<int> waiting{options_.threads};
    std::vector<std::thread> threads;
    for (int t = 0; t < options_.threads; ++t) {
      threads.emplace_back([&, t] {
        --waiting;
        while (waiting > 0) std::this_thread::yield();
        call(static_cast<std::size_t>(t));
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  void look_at(std::size_t index) {
    std::vector<probe::Replayed> found(static_cast<std::size_t>(options_.threads));
    const double seconds = options_.quick ? 2e-3 : 4e-2;
    together([&](std::size_t t) { found[t] = probe::replay(shapes_[index], seconds); });
    Seen& seen = seen_[index];
    for (const probe::Replayed& one : found) {
      seen.products = one.products;
      seen.times.resize(one.products.size());
      for (std::size_t p = 0; p < one.products.size(); ++p) {
        seen.times[p].push_back(one.products[p].seconds);
      }
      seen.pass_bytes = one.pass_bytes;
      seen.passes.push_back(one.pass_seconds);
      seen.totals.push_back(one.seconds());
    }
  }

  void copy(std::size_t index) {
    const std::size_t count = kCopies[index];
    std::vector<double> found(static_cast<std::size_t>(options_.threads));
    together([&](std::size_t t) {
      const std::vector<float> from = filled(count);
      std::vector<float> to(count);
      const std::size_t calls =
          std::max<std::size_t>(1, (options_.quick ? 1 : 8) * (1U << 21U) / count);
      const auto work = [&] {
        std::copy(from.begin(), from.end(), to.begin());
        asm volatile("" : : "r"(to.data()) : "memory");
      };
      work();
      const double begin = probe::thread_seconds();
      for (std::size_t c = 0; c < calls; ++c) work();
      found[t] = (probe::thread_seconds() - begin) / static_cast<double>(calls);
    });
    copies_[index].insert(copies_[index].end(), found.begin(), found.end());
  }

  double noisiest() const {
    double most = 0;
    for (const Seen& seen : seen_) most = std::max(most, spread_of(seen.totals));
    return most;
  }

  // A line's spread is that of the layer that it was timed in.
  void write(const probe::LayerShape& shape, const Seen& seen) {
    const double spread = spread_of(seen.totals);
    for (std::size_t i = 0; i < seen.products.size(); ++i) {
      const probe::ProductTime& p = seen.products[i];
      add(fmt::format(R"("kind":"gemm","precision":"fp32","m":{},"n":{},"k":{},"form":"{}")",
                      p.rows, p.columns, p.inner, p.form),
          middle(seen.times[i]), spread);
    }
    add(fmt::format(R"("kind":"activation","bytes":{:.0f},"width":{},"tokens":{})", seen.pass_bytes,
                    shape.width, shape.context * shape.batch),
        middle(seen.passes), spread);
  }

  void write_copies() {
    for (std::size_t i = 0; i < kCopies.size(); ++i) {
      add(fmt::format(R"("kind":"copy","bytes":{})", 2 * sizeof(float) * kCopies[i]),
          middle(copies_[i]), 0);
    }
  }

  void add(const std::string& what, double seconds, double spread) {
    text_ += fmt::format("{{{},\"time_us\":{:.4f},\"spread\":{:.4f},\"repeats\":{}}}\n", what,
                         1e6 * seconds, spread, options_.repeats);
  }

  // Floats: what the caches hold, and what they do not.
  static constexpr std::array<std::size_t, 2> kCopies{1U << 15U, 1U << 21U};

  const Options& options_;
  const std::vector<probe::LayerShape>& shapes_;
  std::vector<Seen> seen_;
  std::array<std::vector<double>, kCopies.size()> copies_;
  std::string text_;
};

std::string header(const Options& options) {
  std::string device = "CPU", line;
  std::ifstream about("/proc/cpuinfo");
  while (std::getline(about, line)) {
    if (!line.starts_with("model name")) continue;
    device = line.substr(std::min(line.find(": ") + 2, line.size()));
    std::erase_if(device, [](char c) { return c == '"' || c == '\\' || c < ' ' || c > '~'; });
    break;
  }
  return fmt::format(
      "{{\"schema\":\"granary.probe/1\",\"device\":\"{}\",\"date\":\"{:%Y-%m-%dT%H:%M:%SZ}\","
      "\"software\":\"nano::gemm, {}, {} thread{}\",\"quick\":{}}}\n",
      device, fmt::gmtime(std::time(nullptr)), nano::gemm_instructions(), options.threads,
      options.threads == 1 ? "" : "s", options.quick);
}

int complain(const std::string& sentence, int status) {
  fmt::print(stderr, "granary-probe-cpu: {}\n", sentence);
  return status;
}

int run(const Options& options) {
  Probe probe(options);
  probe.measure();
  if (probe.noise() > kMostSpread) {
    return complain(fmt::format("repeats spread by {:.0f} %: a busy machine; measure on an idle "
                                "one or say --allow-noise",
                                100 * probe.noise()),
                    4);
  }
  const std::string unfinished = options.out + ".unfinished";
  std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
  file << header(options) << probe.text();
  file.close();
  if (!file || std::rename(unfinished.c_str(), options.out.c_str()) != 0) {
    return complain("cannot write " + options.out, 1);
  }
  return 0;
}

}  // namespace

int main(int count, char** values) {
  Options options;
  const std::string wrong = read_flags(count, values, options);
  if (!wrong.empty()) return complain(wrong, 2);
  if (options.help) {
    fmt::print("{}", kUsage);
    return 0;
  }
  return run(options);
}
