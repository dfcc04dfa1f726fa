#include "catalog/config_json.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "catalog/config_keys.h"
#include "catalog/printable.h"
#include "units/text.h"

namespace granary {
namespace {

constexpr int widest = 1'000'000;

// What an architecture says without a key. `tied`: the default of its tie_word_embeddings.
struct Architecture {
  std::string_view type;
  bool gated = true, tied = false, learned = false;
  bool four_times = false;   // the FFN is four times the hidden width where no key says so
  bool both_halves = false;  // the width of the FFN counts gate and value together
  int context = 0;           // where no key says so
};

constexpr Architecture architectures[] = {
    {"baichuan"},
    {"bloom", false, true, false, true},
    {"chatglm"},
    {"deepseek_v2"},
    {"deepseek_v3"},
    {"ernie4_5", true, true},
    {"ernie4_5_moe", true, true},
    {"falcon", false, true, false, true, false, 2048},
    {"gemma", true, true},
    {"gemma2", true, true},
    {"glm"},
    {"glm4"},
    {"glm4_moe"},
    {"gpt2", false, true, true, true},
    {"gpt_neox", false},
    {"hunyuan"},
    {"hunyuan_v1_dense"},
    {"hunyuan_v1_moe"},
    {"internlm"},
    {"internlm2"},
    {"internlm3"},
    {"kimi_k2"},
    {"llama"},
    {"mistral"},
    {"mixtral"},
    {"opt", false, true, true},
    {"phi3"},
    {"qwen", true, false, false, false, true},
    {"qwen2"},
    {"qwen2_moe"},
    {"qwen3"},
    {"qwen3_moe"},
    {"RefinedWeb", false, true, false, true, false, 2048},
    {"RefinedWebModel", false, true, false, true, false, 2048},
};

// Reads one configuration into one shape; the first thing that is wrong is kept in `keys`.
class Translation {
 public:
  explicit Translation(ConfigKeys& keys) : keys_(keys) {}

  ConfigModel model() {
    choose_architecture();
    sizes();
    attention();
    feed_forward();
    shape_.learned_positions = architecture_.learned;
    shape_.tied_embeddings = architecture_.tied;
    if (keys_.has("tie_word_embeddings")) {
      shape_.tied_embeddings = keys_.flag("tie_word_embeddings");
    } else if (architecture_.tied) {
      remarks_.push_back("Embeddings are tied, as is usual for this architecture.");
    }
    const int projection = keys_.whole_or({"word_embed_proj_dim"}, shape_.hidden, 1, widest);
    if (projection != shape_.hidden) {
      keys_.refuse(1094,
                   fmt::format("word_embed_proj_dim is {}, hidden_size {}: embeddings of "
                               "another width are not known.",
                               projection, shape_.hidden),
                   "write the model's document by hand: docs/CATALOG.md");
    }
    ConfigModel result;
    result.model.shape = {shape_, Standing::declared, "given"};
    result.remarks = std::move(remarks_);
    return result;
  }

 private:
  void choose_architecture() {
    const std::string type = keys_.text("model_type");
    const auto known = std::find_if(std::begin(architectures), std::end(architectures),
                                    [&](const Architecture& a) { return a.type == type; });
    if (known != std::end(architectures)) {
      architecture_ = *known;
      // The first ChatGLM has the key of its FFN's width under another name, and no gate.
      if (type == "chatglm" && keys_.has("inner_hidden_size")) architecture_.gated = false;
      return;
    }
    std::string act = keys_.text("hidden_act");
    if ((act == "silu" || act == "swiglu") && keys_.has("rms_norm_eps")) {
      remarks_.push_back(
          fmt::format("model_type {} is not known: read as a llama, by its {} and "
                      "RMS norm.",
                      type.empty() ? "(none)" : printable(type, 40), act));
      return;
    }
    std::vector<std::string> names;
    std::string all;
    for (const Architecture& each : architectures) {
      names.emplace_back(each.type);
      all += (all.empty() ? "" : ", ") + names.back();
    }
    const std::string near = nearest(type.substr(0, 40), names);
    keys_.refuse(1094,
                 fmt::format("model_type \"{}\" is not known.{}", printable(type, 40),
                             near.empty() ? "" : " Did you mean " + near + "?"),
                 "known: " + all);
  }

  void sizes() {
    shape_.layers = keys_.whole({"num_hidden_layers", "num_layers", "n_layer"}, 1, 10'000);
    shape_.hidden = keys_.whole({"hidden_size", "n_embd", "n_embed", "d_model"}, 1, widest);
    shape_.heads = keys_.whole({"num_attention_heads", "n_head"}, 1, 10'000);
    shape_.vocabulary = keys_.whole({"vocab_size", "padded_vocab_size"}, 1, 10'000'000);
    const Names context = {
        "max_position_embeddings", "max_sequence_length", "seq_length", "n_positions", "n_ctx",
        "model_max_length",        "max_seq_len"};
    constexpr int longest = 100'000'000;
    if (architecture_.context > 0 && !keys_.any(context)) {
      shape_.context = architecture_.context;
      remarks_.push_back(
          fmt::format("No key gives the context: {}, as is usual for this "
                      "architecture.",
                      shape_.context));
    } else {
      shape_.context = keys_.first_whole(context, 1, longest);
    }
  }

  void attention() {
    if (keys_.any({"kv_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim"})) {
      return latent_attention();
    }
    if (keys_.any({"head_dim", "kv_channels", "attention_head_dim"})) {
      shape_.head_width = keys_.whole({"head_dim", "kv_channels", "attention_head_dim"}, 1, 10'000);
    } else if (shape_.hidden % shape_.heads != 0) {
      keys_.refuse(1093,
                   fmt::format("hidden_size {} is not a multiple of its {} attention heads.",
                               shape_.hidden, shape_.heads),
                   "correct one of the two, or add head_dim");
    } else {
      shape_.head_width = shape_.hidden / shape_.heads;
    }
    shape_.kv_heads = key_value_heads();
    if (shape_.kv_heads > shape_.heads || shape_.heads % shape_.kv_heads != 0) {
      keys_.refuse(1093,
                   fmt::format("{} attention heads are not a multiple of {} heads with keys "
                               "and values.",
                               shape_.heads, shape_.kv_heads),
                   "correct num_attention_heads or num_key_value_heads");
    }
    shared_caches();
  }

  int key_value_heads() {
    constexpr int most = 10'000;
    if (keys_.has("multi_query_attention")) {  // ChatGLM2 and later
      if (!keys_.flag("multi_query_attention")) return shape_.heads;
      return keys_.whole({"multi_query_group_num"}, 1, most);
    }
    const bool falcon = architecture_.type == "falcon" || architecture_.type.starts_with("Refined");
    if (falcon && !keys_.has("n_head_kv") && !keys_.flag_or("new_decoder_architecture", false)) {
      return keys_.flag_or("multi_query", true) ? 1 : shape_.heads;
    }
    return keys_.whole_or({"num_key_value_heads", "num_kv_heads", "n_head_kv"}, shape_.heads, 1,
                          most);
  }

  void shared_caches() {
    if (!keys_.flag_or("use_cla", false)) return;
    shape_.layers_per_kv = keys_.whole({"cla_share_factor"}, 2, 1'000);
    if (shape_.layers % shape_.layers_per_kv != 0) {
      keys_.refuse(1093,
                   fmt::format("{} layers do not divide into groups of {} that share one "
                               "cache of keys and values.",
                               shape_.layers, shape_.layers_per_kv),
                   "correct num_hidden_layers or cla_share_factor");
    }
  }

  void latent_attention() {
    shape_.attention = Attention::latent;
    shape_.latent_width = keys_.whole({"kv_lora_rank"}, 1, widest);
    shape_.rope_width = keys_.whole({"qk_rope_head_dim"}, 1, widest);
    shape_.no_rope_width = keys_.whole({"qk_nope_head_dim"}, 1, widest);
    shape_.value_width = keys_.whole({"v_head_dim"}, 1, widest);
    shape_.query_latent = keys_.whole_or({"q_lora_rank"}, 0, 1, widest);
    shape_.head_width = shape_.no_rope_width + shape_.rope_width;
    shape_.kv_heads = shape_.heads;
  }

  void feed_forward() {
    shape_.gated_ffn = architecture_.gated;
    const Names expert_names = {"num_local_experts", "num_experts", "n_routed_experts",
                                "moe_num_experts"};
    const int experts = keys_.whole_or(expert_names, 0, 0, 100'000);
    if (experts > 1) {
      shape_.experts = experts;
      mixture();
    } else if (keys_.any({"num_experts_per_tok", "moe_k"}) && !keys_.any(expert_names)) {
      keys_.refuse(1093, "it says how many experts a token takes, and not how many there are.",
                   "add num_experts, or remove num_experts_per_tok");
    }
    if (shape_.experts > 0 && shape_.dense_layers == 0) return;
    const Names widths = {"intermediate_size", "ffn_hidden_size", "inner_hidden_size", "ffn_dim",
                          "n_inner"};
    if (architecture_.four_times && !keys_.any(widths)) {
      shape_.ffn = 4 * shape_.hidden;
      return;
    }
    shape_.ffn = keys_.whole(widths, 1, widest);
    if (!architecture_.both_halves) return;
    if (shape_.ffn % 2 != 0) {
      keys_.refuse(1093,
                   fmt::format("intermediate_size {} counts two halves and is odd.", shape_.ffn),
                   "correct intermediate_size");
    }
    shape_.ffn /= 2;
  }

  void mixture() {
    shape_.experts_per_token =
        keys_.whole({"num_experts_per_tok", "moe_topk", "moe_k"}, 1, 100'000);
    if (shape_.experts_per_token > shape_.experts) {
      keys_.refuse(
          1093,
          fmt::format("a token takes {} experts of {}.", shape_.experts_per_token, shape_.experts),
          "correct the number of experts or of those per token");
    }
    shape_.expert_ffn = keys_.any({"moe_intermediate_size"})
                            ? keys_.whole({"moe_intermediate_size"}, 1, widest)
                            : keys_.whole({"intermediate_size"}, 1, widest);
    shape_.shared_experts = keys_.whole_or(
        {"n_shared_experts", "num_shared_expert", "moe_num_shared_experts"}, 0, 0, 1'000);
    const int shared_width = keys_.whole_or({"shared_expert_intermediate_size"}, 0, 0, widest);
    if (shared_width > 0) {
      if (shared_width % shape_.expert_ffn != 0) {
        keys_.refuse(1094,
                     fmt::format("the shared expert is {} wide, no multiple of the {} of an "
                                 "expert.",
                                 shared_width, shape_.expert_ffn),
                     "write the model's document by hand: docs/CATALOG.md");
      }
      shape_.shared_experts = shared_width / shape_.expert_ffn;
    }
    shape_.dense_layers = dense_layers();
    if (shape_.dense_layers >= shape_.layers) {
      keys_.refuse(1093,
                   fmt::format("all {} layers have an ordinary FFN, and there are {} experts.",
                               shape_.layers, shape_.experts),
                   "correct first_k_dense_replace or the number of experts");
    }
  }

  // Layers with an ordinary FFN, wherever they lie: only their number counts.
  int dense_layers() {
    const int first = keys_.whole_or(
        {"first_k_dense_replace", "moe_layer_start_index", "moe_layer_num_skipped"}, 0, 0, 10'000);
    const int every = keys_.whole_or(
        {"decoder_sparse_step", "moe_layer_interval", "moe_layer_freq"}, 1, 1, 10'000);
    const int listed = keys_.length("mlp_only_layers");
    if (every > 1 && (first > 0 || listed > 0)) {
      keys_.refuse(1094, "layers with experts follow two rules at once.",
                   "write the model's document by hand: docs/CATALOG.md");
    }
    if (every == 1) return first + listed;
    const int dense = shape_.layers - shape_.layers / every;
    remarks_.push_back(fmt::format("One layer in {} has experts: {} have not.", every, dense));
    return dense;
  }

  ConfigKeys& keys_;
  Architecture architecture_;
  Shape shape_{};
  std::vector<std::string> remarks_;
};

// "meta-llama/Meta-Llama-3-8B" -> "Meta-Llama-3-8B".
std::string last_part(const std::string& path) {
  const std::size_t end = path.find_last_not_of('/');
  if (end == std::string::npos) return {};
  const std::size_t slash = path.find_last_of('/', end);
  return path.substr(slash + 1, end - slash);
}

std::string id_of(const std::string& name) {
  std::string id;
  for (const char c : name.substr(0, 64)) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.';
    id += upper ? static_cast<char>(c - 'A' + 'a') : plain ? c : '-';
  }
  return id;
}

void name_it(ConfigKeys& keys, const ModelNaming& naming, Model& model) {
  const std::string given = last_part(keys.text("_name_or_path"));
  model.id = naming.id.empty() ? id_of(given) : naming.id;
  model.name = !naming.name.empty() ? naming.name
               : given.empty()      ? model.id
                                    : printable(given, 100);
  if (model.id.empty()) {
    keys.refuse(1091, "_name_or_path is missing, so the model has no id.", "say --id my-model");
  } else if (model.id != id_of(model.id) || model.id.size() > 64) {
    keys.refuse(1092, fmt::format("\"{}\" is not an id.", printable(model.id, 70)),
                "use at most 64 lower-case letters, digits, '.' and '-'");
  }
}

void check_published(ConfigKeys& keys, const ModelNaming& naming, ConfigModel& result) {
  if (!naming.published) return;
  result.model.published_parameters = {*naming.published, Standing::declared, "given"};
  const double off = result.model.counted.total / *naming.published - 1;
  const double allowed = naming.exception.empty() ? 0.01 : 0.10;
  if (std::abs(off) > allowed) {
    keys.refuse(1095,
                fmt::format("{} parameters are published, the shape has {} ({:+.1f} %); at most "
                            "{:.0f} % may differ.",
                            count_text(*naming.published), count_text(result.model.counted.total),
                            100 * off, 100 * allowed),
                naming.exception.empty() ? "correct --published, or say why with --exception TEXT"
                                         : "one of the two is of another model");
  } else if (std::abs(off) > 0.01) {
    result.exception = naming.exception;
  }
}
}  // namespace

Result<ConfigModel> model_of_config(std::string_view json, const ModelNaming& naming) {
  Result<ConfigKeys> keys = ConfigKeys::parse(json);
  if (!keys) return fail(keys.error());
  ConfigModel result = Translation(*keys).model();
  name_it(*keys, naming, result.model);
  if (!keys->error()) {
    result.model.counted = count_parameters(result.model.shape.value);
    check_published(*keys, naming, result);
  }
  if (keys->error()) return fail(*keys->error());
  return result;
}

std::string model_document(const ConfigModel& config) {
  const Model& model = config.model;
  const Shape& s = model.shape.value;
  std::string text =
      fmt::format("id = \"{}\"\nname = {}\n", model.id, nlohmann::json(model.name).dump());
  if (model.published_parameters) {
    const auto& published = *model.published_parameters;
    text += fmt::format(
        "published_parameters.value = \"{}\"\n"
        "published_parameters.standing = \"{}\"\n"
        "published_parameters.source = \"{}\"\n",
        exact_count_text(published.value), to_text(published.standing), published.source);
    if (!config.exception.empty()) {
      text += fmt::format("published_parameters.exception = {}\n",
                          nlohmann::json(printable(config.exception, 300)).dump());
    }
  }
  text += "\n";
  for (const std::string& remark : config.remarks) text += "# " + remark + "\n";
  text += "[shape]\n";
  const auto line = [&](const char* key, int value) {
    text += fmt::format("{} = {}\n", key, value);
  };
  const auto flag = [&](const char* key, bool value) {
    text += fmt::format("{} = {}\n", key, value);
  };
  line("layers", s.layers), line("hidden", s.hidden), line("heads", s.heads);
  line("kv_heads", s.kv_heads), line("head_width", s.head_width);
  if (s.ffn > 0) line("ffn", s.ffn);
  flag("gated_ffn", s.gated_ffn);
  line("vocabulary", s.vocabulary), line("context", s.context);
  flag("tied_embeddings", s.tied_embeddings);
  if (s.learned_positions) flag("learned_positions", true);
  if (s.attention == Attention::latent) {
    text += "attention = \"latent\"\n";
    line("latent_width", s.latent_width), line("rope_width", s.rope_width);
    if (s.query_latent > 0) line("query_latent", s.query_latent);
    line("no_rope_width", s.no_rope_width), line("value_width", s.value_width);
  }
  if (s.experts > 0) {
    line("experts", s.experts), line("experts_per_token", s.experts_per_token);
    if (s.shared_experts > 0) line("shared_experts", s.shared_experts);
    line("expert_ffn", s.expert_ffn);
    if (s.dense_layers > 0) line("dense_layers", s.dense_layers);
  }
  if (s.layers_per_kv > 1) line("layers_per_kv", s.layers_per_kv);
  return text + fmt::format("standing = \"{}\"\nsource = \"{}\"\n", to_text(model.shape.standing),
                            model.shape.source);
}

}  // namespace granary
