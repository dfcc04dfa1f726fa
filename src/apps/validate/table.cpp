// CSV files (RFC 4180) as rows by column name. A broken row costs itself, never the file.

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "apps/validate/validate.h"

namespace granary::validation {
namespace {

constexpr std::uintmax_t largest_file = std::uintmax_t{64} << 20U;
constexpr std::size_t most_rows = 1'000'000;
constexpr std::size_t longest_field = std::size_t{1} << 20U;  // a quote left open ends here

struct Record {
  std::size_t line = 0;
  std::vector<std::string> fields;
  std::string broken;  // why; empty: it is not

  bool blank() const { return broken.empty() && fields.size() == 1 && fields[0].empty(); }
};

class Records {
 public:
  explicit Records(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }

  bool more() const { return at_ < text_.size(); }

  Record next() {
    Record record{.line = line_, .fields = {}, .broken = {}};
    const std::size_t begin = at_, begin_line = line_;
    while (true) {
      std::string field;
      const char* const why = peek() == '"' ? quoted(field) : plain(field);
      if (why != nullptr) {
        record.broken = why;
        at_ = begin;
        line_ = begin_line;
        skip_line();
        return record;
      }
      record.fields.push_back(std::move(field));
      if (peek() == ',') {
        ++at_;
        continue;
      }
      skip_line();
      return record;
    }
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\n'; }
  bool at_end_of_field() const {
    const char c = peek();
    return c == ',' || c == '\n' ||
           (c == '\r' && (at_ + 1 >= text_.size() || text_[at_ + 1] == '\n'));
  }

  const char* plain(std::string& field) {
    const std::size_t begin = at_;
    while (!at_end_of_field()) {
      if (text_[at_] == '"') return "has a quote inside a field that does not begin with one";
      ++at_;
    }
    field.assign(text_.substr(begin, at_ - begin));
    return nullptr;
  }

  const char* quoted(std::string& field) {
    ++at_;
    while (at_ < text_.size() && field.size() < longest_field) {
      const char c = text_[at_++];
      if (c == '\n') ++line_;
      if (c != '"') {
        field += c;
      } else if (peek() == '"' && at_ < text_.size()) {
        field += '"';
        ++at_;
      } else {
        return at_end_of_field() ? nullptr : "has text after the end of a quoted field";
      }
    }
    return "opens a quote that is not closed";
  }

  void skip_line() {
    const std::size_t end = text_.find('\n', at_);
    at_ = end == std::string_view::npos ? text_.size() : end + 1;
    ++line_;
  }

  std::string_view text_;
  std::size_t at_ = 0, line_ = 1;
};

tl::unexpected<Error> refuse(const std::string& path, const std::string& why, std::string fix) {
  return fail(Error::Kind::invalid, 1080, path + " " + why, std::move(fix));
}

Result<void> check_header(const std::string& path, const std::vector<std::string>& header,
                          const std::vector<std::string>& needed) {
  std::set<std::string> names;
  for (const std::string& name : header) {
    if (!name.empty() && !names.insert(name).second) {
      return refuse(path, fmt::format("has the column {} twice.", name.substr(0, 60)),
                    "keep one of the two");
    }
  }
  std::string missing;
  for (const std::string& name : needed) {
    if (!names.contains(name)) missing += (missing.empty() ? "" : ", ") + name;
  }
  if (missing.empty()) return {};
  return refuse(path, "lacks the columns " + missing + ".",
                "name the columns in the first line; docs/VALIDATION.md lists them");
}

Result<std::string> read_file(const std::string& path) {
  std::error_code error;
  std::ifstream file;
  if (std::filesystem::is_regular_file(path, error)) file.open(path, std::ios::binary);
  if (!file.is_open()) return fail(Error::Kind::not_found, 2012, "There is no file " + path + ".");
  if (std::filesystem::file_size(path, error) > largest_file || error) {
    return refuse(path, "is longer than 64 MiB.", "validate it in parts");
  }
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::string Row::text(std::string_view column) const {
  const auto found = fields.find(column);
  return found == fields.end() ? std::string() : found->second;
}

std::optional<double> Row::number(std::string_view column) const {
  const auto found = fields.find(column);
  if (found == fields.end() || found->second.empty()) return std::nullopt;
  const std::string& text = found->second;
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

Result<Table> read_table(const std::string& path, const std::vector<std::string>& needed) {
  const auto text = read_file(path);
  if (!text) return fail(text.error());
  Records records(*text);
  if (!records.more()) return refuse(path, "is empty.", "its first line names the columns");
  const Record header = records.next();
  if (!header.broken.empty()) {
    return refuse(path, fmt::format("has no header: line 1 {}.", header.broken),
                  "its first line names the columns");
  }
  if (auto good = check_header(path, header.fields, needed); !good) return fail(good.error());
  Table table;
  const std::string name = std::filesystem::path(path).filename().string();
  while (records.more()) {
    Record record = records.next();
    if (record.blank()) continue;
    if (table.rows.size() + table.broken.size() == most_rows) {
      return refuse(path, "has more than 1000000 rows.", "validate it in parts");
    }
    if (record.broken.empty() && record.fields.size() != header.fields.size()) {
      record.broken =
          fmt::format("has {} fields, the header {}", record.fields.size(), header.fields.size());
    }
    if (!record.broken.empty()) {
      table.broken.push_back({name, fmt::format("line {} {}", record.line, record.broken)});
      continue;
    }
    Row row{.file = name, .line = record.line, .fields = {}};
    for (std::size_t i = 0; i < record.fields.size(); ++i) {
      if (!header.fields[i].empty() && !record.fields[i].empty()) {
        row.fields.emplace(header.fields[i], std::move(record.fields[i]));
      }
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace granary::validation
