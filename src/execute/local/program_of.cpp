#include "execute/local/program_of.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace granary {

namespace {

constexpr std::string_view safe_path = "/usr/local/bin:/usr/bin:/bin";

tl::unexpected<Error> unusable(const Launch& launch, const std::string& what,
                               std::string fix = {}) {
  return fail(Error::Kind::invalid, 1060, to_text(launch.job) + " cannot be launched: " + what,
              std::move(fix));
}

// What execve and launch.json can carry.
bool is_plain_text(const std::string& text) {
  if (text.find('\0') != std::string::npos) return false;
  try {
    nlohmann::json(text).dump();
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;  // not UTF-8
  }
}

bool is_variable_name(const std::string& name) {
  const auto letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9');
  });
}

bool is_ours(const std::string& name) {
  static const std::set<std::string> fixed{"PATH", "HOME", "CUDA_VISIBLE_DEVICES"};
  return fixed.count(name) > 0 || name.starts_with("GRANARY_");
}

bool is_executable_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

Result<std::string> find_program(const Launch& launch, const std::vector<std::string>& folders) {
  const std::string& name = launch.recipe.argv[0];
  if (name[0] != '/' && name.find('/') != std::string::npos) {
    return unusable(launch, "the program \"" + name + "\" is neither a plain name nor absolute.",
                    "write its whole path, from /");
  }
  std::vector<std::string> candidates;
  if (name[0] == '/') {
    candidates.push_back(name);
  } else {
    for (const std::string& folder : folders) candidates.push_back(folder + "/" + name);
    for (const std::string_view folder : {"/usr/local/bin/", "/usr/bin/", "/bin/"}) {
      candidates.push_back(std::string(folder) + name);
    }
  }
  for (const std::string& candidate : candidates) {
    if (is_executable_file(candidate)) return candidate;
  }
  if (name[0] == '/' && ::access(name.c_str(), F_OK) == 0) {
    return unusable(launch, "\"" + name + "\" is not a file that may be executed.",
                    "chmod +x it, or name the program that runs it");
  }
  return fail(Error::Kind::not_found, 2010,
              to_text(launch.job) + " cannot be launched: there is no program \"" + name +
                  (name[0] == '/' ? "\"." : "\" in the program folders."));
}

Result<void> check_recipe(const Launch& launch) {
  const Recipe& recipe = launch.recipe;
  if (recipe.argv.empty() || recipe.argv[0].empty()) {
    return unusable(launch, "its recipe names no program.");
  }
  std::vector<std::string> texts = recipe.argv;
  for (const auto& [name, value] : recipe.environment) {
    if (!is_variable_name(name)) {
      return unusable(launch, "\"" + name.substr(0, 64) + "\" is not a name of a variable.");
    }
    if (is_ours(name)) {
      return unusable(launch, "the variable " + name + " is set by the executor.");
    }
    texts.push_back(value);
  }
  texts.insert(texts.end(), {recipe.data, recipe.checkpoint, recipe.health, launch.resume});
  if (!std::all_of(texts.begin(), texts.end(), is_plain_text)) {
    return unusable(launch, "a text of its recipe holds a zero byte or is not UTF-8.");
  }
  if (!recipe.checkpoint.empty() && recipe.checkpoint[0] != '/') {
    return unusable(launch, "its checkpoint folder \"" + recipe.checkpoint + "\" is not absolute.");
  }
  const auto visible = [](char c) { return c > ' ' && c < 0x7f; };
  if (!recipe.health.empty() &&
      (recipe.health[0] != '/' ||
       !std::all_of(recipe.health.begin(), recipe.health.end(), visible))) {
    return unusable(launch, "its health path \"" + recipe.health + "\" is not like \"/health\".");
  }
  return {};
}

Result<void> check_nodes(const Launch& launch) {
  std::set<std::string> nodes;
  for (const auto& [node, held] : launch.held) nodes.insert(node);
  if (nodes.size() <= 1) return {};
  return fail(Error::Kind::refused, 4041,
              fmt::format("{} holds chips on {} nodes of {}, {} and {} among them; a local run is "
                          "one process on one node.",
                          to_text(launch.job), nodes.size(), launch.pool, *nodes.begin(),
                          *std::next(nodes.begin())));
}

std::map<std::string, std::string> environment_of(const Launch& launch, const Places& places) {
  const Recipe& recipe = launch.recipe;
  std::string chips, nodes;
  std::set<std::string> named;
  for (const auto& [node, held] : launch.held) {
    if (node == launch.held[0].first) {
      chips += (chips.empty() ? "" : ",") + std::to_string(held.chip);
    }
    if (named.insert(node).second) nodes += (nodes.empty() ? "" : ",") + node;
  }
  std::map<std::string, std::string> all = recipe.environment;
  all.emplace("LANG", "C.UTF-8");  // the recipe may choose another
  all["PATH"] = safe_path;
  all["HOME"] = places.attempt_folder + "/work";
  all["CUDA_VISIBLE_DEVICES"] = chips;
  all["GRANARY_JOB"] = to_text(launch.job);
  all["GRANARY_ATTEMPT"] = std::to_string(launch.attempt);
  all["GRANARY_POOL"] = launch.pool;
  all["GRANARY_NODES"] = nodes;
  all["GRANARY_VISIBLE_CHIPS"] = chips;
  all["GRANARY_CHIPS"] = std::to_string(launch.wanted.chips);
  all["GRANARY_SHARE"] = std::to_string(launch.wanted.share);
  all["GRANARY_LAYOUT"] = to_text(launch.layout);
  all["GRANARY_DATA_PARALLEL"] = std::to_string(launch.layout.data);
  all["GRANARY_TENSOR_PARALLEL"] = std::to_string(launch.layout.tensor);
  all["GRANARY_PIPELINE_PARALLEL"] = std::to_string(launch.layout.pipeline);
  all["GRANARY_CONTEXT_PARALLEL"] = std::to_string(launch.layout.context);
  all["GRANARY_EXPERT_PARALLEL"] = std::to_string(launch.layout.expert);
  all["GRANARY_INTERLEAVE"] = std::to_string(launch.layout.interleave);
  all["GRANARY_SEQUENCE_PARALLEL"] = launch.layout.sequence_parallel ? "1" : "0";
  all["GRANARY_RECOMPUTE"] = to_text(launch.layout.recompute);
  all["GRANARY_SHARDING"] = to_text(launch.layout.sharding);
  all["GRANARY_PRECISION"] = to_text(launch.layout.precision);
  all["GRANARY_MICRO_BATCH"] = std::to_string(launch.layout.micro_batch);
  all["GRANARY_WEIGHTS"] = to_text(launch.layout.weights);
  all["GRANARY_RANK"] = "0";
  all["GRANARY_WORLD_SIZE"] = std::to_string(std::max<std::size_t>(named.size(), 1));
  all["GRANARY_PROGRESS"] = places.attempt_folder + "/progress.jsonl";
  all["GRANARY_CHECKPOINT"] =
      recipe.checkpoint.empty() ? places.job_folder + "/checkpoints" : recipe.checkpoint;
  if (recipe.checkpoint_every > Span{}) {
    all["GRANARY_CHECKPOINT_EVERY"] =
        fmt::format("{:g}", static_cast<double>(recipe.checkpoint_every.count()) / 1000.0);
  }
  all["GRANARY_RESUME"] = launch.resume;
  all["GRANARY_DATA"] = recipe.data;
  if (launch.service) all["GRANARY_PORT"] = "0";
  return all;
}

}  // namespace

Result<Program> program_of(const Launch& launch, const Places& places) {
  if (const auto good = check_recipe(launch); !good) return fail(good.error());
  if (const auto good = check_nodes(launch); !good && !places.several_nodes) {
    return fail(good.error());
  }
  auto path = find_program(launch, places.program_folders);
  if (!path) return fail(path.error());
  Program program;
  program.path = std::move(*path);
  program.argv = launch.recipe.argv;
  program.environment = environment_of(launch, places);
  program.folder = places.attempt_folder + "/work";
  program.service = launch.service;
  program.health = launch.recipe.health;
  program.launched = real_now();
  return program;
}

}  // namespace granary
