// What a document about a chip may say.
#include <fmt/core.h>

#include <charconv>

#include "catalog/parse.h"
#include "catalog/printable.h"
#include "units/text.h"

namespace granary {
namespace {
using Type = TomlNode::Type;

constexpr Limits<Bytes> memory_limits{Bytes(1048576.0), Bytes(1e14), "1 MiB to 100 TB"};
constexpr Limits<BytesPerSecond> rate_limits{BytesPerSecond(1e6), BytesPerSecond(1e15),
                                             "1 MB/s to 1000 TB/s"};
constexpr Limits<FlopsPerSecond> flops_limits{FlopsPerSecond(1e6), FlopsPerSecond(1e18),
                                              "1 MFLOPS to 1000 PFLOPS"};
constexpr Limits<double> power_limits{0.1, 1e5, "0.1 to 100000 W"};
constexpr Limits<double> area_limits{1, 1e5, "1 to 100000 mm2"};
constexpr Money dearest = Money::units(100'000'000);

const Keys precisions = {"fp32", "tf32", "fp16", "bf16", "fp8", "int8", "int4", "fp4"};
const Keys known_backends = {"bang", "cann",    "corex",     "cpu",    "cuda", "dtk",
                             "hgai", "mxmaca",  "musa",      "opencl", "rocm", "supa",
                             "sycl", "synapse", "topsrider", "vulkan", "xla",  "xpu"};

// "400 W" with the unit that is asked for.
Result<double> number_with(std::string_view text, std::string_view unit) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error == std::errc() && rest.size() == unit.size() + 1 && rest[0] == ' ' &&
      rest.substr(1) == unit) {
    return value;
  }
  return fail(Error::Kind::invalid, 1024,
              fmt::format("\"{}\" is not a number of {}.", printable(text, 40), unit));
}
Result<double> parse_watts(std::string_view text) { return number_with(text, "W"); }
Result<double> parse_area(std::string_view text) { return number_with(text, "mm2"); }

std::map<Precision, Fact<FlopsPerSecond>> read_rates(Reading& reading, Reader& reader,
                                                     std::string_view key) {
  std::map<Precision, Fact<FlopsPerSecond>> rates;
  const TomlNode* const table =
      reader.required(key, Type::table, "{ fp16 = { value = \"312 TFLOPS\", ... } }");
  if (table == nullptr) return rates;
  Reader inner(reading, *table, std::string(key) + ".", "the " + std::string(key) + " rates",
               precisions);
  for (const auto& [name, value] : table->entries) {
    const auto precision = parse_precision(name);
    if (!precision) continue;  // reported as an unknown key
    rates[*precision] = inner.fact(name, parse_flops_per_second, flops_limits, "312 TFLOPS");
  }
  return rates;
}

// "12000..15000 USD", or one amount.
PriceRange read_price(Reader& figure) {
  PriceRange price;
  const std::string text = figure.text("value", "\"12000..15000 USD\"");
  const std::size_t dots = text.find("..");
  const auto most = parse_amount(dots == std::string::npos ? text : text.substr(dots + 2));
  const auto least = dots == std::string::npos ? most.map([](const Amount& a) { return a.money; })
                                               : parse_money(text.substr(0, dots));
  if (!most || !least) {
    figure.report(1024, "value",
                  fmt::format("\"{}\" is not a range of prices.", printable(text, 60)),
                  "write value = \"12000..15000 USD\"");
  } else if (*least <= Money{} || *least > most->money || most->money > dearest) {
    figure.report(1028, "value", fmt::format("{} must rise, from above zero to 100000000.", text),
                  "check the figure at its source");
  } else {
    price = {*least, most->money, most->asset, figure.date("date"),
             figure.text("place", "\"on-demand, world\"")};
  }
  return price;
}

Packages read_packages(Reader& figure) {
  Packages packages{figure.whole("value", 1, 100), figure.whole_or("disputed", 0, 1, 100)};
  if (packages.disputed == packages.count) {
    figure.report(1028, "disputed", "is the same count.", "remove it, or write the other count");
  }
  return packages;
}

void read_text_facts(Reading& reading, Reader& reader, Chip& chip) {
  const auto worded = [](const char* example) {
    return [example](Reader& figure) { return figure.text("value", example); };
  };
  if (reader.has("link_name")) {
    chip.link_name = reader.stated("link_name", "\"NVLink3\"", worded("\"NVLink3\""));
    if (chip.link_name->value == "none" && chip.link_bandwidth) {
      reader.report(1028, "link_name", "is none, and link gives a rate.", "remove one of the two");
    }
  }
  if (reader.has("vendor_class")) {
    chip.vendor_class = reader.stated("vendor_class", "\"EAR99\"", worded("\"EAR99\""));
  }
  if (reader.has("fastest")) {
    chip.fastest = reader.stated("fastest", "\"fp32\"", [&](Reader& figure) {
      return *parse_precision(precisions[figure.word("value", precisions)]);
    });
    if (!reading.error && !chip.dense.contains(chip.fastest->value)) {
      reader.report(1028, "fastest", "names a precision without a dense rate.",
                    "give dense." + to_text(chip.fastest->value) + " too");
    }
  }
  if (reader.has("class")) {
    chip.market = reader.stated("class", "\"datacentre\"", [](Reader& figure) {
      return static_cast<Market>(
          figure.word("value", {"datacentre", "workstation", "consumer", "cpu", "edge"}));
    });
  }
  if (reader.has("backends")) {
    chip.backends = reader.stated("backends", "[\"cuda\"]", [](Reader& figure) {
      return figure.words("value", known_backends);
    });
  }
}

void read_making(Reader& reader, Chip& chip) {
  if (reader.has("year")) {
    chip.year = reader.stated("year", "2020",
                              [](Reader& figure) { return figure.whole("value", 1990, 2100); });
  }
  if (reader.has("tdp")) chip.tdp_watts = reader.fact("tdp", parse_watts, power_limits, "400 W");
  if (reader.has("die_area")) {
    chip.die_mm2 = reader.fact("die_area", parse_area, area_limits, "826 mm2");
  }
  if (reader.has("process")) {
    chip.process = reader.stated(
        "process", "\"TSMC N7\"",
        [](Reader& figure) {
          return Fabrication{figure.has("value") ? figure.text("value", "\"TSMC N7\"") : "",
                             figure.flag("planar")};
        },
        {"planar"});
  }
  if (reader.has("packages")) {
    chip.packages = reader.stated("packages", "1", read_packages, {"disputed"});
  }
  if (reader.has("price")) {
    chip.price = reader.stated("price", "\"12000..15000 USD\"", read_price, {"date", "place"});
  }
  if (reader.has("cloud_price")) {
    chip.cloud_price =
        reader.stated("cloud_price", "\"0.80..3.00 USD\"", read_price, {"date", "place"});
  }
}

void read_movement(Reading& reading, Reader& reader, const TomlNode& root, Chip& chip) {
  const auto rate = [&](std::string_view key, std::string_view example, Keys more = {}) {
    std::optional<Fact<BytesPerSecond>> fact;
    if (reader.has(key)) {
      fact = reader.fact(key, parse_bytes_per_second, rate_limits, example, std::move(more));
    }
    return fact;
  };
  const auto size = [&](std::string_view key) {
    std::optional<Fact<Bytes>> fact;
    if (reader.has(key)) fact = reader.fact(key, parse_bytes, memory_limits, "80 GiB");
    return fact;
  };
  chip.memory = size("memory");
  chip.usable_memory = size("usable_memory");
  chip.memory_bandwidth = rate("memory_bandwidth", "2039 GB/s");
  chip.measured_bandwidth = rate("measured_bandwidth", "1328 GB/s");
  chip.host_bandwidth = rate("host_bandwidth", "32 GB/s");
  chip.link_bandwidth = rate("link", "200 GB/s", {"domain"});
  const TomlNode* const link = root.find("link");
  if (link != nullptr && link->type == Type::table) {
    Reader inner(reading, *link, "link.", "a link", {"value", "domain", "standing", "source"});
    chip.link_domain = inner.whole("domain", 2, 100'000);
  }
  if (!reading.error && chip.usable_memory && chip.memory &&
      chip.usable_memory->value > chip.memory->value) {
    reader.report(1028, "usable_memory", "is more than the rated memory.",
                  "correct one of the two");
  }
}
}  // namespace

void read_chip(Reading& reading, const TomlNode& root, Catalog& into) {
  Reader reader(reading, root, "", "a chip",
                {"id",
                 "name",
                 "vendor",
                 "country",
                 "origin",
                 "family",
                 "memory",
                 "usable_memory",
                 "memory_bandwidth",
                 "measured_bandwidth",
                 "link",
                 "link_name",
                 "host_bandwidth",
                 "dense",
                 "fp16_accumulation",
                 "fastest",
                 "measured",
                 "backends",
                 "class",
                 "year",
                 "tdp",
                 "die_area",
                 "process",
                 "packages",
                 "vendor_class",
                 "price",
                 "cloud_price",
                 "note"});
  Chip chip;
  chip.id = reader.id();
  chip.name = reader.text("name", "\"A800 SXM4 80GB\"");
  chip.vendor = reader.text("vendor", "\"NVIDIA\"");
  if (reader.has("country")) {
    chip.country = reader.text("country", "\"US\"");
    const std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (chip.country.size() != 2 || chip.country.find_first_not_of(letters) != std::string::npos) {
      reader.report(1026, "country", "must be two capital letters.", "write country = \"US\"");
    }
  }
  chip.origin = static_cast<Origin>(reader.word("origin", {"imported", "domestic", "repurposed"}));
  if (reader.has("family")) chip.family = reader.id("family", "\"ampere\"");
  read_movement(reading, reader, root, chip);
  if (reader.has("dense")) chip.dense = read_rates(reading, reader, "dense");
  if (reader.has("measured")) chip.measured = read_rates(reading, reader, "measured");
  if (reader.has("fp16_accumulation")) {
    chip.fp16_accumulation = read_rates(reading, reader, "fp16_accumulation");
  }
  read_text_facts(reading, reader, chip);
  read_making(reader, chip);
  if (reader.has("note")) chip.note = reader.text("note", "\"sources disagree on ...\"", 500);
  keep(reading, reader, std::move(chip), into.chips, "chip");
}

}  // namespace granary
