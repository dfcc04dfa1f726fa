#include "cost/work.h"

#include <fmt/core.h>

namespace granary {

std::string purpose_of(const Work& work) {
  if (std::holds_alternative<Pretrain>(work.what)) return "pretrain";
  return std::holds_alternative<FineTune>(work.what) ? "finetune" : "serve";
}

std::string to_text(WeightKind kind) {
  switch (kind) {
    case WeightKind::int8:
      return "int8";
    case WeightKind::int4:
      return "int4";
    case WeightKind::fp16:
      break;
  }
  return "fp16";
}

std::string to_text(const Layout& layout) {
  std::string text = fmt::format("d{} t{} p{} b{}", layout.data, layout.tensor, layout.pipeline,
                                 layout.micro_batch);
  if (layout.recompute) text += " recompute";
  if (layout.weights != WeightKind::fp16) text += " " + to_text(layout.weights);
  return text;
}

}  // namespace granary
