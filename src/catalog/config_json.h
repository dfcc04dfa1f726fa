#pragma once
// A model from the config.json that Hugging Face keeps beside its weights: key names of many
// families -> one Shape. Pure: text in, a model and its TOML document out.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"

namespace granary {

// What config.json does not say.
struct ModelNaming {
  std::string id{};                   // empty: from _name_or_path
  std::string name{};                 // empty: the same
  std::optional<double> published{};  // parameters; checked against the shape
  std::string exception{};            // why they differ by more than 1 %; at most 10 % even so
};

struct ConfigModel {
  Model model;
  std::string exception;             // as given, where the counts differ enough to need it
  std::vector<std::string> remarks;  // what was taken from the architecture and not from the file
};

// G1090 not a JSON object of at most 1 MiB and 16 levels; G1091 a key is missing; G1092 a value
// cannot be; G1093 keys contradict each other; G1094 an architecture that a shape cannot say; G1095
// the shape does not give the published count.
Result<ConfigModel> model_of_config(std::string_view json, const ModelNaming&);

// The document for data/models; parse_catalog reads it back as the same model.
std::string model_document(const ConfigModel&);

}  // namespace granary
