#include "units/node_list.h"

#include <fmt/core.h>

#include <charconv>
#include <iterator>

#include "units/text.h"

namespace granary {
namespace {

tl::unexpected<Error> unreadable(std::string_view list, const std::string& why) {
  return fail(Error::Kind::invalid, 1130,
              fmt::format("\"{}\" is not a list of nodes: {}.", list.substr(0, 80), why),
              "write a800-[1-4], or names with commas between them");
}

constexpr std::size_t longest_name = 255;

bool is_name(std::string_view text) {
  return text.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
         std::string_view::npos;
}

// "7" or "01-10".
struct Numbers {
  std::uint64_t first = 0, last = 0;
  std::size_t width = 0;
};
bool read_number(std::string_view text, std::uint64_t& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc{} && end == text.data() + text.size() && text.size() <= 9;
}
bool read_numbers(std::string_view text, Numbers& into) {
  const std::size_t dash = text.find('-');
  const std::string_view first = text.substr(0, dash);
  const std::string_view last = dash == std::string_view::npos ? first : text.substr(dash + 1);
  into.width = first.size();
  return read_number(first, into.first) && read_number(last, into.last) && into.first <= into.last;
}

tl::unexpected<Error> too_many(std::string_view list, std::size_t most) {
  return unreadable(list, fmt::format("more than {} nodes", most));
}

// What stands in one pair of brackets: "1-3,7".
Result<std::vector<std::string>> expand_ranges(std::string_view list, std::string_view ranges,
                                               std::size_t most) {
  std::vector<std::string> texts;
  for (;;) {
    const std::size_t comma = ranges.find(',');
    Numbers numbers;
    if (!read_numbers(ranges.substr(0, comma), numbers)) {
      return unreadable(list, "a range of numbers is wrong");
    }
    if (numbers.last - numbers.first >= most - texts.size()) return too_many(list, most);
    for (std::uint64_t i = numbers.first; i <= numbers.last; ++i) {
      texts.push_back(fmt::format("{:0{}}", i, numbers.width));
    }
    if (comma == std::string_view::npos) return texts;
    ranges.remove_prefix(comma + 1);
  }
}

// One part without commas outside brackets, of which it may have several: "a800-[1-3,7]".
Result<void> expand_part(std::string_view list, std::string_view part, std::size_t most,
                         std::vector<std::string>& names) {
  std::vector<std::string> of_part{""};
  while (!part.empty()) {
    const std::size_t open = part.find('[');
    const std::string_view plain = part.substr(0, open);
    if (!is_name(plain)) return unreadable(list, "a name has other characters");
    for (std::string& name : of_part) name += plain;
    if (open == std::string_view::npos) break;
    const std::size_t close = part.find(']', open);
    if (close == std::string_view::npos) return unreadable(list, "a [ is not closed");
    const auto texts = expand_ranges(list, part.substr(open + 1, close - open - 1), most);
    if (!texts) return fail(texts.error());
    if (of_part.size() * texts->size() > most) return too_many(list, most);
    std::vector<std::string> longer;
    for (const std::string& name : of_part) {
      for (const std::string& text : *texts) longer.push_back(name + text);
    }
    of_part = std::move(longer);
    part.remove_prefix(close + 1);
  }
  if (of_part.front().empty() || of_part.front().size() > longest_name) {
    return unreadable(list, "a name is missing or too long");
  }
  if (names.size() + of_part.size() > most) return too_many(list, most);
  std::move(of_part.begin(), of_part.end(), std::back_inserter(names));
  return {};
}

}  // namespace

Result<std::vector<std::string>> expand_nodes(std::string_view list, std::size_t most) {
  std::vector<std::string> names;
  std::size_t begin = 0, depth = 0;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    const char c = i < list.size() ? list[i] : ',';
    if (c == '[') ++depth;
    if (c == ']' && depth > 0) --depth;
    if (c != ',' || (depth > 0 && i < list.size())) continue;
    if (auto good = expand_part(list, list.substr(begin, i - begin), most, names); !good) {
      return fail(good.error());
    }
    begin = i + 1;
  }
  return names;
}

}  // namespace granary
