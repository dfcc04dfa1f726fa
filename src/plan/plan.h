#pragma once
// From work to a menu: which pools x chips x layouts can run it, how long, for how much; and for
// everything left out, why. Pure; the whole search for the largest model over a demo stock is well
// under a second.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cost/cost.h"
#include "stock/stock.h"

namespace granary {

// One feasible way to run the work.
struct Option {
  Id<Pool> pool;
  int chips = 0;
  Layout layout;
  Span duration{};          // of the whole work; serving: how long it is served
  Memory memory;            // of the fullest chip
  Bytes usable;             // of that chip
  Money price;              // at the tariff, for chips x duration
  std::vector<Term> terms;  // training: sum to the duration. Serving: sum to one request's time
  std::optional<PerSecond> sustained;  // serving: requests per second
  std::optional<Seconds> first_token;  // serving: prefill of one prompt

  // Chips that must share a node: the tensor-parallel group.
  Wanted wanted() const { return {chips, layout.tensor, whole_chip}; }
};

// Why a pool yields no option. Numbers come from its best failing layout.
struct MemoryShort {
  Bytes needed, usable, rated;  // of one chip
  Layout layout;
};
struct TooFewChips {
  int needed = 0, held = 0;
};
struct RateUnknown {};  // no arithmetic rate, memory size or bandwidth is known of the chip
struct TooSlow {        // misses the deadline
  Span duration{}, deadline{};
  Layout layout;
};
struct FirstTokenMissed {  // a single prompt takes longer than the target
  Seconds takes, target;
};
struct NotAccepted {};  // the tenant's own filter leaves it out
using WhyExcluded =
    std::variant<MemoryShort, TooFewChips, RateUnknown, TooSlow, FirstTokenMissed, NotAccepted>;

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
  std::vector<Accept> accept;         // empty: anything
  std::optional<WeightKind> weights;  // serving: only this kind; absent: the best that fits
  Sort sort = Sort::price;
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
