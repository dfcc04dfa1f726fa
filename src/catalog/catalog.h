#pragma once
// What chips, models, export rules and sites are: facts read from TOML documents, each with its
// source and standing. Unknown is left out of a file and absent here; it is never zero.
//
// A document is one file's name and text. Nothing here opens files: the caller reads them, or takes
// the ones compiled into the program (catalog/built_in.h).

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/calibration.h"
#include "catalog/chip.h"
#include "catalog/facts.h"
#include "catalog/rule.h"
#include "catalog/tariff.h"
#include "units/money.h"
#include "units/quantity.h"
#include "units/result.h"

namespace granary {

enum class Attention { full, latent };  // latent: multi-head latent attention (MLA)

// The shape of a decoder-only transformer: enough to count its parameters and its work.
struct Shape {
  int layers = 0, hidden = 0, heads = 0, kv_heads = 0, head_width = 0, ffn = 0;
  bool gated_ffn = false;  // three matrices instead of two
  int vocabulary = 0, context = 0;
  bool tied_embeddings = false;  // the output head is the input embedding
  bool learned_positions = false;
  Attention attention = Attention::full;
  int latent_width = 0, rope_width = 0;                      // MLA: what a layer caches per token
  int query_latent = 0, no_rope_width = 0, value_width = 0;  // MLA: for counting parameters
  int experts = 0, experts_per_token = 0, shared_experts = 0, expert_ffn = 0;  // 0: dense
  int dense_layers = 0;   // of a mixture: layers with an ordinary FFN first
  int layers_per_kv = 1;  // layers that share one KV cache
};

// Three counts, never one.
struct Parameters {
  double total = 0;   // what must be stored
  double active = 0;  // what one token touches, embeddings included
  double flops = 0;   // what multiplies: no input embedding, the output head once even if tied
};

struct Model {
  std::string id;    // "glm-130b"
  std::string name;  // "GLM-130B"
  Fact<Shape> shape;
  std::optional<Fact<double>> published_parameters;
  Parameters counted;  // from the shape; checked against published_parameters at load
};

// What runs the jobs of a site. followed: its own queue; what it runs is read off it and charged,
// and nothing is launched there. slurm: its Slurm, by our orders.
enum class Runner { local, simulated, followed, slurm };

// One kind of chip at one site. Nodes are equal machines.
struct PoolFacts {
  std::string chip;  // id of a Chip
  int nodes = 0;
  int chips_per_node = 0;
  Rate rate;  // per chip-hour, in the site's asset, where no row of the tariff matches
  bool replaceable = true;  // false: what breaks cannot be bought again; declared by the operator
  // Since when the chips are held, "2022-09", and from where; empty: the operator does not say.
  std::string held_since = {}, held_from = {};
  // What joins the nodes: of one node, one direction, shared by its chips. 0: not declared, then
  // what is usual for the chip.
  BytesPerSecond fabric{};
  std::vector<TariffRow> tariff = {};
  // Of a followed or Slurm site: what it calls the chips (GRES gpu:<type>) and the nodes.
  std::string gres = {};
  std::vector<std::string> node_names = {};
};

// Who pays for what an account of a followed site runs. Of an account that is not named, the tenant
// of its own name, for the purpose "run".
struct SiteAccount {
  std::string account, tenant, team, purpose;
};

struct Site {
  std::string id, name;
  std::string operated_by;  // who runs it and is paid for it; its own id unless declared
  Runner runner = Runner::local;
  std::string asset = "CNY";
  Standing standing = Standing::declared;  // of the site's figures: `assumed` for invented ones
  std::string source;
  Span free_if_failed = {};  // of a program that fails, once a day for each tenant; zero: nothing
  std::string cluster = {};  // of a followed or Slurm site: its ClusterName
  std::vector<SiteAccount> accounts = {};  // of a followed site
  // Of a Slurm site: as whom and where our jobs are submitted; empty: its defaults.
  std::string account = {}, partition = {};
  std::vector<PoolFacts> pools;
};

struct Document {
  std::string name;  // "chips/a800-sxm-80.toml": the folder says what it describes
  std::string text;
};

struct Catalog {
  std::map<std::string, Source> sources;
  std::map<std::string, Chip> chips;
  std::map<std::string, Calibration> calibrations;  // by chip or family
  std::map<std::string, Model> models;
  std::map<std::string, Rule> rules;
  std::map<std::string, Site> sites;
};

// Reads documents of the folders sources, chips, calibrations, models, rules and sites; others
// (programmes) are not looked at. Errors name file, line and fix: unknown key, missing source or
// standing, wrong unit, duplicate id, an unknown chip in a site (G1020..G1029, kind invalid); a
// model whose counted parameters are off the published ones by more than 1 % without a reason
// (G1027).
Result<Catalog> parse_catalog(std::span<const Document>);

// G2001 / G2002 / G2004 / G2017 with the nearest known name.
Result<const Model*> find_model(const Catalog&, std::string_view id);
Result<const Chip*> find_chip(const Catalog&, std::string_view id);
Result<const Site*> find_site(const Catalog&, std::string_view id);
Result<const Rule*> find_rule(const Catalog&, std::string_view id);

// Parameters of a shape (notes: attention, FFN or experts, norms, embeddings, positions).
Parameters count_parameters(const Shape&);

std::string to_text(Precision);
std::string to_text(Standing);
std::string to_text(Runner);
std::optional<Precision> parse_precision(std::string_view);

}  // namespace granary
