#pragma once
// What the searches of a service and of batch inference share in one pool: the engine, its ways to
// store the weights, the splits of one replica, and the option that comes of them.

#include "cost/service.h"
#include "plan/search.h"

namespace granary {

// What every request is like.
struct RequestSize {
  int prompt = 0, output = 0;  // tokens
  double total() const { return static_cast<double>(prompt) + output; }
};

// What became of one split with one weight format.
enum class Look { too_large, fits, good };

class InferenceGround {
 public:
  // The chip has an engine: see inference_ruled_out().
  InferenceGround(const Ground&, RequestSize);

  // One for each weight format that is tried, the widest first; none when a rate is not known.
  const std::vector<ServingPractice>& practices() const { return practices_; }
  Replica replica(const ServingPractice&, const ReplicaSplit&, int most_sequences) const;
  // With that many sequences, each as long as prompt and output.
  Memory memory_of(const Replica&, int sequences) const;
  // The smallest replica there is, and why it does not fit.
  MemoryShort too_large(const Replica&) const;
  // Replicas of the split that the pool holds and the tenant takes.
  int most_replicas(const ReplicaSplit&) const;

  // `look(practice, split)` at every split inside a node, format by format, until a format has a
  // good one; at pipelines over nodes when nothing fits inside one.
  template <class LookAt>
  void each_split(LookAt look) const {
    bool fitted = false;
    for (const auto& splits : {splits_of_a_node(), splits_over_nodes()}) {
      if (fitted) return;
      for (const ServingPractice& practice : practices_) {
        bool good = false;
        for (const ReplicaSplit& split : splits) {
          const Look seen = look(practice, split);
          fitted |= seen != Look::too_large;
          good |= seen == Look::good;
        }
        if (good) return;
      }
    }
  }

  // Everything but duration, price, and what only one of the two kinds of work has.
  Option option(const Layout&, const Memory&) const;

 private:
  int together(const ReplicaSplit&) const;
  std::vector<ReplicaSplit> splits_of_a_node() const;
  std::vector<ReplicaSplit> splits_over_nodes() const;

  const Ground& ground_;
  const Model& model_;
  RequestSize size_;
  Engine engine_;
  Framework framework_;
  Bytes usable_;
  std::vector<ServingPractice> practices_;
};

// The layout of `replicas` of them, without the number of sequences.
Layout layout_of(const ServingPractice&, const ReplicaSplit&, int replicas);

}  // namespace granary
