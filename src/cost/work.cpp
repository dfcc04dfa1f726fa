#include "cost/work.h"

#include <fmt/core.h>

namespace granary {

std::string purpose_of(const Work& work) {
  if (std::holds_alternative<Pretrain>(work.what)) return "pretrain";
  return std::holds_alternative<FineTune>(work.what) ? "finetune" : "serve";
}

std::string to_text(Recompute recompute) {
  switch (recompute) {
    case Recompute::selective:
      return "selective";
    case Recompute::full:
      return "recompute";
    case Recompute::none:
      break;
  }
  return "none";
}

std::string to_text(Sharding sharding) {
  switch (sharding) {
    case Sharding::none:
      return "zero0";
    case Sharding::gradients:
      return "zero2";
    case Sharding::parameters:
      return "zero3";
    case Sharding::optimiser:
      break;
  }
  return "zero1";
}

std::string to_text(const Layout& layout) {
  std::string text = fmt::format("d{} t{} p{} b{}", layout.data, layout.tensor, layout.pipeline,
                                 layout.micro_batch);
  if (layout.interleave > 1) text += fmt::format(" v{}", layout.interleave);
  if (layout.context > 1) text += fmt::format(" c{}", layout.context);
  if (layout.expert > 1) text += fmt::format(" e{}", layout.expert);
  if (layout.sequence_parallel) text += " sp";
  if (layout.sharding != Sharding::optimiser) text += " " + to_text(layout.sharding);
  if (layout.recompute != Recompute::none) text += " " + to_text(layout.recompute);
  if (layout.precision == Precision::fp8) text += " fp8";
  if (layout.weights != WeightFormat::fp16) text += " " + to_text(layout.weights);
  return text;
}

}  // namespace granary
