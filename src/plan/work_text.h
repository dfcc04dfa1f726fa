#pragma once
// Work as people write it: the keys of [work] in a job file and the flags of `plan` are the same.

#include <map>
#include <string>
#include <vector>

#include "plan/plan.h"

namespace granary {

// Values by key; `kind` is pretrain, finetune, serve or batch. Other keys:
//   all        model
//   training   tokens (400B), sequence (tokens), batch (sequences), deadline (120 d), precision
//   finetune   the same, tuning (full, lora, qlora), rank (of adapters)
//   serve      rate (50/s), prompt, output (tokens), p95-ttft (800ms), p95-tpot (50ms), for (30 d),
//              replicas-per-card
//   batch      requests (10K) or tokens (of all answers, 100M), prompt, output, deadline
//   inference  both of these: weights (int4), cache (fp8), framework (native)
// Errors name the flag, the value and what would do: G1001 a missing or unknown key, G1004.., G2001
// an unknown model.
using WorkText = std::map<std::string, std::string>;

Result<PlanRequest> read_work(const WorkText&, const Catalog&);

// "pretrain glm-130b on 400B tokens", "serve chatglm-6b at 50/s",
// "batch chatglm-6b for 100M output tokens": for lists.
std::string describe(const Work&);

// What a menu rests on beside that, most of it a default: "sequences of 2048 tokens, 1024 in a
// step", "prompts of 512 tokens, answers of 256; 95 % of first tokens within 2 s".
std::string conditions(const Work&);

// The keys of a kind of work, for help texts and for refusing others.
std::vector<std::string> work_keys(const std::string& kind);

}  // namespace granary
