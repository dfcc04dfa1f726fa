#include "units/time.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace granary {
namespace {
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Reads exactly `digits` digits at the front of `text` and drops them.
bool take_number(std::string_view& text, std::size_t digits, int& value) {
  if (text.size() < digits) return false;
  value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// "+08", "+08:00", "-05:30": what local time is ahead of UTC.
std::optional<minutes> parse_offset(std::string_view text) {
  int ahead_hours = 0, ahead_minutes = 0;
  const bool east = text.starts_with('+');
  if (!east && !text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  if (!take_number(text, 2, ahead_hours)) return std::nullopt;
  if (!text.empty() && (!take(text, ':') || !take_number(text, 2, ahead_minutes))) {
    return std::nullopt;
  }
  if (!text.empty() || ahead_hours > 14 || ahead_minutes > 59) return std::nullopt;
  const minutes ahead = hours(ahead_hours) + minutes(ahead_minutes);
  return east ? ahead : -ahead;
}

struct Unit {
  std::string_view name;
  Span span;
};
constexpr std::array<Unit, 7> span_units{{{"ms", Span(1)},
                                          {"s", seconds(1)},
                                          {"min", minutes(1)},
                                          {"m", minutes(1)},
                                          {"h", hours(1)},
                                          {"d", hours(24)},
                                          {"w", hours(24 * 7)}}};
}  // namespace

Span to_span(Seconds s) {
  const double millis = std::ceil(s.base() * 1e3);
  if (!(millis < static_cast<double>(max_span.count()))) return max_span;
  return Span(static_cast<std::int64_t>(millis));
}

std::string to_text(Instant t) {
  const auto day = std::chrono::floor<days>(t);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(t - day);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (clock.subseconds().count() != 0) text += fmt::format(".{:03}", clock.subseconds().count());
  return text + "Z";
}

Result<Instant> parse_instant(std::string_view text) {
  const auto bad = [&] {
    return fail(Error::Kind::invalid, 1012,
                "\"" + std::string(text.substr(0, 40)) +
                    "\" is not a date or time: write 2027-06-30 or 2026-12-08T06:00+08:00.");
  };
  std::string_view rest = text;
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, milli = 0;
  if (!take_number(rest, 4, year) || !take(rest, '-') || !take_number(rest, 2, month) ||
      !take(rest, '-') || !take_number(rest, 2, day)) {
    return bad();
  }
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok() || year < 1970) return bad();
  Instant at = std::chrono::sys_days(date);
  if (rest.empty()) return at;
  if (!take(rest, 'T') || !take_number(rest, 2, hour) || !take(rest, ':') ||
      !take_number(rest, 2, minute)) {
    return bad();
  }
  if (take(rest, ':')) {
    if (!take_number(rest, 2, second)) return bad();
    if (take(rest, '.')) {
      std::size_t digits = 0;
      while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9') ++digits;
      if (digits == 0 || digits > 3) return bad();
      take_number(rest, digits, milli);
      for (; digits < 3; ++digits) milli *= 10;
    }
  }
  if (hour > 23 || minute > 59 || second > 59) return bad();
  at += hours(hour) + minutes(minute) + seconds(second) + Span(milli);
  if (rest == "Z") return at;
  const auto offset = parse_offset(rest);
  if (!offset) return bad();
  at -= *offset;
  // What cannot be written back in four digits of a year after 1969 is not read either.
  if (at < Instant{} || at >= std::chrono::sys_days(std::chrono::year(10000) / 1 / 1)) return bad();
  return at;
}

std::string to_text(Span span) {
  const double s = static_cast<double>(span.count()) / 1e3;
  const auto print = [](double value, const char* unit) {
    std::string number = fmt::format("{:.1f}", value);
    if (number.ends_with(".0")) number.resize(number.size() - 2);
    return number + " " + unit;
  };
  const double size = std::abs(s);
  if (size >= 2 * 86400) return print(s / 86400, "d");
  if (size >= 2 * 3600) return print(s / 3600, "h");
  if (size >= 2 * 60) return print(s / 60, "min");
  if (size >= 1 || span.count() == 0) return print(s, "s");
  return print(s * 1e3, "ms");
}

Result<Span> parse_span(std::string_view text) {
  const auto bad = [&] {
    return fail(Error::Kind::invalid, 1013,
                "\"" + std::string(text.substr(0, 40)) +
                    "\" is not a duration: write a number and one of ms, s, min, h, d, w: 30 min");
  };
  double number = 0;
  const auto [stop, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(number) || number < 0) return bad();
  std::string_view unit(stop, static_cast<std::size_t>(text.data() + text.size() - stop));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const Unit& u : span_units) {
    if (u.name != unit) continue;
    const double millis = std::round(number * static_cast<double>(u.span.count()));
    if (millis > static_cast<double>(max_span.count())) return bad();
    return Span(static_cast<std::int64_t>(millis));
  }
  return bad();
}

}  // namespace granary
