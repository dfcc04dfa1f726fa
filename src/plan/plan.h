#pragma once
// From work to a menu: which pools x chips x layouts can run it, how long, for how much; and for
// everything left out, why. Pure; the whole search for the largest model over a demo stock is well
// under a second.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cost/cost.h"
#include "plan/engines.h"
#include "stock/stock.h"

namespace granary {

// A time at the 10th, 50th and 90th percentile of what the model's errors allow.
struct Banded {
  Seconds low, likely, high;
};

// What a million tokens cost, read and written, where replicas are as busy as the targets allow: in
// units of the pool's asset. An estimate, so no Money.
struct TokenPrice {
  double low = 0, likely = 0, high = 0;
};

// What the replicas of a service reach together.
struct ServiceLevel {
  PerSecond sustained;                // the largest rate that still meets the targets
  double headroom = 0;                // of that over the asked-for rate, less one
  Seconds first_token;                // prefill of one prompt, on an idle replica
  Banded first_token_p95, token_p95;  // at the asked-for rate
  TokenPrice million_tokens;          // at the sustained rate, within the band of a decode step
};

// One feasible way to run the work.
struct Option {
  Id<Pool> pool;
  int chips = 0;
  Layout layout;
  Span duration{};               // of the whole work; serving: how long it is served
  Span low{}, high{};            // band of the duration, 10th and 90th percentile; not of a service
  Memory memory;                 // of the fullest chip
  Bytes usable;                  // of that chip
  Money price;                   // at the tariff, for chips x duration
  std::vector<Term> terms;       // sum to the duration; of a service to one request's time, alone
  std::optional<Engine> engine;  // inference: what runs it
  CacheFormat cache = CacheFormat::fp16;   // inference: how it keeps keys and values
  std::optional<ServiceLevel> service;     // of a service
  std::optional<TokensPerSecond> outputs;  // batch inference: output tokens of all replicas

  // Chips that must share a node: the tensor-parallel group; the whole replica where the engine is
  // one process that places layers card by card.
  Wanted wanted() const {
    const bool one_process = engine && engine->framework != FrameworkClass::compiled;
    return {chips, layout.tensor * (one_process ? layout.pipeline : 1), whole_chip};
  }
};

// Why a pool yields no option. Numbers come from its best failing layout.
struct MemoryShort {
  Bytes needed, usable, rated;  // of one chip
  Layout layout;
};
struct TooFewChips {
  int needed = 0, held = 0;
};
struct RateUnknown {};     // no arithmetic rate, memory size or bandwidth is known of the chip
struct PrecisionMissing {  // the chip has no units for what was asked for
  Precision precision = Precision::fp8;
};
struct NoEngine {  // no software is known that would run the work on the chip
  EngineNeeds needs;
};
struct TooSlow {  // misses the deadline
  Span duration{}, deadline{};
  Layout layout;
};
struct FirstTokenMissed {  // an idle replica misses the target at the 95th percentile
  Seconds takes, target;
};
struct TokenMissed {  // likewise of the time per output token
  Seconds takes, target;
};
struct ShareNotEnforced {  // several replicas on a card, which the pool's runner cannot keep apart
  int replicas = 0;
  Runner runner = Runner::local;
  Bytes needed, usable;  // of the card, all of them together, one request each
  Seconds token;         // what time slices would make of a token
};
struct NotAccepted {};  // the tenant's own filter leaves it out
using WhyExcluded =
    std::variant<MemoryShort, TooFewChips, RateUnknown, TooSlow, FirstTokenMissed, NotAccepted,
                 PrecisionMissing, NoEngine, TokenMissed, ShareNotEnforced>;

struct Excluded {
  Id<Pool> pool;
  WhyExcluded why;
};

struct Menu {
  std::vector<Option> options;     // ranked; no option of a pool is worse in chips, time and price
  std::vector<Excluded> excluded;  // one per pool that yields no option, in pool order
  std::size_t considered = 0;      // layouts looked at
};

// "a800-sxm-80 x 64..128", "guian/a800-sxm-80 x 64..", "domestic x 8", "rtx4090": chips by id or
// origin, optionally at one site, with a count or an inclusive range.
struct Accept {
  std::string text;  // as written
  std::optional<std::string> site;
  std::string chip;  // id, or an origin
  int least = 1;
  std::optional<int> most;
};
// G1010 for the grammar, with the column of the fault (from 0) in `column`.
struct AcceptFault {
  Error error;
  std::size_t column = 0;
};
tl::expected<Accept, AcceptFault> parse_accept(std::string_view);
bool accepts(const Accept&, const Pool&, const Catalog&, int chips);

enum class Sort { price, time, chips };

struct PlanRequest {
  Work work;
  std::optional<Span> deadline;
  std::vector<Accept> accept;  // empty: anything
  // Inference: only this weight format, absent: the widest that fits; only this class of engine,
  // absent: the best that there is for the chip.
  std::optional<WeightFormat> weights;
  std::optional<FrameworkClass> framework;
  CacheFormat cache = CacheFormat::fp16;
  int replicas_per_card = 1;           // a service's
  std::optional<Precision> precision;  // training: at this one; absent: bf16, else fp16, else fp32
  Instant at{};  // when it would start: prices are those of the tariff from then on
  Sort sort = Sort::price;
  bool frontier = false;   // all of frontier_of(), by time, whatever sort and limit say
  std::size_t limit = 12;  // options in the menu
};

// G1004, G1005 and the like: work that cannot be (too few tokens for pretraining, a rate of zero,
// a prompt beyond the model's context). Flags are named as in the CLI.
Result<void> check(const Work&);

// The menu. An empty one is not an error here: see nothing_fits().
Result<Menu> plan(const PlanRequest&, const Catalog&, const std::vector<Pool>&);

// G6001 for an empty menu: what was needed, what one node or pool holds, and in `fix` the nearest
// options that fit when the tenant's filter or deadline is dropped.
Error nothing_fits(const PlanRequest&, const Menu&, const Catalog&, const std::vector<Pool>&);

// "too little memory: the smallest layout needs 38 GiB a chip, 22.8 of 24 GiB usable".
std::string to_text(const WhyExcluded&);

}  // namespace granary
