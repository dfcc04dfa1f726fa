#include "apps/cli/report_table.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "apps/cli/csv.h"

namespace granary::cli {
namespace {
using Kind = ReportColumn::Kind;

std::string asset_of(const ReportTable& table, const Json& line) {
  for (const ReportColumn& column : table.columns) {
    if (column.kind == Kind::money && line.contains(column.key)) {
      return text_in(line.at(column.key), "asset");
    }
  }
  return "";
}

bool has_money(const ReportTable& table) {
  for (const ReportColumn& column : table.columns) {
    if (column.kind == Kind::money) return true;
  }
  return false;
}

std::string hours(double chip_hours) {
  std::string text = fmt::format("{:.2f}", chip_hours);
  const bool negative = text.front() == '-';
  for (int i = static_cast<int>(text.size()) - 6; i > (negative ? 1 : 0); i -= 3) {
    text.insert(static_cast<std::size_t>(i), ",");
  }
  return text;
}

std::string shown(const ReportColumn& column, const Json& line) {
  if (!line.contains(column.key)) return "-";
  const Json& value = line.at(column.key);
  switch (column.kind) {
    case Kind::money:
      return exact_amount(value);
    case Kind::chip_time:
      return hours(number_in(value, "chip_hours"));
    case Kind::count:
      return grouped(value.get<std::int64_t>());
    case Kind::text:
      break;
  }
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "NO";
  return plain(value.get<std::string>());
}

std::string cell_of(const ReportColumn& column, const Json& line) {
  if (!line.contains(column.key)) return "";
  const Json& value = line.at(column.key);
  switch (column.kind) {
    case Kind::money:
      return csv_number(text_in(value, "amount"));
    case Kind::chip_time:
      return csv_number(value.at("share_ms").dump()) + "," +
             csv_number(value.at("chip_hours").dump());
    case Kind::count:
      return csv_number(value.dump());
    case Kind::text:
      break;
  }
  return value.is_string() ? csv_text(value.get<std::string>()) : csv_number(value.dump());
}

}  // namespace

Table table_for_people(const ReportTable& table, const Json& answer) {
  std::vector<Table::Column> heads;
  for (const ReportColumn& column : table.columns) {
    heads.push_back({column.head, column.kind == Kind::text ? Align::left : Align::right,
                     column.kind == Kind::text});
  }
  if (has_money(table)) heads.push_back({"IN"});
  Table made(std::move(heads));
  for (const Json& line : answer.value(table.key, Json::array())) {
    std::vector<Table::Cell> cells;
    for (const ReportColumn& column : table.columns) cells.emplace_back(shown(column, line));
    if (has_money(table)) {
      const std::string asset = plain(asset_of(table, line));
      cells.emplace_back(asset.empty() ? "-" : asset);
    }
    made.add(std::move(cells));
  }
  return made;
}

std::string csv_of(const ReportTable& table, const Json& answer) {
  std::vector<std::string> heads;
  for (const ReportColumn& column : table.columns) {
    if (column.kind == Kind::chip_time) {
      heads.push_back(std::string(column.key) + "_share_ms");
      heads.push_back(std::string(column.key) + "_chip_hours");
    } else {
      heads.emplace_back(column.key);
    }
  }
  if (has_money(table)) heads.emplace_back("asset");
  std::string text = csv_line(heads);
  for (const Json& line : answer.value(table.key, Json::array())) {
    std::vector<std::string> cells;
    for (const ReportColumn& column : table.columns) {
      const bool absent = column.kind == Kind::chip_time && !line.contains(column.key);
      cells.push_back(absent ? "," : cell_of(column, line));
    }
    if (has_money(table)) cells.push_back(csv_text(asset_of(table, line)));
    text += csv_line(cells);
  }
  return text;
}

}  // namespace granary::cli
