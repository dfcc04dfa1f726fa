#pragma once
// For tests: tables of a survey that may lie beside the sources; tests that need them skip without.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace granary::testing {

inline std::optional<std::filesystem::path> source_folder() {
  const char* const folder = std::getenv("GRANARY_SOURCE");
  if (folder == nullptr || *folder == '\0') return std::nullopt;
  return std::filesystem::path(folder);
}

using Row = std::map<std::string, std::string>;

// A CSV file with quoted fields, by its column `id`; empty when the file is absent.
inline std::map<std::string, Row> survey(const std::string& name) {
  std::map<std::string, Row> rows;
  const auto folder = source_folder();
  if (!folder) return rows;
  std::ifstream file(*folder / "../shared/data/catalog" / name);
  std::vector<std::string> header;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> fields{""};
    bool quoted = false;
    for (const char c : line) {
      if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        fields.emplace_back();
      } else if (c != '\r') {
        fields.back() += c;
      }
    }
    if (header.empty()) {
      header = fields;
      continue;
    }
    Row row;
    for (std::size_t i = 0; i < header.size() && i < fields.size(); ++i) row[header[i]] = fields[i];
    rows[row["id"]] = row;
  }
  return rows;
}

}  // namespace granary::testing
