#pragma once
// The search in one pool: layouts in a fixed order, cheap numbers first, words only for survivors.

#include "cost/practice.h"
#include "cost/training_step.h"
#include "plan/plan.h"

namespace granary {

// A service or batch inference.
bool is_inference(const Work&);

// Chips of its largest node.
int largest_node(const Pool&);

// What one pool offers the tenant: the facts that every layout is tested against.
struct Ground {
  const PlanRequest& request;
  const Catalog& catalog;
  const Pool& pool;
  const Chip& chip;
  Practice practice;  // of training; empty for inference
  Links links;        // likewise

  int node_chips() const { return largest_node(pool); }
  // Chips that groups of `together` can use, each group on one node.
  int capacity(int together) const;
  // Whether the tenant takes this many chips of the pool, and the most they would take.
  bool accepted(int chips) const;
  int most_accepted() const;
};

// What a search in a pool came to. `why` is set when there are no options: the reason of the layout
// that came furthest.
struct Found {
  std::vector<Option> options;  // none dominated
  std::optional<WhyExcluded> why;
  std::size_t considered = 0;
};

// The reasons met on the way; the furthest one is reported, with the numbers of its best layout.
class Failures {
 public:
  void add(const MemoryShort&);
  void add(const TooFewChips&);
  void add(const FirstTokenMissed&);
  void add(const TokenMissed&);
  void add(const TooSlow&);
  // The reason of a layout that came furthest; NotAccepted when nothing was tried.
  WhyExcluded furthest() const;

 private:
  std::optional<MemoryShort> memory_;
  std::optional<TooFewChips> chips_;
  std::optional<FirstTokenMissed> first_token_;
  std::optional<TokenMissed> token_;
  std::optional<TooSlow> slow_;
};

// Powers of two up to `most`.
std::vector<int> powers_of_two(int most);
// Divisors in ascending order, up to `most`.
std::vector<int> divisors(int number, int most);

// At the tariff from that instant on; nothing when it cannot be said in 64 bits.
std::optional<Money> price_at(const Pool&, int chips, Span, Instant at);

// Whether b makes a pointless: no more chips, time and price, and less of one.
bool dominates(const Option& b, const Option& a);

Found search_training(const Ground&, Tokens tokens, const StepSize&);
Found search_serving(const Ground&, const Serve&);
Found search_batch(const Ground&, const Batch&);

// Reasons against inference in the pool that need no search.
std::optional<WhyExcluded> inference_ruled_out(const PlanRequest&, const Chip&);

// The terms of an option of one of the above, for people.
std::vector<Term> inference_terms(const PlanRequest&, const Catalog&, const Pool&, const Option&);

}  // namespace granary
