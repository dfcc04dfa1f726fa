#pragma once
// Work as people write it: the keys of [work] in a job file and the flags of `plan` are the same.

#include <map>
#include <string>
#include <vector>

#include "plan/plan.h"

namespace granary {

// Values by key; `kind` is pretrain, finetune or serve. Other keys:
//   all        model
//   training   tokens (400B), sequence (tokens), batch (sequences), deadline (120 d)
//   serve      rate (50/s), prompt, output (tokens), p95-ttft (800ms), for (30 d), weights (int4)
// Errors name the flag, the value and what would do: G1001 a missing or unknown key, G1004.., G2001
// an unknown model.
using WorkText = std::map<std::string, std::string>;

Result<PlanRequest> read_work(const WorkText&, const Catalog&);

// "pretrain glm-130b on 400B tokens", "serve chatglm-6b at 50/s": for lists.
std::string describe(const Work&);

// The keys of a kind of work, for help texts and for refusing others.
std::vector<std::string> work_keys(const std::string& kind);

}  // namespace granary
