#pragma once
// One reader per kind of document: what it must say goes into the catalogue, what is wrong with it
// into the Reading. parse.cpp holds the table of kinds.

#include <fmt/core.h>

#include <map>
#include <string>
#include <string_view>

#include "catalog/catalog.h"
#include "catalog/reader.h"
#include "catalog/toml_tree.h"

namespace granary {

void read_chip(Reading&, const TomlNode& root, Catalog& into);
void read_model(Reading&, const TomlNode& root, Catalog& into);
void read_rule(Reading&, const TomlNode& root, Catalog& into);
void read_site(Reading&, const TomlNode& root, Catalog& into);

// Adds what was read, unless something was wrong with it or its id is taken (G1025).
template <class T>
void keep(Reading& reading, Reader& reader, T value, std::map<std::string, T>& into,
          std::string_view noun) {
  if (reading.error) return;
  const std::string id = value.id;
  if (!into.emplace(id, std::move(value)).second) {
    reader.report(1025, "id", fmt::format("{} \"{}\" is described twice.", noun, id),
                  "give it another id, or remove one of the two files");
  }
}

}  // namespace granary
