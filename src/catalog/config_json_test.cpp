#include "catalog/config_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "catalog/built_in.h"
#include "catalog/printable.h"

namespace granary {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const Catalog& built_in() {
  static const Result<Catalog> catalog = parse_catalog(built_in_documents());
  if (!catalog) {
    ADD_FAILURE() << catalog.error().what;
    std::abort();
  }
  return *catalog;
}

Result<ConfigModel> read(const std::string& json) { return model_of_config(json, {.id = "m"}); }

ConfigModel sound(const std::string& json) {
  const Result<ConfigModel> model = read(json);
  if (model) return *model;
  ADD_FAILURE() << model.error().what << " fix: " << model.error().fix;
  return {};
}

// The document is read back as the same shape, by the reader of every other model.
Model read_back(const ConfigModel& config) {
  std::vector<Document> documents{{"models/m.toml", model_document(config)}};
  for (const Document& each : built_in_documents()) {
    if (each.name.starts_with("sources")) documents.push_back(each);
  }
  const Result<Catalog> catalog = parse_catalog(documents);
  if (catalog) return catalog->models.begin()->second;
  ADD_FAILURE() << catalog.error().what << "\n" << documents.front().text;
  return {};
}

void expect_counts_of(const char* id, const std::string& json) {
  SCOPED_TRACE(id);
  const ConfigModel config = sound(json);
  const Model& known = built_in().models.at(id);
  for (const Parameters& counted : {config.model.counted, read_back(config).counted}) {
    EXPECT_EQ(counted.total, known.counted.total);
    EXPECT_EQ(counted.active, known.counted.active);
    EXPECT_EQ(counted.flops, known.counted.flops);
  }
  EXPECT_EQ(config.model.shape.value.context, known.shape.value.context);
  EXPECT_EQ(config.model.shape.value.layers_per_kv, known.shape.value.layers_per_kv);
}

const std::string llama3_8b = R"({"architectures": ["LlamaForCausalLM"], "model_type": "llama",
  "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 14336,
  "max_position_embeddings": 8192, "num_attention_heads": 32, "num_hidden_layers": 32,
  "num_key_value_heads": 8, "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_theta": 500000.0,
  "tie_word_embeddings": false, "vocab_size": 128256, "rope_scaling": null})";

const std::string deepseek_v3 = R"({"model_type": "deepseek_v3", "first_k_dense_replace": 3,
  "hidden_size": 7168, "intermediate_size": 18432, "kv_lora_rank": 512, "q_lora_rank": 1536,
  "max_position_embeddings": 131072, "moe_intermediate_size": 2048, "moe_layer_freq": 1,
  "n_routed_experts": 256, "n_shared_experts": 1, "num_attention_heads": 128,
  "num_experts_per_tok": 8, "num_hidden_layers": 61, "num_key_value_heads": 128,
  "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "tie_word_embeddings": false,
  "v_head_dim": 128, "vocab_size": 129280})";

const std::string hunyuan_large = R"({"model_type": "hunyuan", "attention_head_dim": 80,
  "cla_share_factor": 2, "hidden_size": 6400, "intermediate_size": 18304,
  "max_position_embeddings": 262144, "moe_topk": 1, "num_attention_heads": 80, "num_experts": 16,
  "num_hidden_layers": 64, "num_key_value_heads": 8, "num_shared_expert": 1,
  "tie_word_embeddings": true, "use_cla": true, "use_mixed_mlp_moe": true, "vocab_size": 128512})";

std::string replaced(std::string json, const std::string& from, const std::string& to) {
  const std::size_t at = json.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? json : json.replace(at, from.size(), to);
}

TEST(ConfigJson, GivesTheCountsOfTheCatalogueForDenseModels) {
  expect_counts_of("llama3-8b", llama3_8b);
  expect_counts_of("qwen2.5-7b", R"({"model_type": "qwen2", "hidden_size": 3584,
    "intermediate_size": 18944, "max_position_embeddings": 131072, "num_attention_heads": 28,
    "num_hidden_layers": 28, "num_key_value_heads": 4, "use_sliding_window": false,
    "tie_word_embeddings": false, "vocab_size": 152064})");
  expect_counts_of("qwen3-0.6b", R"({"model_type": "qwen3", "head_dim": 128, "hidden_size": 1024,
    "intermediate_size": 3072, "max_position_embeddings": 40960, "num_attention_heads": 16,
    "num_hidden_layers": 28, "num_key_value_heads": 8, "tie_word_embeddings": true,
    "vocab_size": 151936})");
  expect_counts_of("qwen-7b", R"({"model_type": "qwen", "hidden_size": 4096, "kv_channels": 128,
    "intermediate_size": 22016, "num_attention_heads": 32, "num_hidden_layers": 32,
    "seq_length": 8192, "tie_word_embeddings": false, "vocab_size": 151936})");
  expect_counts_of("baichuan2-13b", R"({"model_type": "baichuan", "hidden_size": 5120,
    "intermediate_size": 13696, "model_max_length": 4096, "num_attention_heads": 40,
    "num_hidden_layers": 40, "vocab_size": 125696, "tie_word_embeddings": false})");
  expect_counts_of("opt-175b", R"({"model_type": "opt", "hidden_size": 12288, "ffn_dim": 49152,
    "max_position_embeddings": 2048, "num_attention_heads": 96, "num_hidden_layers": 96,
    "vocab_size": 50272, "word_embed_proj_dim": 12288})");
  expect_counts_of("bloom-176b", R"({"model_type": "bloom", "hidden_size": 14336, "n_head": 112,
    "n_layer": 70, "seq_length": 2048, "vocab_size": 250880})");
  expect_counts_of("falcon-40b", R"({"model_type": "falcon", "hidden_size": 8192,
    "multi_query": true, "new_decoder_architecture": true, "num_attention_heads": 128,
    "num_hidden_layers": 60, "num_kv_heads": 8, "vocab_size": 65024})");
}

TEST(ConfigJson, ReadsTheOwnNamesOfChatGlm) {
  const std::string second = R"({"model_type": "chatglm", "ffn_hidden_size": 13696,
    "hidden_size": 4096, "kv_channels": 128, "multi_query_attention": true,
    "multi_query_group_num": 2, "num_attention_heads": 32, "num_layers": 28,
    "padded_vocab_size": 65024, "seq_length": 32768})";
  expect_counts_of("chatglm2-6b", second);
  expect_counts_of("chatglm-6b", R"({"model_type": "chatglm", "hidden_size": 4096,
    "inner_hidden_size": 16384, "max_sequence_length": 2048, "num_attention_heads": 32,
    "num_layers": 28, "position_encoding_2d": true, "vocab_size": 130528})");
  const Result<ConfigModel> half = read(replaced(second, "\"multi_query_group_num\": 2,", ""));
  ASSERT_FALSE(half.has_value());
  EXPECT_EQ(half.error().code, 1091);
  EXPECT_THAT(half.error().what, HasSubstr("multi_query_group_num is missing"));
}

TEST(ConfigJson, GivesTheCountsOfTheCatalogueForMixturesLatentAttentionAndSharedCaches) {
  expect_counts_of("deepseek-v3", deepseek_v3);
  expect_counts_of("hunyuan-large", hunyuan_large);
  expect_counts_of("glm-4.5", R"({"model_type": "glm4_moe", "head_dim": 128, "hidden_size": 5120,
    "first_k_dense_replace": 3, "intermediate_size": 12288, "max_position_embeddings": 131072,
    "moe_intermediate_size": 1536, "n_routed_experts": 160, "n_shared_experts": 1,
    "num_attention_heads": 96, "num_experts_per_tok": 8, "num_hidden_layers": 92,
    "num_key_value_heads": 8, "tie_word_embeddings": false, "vocab_size": 151552})");
  expect_counts_of("qwen3-30b-a3b", R"({"model_type": "qwen3_moe", "decoder_sparse_step": 1,
    "head_dim": 128, "hidden_size": 2048, "intermediate_size": 6144, "mlp_only_layers": [],
    "max_position_embeddings": 40960, "moe_intermediate_size": 768, "num_attention_heads": 32,
    "num_experts": 128, "num_experts_per_tok": 8, "num_hidden_layers": 48,
    "num_key_value_heads": 4, "tie_word_embeddings": false, "vocab_size": 151936})");
  expect_counts_of("ernie-4.5-21b-a3b", R"({"model_type": "ernie4_5_moe", "hidden_size": 2560,
    "intermediate_size": 12288, "max_position_embeddings": 131072, "moe_intermediate_size": 1536,
    "head_dim": 128, "moe_k": 6, "moe_layer_interval": 1, "moe_layer_start_index": 1,
    "moe_num_experts": 64, "moe_num_shared_experts": 2, "num_attention_heads": 20,
    "num_hidden_layers": 28, "num_key_value_heads": 4, "tie_word_embeddings": true,
    "vocab_size": 103424})");
  // Lists of one number a layer.
  expect_counts_of("hunyuan-a13b", R"({"model_type": "hunyuan_v1_moe", "head_dim": 128,
    "hidden_size": 4096, "intermediate_size": 3072, "max_position_embeddings": 262144,
    "moe_intermediate_size": [3072, 3072], "moe_topk": [8, 8], "num_attention_heads": 32,
    "num_experts": 64, "num_hidden_layers": 32, "num_key_value_heads": 8,
    "num_shared_expert": [1, 1], "tie_word_embeddings": true, "use_cla": false,
    "vocab_size": 128167})");
}

TEST(ConfigJson, GivesThePublishedCountsOfModelsThatTheCatalogueLacks) {
  const ConfigModel mixtral = sound(R"({"model_type": "mixtral", "hidden_act": "silu",
    "hidden_size": 4096, "intermediate_size": 14336, "max_position_embeddings": 32768,
    "num_attention_heads": 32, "num_experts_per_tok": 2, "num_hidden_layers": 32,
    "num_key_value_heads": 8, "num_local_experts": 8, "tie_word_embeddings": false,
    "vocab_size": 32000})");
  EXPECT_EQ(mixtral.model.counted.total, 46702792704.0);  // the published weights
  EXPECT_NEAR(mixtral.model.counted.active, 12.88e9, 0.01e9);
  const ConfigModel gpt2 = sound(R"({"model_type": "gpt2", "n_ctx": 1024, "n_embd": 768,
    "n_head": 12, "n_layer": 12, "n_positions": 1024, "vocab_size": 50257, "n_inner": null})");
  EXPECT_NEAR(gpt2.model.counted.total / 124439808.0, 1, 0.002);  // without its biases
  EXPECT_THAT(gpt2.remarks, ElementsAre(HasSubstr("tied")));
  const ConfigModel moe = sound(R"({"model_type": "qwen2_moe", "hidden_size": 2048,
    "intermediate_size": 5632, "max_position_embeddings": 8192, "moe_intermediate_size": 1408,
    "num_attention_heads": 16, "num_experts": 60, "num_experts_per_tok": 4,
    "num_hidden_layers": 24, "num_key_value_heads": 16, "shared_expert_intermediate_size": 5632,
    "tie_word_embeddings": false, "vocab_size": 151936})");
  EXPECT_NEAR(moe.model.counted.total, 14.3e9, 0.02e9);  // Qwen1.5-MoE-A2.7B
  EXPECT_EQ(moe.model.shape.value.shared_experts, 4);
  const ConfigModel falcon = sound(R"({"model_type": "RefinedWebModel", "hidden_size": 4544,
    "multi_query": true, "n_head": 71, "n_layer": 32, "vocab_size": 65024})");
  EXPECT_EQ(falcon.model.shape.value.kv_heads, 1);
  EXPECT_NEAR(falcon.model.counted.total, 6.92e9, 0.01e9);
}

TEST(ConfigJson, ReadsAnUnknownArchitectureAsALlamaOnlyWhenItLooksLikeOneAndSaysSo) {
  const ConfigModel like = sound(replaced(llama3_8b, "\"llama\"", "\"newllama\""));
  EXPECT_EQ(like.model.counted.total, built_in().models.at("llama3-8b").counted.total);
  EXPECT_THAT(like.remarks, ElementsAre(HasSubstr("model_type newllama is not known")));
  EXPECT_THAT(model_document(like), HasSubstr("# model_type newllama is not known"));
  const auto unknown =
      read(replaced(replaced(llama3_8b, "\"llama\"", "\"qwen33\""), "\"silu\"", "\"relu\""));
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, 1094);
  EXPECT_THAT(unknown.error().what, HasSubstr("\"qwen33\" is not known. Did you mean qwen3?"));
}

struct Wrong {
  const char* from;
  const char* to;
  int code;
  const char* what;
};

void expect_refused(const std::string& json, const std::vector<Wrong>& all) {
  for (const Wrong& w : all) {
    SCOPED_TRACE(w.to);
    const Result<ConfigModel> model = read(replaced(json, w.from, w.to));
    ASSERT_FALSE(model.has_value());
    EXPECT_EQ(model.error().code, w.code) << model.error().what;
    EXPECT_EQ(model.error().kind, Error::Kind::invalid);
    EXPECT_THAT(model.error().what, StartsWith("config.json"));
    EXPECT_THAT(model.error().what, HasSubstr(w.what));
    EXPECT_FALSE(model.error().fix.empty());
  }
}

TEST(ConfigJson, RefusesMissingAbsurdAndContradictoryShapesNamingTheKeyAndTheValue) {
  expect_refused(
      llama3_8b,
      {{"\"num_hidden_layers\": 32,", "", 1091, "num_hidden_layers is missing"},
       {"\"vocab_size\": 128256", "\"vocab_size\": null", 1091, "vocab_size is missing"},
       {"\"hidden_size\": 4096", "\"hidden_size\": 0", 1092, "hidden_size is 0, outside 1 to"},
       {"\"hidden_size\": 4096", "\"hidden_size\": -4096", 1092, "hidden_size is -4096"},
       {"\"hidden_size\": 4096", "\"hidden_size\": 4096.5", 1092, "4096.5, not a whole number"},
       {"\"hidden_size\": 4096", "\"hidden_size\": \"4096\"", 1092, "\"4096\", not a whole number"},
       {"\"hidden_size\": 4096", "\"hidden_size\": true", 1092, "true, not a whole"},
       {"\"hidden_size\": 4096", "\"hidden_size\": []", 1092, "[], not a whole number"},
       {"\"hidden_size\": 4096", "\"hidden_size\": {}", 1092, "{}, not a whole number"},
       {"\"hidden_size\": 4096", "\"hidden_size\": 99999999999999999999999", 1092, "hidden_size"},
       {"\"hidden_size\": 4096", "\"hidden_size\": 18446744073709551615", 1092, "outside"},
       {"\"hidden_size\": 4096", "\"hidden_size\": 4097", 1093, "not a multiple of its 32"},
       {"\"hidden_size\": 4096", "\"hidden_size\": 4096, \"d_model\": 8192", 1093,
        "hidden_size is 4096, d_model is 8192"},
       {"\"num_key_value_heads\": 8", "\"num_key_value_heads\": 7", 1093, "multiple of 7"},
       {"\"num_key_value_heads\": 8", "\"num_key_value_heads\": 64", 1093, "multiple of 64"},
       {"\"num_key_value_heads\": 8", "\"num_key_value_heads\": 0", 1092, "num_key_value_heads is"},
       {"\"tie_word_embeddings\": false", "\"tie_word_embeddings\": 1", 1092, "neither true nor"},
       {"\"pretraining_tp\": 1", "\"num_experts_per_tok\": 2", 1093, "how many there are"},
       {"\"max_position_embeddings\": 8192", "\"x\": 1", 1091,
        "max_position_embeddings is missing"},
       {"\"pretraining_tp\": 1", "\"hidden_size\": 8192", 1093, "hidden_size is given twice"}});
  expect_refused(
      deepseek_v3,
      {{"\"kv_lora_rank\": 512,", "", 1091, "kv_lora_rank is missing"},
       {"\"v_head_dim\": 128,", "", 1091, "v_head_dim is missing"},
       {"\"num_experts_per_tok\": 8", "\"num_experts_per_tok\": 257", 1093, "257 experts of 256"},
       {"\"num_experts_per_tok\": 8,", "", 1091, "num_experts_per_tok is missing"},
       {"\"first_k_dense_replace\": 3", "\"first_k_dense_replace\": 61", 1093, "all 61 layers"},
       {"\"moe_intermediate_size\": 2048", "\"moe_intermediate_size\": [2048, 1024]", 1094,
        "differs from layer to layer"},
       {"\"intermediate_size\": 18432,", "", 1091, "intermediate_size is missing"}});
  expect_refused(hunyuan_large,
                 {{"\"cla_share_factor\": 2", "\"cla_share_factor\": 3", 1093, "groups of 3"},
                  {"\"cla_share_factor\": 2,", "", 1091, "cla_share_factor is missing"}});
}

TEST(ConfigJson, RefusesWhatIsNoConfigAtAll) {
  for (const std::string& text :
       {std::string(), std::string("not json"), std::string("[1, 2]"), std::string("7"),
        std::string("{\"a\": 1"), std::string(2 << 20, ' '), std::string(200'000, '['),
        std::string(200'000, '[') + std::string(200'000, ']')}) {
    const Result<ConfigModel> model = read(text);
    ASSERT_FALSE(model.has_value());
    EXPECT_EQ(model.error().code, 1090);
  }
}

TEST(ConfigJson, ChecksThePublishedCountToOnePercentUnlessToldWhyNot) {
  const auto with = [](double published, const char* why) {
    return model_of_config(llama3_8b,
                           {.id = "m", .name = {}, .published = published, .exception = why});
  };
  EXPECT_EQ(read_back(*with(8.03e9, "")).published_parameters->value, 8.03e9);
  const auto off = with(8.2e9, "");
  ASSERT_FALSE(off.has_value());
  EXPECT_EQ(off.error().code, 1095);
  EXPECT_THAT(off.error().what, HasSubstr("8.2B parameters are published, the shape has 8.03B"));
  const auto excused = with(8.2e9, "a \"rounded\" name");
  ASSERT_TRUE(excused.has_value());
  EXPECT_EQ(read_back(*excused).counted.total, excused->model.counted.total);
  EXPECT_FALSE(with(10e9, "no").has_value());
  EXPECT_THAT(with(8.03e9, "not needed")->exception, IsEmpty());
}

TEST(ConfigJson, TakesTheNameFromTheFileUnlessOneIsGiven) {
  const std::string named =
      replaced(llama3_8b, "{", "{\"_name_or_path\": \"meta-llama/Meta_Llama 3\\n\\\"8B\\\"/\", ");
  const Result<ConfigModel> model = model_of_config(named, {});
  ASSERT_TRUE(model.has_value()) << model.error().what;
  EXPECT_EQ(model->model.id, "meta-llama-3--8b-");
  EXPECT_EQ(read_back(*model).name, "Meta_Llama 3?\"8B\"");
  EXPECT_EQ(model_of_config(llama3_8b, {}).error().code, 1091);
  EXPECT_EQ(model_of_config(llama3_8b, {.id = "Not An Id"}).error().code, 1092);
  EXPECT_EQ(model_of_config(llama3_8b, {.id = std::string(65, 'a')}).error().code, 1092);
}

// Damaged configurations give an answer or a readable refusal; what is answered can be read back.
TEST(ConfigJson, NeverCrashesOnDamage) {
  const std::vector<std::string> tokens = {
      "{",    "}",    "[",     "]",           ":",       ",",    "\"", "-",
      "null", "true", "1e999", "99999999999", "\\u0000", "\xff", "0",  "7"};
  for (const std::uint64_t seed : {1, 7, 20261121}) {
    std::mt19937_64 random(seed);
    int good = 0;
    for (int round = 0; round < 3000 && !HasFailure(); ++round) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << " round " << round);
      std::string text = round % 3 == 0 ? llama3_8b : round % 3 == 1 ? deepseek_v3 : hunyuan_large;
      for (std::size_t n = 1 + random() % 3; n > 0; --n) {
        const std::size_t at = random() % (text.size() + 1);
        if (random() % 2 == 0) {
          text.insert(at, tokens[random() % tokens.size()]);
        } else if (at < text.size()) {
          text[at] = static_cast<char>(random() & 0xff);
        }
      }
      const Result<ConfigModel> model = read(text);
      if (model) {
        ++good;
        EXPECT_EQ(read_back(*model).counted.total, model->model.counted.total);
      } else {
        EXPECT_EQ(model.error().what, printable(model.error().what, 2000));
        EXPECT_GE(model.error().code, 1090);
        EXPECT_LE(model.error().code, 1095);
      }
    }
    EXPECT_GT(good, 100) << "seed " << seed;
  }
}

}  // namespace
}  // namespace granary
