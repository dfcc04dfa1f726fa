// Looking things up by name, and the words of the enumerations.
#include <fmt/core.h>

#include <array>
#include <utility>

#include "catalog/catalog.h"
#include "catalog/printable.h"
#include "units/text.h"

namespace granary {
namespace {
// "a800" means a800-sxm-80 before it means a10: a name's beginning counts more than its letters.
std::string meant(std::string_view name, const std::vector<std::string>& known) {
  if (name.size() >= 3) {
    for (const std::string& candidate : known) {
      if (candidate.starts_with(name)) return candidate;
    }
  }
  return nearest(name, known);
}

template <class T>
Result<const T*> look_up(const std::map<std::string, T>& all, std::string_view id, int code,
                         std::string_view kind) {
  const auto found = all.find(std::string(id));
  if (found != all.end()) return &found->second;
  std::vector<std::string> known;
  std::string list;
  for (const auto& [name, value] : all) {
    known.push_back(name);
    list += (list.empty() ? "known: " : ", ") + name;
  }
  std::string what = fmt::format("no {0} \"{1}\" in the catalogue ({2} {0}{3}).", kind,
                                 printable(id, 40), all.size(), all.size() == 1 ? "" : "s");
  const std::string near = meant(id.substr(0, 60), known);
  if (near.empty()) return fail(Error::Kind::not_found, code, std::move(what), std::move(list));
  return fail(Error::Kind::not_found, code, what + " Did you mean " + near + "?");
}

constexpr std::array<std::pair<Precision, std::string_view>, 8> precisions{
    {{Precision::fp32, "fp32"},
     {Precision::tf32, "tf32"},
     {Precision::fp16, "fp16"},
     {Precision::bf16, "bf16"},
     {Precision::fp8, "fp8"},
     {Precision::int8, "int8"},
     {Precision::int4, "int4"},
     {Precision::fp4, "fp4"}}};
}  // namespace

Result<const Model*> find_model(const Catalog& catalog, std::string_view id) {
  return look_up(catalog.models, id, 2001, "model");
}

Result<const Chip*> find_chip(const Catalog& catalog, std::string_view id) {
  return look_up(catalog.chips, id, 2002, "chip");
}

Result<const Site*> find_site(const Catalog& catalog, std::string_view id) {
  return look_up(catalog.sites, id, 2004, "site");
}

Result<const Rule*> find_rule(const Catalog& catalog, std::string_view id) {
  return look_up(catalog.rules, id, 2017, "rule set");
}

std::string to_text(Runner runner) {
  switch (runner) {
    case Runner::local:
      return "local";
    case Runner::simulated:
      return "simulated";
    case Runner::followed:
      return "followed";
    case Runner::slurm:
      return "slurm";
  }
  return "?";
}

std::string to_text(Precision precision) {
  for (const auto& [value, name] : precisions) {
    if (value == precision) return std::string(name);
  }
  return {};
}

std::optional<Precision> parse_precision(std::string_view text) {
  for (const auto& [value, name] : precisions) {
    if (name == text) return value;
  }
  return std::nullopt;
}

std::string to_text(Origin origin) {
  switch (origin) {
    case Origin::imported:
      return "imported";
    case Origin::domestic:
      return "domestic";
    case Origin::repurposed:
      return "repurposed";
  }
  return {};
}

std::string to_text(Market market) {
  switch (market) {
    case Market::datacentre:
      return "datacentre";
    case Market::workstation:
      return "workstation";
    case Market::consumer:
      return "consumer";
    case Market::cpu:
      return "cpu";
    case Market::edge:
      return "edge";
  }
  return {};
}

std::string to_text(Measure measure) {
  switch (measure) {
    case Measure::tpp:
      return "TPP";
    case Measure::density:
      return "performance density";
    case Measure::io:
      return "I/O rate";
    case Measure::dram:
      return "memory rate";
  }
  return {};
}

std::string to_text(Rule::Kind kind) {
  switch (kind) {
    case Rule::Kind::arithmetic:
      return "arithmetic";
    case Rule::Kind::list:
      return "list";
    case Rule::Kind::memory:
      return "memory";
    case Rule::Kind::review:
      return "review";
  }
  return {};
}

std::string to_text(Standing standing) {
  switch (standing) {
    case Standing::declared:
      return "declared";
    case Standing::measured:
      return "measured";
    case Standing::recalled:
      return "recalled";
    case Standing::assumed:
      return "assumed";
  }
  return {};
}

}  // namespace granary
