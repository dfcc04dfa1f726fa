#pragma once
// For tests: a day of a small house in virtual time, everything taking as long as was declared.

#include <string>
#include <utility>

#include "engine/test_house.h"
#include "execute/simulated/simulated_executor.h"
#include "ledger/books_chance.h"
#include "simulate/simulation.h"

namespace granary::testing {

class SimulatedDay {
 public:
  explicit SimulatedDay(const std::string& policy = "backfill") {
    Configure configure;
    for (Document& d : house_documents(2, 4)) {
      configure.documents.push_back({d.name, sha256(d.text), d.text});
    }
    configure.policy = policy;
    ask(configure);
    ask(GrantVoucher{{"city", "lab", Money::units(10'000), {}, t0 + 24h * 300}});
  }

  Answer ask(const Command& command) {
    return simulation.submit({"k" + std::to_string(++keys_), body_hash(command), "test", command});
  }

  JobRequest wants(int chips, Span span, int priority = 0) const {
    JobRequest r;
    r.payer = "lab";
    r.purpose = "run";
    r.what = "test";
    r.priority = priority;
    Layout layout;
    layout.data = chips;
    r.choices = {
        {simulation.state().pool_ids.at("local/cpu"), {chips, 1, whole_chip}, layout, span}};
    r.recipe.argv = {"/bin/true"};
    return r;
  }

  // What people do on a day: jobs of all kinds, some refused, some cancelled, a reservation.
  void play(std::uint64_t seed) {
    Chance chance(seed);
    for (int i = 0; i < 40; ++i) {
      const Span span = Span(chance.below(120 * 60'000)) + 1min;
      JobRequest r =
          wants(static_cast<int>(chance.below(9)) + 1, span, static_cast<int>(chance.below(3)));
      r.preemptible = chance.percent(40);
      r.recipe.checkpoint_every = chance.percent(50) ? Span(7min) : Span(0);
      r.service = chance.percent(15);
      if (chance.percent(5)) r.payer = "nobody";
      if (chance.percent(80)) {
        ask(Submit{r});
      } else if (chance.percent(50)) {
        ask(Cancel{{static_cast<std::uint64_t>(chance.below(i + 1))}});
      } else {
        ask(ReserveChips{"lab", "run", "needed", r.choices[0].pool,
                         static_cast<int>(chance.below(4)) + 1,
                         clock.now() + Span(chance.below(60) * 60'000), span});
      }
      simulation.advance(clock.now() + Span(chance.below(45 * 60'000)));
    }
    simulation.run(t0 + 24h * 60);
  }

  VirtualClock clock{t0};
  SimulatedExecutor executor{clock};
  Simulation simulation{clock, executor, [this] { return executor.next_due(); }};

 private:
  int keys_ = 0;
};

inline std::string bytes(const std::vector<Entry>& entries) {
  std::string all;
  for (const Entry& entry : entries) all += encode(entry) + "\n";
  return all;
}

}  // namespace granary::testing
