#pragma once
// For tests: three sites of two operators, programmes of every way of paying, and people, workers
// and clocks that keep to no order.

#include <string>
#include <vector>

#include "engine/test_house.h"
#include "ledger/books_chance.h"

namespace granary::testing {

class RandomNetwork {
 public:
  explicit RandomNetwork(std::uint64_t seed) : chance_(seed) {
    ask(configuration());
    for (const std::string& tenant : tenants_) {
      ask(MoveMoney{{Reason::top_up, tenant, Money::units(chance_.below(3'000) + 1), "CNY"}});
      for (const char* const programme : {"city", "half", "later", "steps", "hours", "both"}) {
        grant(programme, tenant, chance_.below(900) + 50, 24h * (chance_.below(60) + 1));
      }
    }
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) one();
  }

  const std::vector<Entry>& entries() const { return entries_; }
  const State& state() const { return state_; }

 private:
  Configure configuration() {
    const std::string made_up = "standing = \"assumed\"\nsource = \"made-up\"\n";
    const std::string third = chance_.percent(70) ? "west" : "east";
    const auto chip = [](const std::string& id, const std::string& origin) {
      return Document{"chips/" + id + ".toml", "id = \"" + id + "\"\nname = \"" + id +
                                                   "\"\nvendor = \"any\"\norigin = \"" + origin +
                                                   "\"\n"};
    };
    const auto site = [&](const std::string& id, const std::string& operated_by, int nodes) {
      std::string text = "id = \"" + id + "\"\nname = \"" + id +
                         "\"\nrunner = \"local\"\nasset = \"CNY\"\n" + made_up;
      if (operated_by != id) text += "operator = \"" + operated_by + "\"\n";
      for (const char* const one : {"big", "own"}) {
        text += std::string("[[pools]]\nchip = \"") + one + "\"\nnodes = " + std::to_string(nodes) +
                "\nchips_per_node = 3\nprice = \"" + (*one == 'b' ? "7.654321" : "0.333333") +
                " CNY per chip-hour\"\nreplaceable = true\n";
      }
      return Document{"sites/" + id + ".toml", text};
    };
    const auto programme = [&](const std::string& id, const std::string& more) {
      return Document{"programmes/" + id + ".toml",
                      "id = \"" + id + "\"\nname = \"" + id + "\"\n" + made_up + more};
    };
    const std::string purposes = "purposes = [\"pretrain\", \"finetune\", \"serve\", \"run\"]\n";
    std::vector<Document> documents{
        {"sources.toml", "[made-up]\nwhat = \"invented for tests\"\nread = true\n"},
        chip("big", "imported"),
        chip("own", "domestic"),
        site("east", "east", 2),
        site("north", "west", 2),
        site("south", third, 1),
        programme("city", "issuer = \"city\"\nfund = \"20000 CNY\"\nlapse = \"fund\"\n" + purposes),
        programme("half",
                  "issuer = \"city\"\nfund = \"9000 CNY\"\nshare = \"50 %\"\nlapse = "
                  "\"issuer\"\nwith_subsidy = true\n" +
                      purposes),
        programme("later",
                  "issuer = \"county\"\nfund = \"9000 CNY\"\nmode = \"reimburse\"\nshare "
                  "= \"30 %\"\n" +
                      purposes),
        programme("steps",
                  "issuer = \"county\"\nfund = \"9000 CNY\"\ntranches = [\"50 %\", \"50 "
                  "%\"]\n" +
                      purposes),
        programme("hours", "issuer = \"hours\"\nfund = \"9000 hour\"\n" + purposes +
                               "[[prices]]\nprice = \"1.5 hour per chip-hour\"\nsites = "
                               "[\"east\"]\n"),
        programme("both", "issuer = \"union\"\nfund = \"9000 CNY\"\nshare = \"60 %\"\n" + purposes +
                              "[[funders]]\nissuer = \"county\"\nweight = 1\n"
                              "[[funders]]\nissuer = \"shire\"\nweight = 2\n"),
        programme("own-chips",
                  "issuer = \"province\"\nkind = \"subsidy\"\nfund = \"700 CNY\"\n"
                  "[[rates]]\nshare = \"20 %\"\norigin = \"domestic\"\n")};
    Configure configure;
    for (Document& d : documents) {
      const Hash hash = sha256(d.text);
      configure.documents.push_back({d.name, hash, std::move(d.text)});
    }
    if (chance_.percent(30)) configure.limits.finished_jobs = 2;
    return configure;
  }

  void ask(const Command& command) {
    run_one({"k" + std::to_string(++keys_), body_hash(command), "test", command});
  }
  void hear(const Command& command) { run_one({"", body_hash(command), "executor", command}); }
  void run_one(const Request& request) {
    Entry entry{entries_.size() + 1, now_, request, step_onto(state_, request, now_), {}};
    entry.chain = chained(entries_.empty() ? Hash{} : entries_.back().chain, encode(entry));
    entries_.push_back(std::move(entry));
  }

  void one() {
    const auto dice = chance_.below(100);
    const std::string& tenant = chance_.of(tenants_);
    if (dice < 20) {
      submit(tenant);
    } else if (dice < 24) {
      grant(chance_.of(std::vector<std::string>{"city", "half", "later", "steps", "hours", "both"}),
            tenant, chance_.below(300) + 1, Span(chance_.below(40'000'000) + 1));
    } else if (dice < 29) {
      ask(ReserveChips{tenant, "run", "needed", pool(), static_cast<int>(chance_.below(4)) + 1,
                       chance_.percent(50) ? Instant{} : now_ + span(500), span(600) + Span(1)});
    } else if (dice < 31) {
      ask(CancelReservation{{static_cast<std::uint64_t>(chance_.below(9))}});
    } else if (dice < 34) {
      ask(Cancel{{static_cast<std::uint64_t>(chance_.below(40))}});
    } else if (dice < 46) {
      pay(tenant);
    } else if (dice < 48) {
      ask(configuration());
    } else if (dice < 72) {
      report();
    } else {
      now_ += chance_.percent(10) ? Span(24h * 3) : span(200);
      hear(Tick{});
    }
  }

  // A bank, an issuer or a programme moves money; often more than there is, which is refused.
  void pay(const std::string& tenant) {
    const Money amount{(chance_.below(20'000) + 1) * 10'000};
    const Id<Voucher> voucher{static_cast<std::uint64_t>(chance_.below(20) + 1)};
    switch (chance_.below(6)) {
      case 0:
        return ask(MoveMoney{{Reason::top_up, tenant, amount, "CNY"}});
      case 1:
        return ask(MoveMoney{{Reason::withdraw, tenant, amount, "CNY"}});
      case 2: {
        const std::string site = chance_.of(std::vector<std::string>{"east", "north", "south"});
        return ask(MoveMoney{{Reason::pay_out, site, amount, "CNY"}});
      }
      case 3: {
        const std::string issuer =
            chance_.of(std::vector<std::string>{"city", "county", "province", "shire"});
        return ask(MoveMoney{{Reason::settle, issuer, amount, "CNY"}});
      }
      case 4:
        return ask(ReleaseTranche{voucher});
      default:
        return ask(DecideReimbursement{{voucher, amount, chance_.percent(70)}});
    }
  }

  Span span(std::int64_t most_minutes) { return Span(chance_.below(most_minutes * 60'000)); }
  Id<Pool> pool() {
    const std::string site = chance_.of(std::vector<std::string>{"east", "north", "south"});
    return state_.pool_ids.at(site + (chance_.percent(50) ? "/big" : "/own"));
  }

  void grant(const std::string& programme, const std::string& tenant, std::int64_t units,
             Span lasts) {
    ask(GrantVoucher{{programme,
                      tenant,
                      {units * 1'000'000 - chance_.below(1'000'000)},
                      {},
                      now_ + lasts,
                      chance_.percent(50) ? std::vector<std::string>{"sme"}
                                          : std::vector<std::string>{"start-up"}}});
  }

  void submit(const std::string& tenant) {
    JobRequest r;
    r.payer = tenant;
    r.purpose = chance_.percent(70) ? "run" : "serve";
    r.what = "test";
    r.priority = static_cast<int>(chance_.below(3)) * 10 - 10;
    r.preemptible = chance_.percent(50);
    r.service = r.purpose == "serve";
    for (auto n = chance_.below(2) + 1; n > 0; --n) {
      Choice c;
      c.pool = pool();
      c.wanted = {static_cast<int>(chance_.below(3)) + 1, 1,
                  chance_.percent(80) ? whole_chip : static_cast<int>(chance_.below(999)) + 1};
      c.layout.data = c.wanted.chips;
      c.span = span(480) + Span(1);
      r.choices.push_back(c);
    }
    if (chance_.percent(20) && !state_.reservations.empty()) {
      const auto& [id, reservation] = *state_.reservations.rbegin();
      r.inside = id;
      r.payer = reservation.payer;
      for (Choice& c : r.choices) {
        c.pool = reservation.claim.pool;
        c.span = std::min(c.span, reservation.claim.until - reservation.claim.from);
      }
    }
    r.recipe.argv = {"/bin/true"};
    ask(Submit{r});
  }

  void report() {
    if (state_.active.empty()) return;
    const std::vector<Id<Job>> active(state_.active.begin(), state_.active.end());
    const Job& job = state_.jobs.at(chance_.of(active));
    const Id<Job> id = job.id;
    const Instant at = now_ - (chance_.percent(40) ? span(60) : Span(0));
    const auto dice = chance_.below(100);
    if (dice < 35) return hear(WorkerRunning{id, job.attempt, ""});
    if (dice < 65) {
      const auto steps = std::max<std::int64_t>(0, job.report.steps + chance_.below(5) - 1);
      return hear(WorkerProgress{id, job.attempt, job.report.line + 1, steps, steps * 128, 1.5,
                                 chance_.percent(70) ? "c" : "", at});
    }
    if (dice < 88) return hear(WorkerFinished{id, job.attempt, 0, 0, at});
    hear(WorkerLost{id, job.attempt, "node gone", at});
  }

  const std::vector<std::string> tenants_{"lab", "uni", "firm"};
  Chance chance_;
  State state_;
  std::vector<Entry> entries_;
  Instant now_ = t0;
  int keys_ = 0;
};

}  // namespace granary::testing
