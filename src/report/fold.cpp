#include "report/fold.h"

namespace granary {

bool Fold::add(const Entry& entry) {
  if (entry.at >= period_.until) complete_ = true;
  if (complete_) {
    finish();
    return false;
  }
  if (entry.at >= period_.from) finish();
  for (const Event& event : entry.events) {
    // Answers to keys decide nothing here and would only take memory.
    if (std::holds_alternative<Answered>(event) || std::holds_alternative<Refused>(event)) continue;
    money_.add(state_, event);
    evolve(state_, event);
    occupancy_.add(state_, event, entry.at);
  }
  last_ = entry.at;
  entries_ = entry.sequence;
  chain_ = entry.chain;
  return true;
}

void Fold::finish() {
  if (begun_) return;
  begun_ = true;
  opening_ = money_.totals();
}

Uses Fold::uses() const {
  Uses grown = closing().uses;
  for (const auto& [key, before] : opening_.uses) grown[key] -= before;
  std::erase_if(grown, [](const auto& one) {
    const Use& use = one.second;
    return use.earned == Money{} && use.refunded == Money{} && use.chip_time == ChipTime{} &&
           use.tokens == 0;
  });
  return grown;
}

}  // namespace granary
