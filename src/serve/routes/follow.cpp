// Followed sites: what is known of one, and what its own queue says.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "catalog/printable.h"
#include "engine/followed.h"
#include "serve/routes/routes.h"
#include "units/node_list.h"

namespace granary::routes {
namespace {

constexpr std::size_t most_shown = 20;  // of those that are left out
constexpr std::size_t most_nodes = 100'000;

template <class T>
Result<void> keep(const Result<T>& given, T& into) {
  if (!given) return fail(given.error());
  into = *given;
  return {};
}

Result<std::optional<Instant>> instant_or(const Json& body, const char* key) {
  const auto given = text_or(body, key, "");
  if (!given) return fail(given.error());
  if (given->empty()) return std::optional<Instant>();
  const auto at = parse_instant(*given);
  if (!at) return fail(at.error());
  return std::optional<Instant>(*at);
}

// A name of the site: one line of what may be printed, cut where it is long.
Result<std::string> word_or(const Json& body, const char* key) {
  const auto given = text_or(body, key, "");
  if (!given) return fail(given.error());
  return printable(*given, 200);
}

Result<FollowedJob> read_followed(const Json& body) {
  if (!body.is_object()) return fail(Error::Kind::invalid, 1001, "\"jobs\" must hold objects.");
  if (auto good =
          only(body, {"number", "submitted", "eligible", "name", "account", "user", "gres", "chips",
                      "nodes", "limit_s", "started", "ended", "state", "exit_code", "exit_signal"});
      !good) {
    return fail(good.error());
  }
  FollowedJob job;
  const auto number = text(body, "number");
  if (!number) return fail(number.error());
  job.number = printable(*number, 41);
  const auto submitted = instant_or(body, "submitted");
  const auto eligible = instant_or(body, "eligible");
  const auto started = instant_or(body, "started");
  const auto ended = instant_or(body, "ended");
  for (const auto* at : {&submitted, &eligible, &started, &ended}) {
    if (!*at) return fail(at->error());
  }
  if (!*submitted) return fail(Error::Kind::invalid, 1001, "\"submitted\" is missing.");
  job.submitted = **submitted;
  job.eligible = *eligible;
  job.started = *started;
  job.ended = *ended;
  for (const auto& [key, into] : {std::pair{"name", &job.name}, std::pair{"account", &job.account},
                                  std::pair{"user", &job.user}, std::pair{"gres", &job.gres},
                                  std::pair{"state", &job.state}}) {
    if (auto good = keep(word_or(body, key), *into); !good) return fail(good.error());
  }
  const auto chips = number_or(body, "chips", 0);
  const auto limit = number_or(body, "limit_s", 0);
  for (const auto& [given, into] :
       {std::pair{chips, &job.chips}, std::pair{number_or(body, "exit_code", 0), &job.exit_code},
        std::pair{number_or(body, "exit_signal", 0), &job.exit_signal}}) {
    if (auto good = keep(given, *into); !good) return fail(good.error());
  }
  if (!limit) return fail(limit.error());
  if (*limit > 0) job.limit = std::chrono::seconds(*limit);
  const auto nodes = text_or(body, "nodes", "");
  if (!nodes) return fail(nodes.error());
  if (!nodes->empty()) {
    auto names = expand_nodes(*nodes, most_nodes);
    if (!names) return fail(names.error());
    job.nodes = std::move(*names);
  }
  return job;
}

}  // namespace

Result<Json> get_followed(const Call& call) {
  return look(call.core, [&](const State& state, Instant now) -> Result<Json> {
    const auto site = find_followed(state.configuration->catalog, call.id);
    if (!site) return fail(site.error());
    Json jobs = Json::array();
    const auto known = state.followed.find(call.id);
    if (known != state.followed.end()) {
      for (const auto& [key, id] : known->second.open) {
        const Job& job = state.jobs.at(id);
        jobs.push_back({{"number", key.first},
                        {"submitted", to_text(key.second)},
                        {"job", to_text(id)},
                        {"state", to_text(job.state)}});
      }
    }
    Json json{{"schema", "granary.followed/1"},
              {"site", call.id},
              {"cluster", (*site)->cluster},
              {"now", to_text(now)},
              {"jobs", jobs}};
    if (known != state.followed.end() && known->second.as_of != Instant{}) {
      put(json, "as_of", known->second.as_of);
    }
    return json;
  });
}

Result<Json> follow_site(const Call& call) {
  if (auto good = only(call.body, {"as_of", "jobs"}); !good) return fail(good.error());
  const auto as_of = text(call.body, "as_of");
  if (!as_of) return fail(as_of.error());
  const auto at = parse_instant(*as_of);
  if (!at) return fail(at.error());
  FollowSite report{call.id, *at, {}};
  if (!call.body.contains("jobs") || !call.body.at("jobs").is_array()) {
    return fail(Error::Kind::invalid, 1001, "\"jobs\" must be a list.");
  }
  for (const Json& one : call.body.at("jobs")) {
    auto job = read_followed(one);
    if (!job) return fail(job.error());
    report.jobs.push_back(std::move(*job));
  }
  const auto jobs = report.jobs;
  const auto made = command(call, std::move(report));
  if (!made) return fail(made.error());
  return look(call.core, [&](const State& state, Instant) -> Result<Json> {
    const auto site = find_followed(state.configuration->catalog, call.id);
    if (!site) return fail(site.error());
    const FollowedPlaces places(*state.configuration, **site);
    Json left_out = Json::array();
    int count = 0;
    for (const FollowedJob& job : jobs) {
      const auto on = places.of(job);
      if (on) continue;
      if (static_cast<std::size_t>(count++) < most_shown) {
        left_out.push_back({{"number", job.number}, {"why", on.error().what}});
      }
    }
    const auto known = state.followed.find(call.id);
    Json json{{"schema", "granary.follow/1"},
              {"site", call.id},
              {"left_out", count},
              {"reasons", left_out},
              {"open", known == state.followed.end() ? 0 : known->second.open.size()}};
    if (known != state.followed.end()) put(json, "as_of", known->second.as_of);
    return json;
  });
}

}  // namespace granary::routes
