#define TOML_HEADER_ONLY 0
#include "ledger/programmes.h"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "units/text.h"

namespace granary {
namespace {
struct Place {
  const std::string& document;
  std::uint32_t line;
};

tl::unexpected<Error> refuse(int code, const Place& place, const std::string& what,
                             std::string fix = {}) {
  return fail(Error::Kind::invalid, code,
              fmt::format("{}:{}: {}", place.document, place.line, what), std::move(fix));
}

std::uint32_t line_of(const toml::node& node) { return node.source().begin.line; }

const std::vector<std::string>& keys() {
  static const std::vector<std::string> names{"id",       "name",     "issuer", "fund",
                                              "purposes", "standing", "source"};
  return names;
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

Result<toml::table> parsed(const Document& document) {
  try {
    return toml::parse(document.text, document.name);
  } catch (const toml::parse_error& error) {
    return refuse(1030, {document.name, error.source().begin.line},
                  "not TOML: " + std::string(error.description()));
  }
}

// A text that must be there; `code` says which error its absence is.
Result<std::string> required(const Document& document, const toml::table& table, const char* key,
                             int code) {
  const toml::node* const node = table.get(key);
  if (node == nullptr) {
    return refuse(code, {document.name, 1}, fmt::format("{} is missing", key),
                  fmt::format("add {} = \"...\"", key));
  }
  const auto* const text = node->as_string();
  if (text == nullptr || text->get().empty()) {
    return refuse(code, {document.name, line_of(*node)},
                  fmt::format("{} is to be a text that is not empty", key),
                  fmt::format("write {} = \"...\"", key));
  }
  return text->get();
}

Result<std::string> required_name(const Document& document, const toml::table& table,
                                  const char* key) {
  auto text = required(document, table, key, 1030);
  if (text && !is_name(*text)) {
    return refuse(1030, {document.name, line_of(*table.get(key))},
                  fmt::format("{} \"{}\" is not a name", key, *text),
                  "use small letters, digits, '-' and '.'");
  }
  return text;
}

Result<void> known_keys(const Document& document, const toml::table& table) {
  // The first in the file, whatever order the table keeps.
  const toml::key* first = nullptr;
  for (const auto& [key, node] : table) {
    if (std::find(keys().begin(), keys().end(), key.str()) != keys().end()) continue;
    if (first == nullptr || key.source().begin.line < first->source().begin.line) first = &key;
  }
  if (first == nullptr) return {};
  const std::string meant = nearest(first->str(), keys());
  return refuse(1030, {document.name, first->source().begin.line},
                fmt::format("unknown key \"{}\"", first->str()),
                meant.empty() ? "remove it" : "did you mean " + meant + "?");
}

Result<Standing> parse_standing(const Document& document, const toml::table& table) {
  const auto text = required(document, table, "standing", 1031);
  if (!text) return fail(text.error());
  constexpr std::array<std::pair<std::string_view, Standing>, 4> names{
      {{"declared", Standing::declared},
       {"measured", Standing::measured},
       {"recalled", Standing::recalled},
       {"assumed", Standing::assumed}}};
  for (const auto& [name, standing] : names) {
    if (*text == name) return standing;
  }
  return refuse(1031, {document.name, line_of(*table.get("standing"))},
                fmt::format("unknown standing \"{}\"", *text),
                "write declared, measured, recalled or assumed");
}

Result<Amount> parse_fund(const Document& document, const toml::table& table) {
  const auto text = required(document, table, "fund", 1033);
  if (!text) return fail(text.error());
  const Place place{document.name, line_of(*table.get("fund"))};
  auto amount = parse_amount(*text);
  if (!amount) {
    return refuse(1033, place, fmt::format("fund = \"{}\" is not an amount", *text),
                  "write fund = \"8000000 CNY\"");
  }
  if (amount->money < Money{}) {
    return refuse(1033, place, fmt::format("fund = \"{}\" is below zero", *text),
                  "write what the issuer puts in");
  }
  return amount;
}

Result<std::vector<std::string>> parse_purposes(const Document& document,
                                                const toml::table& table) {
  std::vector<std::string> purposes;
  const toml::node* const node = table.get("purposes");
  if (node == nullptr) return purposes;
  const toml::array* const array = node->as_array();
  if (array == nullptr) {
    return refuse(1032, {document.name, line_of(*node)}, "purposes is to be a list",
                  "write purposes = [\"serve\"]");
  }
  for (const toml::node& element : *array) {
    const Place place{document.name, line_of(element)};
    const std::string purpose = element.value_or(std::string());
    const auto& known = known_purposes();
    if (std::find(known.begin(), known.end(), purpose) == known.end()) {
      return refuse(1032, place, fmt::format("unknown purpose \"{}\"", purpose),
                    "write some of pretrain, finetune, serve, run");
    }
    if (std::find(purposes.begin(), purposes.end(), purpose) != purposes.end()) {
      return refuse(1032, place, fmt::format("purpose \"{}\" twice", purpose), "keep one");
    }
    purposes.push_back(purpose);
  }
  return purposes;
}

Result<Programme> parse_programme(const Document& document) {
  const auto table = parsed(document);
  if (!table) return fail(table.error());
  if (auto known = known_keys(document, *table); !known) return fail(known.error());
  Programme programme;
  auto id = required_name(document, *table, "id");
  if (!id) return fail(id.error());
  auto name = required(document, *table, "name", 1030);
  if (!name) return fail(name.error());
  auto issuer = required_name(document, *table, "issuer");
  if (!issuer) return fail(issuer.error());
  auto fund = parse_fund(document, *table);
  if (!fund) return fail(fund.error());
  auto purposes = parse_purposes(document, *table);
  if (!purposes) return fail(purposes.error());
  const auto standing = parse_standing(document, *table);
  if (!standing) return fail(standing.error());
  auto source = required(document, *table, "source", 1031);
  if (!source) return fail(source.error());
  programme.id = std::move(*id);
  programme.name = std::move(*name);
  programme.issuer = std::move(*issuer);
  programme.asset = std::move(fund->asset);
  programme.fund = fund->money;
  programme.purposes = std::move(*purposes);
  programme.standing = *standing;
  programme.source = std::move(*source);
  return programme;
}
}  // namespace

const std::vector<std::string>& known_purposes() {
  static const std::vector<std::string> purposes{"pretrain", "finetune", "serve", "run"};
  return purposes;
}

Result<std::map<std::string, Programme>> parse_programmes(std::span<const Document> documents) {
  std::map<std::string, Programme> programmes;
  std::map<std::string, std::string> defined_in;  // by id
  std::map<std::string, Amount> issuers;          // asset of each, and what it puts in
  for (const Document& document : documents) {
    if (!document.name.starts_with("programmes/")) continue;
    auto programme = parse_programme(document);
    if (!programme) return fail(programme.error());
    const auto [first, fresh] = defined_in.emplace(programme->id, document.name);
    if (!fresh) {
      return refuse(1034, {document.name, 1},
                    fmt::format("programme {} is already in {}", programme->id, first->second),
                    "give it another id");
    }
    Amount& issuer =
        issuers.try_emplace(programme->issuer, Amount{{}, programme->asset}).first->second;
    const auto sum = checked_add(issuer.money, programme->fund);
    if (issuer.asset != programme->asset || !sum) {
      return refuse(1033, {document.name, 1},
                    fmt::format("issuer {} has funds in {}; {} {} more cannot be kept with them",
                                programme->issuer, issuer.asset, to_grouped_text(programme->fund),
                                programme->asset),
                    "name another issuer");
    }
    issuer.money = *sum;
    programmes.emplace(programme->id, std::move(*programme));
  }
  return programmes;
}

}  // namespace granary
