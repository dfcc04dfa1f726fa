#include <fmt/core.h>

#include <charconv>

#include "plan/plan.h"

namespace granary {
namespace {
constexpr std::string_view example = R"(e.g. "a800-sxm-80 x 64..128")";

struct Reader {
  std::string_view text;
  std::size_t at = 0;

  void skip_spaces() {
    while (at < text.size() && text[at] == ' ') ++at;
  }
  bool done() const { return at >= text.size(); }

  // A positive count, or nothing and `at` unmoved.
  std::optional<int> count() {
    int value = 0;
    const auto [stop, error] = std::from_chars(text.data() + at, text.data() + text.size(), value);
    if (error != std::errc{} || value < 1) return std::nullopt;
    at = static_cast<std::size_t>(stop - text.data());
    return value;
  }
};

tl::unexpected<AcceptFault> fault(std::string_view text, std::size_t column, std::string why) {
  Error error{Error::Kind::invalid, 1010,
              fmt::format("chips = \"{}\": {}, {}.", text.substr(0, 80), why, example), ""};
  return tl::unexpected<AcceptFault>(AcceptFault{std::move(error), column});
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

// "chip" or "site/chip"; the column of the first wrong character otherwise.
std::optional<std::size_t> read_name(Reader& reader, Accept& accept) {
  std::size_t from = reader.at;
  for (; !reader.done() && reader.text[reader.at] != ' '; ++reader.at) {
    const char c = reader.text[reader.at];
    if (c == '/' && !accept.site && reader.at > from) {
      accept.site = std::string(reader.text.substr(from, reader.at - from));
      from = reader.at + 1;
    } else if (!is_name(c)) {
      return reader.at;
    }
  }
  accept.chip = std::string(reader.text.substr(from, reader.at - from));
  if (accept.chip.empty()) return reader.at;
  return std::nullopt;
}

std::optional<Origin> origin_of(std::string_view word) {
  for (const Origin origin : {Origin::imported, Origin::domestic, Origin::repurposed}) {
    if (word == to_text(origin)) return origin;
  }
  return std::nullopt;
}
}  // namespace

tl::expected<Accept, AcceptFault> parse_accept(std::string_view text) {
  Accept accept;
  accept.text = std::string(text);
  Reader reader{text};
  reader.skip_spaces();
  if (const auto column = read_name(reader, accept)) {
    return fault(text, *column, "a chip or \"site/chip\" must come first");
  }
  reader.skip_spaces();
  if (reader.done()) return accept;

  if (text[reader.at] != 'x') {
    return fault(text, reader.at, "only \"x\" and a count may follow the chip");
  }
  ++reader.at;
  reader.skip_spaces();
  const std::size_t first = reader.at;
  const auto least = reader.count();
  if (!least) {
    // At the end the fault is right behind the "x".
    return fault(text, first, "a count or range must follow \"x\"");
  }
  accept.least = *least;
  if (text.substr(reader.at).starts_with("..")) {
    reader.at += 2;
    const std::size_t last = reader.at;
    if (!reader.done() && text[last] != ' ') {
      accept.most = reader.count();
      if (!accept.most) return fault(text, last, "a range ends with a count or with \"..\"");
      if (*accept.most < accept.least) {
        return fault(text, last,
                     fmt::format("the range ends at {}, below its start", *accept.most));
      }
    }
  } else {
    accept.most = accept.least;
  }
  reader.skip_spaces();
  if (!reader.done()) return fault(text, reader.at, "nothing may follow the count");
  return accept;
}

bool accepts(const Accept& accept, const Pool& pool, const Catalog& catalog, int chips) {
  if (accept.site && *accept.site != pool.site) return false;
  if (accept.chip != pool.chip) {
    const auto chip = catalog.chips.find(pool.chip);
    const auto origin = origin_of(accept.chip);
    if (chip == catalog.chips.end() || !origin || chip->second.origin != *origin) return false;
  }
  return chips >= accept.least && (!accept.most || chips <= *accept.most);
}

}  // namespace granary
