// catalog: documents that users write or have written: chips check, models check, models add.
#include <fmt/core.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "apps/cli/catalog_figures.h"
#include "apps/cli/session.h"
#include "catalog/built_in.h"
#include "catalog/config_json.h"
#include "units/text.h"

namespace granary::cli {
namespace {

// The one document over the sources compiled in, and those of --sources.
Result<Catalog> read_one(const Session& session, const std::string& folder) {
  const auto file = only_word(session, "file");
  if (!file) return fail(file.error());
  const auto text = session.read_input(*file);
  if (!text) return fail(text.error());
  const std::string name = *file == "-" ? "stdin" : session.path_of(*file).filename().string();
  std::vector<Document> documents{{folder + "/" + name, *text}};
  for (const Document& each : built_in_documents()) {
    if (each.name.starts_with("sources")) documents.push_back(each);
  }
  if (session.arguments.has("sources")) {
    const auto own = session.read_input(session.arguments.text("sources"));
    if (!own) return fail(own.error());
    documents.push_back({"sources/own.toml", *own});
  }
  return parse_catalog(documents);
}

int report(Session& session, const std::string& kind, const std::string& id,
           const std::string& summary, const std::vector<std::string>& missing) {
  if (session.json) {
    return session.print_json({{"schema", "granary.check/1"},
                               {"kind", kind},
                               {"id", id},
                               {"ok", true},
                               {"missing", missing}});
  }
  session.print(fmt::format("ok: {} {} ({})\n", kind, plain(id), plain(summary)));
  for (const std::string& one : missing) session.print("  " + one + "\n");
  return 0;
}

// What is left out of a chip's document, and what follows.
std::vector<std::string> missing_of(const Chip& chip) {
  std::vector<std::string> all;
  const auto need = [&](bool there, const char* what) {
    if (!there) all.emplace_back(what);
  };
  const bool half = chip.dense.contains(Precision::fp16) || chip.dense.contains(Precision::bf16);
  need(chip.memory.has_value(), "no memory: nothing can be said to fit, so it yields no option");
  need(!chip.dense.empty(), "no compute rate: it may be held, and yields no option");
  need(chip.dense.empty() || half,
       "no fp16 or bf16 rate: yields no option for training in half precision");
  need(chip.memory_bandwidth.has_value(),
       "no memory_bandwidth: the time of decoding cannot be estimated");
  need(chip.link_bandwidth || chip.link_name,
       "no link: traffic goes by the host link; say link_name = \"none\" if there is none");
  need(chip.host_bandwidth.has_value(), "no host_bandwidth: layouts over several cards are unsure");
  need(chip.backends.has_value(), "no backends: no engine is known to run on it");
  need(!chip.family.empty(), "no family: it borrows no calibration, so its band is wide");
  need(chip.market.has_value(), "no class: rules that ask for it are undetermined");
  need(chip.die_mm2 && chip.process, "no die_area or process: rules on density are undetermined");
  return all;
}

Result<int> check_chip(Session& session) {
  const auto catalog = read_one(session, "chips");
  if (!catalog) return fail(catalog.error());
  const Chip& chip = catalog->chips.begin()->second;
  return report(session, "chip", chip.id,
                unread_of(figures_of(chip)) + " figures recalled or assumed", missing_of(chip));
}

Result<int> check_model(Session& session) {
  const auto catalog = read_one(session, "models");
  if (!catalog) return fail(catalog.error());
  const Model& model = catalog->models.begin()->second;
  std::vector<std::string> missing;
  if (!model.published_parameters) {
    missing.emplace_back("no published_parameters: the counted ones are checked against nothing");
  }
  return report(session, "model", model.id,
                count_text(model.counted.total) + " parameters stored, " +
                    count_text(model.counted.active) + " active",
                missing);
}

Result<void> write_new(const std::filesystem::path& path, const std::string& text) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    return fail(Error::Kind::conflict, 5004, plain(path.string()) + " exists already.",
                "name another file with --out, or remove it first");
  }
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (file.good()) return {};
  return fail(Error::Kind::unavailable, 7015, plain(path.string()) + " cannot be written.",
              "name a file in a folder where you may write");
}

Result<ModelNaming> naming_of(const Session& session) {
  const Arguments& given = session.arguments;
  ModelNaming naming{.id = given.text("id"),
                     .name = given.text("name"),
                     .published = {},
                     .exception = given.text("exception")};
  if (!given.has("published")) return naming;
  const auto count = parse_count(given.text("published"));
  if (!count) return fail(count.error());
  if (*count < 1e3 || *count > 1e15) {
    return fail(Error::Kind::invalid, 1005, "--published is outside 1k to 1000T.",
                "write --published 6.2B");
  }
  naming.published = *count;
  return naming;
}

Result<int> add_model(Session& session) {
  const auto json = session.read_input(session.arguments.text("from"));
  if (!json) return fail(json.error());
  const auto naming = naming_of(session);
  if (!naming) return fail(naming.error());
  const auto config = model_of_config(*json, *naming);
  if (!config) return fail(config.error());
  const std::string document = model_document(*config);
  const std::string id = config->model.id;
  std::vector<Document> all{{"models/" + id + ".toml", document}};
  for (const Document& each : built_in_documents()) {
    if (each.name.starts_with("sources")) all.push_back(each);
  }
  const auto read_back = parse_catalog(all);  // what is printed is what can be read
  if (!read_back) return fail(read_back.error());
  if (session.arguments.has("out") && !session.dry_run) {
    const auto written = write_new(session.path_of(session.arguments.text("out")), document);
    if (!written) return fail(written.error());
  }
  const Parameters& counted = config->model.counted;
  if (session.json) {
    return session.print_json(
        {{"schema", "granary.model_document/1"},
         {"id", id},
         {"parameters",
          {{"total", counted.total}, {"active", counted.active}, {"flops", counted.flops}}},
         {"remarks", config->remarks},
         {"document", document}});
  }
  if (!session.arguments.has("out")) session.print(document);
  for (const std::string& remark : config->remarks) session.say("  note: " + remark + "\n");
  session.say(fmt::format("{}: {} parameters stored, {} active a token{}.\n", id,
                          count_text(counted.total), count_text(counted.active),
                          naming->published ? ", within 1 % of the published count or excused"
                                            : "; --published COUNT checks them"));
  return 0;
}

}  // namespace

std::vector<Verb> catalog_add_verbs() {
  const std::vector<Flag> sources = {{"sources", "FILE", "its sources, besides those compiled in"}};
  const std::vector<Flag> add = {
      {"from", "FILE", "config.json as Hugging Face keeps it; - for stdin", false, true},
      {"id", "ID", "of the model; else from _name_or_path"},
      {"name", "NAME", "for people"},
      {"published", "COUNT", "parameters as published: the shape must give them within 1 %"},
      {"exception", "TEXT", "why they differ by more"},
      {"out", "FILE", "write the document here; an existing file is kept"}};
  return {{"catalog chips check", "FILE", "read a chip's document and say what it lacks", sources,
           check_chip},
          {"catalog models check", "FILE", "read a model's document and count its parameters",
           sources, check_model},
          {"catalog models add", "", "a model's document from its config.json", add, add_model},
          {"catalog add model", "", "the same", add, add_model}};
}

}  // namespace granary::cli
