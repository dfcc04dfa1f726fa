#include "catalog/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "catalog/calibration_document.h"
#include "catalog/printable.h"
#include "units/text.h"

namespace granary {
namespace {
using Type = TomlNode::Type;

struct TimeUnit {
  std::string_view name;
  double seconds;
};
constexpr std::array<TimeUnit, 4> time_units{{{"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}}};

constexpr Limits<Seconds> floor_limits{Seconds(0), Seconds(1e-3), "0 to 1 ms"};
constexpr Limits<Seconds> point_limits{Seconds(1e-9), Seconds(1e4), "1 ns to 10000 s"};
constexpr Limits<Bytes> size_limits{Bytes(1), Bytes(1e13), "1 B to 10 TB"};
constexpr Limits<BytesPerSecond> rate_limits{BytesPerSecond(1e6), BytesPerSecond(1e15),
                                             "1 MB/s to 1000 TB/s"};
constexpr Limits<FlopsPerSecond> peak_limits{FlopsPerSecond(1e6), FlopsPerSecond(1e18),
                                             "1 MFLOPS to 1000 PFLOPS"};
constexpr std::size_t most_points = 2000;
constexpr double least_share = 0.001;

// A quantity of a key that carries no standing of its own: the table around it does.
template <class T>
T quantity(Reader& reader, std::string_view key, Result<T> (*parse)(std::string_view),
           Limits<T> limits, std::string_view example) {
  const std::string text = reader.text(key, fmt::format("\"{}\"", example), 40);
  if (text.empty()) return limits.least;
  const Result<T> value = parse(text);
  if (!value) {
    reader.report(1024, key, value.error().what, fmt::format("write {} = \"{}\"", key, example));
  } else if (*value < limits.least || *value > limits.most) {
    reader.report(1028, key, fmt::format("{} is outside {}.", printable(text), limits.text),
                  "check the figure at its source");
  } else {
    return *value;
  }
  return limits.least;
}

// [sources.KEY] what, read: as in sources.toml, for sources that only this document has.
void read_own_sources(Reading& reading, const TomlNode& table, Catalog& into) {
  for (std::size_t i = 0; i < table.entries.size(); ++i) {
    const auto& [id, node] = table.entries[i];
    if (node.type != Type::table) {
      reading.report(
          1026, table.key_lines[i],
          fmt::format("sources.{} must be a table, not {}.", printable(id), to_text(node.type)),
          "write what = \"...\" and read = true under it");
      return;
    }
    Reader reader(reading, node, "sources." + printable(id) + ".", "a source", {"what", "read"});
    Source source{id, reader.text("what", "\"the probe and its date\"", 500), reader.flag("read")};
    if (!reading.error && !into.sources.emplace(id, std::move(source)).second) {
      reading.report(1025, table.key_lines[i],
                     fmt::format("source \"{}\" is described twice.", printable(id)),
                     "keep one of the two");
    }
  }
}

Fact<GemmCurve> read_curve(Reading& reading, const TomlNode& node, const std::string& path) {
  Reader reader(reading, node, path, "a curve of matrix products",
                {"compute_share", "memory_share", "compute_floor", "memory_floor", "exponent",
                 "cores", "peak", "memory", "standing", "source"});
  Fact<GemmCurve> fact;
  fact.value.compute_share = reader.number("compute_share", least_share, 1);
  fact.value.memory_share = reader.number("memory_share", least_share, 1);
  fact.value.compute_floor =
      quantity(reader, "compute_floor", parse_duration, floor_limits, "2.9 us");
  fact.value.memory_floor =
      quantity(reader, "memory_floor", parse_duration, floor_limits, "3.4 us");
  fact.value.exponent = reader.number("exponent", 1, 4);
  fact.value.cores = reader.whole_or("cores", 0, 1, 100'000);
  if (reader.has("peak")) {
    fact.value.peak = quantity(reader, "peak", parse_flops_per_second, peak_limits, "96 GFLOPS");
  }
  if (reader.has("memory")) {
    fact.value.memory = quantity(reader, "memory", parse_bytes_per_second, rate_limits, "12 GB/s");
  }
  fact.standing = reader.standing();
  fact.source = reader.source();
  return fact;
}

// [gemm.fp16], [training.bf16]: a curve for each precision.
template <class Curve>
std::map<Precision, Fact<Curve>> read_curves(Reading& reading, Reader& reader,
                                             std::string_view kind,
                                             Fact<Curve> (*read)(Reading&, const TomlNode&,
                                                                 const std::string& path)) {
  std::map<Precision, Fact<Curve>> curves;
  const TomlNode* const table = reader.required(
      kind, Type::table, fmt::format("a table for each precision: [{}.fp16]", kind));
  if (table == nullptr) return curves;
  Keys known;
  for (const Precision p : {Precision::fp32, Precision::tf32, Precision::fp16, Precision::bf16,
                            Precision::fp8, Precision::int8, Precision::int4}) {
    known.push_back(to_text(p));
  }
  const std::string path = std::string(kind) + ".";
  Reader inner(reading, *table, path, "the curves", known);
  for (const auto& [key, node] : table->entries) {
    const auto precision = parse_precision(key);
    if (!precision) continue;  // reported as an unknown key
    if (inner.required(key, Type::table, "a table") == nullptr) return curves;
    curves[*precision] = read(reading, node, path + key + ".");
  }
  return curves;
}

Fact<TrainingCurve> read_training(Reading& reading, const TomlNode& node, const std::string& path) {
  Reader reader(reading, node, path, "a curve of training steps",
                {"compute_share", "edge", "attention", "standing", "source"});
  Fact<TrainingCurve> fact;
  fact.value.compute_share = reader.number("compute_share", least_share, 1);
  fact.value.edge = reader.number("edge", 0, 2000);
  fact.value.attention = reader.number("attention", least_share, 1);
  fact.standing = reader.standing();
  fact.source = reader.source();
  return fact;
}

Fact<Band> read_band(Reading& reading, Reader& outer, std::string_view key) {
  Fact<Band> fact;
  const TomlNode* const node =
      outer.required(key, Type::table, "{ low = 0.83, high = 1.25, standing = ..., source = ... }");
  if (node == nullptr) return fact;
  Reader reader(reading, *node, std::string(key) + ".", "a band",
                {"low", "high", "standing", "source"});
  fact.value.low = reader.number("low", 0.1, 1);
  fact.value.high = reader.number("high", 1, 10);
  fact.standing = reader.standing();
  fact.source = reader.source();
  return fact;
}

Fact<double> read_share(Reader& reader, std::string_view key) {
  return reader.stated(key, "0.6",
                       [](Reader& inner) { return inner.number("value", least_share, 1); });
}

auto order_of(const AllReducePoint& p) { return std::pair(p.chips, p.bytes.base()); }

std::vector<AllReducePoint> read_points(Reading& reading, Reader& reader, std::string_view key) {
  std::vector<AllReducePoint> points;
  const TomlNode* const list =
      reader.required(key, Type::list, "[{ chips = 8, bytes = ..., time = ... }]");
  if (list == nullptr) return points;
  if (list->items.size() > most_points) {
    reader.report(1028, key, fmt::format("has more than {} points.", most_points),
                  "keep about ten sizes of each group");
    return points;
  }
  for (const TomlNode& node : list->items) {
    if (node.type != Type::table) {
      reader.report(1026, key, "must hold tables.",
                    "write { chips = 8, bytes = \"64 MiB\", time = \"675 us\" }");
      return points;
    }
    Reader point(reading, node, std::string(key) + ".", "a measured all-reduce",
                 {"chips", "bytes", "time"});
    AllReducePoint p;
    p.chips = point.whole("chips", 2, 1024);
    p.bytes = quantity(point, "bytes", parse_bytes, size_limits, "64 MiB");
    p.time = quantity(point, "time", parse_duration, point_limits, "43 us");
    if (reading.error) return points;
    points.push_back(p);
  }
  std::stable_sort(points.begin(), points.end(),
                   [](const auto& a, const auto& b) { return order_of(a) < order_of(b); });
  const auto twice =
      std::adjacent_find(points.begin(), points.end(),
                         [](const auto& a, const auto& b) { return order_of(a) == order_of(b); });
  if (twice != points.end()) {
    reader.report(
        1025, key,
        fmt::format("{} on {} chips is given twice.", to_text(twice->bytes), twice->chips),
        "keep one of the two");
  }
  return points;
}

void check_id(Reader& reader, const std::string& id, const Catalog& catalog) {
  Keys known{"any"};
  for (const auto& [name, chip] : catalog.chips) {
    known.push_back(name);
    if (!chip.family.empty()) known.push_back(chip.family);
  }
  if (std::find(known.begin(), known.end(), id) != known.end()) return;
  reader.report(
      1029, "id",
      fmt::format("no chip and no family \"{}\" is described.{}", printable(id), hint(id, known)),
      "use the id of a file in chips/, a family that one of them names, or \"any\"");
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// Exactly, so that what is read again is what was written.
std::string bytes_text(Bytes bytes) {
  constexpr double kib = 1024;
  const double b = bytes.base();
  if (std::fmod(b, kib * kib) == 0) return fmt::format("{:.0f} MiB", b / (kib * kib));
  if (std::fmod(b, kib) == 0) return fmt::format("{:.0f} KiB", b / kib);
  return fmt::format("{:.0f} B", b);
}

template <class T>
std::string provenance(const Fact<T>& fact) {
  return fmt::format("standing = \"{}\", source = {}", to_text(fact.standing), quoted(fact.source));
}

std::string curve_text(Precision precision, const Fact<GemmCurve>& fact) {
  const GemmCurve& c = fact.value;
  std::string text = fmt::format(
      "\n[gemm.{}]\ncompute_share = {:.4f}\nmemory_share = {:.4f}\ncompute_floor = \"{}\"\n"
      "memory_floor = \"{}\"\nexponent = {:.3f}\n",
      to_text(precision), c.compute_share, c.memory_share, duration_text(c.compute_floor),
      duration_text(c.memory_floor), c.exponent);
  if (c.cores > 0) text += fmt::format("cores = {}\n", c.cores);
  if (c.peak.base() > 0) {
    text += fmt::format("peak = \"{:.4f} GFLOPS\"\n", c.peak.base() / 1e9);
  }
  if (c.memory.base() > 0) {
    text += fmt::format("memory = \"{:.4f} GB/s\"\n", c.memory.base() / 1e9);
  }
  return text + fmt::format("standing = \"{}\"\nsource = {}\n", to_text(fact.standing),
                            quoted(fact.source));
}

std::string points_text(std::string_view key, const std::vector<AllReducePoint>& points) {
  if (points.empty()) return {};
  std::string text = fmt::format("{} = [\n", key);
  for (const AllReducePoint& p : points) {
    text += fmt::format("  {{ chips = {}, bytes = \"{}\", time = \"{}\" }},\n", p.chips,
                        bytes_text(p.bytes), duration_text(p.time));
  }
  return text + "]\n";
}
}  // namespace

Result<Seconds> parse_duration(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error == std::errc{} && std::isfinite(number) && number >= 0) {
    std::string_view unit(stop, static_cast<std::size_t>(end - stop));
    while (unit.starts_with(' ')) unit.remove_prefix(1);
    for (const TimeUnit& known : time_units) {
      if (known.name == unit) return Seconds(number * known.seconds);
    }
  }
  return fail(Error::Kind::invalid, 1013,
              fmt::format("\"{}\" is not a duration such as \"2.9 us\" (s, ms, us, ns).",
                          printable(text.substr(0, 40))));
}

std::string duration_text(Seconds seconds) {
  for (const TimeUnit& unit : time_units) {
    const double value = seconds.base() / unit.seconds;
    if (value < 1 && unit.name != "ns") continue;
    const int decimals = value >= 1000 ? 0 : value >= 100 ? 1 : value >= 10 ? 2 : 3;
    std::string text = fmt::format("{:.{}f}", value, decimals);
    if (text.find('.') != std::string::npos) {
      text.erase(text.find_last_not_of('0') + 1);
      if (text.back() == '.') text.pop_back();
    }
    return text + " " + std::string(unit.name);
  }
  return "0 ns";
}

void read_calibration(Reading& reading, const TomlNode& root, Catalog& into) {
  Reader reader(
      reading, root, "", "a calibration",
      {"id", "sources", "usable_memory", "gemm", "training", "training_band", "training_chips",
       "node_fabric", "attention", "elementwise", "launch", "all_reduce"});
  Calibration calibration;
  calibration.id = reader.id();
  if (!reading.error) check_id(reader, calibration.id, reading.catalog);
  if (reader.has("sources")) {
    if (const auto* const own = reader.required("sources", Type::table, "[sources.KEY]")) {
      read_own_sources(reading, *own, into);
    }
  }
  if (reader.has("usable_memory")) {
    calibration.usable_memory = reader.fact("usable_memory", parse_bytes, size_limits, "88.5 GiB");
    const auto chip = into.chips.find(calibration.id);
    const bool rated = chip != into.chips.end() && chip->second.memory;
    if (!reading.error &&
        (!rated || calibration.usable_memory->value > chip->second.memory->value)) {
      reader.report(1028, "usable_memory", "is more than the rated memory of a chip of that id.",
                    "check the figure");
    } else if (!reading.error) {
      chip->second.usable_memory = calibration.usable_memory;
    }
  }
  if (reader.has("gemm")) calibration.gemm = read_curves(reading, reader, "gemm", read_curve);
  if (reader.has("training")) {
    calibration.training = read_curves(reading, reader, "training", read_training);
  }
  if (reader.has("training_band")) {
    calibration.training_band = read_band(reading, reader, "training_band");
  }
  if (reader.has("training_chips")) {
    Keys chips;
    for (const auto& [id, chip] : reading.catalog.chips) chips.push_back(id);
    calibration.training_chips = reader.words("training_chips", chips);
  }
  if (reader.has("node_fabric")) {
    calibration.node_fabric =
        reader.fact("node_fabric", parse_bytes_per_second, rate_limits, "100 GB/s");
  }
  if (reader.has("attention")) calibration.attention = read_share(reader, "attention");
  if (reader.has("elementwise")) calibration.elementwise = read_share(reader, "elementwise");
  if (reader.has("launch")) {
    calibration.launch = reader.fact("launch", parse_duration, floor_limits, "3 us");
  }
  if (reader.has("all_reduce")) {
    calibration.all_reduce = read_points(reading, reader, "all_reduce");
  }
  if (root.entries.size() <= 1) {
    reader.report(1022, "id", "nothing else is said.", "add [gemm.fp16] or another figure");
  }
  if (reading.error) return;
  const std::string id = calibration.id;
  if (!into.calibrations.emplace(id, std::move(calibration)).second) {
    reader.report(1025, "id", fmt::format("\"{}\" is calibrated twice.", id),
                  "keep one of the two files");
  }
}

std::string document_text(const Calibration& calibration, const CalibrationText& with) {
  std::string text;
  for (const std::string& comment : with.comments) text += "# " + comment + "\n";
  text += "id = " + quoted(calibration.id) + "\n";
  const auto share = [&](std::string_view key, const std::optional<Fact<double>>& fact) {
    if (!fact) return;
    text += fmt::format("{} = {{ value = {:.4f}, {} }}\n", key, fact->value, provenance(*fact));
  };
  share("attention", calibration.attention);
  share("elementwise", calibration.elementwise);
  if (calibration.usable_memory) {
    text += fmt::format("usable_memory = {{ value = \"{}\", {} }}\n",
                        bytes_text(calibration.usable_memory->value),
                        provenance(*calibration.usable_memory));
  }
  if (calibration.launch) {
    text += fmt::format("launch = {{ value = \"{}\", {} }}\n",
                        duration_text(calibration.launch->value), provenance(*calibration.launch));
  }
  if (calibration.training_band) {
    const auto& band = *calibration.training_band;
    text += fmt::format("training_band = {{ low = {:.3f}, high = {:.3f}, {} }}\n", band.value.low,
                        band.value.high, provenance(band));
  }
  if (!calibration.training_chips.empty()) {
    text +=
        fmt::format("training_chips = [\"{}\"]\n", fmt::join(calibration.training_chips, "\", \""));
  }
  if (calibration.node_fabric) {
    text += fmt::format("node_fabric = {{ value = \"{:.3f} GB/s\", {} }}\n",
                        calibration.node_fabric->value.base() / 1e9,
                        provenance(*calibration.node_fabric));
  }
  text += points_text("all_reduce", calibration.all_reduce);
  for (const auto& [key, what] : with.sources) {
    text += fmt::format("\n[sources.{}]\nwhat = {}\nread = true\n", quoted(key), quoted(what));
  }
  for (const auto& [precision, fact] : calibration.gemm) text += curve_text(precision, fact);
  for (const auto& [precision, fact] : calibration.training) {
    text += fmt::format(
        "\n[training.{}]\ncompute_share = {:.4f}\nedge = {:.1f}\nattention = {:.4f}\n"
        "standing = \"{}\"\nsource = {}\n",
        to_text(precision), fact.value.compute_share, fact.value.edge, fact.value.attention,
        to_text(fact.standing), quoted(fact.source));
  }
  return text;
}

}  // namespace granary
