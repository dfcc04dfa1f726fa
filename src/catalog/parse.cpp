// Documents -> Catalog: the kinds of document in the order in which they are read.
#include "catalog/parse.h"

#include <fmt/core.h>

#include "catalog/calibration_document.h"
#include "catalog/printable.h"

namespace granary {
namespace {
using Type = TomlNode::Type;

void read_sources(Reading& reading, const TomlNode& root, Catalog& into) {
  for (std::size_t i = 0; i < root.entries.size(); ++i) {
    const auto& [id, node] = root.entries[i];
    const std::uint32_t line = root.key_lines[i];
    if (node.type != Type::table) {
      reading.report(
          1026, line,
          fmt::format("\"{}\" must be a table, not {}.", printable(id), to_text(node.type)),
          fmt::format("write [{}] with what = \"...\" and read = true", printable(id)));
      return;
    }
    Reader reader(reading, node, printable(id) + ".", "a source", {"what", "read"});
    Source source{id, reader.text("what", "\"the paper, page or file\"", 500), reader.flag("read")};
    if (!into.sources.emplace(id, std::move(source)).second) {
      reading.report(1025, line, fmt::format("source \"{}\" is described twice.", printable(id)),
                     "keep one of the two");
    }
  }
}

using Read = void (*)(Reading&, const TomlNode&, Catalog&);

Result<void> read_document(const Document& document, Read read, Catalog& into) {
  const Result<TomlNode> root = parse_tree(document);
  if (!root) return fail(root.error());
  Reading reading{.document = document.name, .catalog = into};
  read(reading, *root, into);
  if (reading.error) return fail(*std::move(reading.error));
  return {};
}
}  // namespace

Result<Catalog> parse_catalog(std::span<const Document> documents) {
  struct Kind {
    std::string_view folder;
    Read read;
  };
  // In this order, because chips name sources, and rules and sites name chips.
  constexpr Kind kinds[] = {
      {"sources", read_sources}, {"chips/", read_chip}, {"calibrations/", read_calibration},
      {"models/", read_model},   {"rules/", read_rule}, {"sites/", read_site}};
  Catalog catalog;
  for (const Kind& kind : kinds) {
    for (const Document& document : documents) {
      const bool sources = document.name == "sources.toml" || document.name.starts_with("sources/");
      if (kind.folder == "sources" ? !sources : !document.name.starts_with(kind.folder)) continue;
      const Result<void> done = read_document(document, kind.read, catalog);
      if (!done) return fail(done.error());
    }
  }
  return catalog;
}

}  // namespace granary
