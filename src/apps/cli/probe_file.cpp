#include "apps/cli/probe_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "apps/cli/table.h"
#include "catalog/catalog.h"

namespace granary::cli {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_lines = 100'000;
constexpr double microsecond = 1e-6;

// One line being read; the first thing wrong with it is kept.
class Line {
 public:
  explicit Line(const Json& object) : object_(object) {}

  double number(const char* key, double least, double most) {
    const auto found = object_.find(key);
    if (found == object_.end() || !found->is_number()) return wrong(key, "is missing"), least;
    const double value = found->get<double>();
    if (std::isfinite(value) && value >= least && value <= most) return value;
    wrong(key, fmt::format("is outside {:g} to {:g}", least, most));
    return least;
  }
  double number_or(const char* key, double otherwise, double least, double most) {
    return object_.contains(key) ? number(key, least, most) : otherwise;
  }
  int whole(const char* key, int least, int most) {
    const double value = number(key, least, most);
    if (value != std::floor(value)) wrong(key, "is not a whole number");
    return static_cast<int>(value);
  }
  int whole_or(const char* key, int otherwise, int least, int most) {
    return object_.contains(key) ? whole(key, least, most) : otherwise;
  }
  std::string text(const char* key) {
    const auto found = object_.find(key);
    if (found == object_.end() || !found->is_string()) return wrong(key, "is missing"), "";
    return plain(found->get<std::string>()).substr(0, 120);
  }
  bool flag(const char* key) {
    const auto found = object_.find(key);
    if (found != object_.end() && found->is_boolean()) return found->get<bool>();
    wrong(key, "is not true or false");
    return false;
  }
  Seconds time() { return Seconds(number("time_us", 1e-3, 1e10) * microsecond); }
  Bytes bytes() { return Bytes(number("bytes", 1, 1e14)); }
  Precision precision() {
    const std::string word = text("precision");
    const auto known = parse_precision(word);
    if (!known && why.empty()) why = "precision \"" + word + "\" is not known";
    return known.value_or(Precision::fp32);
  }

  std::string why;

 private:
  void wrong(const char* key, const std::string& how) {
    if (why.empty()) why = std::string(key) + " " + how;
  }
  const Json& object_;
};

Gemm gemm_of(Line& line, Precision precision) {
  const double width = precision == Precision::fp32 || precision == Precision::tf32  ? 4
                       : precision == Precision::fp8 || precision == Precision::int8 ? 1
                                                                                     : 2;
  return {line.number("m", 1, 1e8), line.number("n", 1, 1e8), line.number("k", 1, 1e8), width,
          width};
}

AllReducePoint point_of(Line& line) {
  AllReducePoint point;
  point.chips = line.whole("chips", 2, 1024);
  point.bytes = line.bytes();
  point.time = line.time();
  return point;
}

void take_gemm(Line& line, Probe& probe) {
  const Precision precision = line.precision();
  const Gemm gemm = gemm_of(line, precision);
  probe.gemm[precision].push_back({gemm, line.time(), fmt::format("m {:g}", gemm.m)});
}

// Multiplies and adds of softmax(Q K^T) V, forward; half of them where later keys are not seen.
void take_attention(Line& line, Probe& probe) {
  Probe::Attention attention;
  attention.precision = line.precision();
  const double length = line.number("length", 1, 1e7);
  double flops = 4 * line.number("batch", 1, 1e6) * line.number("heads", 1, 1e5) *
                 line.number("width", 1, 1e5) * length * length;
  if (line.flag("causal")) flops /= 2;
  attention.flops = Flops(flops);
  attention.time = line.time();
  probe.attention.push_back(attention);
}

void take_run(Line& line, Probe& probe, const std::string& kind) {
  Probe::Run run;
  run.training = kind == "train";
  run.precision = line.precision();
  run.layers = line.whole("layers", 1, 10'000);
  run.hidden = line.whole("hidden", 1, 1'000'000);
  run.heads = line.whole_or("heads", 0, 1, 10'000);
  run.ffn = line.whole_or("ffn", 0, 1, 10'000'000);
  run.batch = line.whole("batch", 1, 1'000'000);
  run.length = line.whole("length", 1, 10'000'000);
  run.time = line.time();
  probe.runs.push_back(run);
}

// What is wrong with the line; nothing when it was taken.
std::string take(const Json& object, Probe& probe) {
  Line line(object);
  const std::string kind = line.text("kind");
  if (kind == "gemm") {
    take_gemm(line, probe);
  } else if (kind == "copy" || kind == "add" || kind == "norm" || kind == "activation") {
    const ElementwisePoint point{line.bytes(), line.time()};
    (kind == "copy" ? probe.copies : probe.elementwise).push_back(point);
  } else if (kind == "attention") {
    take_attention(line, probe);
  } else if (kind == "all_reduce") {
    probe.all_reduce.push_back(point_of(line));
  } else if (kind == "memory") {
    probe.usable_memory = Bytes(line.number("usable_bytes", 1, 1e14));
  } else if (kind == "decode" || kind == "train") {
    take_run(line, probe, kind);
  } else if (line.why.empty()) {
    return "kind \"" + kind + "\" is not known";
  }
  const double spread = line.number_or("spread", 0, 0, 1e9);
  const bool alone =
      kind == "gemm" || kind == "copy" || kind == "add" || kind == "norm" || kind == "activation";
  if (alone && spread > probe.worst_spread) {  // collectives differ from repeat to repeat anyway
    probe.worst_spread = spread;
    probe.noisiest = kind;
  }
  return line.why;
}

std::string take_header(const Json& object, Probe& probe) {
  Line line(object);
  if (line.text("schema") != "granary.probe/1")
    return "its first line has no schema granary.probe/1";
  probe.device = line.text("device");
  probe.date = line.text("date");
  if (line.why.empty() && !parse_instant(probe.date)) line.why = "date is not an instant";
  if (object.contains("software")) probe.software = line.text("software");
  if (object.contains("cores")) probe.cores = line.whole("cores", 0, 100'000);
  return line.why;
}

// In order, one point of each size: the last measured.
void arrange(std::vector<AllReducePoint>& points) {
  const auto key = [](const AllReducePoint& p) { return std::pair(p.chips, p.bytes.base()); };
  std::stable_sort(points.begin(), points.end(),
                   [&](const auto& a, const auto& b) { return key(a) < key(b); });
  std::vector<AllReducePoint> kept;
  for (const AllReducePoint& p : points) {
    if (!kept.empty() && key(kept.back()) == key(p)) kept.pop_back();
    kept.push_back(p);
  }
  points = std::move(kept);
}

}  // namespace

Result<Probe> read_probe(const std::string& text, const std::string& name) {
  const auto refuse = [&](std::size_t line, const std::string& why) {
    return fail(Error::Kind::invalid, 1081, fmt::format("{}:{}: {}.", plain(name), line, why),
                "write it with tools/probe/probe.py or granary-probe-cpu");
  };
  Probe probe;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view(text).substr(at, end - at);
    at = end + 1;
    if (++number > most_lines) return refuse(number, "there are more than 100000 lines");
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const Json object = Json::parse(line, nullptr, false);
    if (!object.is_object()) return refuse(number, "this is not a JSON object");
    const std::string why = probe.date.empty() ? take_header(object, probe) : take(object, probe);
    if (!why.empty()) return refuse(number, why);
  }
  if (probe.date.empty()) return refuse(1, "it is empty");
  arrange(probe.all_reduce);
  return probe;
}

}  // namespace granary::cli
