// simulate: our own history under other policies.
#include <fmt/core.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "apps/cli/session.h"
#include "engine/codec.h"
#include "simulate/what_if.h"
#include "store/sqlite_journal.h"
#include "units/text.h"

namespace granary::cli {
namespace {

using A = Align;
using std::chrono::steady_clock;

constexpr std::size_t page = 500;

Result<std::vector<Entry>> read_file(const Session& session, const std::string& name) {
  const auto path = session.path_of(name);
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return fail(Error::Kind::not_found, 2012,
                "There is no file " + plain(name) + " that can be read.");
  }
  const auto journal = open_journal({path.string(), Access::read_only, 0});
  if (!journal) return fail(journal.error());
  std::vector<Entry> all;
  for (;;) {
    auto entries = (*journal)->read(all.empty() ? 0 : all.back().sequence, page);
    if (!entries) return fail(entries.error());
    if (entries->empty()) return all;
    std::move(entries->begin(), entries->end(), std::back_inserter(all));
  }
}

Result<std::vector<Entry>> read_daemon(Session& session) {
  std::vector<Entry> all;
  Hash chain;
  for (;;) {
    const std::uint64_t after = all.empty() ? 0 : all.back().sequence;
    const auto answer = session.get(fmt::format("/v1/journal?after={}&limit={}", after, page));
    if (!answer) return fail(answer.error());
    const Json entries = answer->value("entries", Json::array());
    if (entries.empty()) return all;
    for (const Json& stored : entries) {
      auto entry = decode(stored.value("entry", Json()).dump());
      if (!entry) return fail(entry.error());
      chain = chained(chain, encode(*entry));
      if (entry->sequence != (all.empty() ? 0 : all.back().sequence) + 1 ||
          to_text(chain) != text_in(stored, "chain")) {
        return fail(Error::Kind::failed, 9002,
                    fmt::format("Entry {} does not give its chain.", entry->sequence));
      }
      entry->chain = chain;
      all.push_back(std::move(*entry));
    }
  }
}

// Chips in use over chips held, over all pools while anything ran.
double utilisation_of(const Summary& summary, const std::vector<Pool>& pools) {
  double used = 0, held = 0;
  for (const Pool& pool : pools) {
    const auto found = summary.utilisation.find(pool.name());
    if (found == summary.utilisation.end()) continue;
    used += found->second * pool.chips();
    held += pool.chips();
  }
  return held > 0 ? used / held : 0;
}

Result<std::vector<Pool>> pools_in(const std::vector<Entry>& history) {
  State state;
  for (const Entry& entry : history) {
    if (auto good = fold(state, entry); !good) return fail(good.error());
  }
  return state.configuration ? state.configuration->pools : std::vector<Pool>{};
}

struct Ran {
  Summary summary;
  double utilisation = 0;
  double took_s = 0;
};

Json by_programme(const Summary& summary) {
  Json all = Json::object();
  for (const auto& [programme, amount] : summary.by_programme) all[programme] = to_text(amount);
  return all;
}

// "PROGRAMME:TENANT:AMOUNT:DAY", and the words that the tenant declared: ":sme,start-up".
Result<Grant> parse_grant(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(':', at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  if (parts.size() < 4 || parts.size() > 5) {
    return fail(Error::Kind::invalid, 1109,
                fmt::format("\"{}\" is not PROGRAMME:TENANT:AMOUNT:DAY.", plain(text)),
                "--grant cn-henan-2023:lab:100000:2027-06-30, and :sme for what it declares");
  }
  const auto amount = parse_money(parts[2]);
  if (!amount) return fail(amount.error());
  const auto expires = parse_instant(parts[3]);
  if (!expires) return fail(expires.error());
  Grant grant{parts[0], parts[1], *amount, {}, *expires};
  const std::string words = parts.size() == 5 ? parts[4] : "";
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find(',', at), words.size());
    grant.declared.push_back(words.substr(at, end - at));
    at = end + 1;
  }
  return grant;
}

// The run that was asked for, under the first of its policies.
Result<WhatIf> change_of(const Arguments& arguments) {
  WhatIf change;
  for (const std::string& text : arguments.all("assume")) {
    const auto assumption = parse_assumption(text);
    if (!assumption) return fail(assumption.error());
    change.assumptions.push_back(*assumption);
  }
  for (const std::string& text : arguments.all("grant")) {
    const auto grant = parse_grant(text);
    if (!grant) return fail(grant.error());
    change.grants.push_back(*grant);
  }
  return change;
}

Json assumed_json(const WhatIf& change) {
  Json all = Json::array();
  for (const Assumption& one : change.assumptions) {
    all.push_back({{"programme", one.programme}, {"key", one.key}, {"value", one.value}});
  }
  return all;
}

void print_programmes(Session& session, const WhatIf& change, const std::vector<Ran>& runs) {
  std::string assumed;
  for (const Assumption& one : change.assumptions) {
    assumed +=
        fmt::format("{}{}.{} = {}", assumed.empty() ? "" : ", ", one.programme, one.key, one.value);
  }
  if (!assumed.empty()) {
    session.print(fmt::format("  Assumed, and not known: {}.\n", plain(assumed)));
  }
  for (const Ran& ran : runs) {
    for (const Grant& grant : change.grants) {
      const auto paid = ran.summary.by_programme.find(grant.programme);
      session.print(fmt::format(
          "  {}: {} pays {} of it.\n", ran.summary.policy, plain(grant.programme),
          to_grouped_text(paid == ran.summary.by_programme.end() ? Money{} : paid->second)));
    }
  }
}

Json json_of(const Ran& ran) {
  const Summary& s = ran.summary;
  const auto seconds = [](Span span) { return static_cast<double>(span.count()) / 1e3; };
  return {{"policy", s.policy},
          {"jobs", s.jobs},
          {"started", s.started},
          {"finished", s.finished},
          {"unfinished", s.unfinished},
          {"refused", s.refused},
          {"preemptions", s.preemptions},
          {"wait_p50_s", seconds(s.wait_p50)},
          {"wait_p95_s", seconds(s.wait_p95)},
          {"makespan_s", seconds(s.makespan)},
          {"spent", to_text(s.spent)},
          {"paid_by_programme", by_programme(s)},
          {"chip_hours_used", s.chip_hours_used},
          {"chip_hours_lost", s.chip_hours_lost},
          {"utilisation", ran.utilisation},
          {"utilisation_by_pool", s.utilisation},
          {"run_s", ran.took_s}};
}

void print_runs(Session& session, const std::vector<Ran>& runs) {
  std::vector<Table::Column> columns{{"POLICY"},
                                     {"WAIT p50", A::right},
                                     {"p95", A::right},
                                     {"FINISHED", A::right},
                                     {"SPENT", A::right},
                                     {"PREEMPTED", A::right},
                                     {"LOST-CHIP-HOURS", A::right},
                                     {"UTILISATION", A::right}};
  // How long it took here is no part of the answer.
  if (!session.quiet) columns.push_back({"RUN", A::right});
  Table table(columns);
  for (const Ran& ran : runs) {
    const Summary& s = ran.summary;
    std::vector<Table::Cell> row{s.policy,
                                 to_text(s.wait_p50),
                                 to_text(s.wait_p95),
                                 fmt::format("{} of {}", s.finished, s.jobs),
                                 to_grouped_text(s.spent),
                                 std::to_string(s.preemptions),
                                 fmt::format("{:.1f}", s.chip_hours_lost),
                                 percent(ran.utilisation)};
    if (!session.quiet) row.push_back(fmt::format("{:.1f} s", ran.took_s));
    table.add(row);
  }
  session.print(table);
}

Result<int> simulate(Session& session) {
  const auto& words = session.arguments.words;
  if (words.size() > 1) return usage("One journal at a time.");
  const auto policies = session.arguments.all("policy");
  for (const std::string& policy : policies) {
    if (auto known = find_policy(policy); !known) return fail(known.error());
  }
  const auto change = change_of(session.arguments);
  if (!change) return fail(change.error());
  const auto history = words.empty() ? read_daemon(session) : read_file(session, words.front());
  if (!history) return fail(history.error());
  const auto pools = pools_in(*history);
  if (!pools) return fail(pools.error());
  const auto begin = steady_clock::now();
  const auto since = [](steady_clock::time_point from) {
    return std::chrono::duration<double>(steady_clock::now() - from).count();
  };
  std::vector<Ran> runs;
  for (const std::string& policy : policies) {
    const auto started = steady_clock::now();
    WhatIf wanted = *change;
    wanted.policy = policy;
    auto result = what_if(*history, wanted);
    if (!result) return fail(result.error());
    result->summary.policy = policy;
    runs.push_back({result->summary, utilisation_of(result->summary, *pools), since(started)});
    if (since(begin) > 1 && runs.size() < policies.size()) {
      session.say(fmt::format("simulated {} of {} policies in {:.1f} s\n", runs.size(),
                              policies.size(), since(begin)));
    }
  }
  if (session.json) {
    Json all{{"schema", "granary.what_if/1"}, {"entries", history->size()}};
    for (const Ran& ran : runs) all["policies"].push_back(json_of(ran));
    if (!change->assumptions.empty()) all["assumed"] = assumed_json(*change);
    return session.print_json(all);
  }
  print_runs(session, runs);
  print_programmes(session, *change, runs);
  session.print(fmt::format(
      "  {} entries replayed: what people asked for, when they asked; work takes as long as it "
      "really took.\n",
      grouped(static_cast<std::int64_t>(history->size()))));
  return 0;
}

}  // namespace

std::vector<Verb> simulate_verbs() {
  return {{"simulate",
           "[JOURNAL]",
           "our own history under one or more policies",
           {{"policy", "NAME", "fifo or backfill", true, true},
            {"assume", "PROGRAMME.KEY=VALUE", "of what nobody has found out about it", true},
            {"grant", "PROGRAMME:TENANT:AMOUNT:DAY", "a voucher that was not granted", true}},
           simulate}};
}

}  // namespace granary::cli
