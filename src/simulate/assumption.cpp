#include "simulate/assumption.h"

#include <fmt/core.h>

#include <algorithm>

#include "units/text.h"

namespace granary {
namespace {
tl::unexpected<Error> refuse(std::string what, std::string fix) {
  return fail(Error::Kind::invalid, 1108, std::move(what), std::move(fix));
}

bool of_letters(std::string_view text, std::string_view others) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

// As a file has it: lists, tables, numbers, flags and quoted texts as they are, others in quotes.
std::string value_of(const std::string& text) {
  const bool number =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  const bool as_is = number || text == "true" || text == "false" || text.front() == '[' ||
                     text.front() == '{' || text.front() == '"';
  return as_is ? text : '"' + text + '"';
}

std::string_view trimmed(std::string_view line) {
  const std::size_t from = line.find_first_not_of(" \t");
  return from == std::string_view::npos ? std::string_view{} : line.substr(from);
}

// Whether the line says that the key is unknown.
bool says_unknown(std::string_view line, std::string_view key) {
  line = trimmed(line);
  if (!line.starts_with(key)) return false;
  line = trimmed(line.substr(key.size()));
  return line.starts_with("=") && trimmed(line.substr(1)).starts_with("\"unknown\"");
}

// The text with the key as assumed; how often it was unknown.
std::pair<std::string, int> filled_in(const std::string& text, const Assumption& assumed) {
  const std::size_t dot = assumed.key.find('.');
  const std::string list = dot == std::string::npos ? "" : "[[" + assumed.key.substr(0, dot) + "]]";
  const std::string key = dot == std::string::npos ? assumed.key : assumed.key.substr(dot + 1);
  std::string made, section;
  int found = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::string line = text.substr(at, end - at);
    at = end;
    if (trimmed(line).starts_with("[")) section = trimmed(line).substr(0, list.size());
    const bool here = list.empty() ? section.empty() : section == list;
    if (trimmed(line).starts_with("[") && list.empty()) section = "[";
    if (!here || !says_unknown(line, key)) {
      made += line;
      continue;
    }
    ++found;
    if (assumed.value != "none") made += key + " = " + value_of(assumed.value) + "\n";
  }
  return {made, found};
}

bool is_of(const Document& document, const std::string& programme) {
  return document.name.starts_with("programmes/") &&
         ("\n" + document.text).find("\nid = \"" + programme + "\"") != std::string::npos;
}
}  // namespace

Result<Assumption> parse_assumption(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::size_t dot = text.substr(0, equals).find('.');
  Assumption read;
  if (equals != std::string_view::npos && dot != std::string_view::npos) {
    read.programme = text.substr(0, dot);
    read.key = text.substr(dot + 1, equals - dot - 1);
    read.value = text.substr(equals + 1);
  }
  const bool one_line = std::all_of(read.value.begin(), read.value.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '\\';
  });
  if (of_letters(read.programme, "-") && of_letters(read.key, "_.") && !read.value.empty() &&
      read.value.size() <= 400 && one_line) {
    return read;
  }
  return refuse(fmt::format("\"{}\" is not PROGRAMME.KEY=VALUE.", text.substr(0, 80)),
                "--assume cn-henan-2023.months=12, or =none where there is no such rule");
}

Result<std::vector<Document>> assume(std::vector<Document> documents,
                                     const std::vector<Assumption>& assumptions) {
  for (const Assumption& assumed : assumptions) {
    const auto document =
        std::find_if(documents.begin(), documents.end(),
                     [&](const Document& one) { return is_of(one, assumed.programme); });
    if (document == documents.end()) {
      return fail(Error::Kind::not_found, 2105,
                  fmt::format("the stock has no programme \"{}\" to assume something of.",
                              assumed.programme),
                  "granary voucher programmes lists them");
    }
    const auto [text, found] = filled_in(document->text, assumed);
    if (found == 0) {
      return refuse(fmt::format("{} of {} is not unknown; only what nobody has found out can be "
                                "assumed.",
                                assumed.key, assumed.programme),
                    "granary voucher programmes says what is not known");
    }
    document->text = text;
  }
  return documents;
}

}  // namespace granary
