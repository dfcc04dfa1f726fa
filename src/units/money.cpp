#include "units/money.h"

#include <cassert>
#include <limits>

namespace granary {
namespace {
constexpr std::int64_t scale = 1'000'000;

std::string digits_of(Money m, bool grouped) {
  const bool negative = m.micros < 0;
  // Negating the smallest int64 overflows; as unsigned it is exact.
  const std::uint64_t size =
      negative ? 0 - static_cast<std::uint64_t>(m.micros) : static_cast<std::uint64_t>(m.micros);
  std::string whole = std::to_string(size / scale);
  if (grouped) {
    for (int i = static_cast<int>(whole.size()) - 3; i > 0; i -= 3) {
      whole.insert(static_cast<std::size_t>(i), ",");
    }
  }
  std::string decimals = std::to_string(size % scale + scale).substr(1);
  while (decimals.size() > 2 && decimals.back() == '0') decimals.pop_back();
  return (negative ? "-" : "") + whole + "." + decimals;
}
}  // namespace

Money operator+(Money a, Money b) {
  const auto sum = checked_add(a, b);
  assert(sum && "money overflow");
  return sum.value_or(Money{});
}

Money operator-(Money a, Money b) {
  std::int64_t difference = 0;
  const bool overflow = __builtin_sub_overflow(a.micros, b.micros, &difference);
  assert(!overflow && "money overflow");
  return overflow ? Money{} : Money{difference};
}

std::optional<Money> checked_add(Money a, Money b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a.micros, b.micros, &sum)) return std::nullopt;
  return Money{sum};
}

std::string to_text(Money m) { return digits_of(m, false); }
std::string to_grouped_text(Money m) { return digits_of(m, true); }

Result<Money> parse_money(std::string_view text) {
  const auto bad = [&] {
    return fail(Error::Kind::invalid, 1007,
                "\"" + std::string(text.substr(0, 40)) +
                    "\": write a plain amount with at most six decimals: 1000.50");
  };
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);
  const std::size_t dot = rest.find('.');
  const std::string_view whole = rest.substr(0, dot);
  const std::string_view decimals =
      dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
  if (whole.empty() || whole.size() > 13 || decimals.size() > 6) return bad();
  if (dot != std::string_view::npos && decimals.empty()) return bad();
  if (whole.size() > 1 && whole.front() == '0') return bad();
  Wide value = 0;
  for (const char c : whole) {
    if (c < '0' || c > '9') return bad();
    value = value * 10 + (c - '0');
  }
  for (std::size_t i = 0; i < 6; ++i) {
    const char c = i < decimals.size() ? decimals[i] : '0';
    if (c < '0' || c > '9') return bad();
    value = value * 10 + (c - '0');
  }
  if (negative) value = -value;
  if (value > std::numeric_limits<std::int64_t>::max()) return bad();
  if (value < std::numeric_limits<std::int64_t>::min()) return bad();
  return Money{static_cast<std::int64_t>(value)};
}

ChipTime ChipTime::of(std::int64_t shares, Span span) {
  assert(shares >= 0 && span.count() >= 0);
  std::int64_t product = 0;
  if (__builtin_mul_overflow(shares, std::int64_t{span.count()}, &product)) {
    product = std::numeric_limits<std::int64_t>::max();
  }
  return {product};
}

std::optional<Money> price_of(Rate rate, ChipTime use) {
  assert(rate.per_chip_hour.micros >= 0 && use.share_millis >= 0);
  constexpr Wide hour = 3'600'000'000;  // share-milliseconds in a chip-hour
  const Wide price =
      (2 * static_cast<Wide>(rate.per_chip_hour.micros) * use.share_millis + hour) / (2 * hour);
  if (price > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  return Money{static_cast<std::int64_t>(price)};
}

}  // namespace granary
