#include "apps/validate/names.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace granary::validation {
namespace {
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

// Lower-case words of letters, digits and points; "3.1" stays one, all else parts.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool point = c == '.' && !words.back().empty() && is_digit(words.back().back());
    if (is_digit(c) || is_letter(c) || point) {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

template <std::size_t N>
bool among(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// 80 of "80gb", "80gib", "80g"; nothing for other words.
std::optional<double> memory_word(std::string_view word) {
  double number = 0;
  const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
  if (read.ec != std::errc{}) return std::nullopt;
  const std::string_view unit = word.substr(static_cast<std::size_t>(read.ptr - word.data()));
  if (unit == "gb" || unit == "gib" || unit == "g") return number;
  return std::nullopt;
}

constexpr std::array<std::string_view, 38> vendor_words{
    "nvidia",    "geforce", "tesla",  "quadro",      "amd",       "instinct",   "radeon",
    "intel",     "huawei",  "ascend", "moore",       "threads",   "mtt",        "metax",
    "cambricon", "hygon",   "dcu",    "kunlun",      "kunlunxin", "biren",      "iluvatar",
    "enflame",   "arc",     "gpu",    "card",        "graphics",  "generation", "oam",
    "board",     "server",  "npu",    "accelerator", "hbm2",      "hbm2e",      "hbm3",
    "hbm3e",     "gddr6",   "gddr6x"};

// "sxm4" is "sxm"; "rtx4090" is "4090"; "ascend910b2" is "910b2".
std::string plain(std::string word) {
  if (word.starts_with("sxm")) return "sxm";
  for (const std::string_view prefix : {"rtx", "ascend"}) {
    if (word.size() > prefix.size() && word.starts_with(prefix)) return word.substr(prefix.size());
  }
  return word == "rtx" ? std::string() : word;
}

struct ChipName {
  std::string key;  // "a100sxm"
  std::optional<double> memory_gb;
};
ChipName chip_name(std::string_view text) {
  // What stands in brackets explains ("Atlas 800T A2"), it does not name.
  ChipName name;
  const std::vector<std::string> words = words_of(text.substr(0, text.find('(')));
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (among(vendor_words, words[i])) continue;
    auto memory = memory_word(words[i]);
    const bool spaced = i + 1 < words.size() && (words[i + 1] == "gb" || words[i + 1] == "gib");
    if (!memory && spaced) {
      memory = memory_word(words[i] + "gb");
      if (memory) ++i;
    }
    if (memory) {
      name.memory_gb = memory;
      continue;
    }
    name.key += plain(words[i]);
  }
  return name;
}

bool near(double a, double b, double share) { return std::abs(a - b) <= share * b; }

bool has_memory(const Chip& chip, double gb) {
  if (!chip.memory) return false;
  const double bytes = chip.memory->value.base();
  return near(gb, bytes / 1e9, 0.02) || near(gb, bytes / 1073741824.0, 0.02);
}

bool has_peak(const Chip& chip, double tflops) {
  for (const Precision precision : {Precision::bf16, Precision::fp16}) {
    const auto found = chip.dense.find(precision);
    if (found != chip.dense.end() && near(tflops, found->second.value.base() / 1e12, 0.03)) {
      return true;
    }
  }
  return false;
}

// The ids of a chip end in its memory where two sizes exist: "a100-sxm-80".
std::string key_of_id(const Chip& chip) {
  std::string id = chip.id;
  const std::size_t dash = id.rfind('-');
  if (dash != std::string::npos && chip.memory) {
    double number = 0;
    const char* const end = id.data() + id.size();
    const auto read = std::from_chars(id.data() + dash + 1, end, number);
    if (read.ec == std::errc{} && read.ptr == end && has_memory(chip, number)) id.resize(dash);
  }
  return chip_name(id).key;
}

// How well the key names the chip: 2 exactly, 1 without its form (sxm) or its grade (910b for
// 910b2), 0 not at all.
int fit(const std::string& key, const Chip& chip) {
  for (const std::string& own : {key_of_id(chip), chip_name(chip.name).key}) {
    if (key == own) return 2;
    if (own.size() <= key.size() || !own.starts_with(key)) continue;
    const std::string rest = own.substr(key.size());
    if (rest == "sxm") return 1;
    if (key == "910b" && rest.size() == 1 && is_digit(rest[0])) return 1;
  }
  return 0;
}

using Alias = std::pair<std::string_view, std::string_view>;  // key, id
// Releases with the shape of a model in the catalogue.
constexpr std::array aliases{
    Alias{"llama7b", "llama2-7b"},          Alias{"llama17b", "llama2-7b"},
    Alias{"llama13b", "llama2-13b"},        Alias{"llama113b", "llama2-13b"},
    Alias{"llama70b", "llama2-70b"},        Alias{"llama3.18b", "llama3-8b"},
    Alias{"llama3.170b", "llama3-70b"},     Alias{"llama3.370b", "llama3-70b"},
    Alias{"llama405b", "llama3.1-405b"},    Alias{"llama3405b", "llama3.1-405b"},
    Alias{"qwen27b", "qwen2.5-7b"},         Alias{"qwen272b", "qwen2.5-72b"},
    Alias{"qwq32b", "qwen2.5-32b"},         Alias{"yi1.534b", "yi-34b"},
    Alias{"deepseekr1", "deepseek-v3"},     Alias{"deepseekr1671b", "deepseek-v3"},
    Alias{"deepseekv3671b", "deepseek-v3"}, Alias{"deepseekv3.1", "deepseek-v3"},
    Alias{"deepseekv2.5", "deepseek-v2"},   Alias{"turing530b", "mt-nlg-530b"},
    Alias{"mtnlg530b", "mt-nlg-530b"},      Alias{"bloom", "bloom-176b"},
};
constexpr std::array<std::string_view, 33> tuning_words{
    "meta", "instruct", "chat",    "hf",      "base",  "it",    "fp8",   "fp16", "bf16",
    "awq",  "gptq",     "int4",    "int8",    "w8a8",  "w4a16", "w8a16", "qe",   "gguf",
    "v0.1", "v0.2",     "v0.3",    "dynamic", "model", "2507",  "0528",  "0324", "thinking",
    "pt",   "f16",      "float16", "kv",      "4bit",  "8bit"};

std::string model_key(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  if (slash != std::string_view::npos) text.remove_prefix(slash + 1);
  std::string key;
  for (const std::string& word : words_of(text)) {
    if (!among(tuning_words, word)) key += word;
  }
  return key;
}
}  // namespace

const Chip* chip_named(std::string_view text, const Catalog& catalog, const ChipHints& hints) {
  const ChipName name = chip_name(text);
  if (name.key.empty()) return nullptr;
  const std::optional<double> memory = name.memory_gb ? name.memory_gb : hints.memory_gb;
  std::vector<const Chip*> exact, loose;
  for (const auto& [id, chip] : catalog.chips) {
    const int how = fit(name.key, chip);
    if (how == 0 || (memory && !has_memory(chip, *memory))) continue;
    (how == 2 ? exact : loose).push_back(&chip);
  }
  std::vector<const Chip*>& found = exact.empty() ? loose : exact;
  if (found.size() > 1 && hints.peak_tflops) {
    std::erase_if(found, [&](const Chip* chip) { return !has_peak(*chip, *hints.peak_tflops); });
  }
  return found.size() == 1 ? found.front() : nullptr;
}

const Model* model_named(std::string_view text, const Catalog& catalog,
                         std::optional<double> params_b) {
  const std::string key = model_key(text);
  const Model* found = nullptr;
  for (const auto& [id, model] : catalog.models) {
    if (model_key(model.id) == key || model_key(model.name) == key) found = &model;
  }
  for (const Alias& alias : aliases) {
    const auto known = catalog.models.find(std::string(alias.second));
    if (found == nullptr && alias.first == key && known != catalog.models.end()) {
      found = &known->second;
    }
  }
  if (found == nullptr || !params_b) return found;
  const double billion = found->counted.total / 1e9;
  const double printed =
      found->published_parameters ? found->published_parameters->value / 1e9 : billion;
  return near(*params_b, billion, 0.1) || near(*params_b, printed, 0.1) ? found : nullptr;
}

}  // namespace granary::validation
