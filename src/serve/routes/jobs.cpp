// Jobs: submit, show, cancel, explain, output, history.
#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <set>

#include "catalog/printable.h"
#include "engine/explain.h"
#include "engine/job_file.h"
#include "engine/overloaded.h"
#include "serve/routes/routes.h"

namespace granary::routes {
namespace {

constexpr std::size_t page = 200;  // entries read at once

// The first error of several results, if any.
template <class... R>
const Error* first_error(const R&... results) {
  const Error* error = nullptr;
  ((error = error ? error : (results ? nullptr : &results.error())), ...);
  return error;
}

Result<void> read_run(const Json& body, JobFile& job) {
  if (!body.contains("run")) return {};
  const Json& run = body.at("run");
  if (!run.is_object()) return fail(Error::Kind::invalid, 1001, "\"run\" must be an object.");
  if (auto good =
          only(run, {"argv", "environment", "data", "checkpoint", "checkpoint_every", "health"});
      !good) {
    return good;
  }
  const auto argv = texts(run, "argv");
  const auto environment = text_map(run, "environment");
  const auto data = text_or(run, "data", "");
  const auto checkpoint = text_or(run, "checkpoint", "");
  const auto every = text_or(run, "checkpoint_every", "");
  const auto health = text_or(run, "health", "");
  if (const Error* e = first_error(argv, environment, data, checkpoint, every, health)) {
    return fail(*e);
  }
  job.argv = *argv;
  job.environment = *environment;
  job.data = *data;
  job.checkpoint = *checkpoint;
  job.checkpoint_every = *every;
  job.health = *health;
  return {};
}

}  // namespace

Result<JobFile> read_job(const Json& body) {
  if (auto good = only(
          body, {"name", "payer", "team", "purpose", "priority", "preemptible", "wait_for_funds",
                 "accept", "inside", "quote", "time_limit", "expected", "service", "work", "run"});
      !good) {
    return fail(good.error());
  }
  JobFile job;
  const auto team = text_or(body, "team", "");
  const auto quote = text_or(body, "quote", "");
  // Who pays may be left to the quote.
  const auto payer = body.contains("quote") ? text_or(body, "payer", "") : text(body, "payer");
  const auto name = text_or(body, "name", "");
  const auto purpose = text_or(body, "purpose", "");
  const auto inside = text_or(body, "inside", "");
  const auto limit = text_or(body, "time_limit", "");
  const auto expected = text_or(body, "expected", "");
  const auto accept = texts(body, "accept");
  const auto work = text_map(body, "work");
  const auto priority = number_or(body, "priority", 0);
  const auto preemptible = flag(body, "preemptible");
  const auto patient = flag(body, "wait_for_funds");
  const auto service = flag(body, "service");
  if (const Error* e = first_error(payer, team, quote, name, purpose, inside, limit, expected,
                                   accept, work, priority, preemptible, patient, service)) {
    return fail(*e);
  }
  job.payer = *payer;
  job.team = *team;
  job.quote = *quote;
  job.name = *name;
  job.purpose = *purpose;
  job.inside = *inside;
  job.time_limit = *limit;
  job.expected = *expected;
  job.accept = *accept;
  job.work = *work;
  job.priority = *priority;
  job.preemptible = *preemptible;
  job.wait_for_funds = *patient;
  job.service = *service;
  if (auto good = read_run(body, job); !good) return fail(good.error());
  return job;
}

namespace {

Result<Json> show(Core& core, Id<Job> id) {
  return look(core, [&](const State& state, Instant now) -> Result<Json> {
    const auto found = state.jobs.find(id);
    if (found == state.jobs.end()) {
      return fail(Error::Kind::not_found, 2008, "No job " + to_text(id) + ".");
    }
    std::optional<Instant> start;
    if (found->second.state == JobState::waiting) {
      const auto starts = estimated_starts(state, now);
      if (const auto at = starts.find(id); at != starts.end()) start = at->second;
    }
    Json json = job_json(state, found->second, start);
    json["schema"] = "granary.job/1";
    return json;
  });
}

Json preview(const State& state, const JobRequest& request, Instant now) {
  Json options = Json::array();
  const auto forecasts = forecast(state, request, now);
  for (std::size_t i = 0; i < forecasts.size(); ++i) {
    const Choice& choice = request.choices[i];
    const Pool* pool = find_pool(state.configuration->pools, choice.pool);
    if (!pool) continue;
    Json option{{"pool", pool->name()},
                {"chips", choice.wanted.chips},
                {"layout", to_text(choice.layout)},
                {"duration_s", seconds(choice.span)},
                {"price", money(forecasts[i].price, pool->asset)},
                {"fundable", forecasts[i].fundable}};
    if (forecasts[i].start) put(option, "start", *forecasts[i].start);
    options.push_back(option);
  }
  Json vouchers = Json::array();
  for (const auto& [id, voucher] : state.books.vouchers) {
    if (voucher.holder == request.payer && !voucher.closed) {
      vouchers.push_back(voucher_json(state, voucher));
    }
  }
  return {{"schema", "granary.job_preview/1"}, {"what", request.what}, {"payer", request.payer},
          {"purpose", request.purpose},        {"options", options},   {"vouchers", vouchers}};
}

// Leaves to the quote what it says, if the job file says the same: G1100.
Result<void> leave_to_quote(const Call& call, JobRequest& r) {
  if (!r.quote || r.choices.empty()) return {};
  const auto looked = look(call.core, [&](const State& state, Instant) -> Result<Json> {
    const auto option = find_option(state.quotes, *r.quote, "");
    if (!option) return Json();  // the engine says why
    const Quote& quote = state.quotes.at(r.quote->quote);
    const Choice& quoted = (*option)->choice;
    const auto same = [&](const Choice& one) {
      return one.pool == quoted.pool && one.wanted.chips == quoted.wanted.chips &&
             one.layout == quoted.layout && one.span == quoted.span;
    };
    if (r.purpose == quote.purpose && r.what == quote.what && r.service == quote.service &&
        std::any_of(r.choices.begin(), r.choices.end(), same)) {
      return Json();
    }
    return fail(
        Error::Kind::invalid, 1100,
        fmt::format("{} is for \"{}\" on {} chips for {}; this job asks for something else.",
                    to_text(*r.quote), quote.what, quoted.wanted.chips, to_text(quoted.span)),
        "leave out work, accept and expected, or submit without the quote");
  });
  if (!looked) return fail(looked.error());
  r.choices.clear();
  r.others.clear();
  r.purpose.clear();
  r.what.clear();
  r.service = false;
  return {};
}

// With what its quote says, to be shown.
JobRequest filled(const State& state, JobRequest r) {
  if (!r.quote) return r;
  const auto option = find_option(state.quotes, *r.quote, "");
  if (!option) return r;
  const Quote& quote = state.quotes.at(r.quote->quote);
  r.payer = quote.payer;
  r.purpose = quote.purpose;
  r.what = quote.what;
  r.choices = {(*option)->choice};
  return r;
}

// One sentence for an event that concerns the job; empty for others.
std::pair<std::string, std::string> told(const State& state, const Event& event, Id<Job> id) {
  using Told = std::pair<std::string, std::string>;
  const std::string holds = to_text(id) + "/";
  return std::visit(
      overloaded{
          [&](const Accepted& e) -> Told {
            if (e.job.id != id) return {};
            return {"accepted", e.job.request.what + ", payer " + e.job.request.payer};
          },
          [&](const Waits& e) -> Told {
            if (e.job != id) return {};
            return {"waits", sentence(state, e.because)};
          },
          [&](const Started& e) -> Told {
            if (e.job != id) return {};
            const Pool* pool = find_pool(state.configuration->pools, e.claim.pool);
            return {"started",
                    fmt::format("attempt {} on {} x {}: {}", e.attempt, e.claim.held.size(),
                                pool ? pool->name() : "?", sentence(state, e.because))};
          },
          [&](const Confirmed& e) -> Told {
            if (e.job != id) return {};
            return {"running", e.endpoint.empty() ? "its worker runs" : "healthy at " + e.endpoint};
          },
          [&](const Asked& e) -> Told {
            if (e.job != id) return {};
            return {"asked", "whether it still runs"};
          },
          [&](const Progressed& e) -> Told {
            if (e.job != id || e.report.checkpoint_at == Instant{}) return {};
            return {"progress",
                    fmt::format("step {}, {} tokens, loss {:.4f}, checkpoint {}", e.report.steps,
                                e.report.tokens, e.report.loss, e.report.checkpoint)};
          },
          [&](const Extended& e) -> Told {
            if (e.job != id) return {};
            return {"extended", "until " + to_text(e.until)};
          },
          [&](const Stopping& e) -> Told {
            if (e.job != id) return {};
            return {"stopping",
                    to_text(e.cause) + (e.stopped_for ? " for " + to_text(*e.stopped_for) : "")};
          },
          [&](const Ended& e) -> Told {
            if (e.job != id) return {};
            return {"ended",
                    fmt::format("attempt {} {}: {}", e.attempt, to_text(e.outcome), e.why)};
          },
          [&](const CancelledWaiting& e) -> Told {
            if (e.job != id) return {};
            return {"cancelled", "before it started"};
          },
          [&](const Posted& e) -> Told {
            if (e.transfer.owner.rfind(holds, 0) != 0) return {};
            Money total;
            for (const Leg& leg : e.transfer.legs) total += leg.amount;
            if (e.transfer.reason == Reason::preemption) {
              return {"borne", to_grouped_text(total) + ": " + e.transfer.memo};
            }
            static constexpr const char* names[] = {"appropriate", "grant",  "hold",  "capture",
                                                    "release",     "refund", "expire"};
            return {names[static_cast<int>(e.transfer.reason)],
                    to_grouped_text(total) + ": " + e.transfer.memo};
          },
          [](const auto&) -> Told { return {}; }},
      event);
}

}  // namespace

Json job_json(const State& state, const Job& job, std::optional<Instant> start) {
  const JobRequest& r = job.request;
  Json json{
      {"id", to_text(job.id)},
      {"name", r.name},
      {"payer", r.payer},
      {"purpose", r.purpose},
      {"what", r.what},
      {"priority", r.priority},
      {"preemptible", r.preemptible},
      {"service", r.service},
      {"state", to_text(job.state)},
      {"attempt", job.attempt},
      {"submitted", to_text(job.submitted)},
      {"preemptions", job.preemptions},
      {"losses", job.losses},
      {"because", {{"code", code_of(job.because)}, {"sentence", sentence(state, job.because)}}}};
  Json wants = Json::array();
  for (const Choice& choice : r.choices) {
    const Pool* pool = find_pool(state.configuration->pools, choice.pool);
    const std::string text = fmt::format("{} x {}", choice.wanted.chips, pool ? pool->chip : "?");
    if (std::find(wants.begin(), wants.end(), text) == wants.end()) wants.push_back(text);
  }
  json["wants"] = wants;
  if (start) put(json, "start", *start);
  if (!r.team.empty()) json["team"] = r.team;
  if (r.inside) json["inside"] = to_text(*r.inside);
  if (r.quote) json["quote"] = to_text(*r.quote);
  if (job.attempt > 0) {
    const Choice& choice = r.choices[job.choice];
    const Pool* pool = find_pool(state.configuration->pools, choice.pool);
    json["pool"] = pool ? pool->name() : "?";
    json["chips"] = choice.wanted.chips;
    json["layout"] = to_text(choice.layout);
    json["started"] = to_text(job.started);
    if (!job.endpoint.empty()) json["endpoint"] = job.endpoint;
    if (job.report.steps > 0 || !job.report.checkpoint.empty()) {
      json["progress"] = {{"steps", job.report.steps},
                          {"tokens", job.report.tokens},
                          {"checkpoint", job.report.checkpoint},
                          {"checkpoint_at", to_text(job.report.checkpoint_at)}};
      put(json["progress"], "loss", job.report.loss);
    }
    if (job.claim && pool) {
      json["until"] = to_text(job.claim->until);
      std::set<std::string> nodes;
      for (const Held& held : job.claim->held) {
        for (const Node& node : pool->nodes) {
          if (node.id == held.node) nodes.insert(node.name);
        }
      }
      json["nodes"] = nodes;
    }
    if (const auto line = state.lines.find(owner_of(job)); line != state.lines.end() && pool) {
      add_line(json, state, line->second, pool->asset);
    }
    if (pool) json["paid"] = money(job.paid, pool->asset);
  }
  if (job.outcome) {
    json["outcome"] = to_text(*job.outcome);
    json["exit_code"] = job.exit_code;
    json["exit_signal"] = job.exit_signal;
    json["ended_why"] = job.ended_why;
    json["ended"] = to_text(job.ended);
  }
  return json;
}

Result<Json> post_job(const Call& call) {
  if (!call.dry_run()) {
    const auto before = answered_before(call);
    if (!before) return fail(before.error());
    if (*before) return show(call.core, *parse_id<Job>(**before));
  }
  const auto file = read_job(call.body);
  if (!file) return fail(file.error());
  std::shared_ptr<const Configuration> c;
  Instant asked{};
  call.core.read([&](const State& state, Instant now) {
    c = state.configuration;
    asked = now;
  });
  if (!c) return fail(Error::Kind::unavailable, 7006, "The stock is not configured yet.");
  auto request = to_request(*file, c->catalog, c->pools, asked);
  if (!request) return fail(request.error());
  if (auto good = leave_to_quote(call, *request); !good) return fail(good.error());
  if (call.dry_run()) {
    Answer answer;
    const auto after = rehearse(call, Submit{*request}, answer);
    if (!after) return fail(after.error());
    // What the queue or a voucher refuses is shown with the options; what is wrong is said.
    const auto& no = answer.refused;
    const bool of_quote = no && (no->code == 4101 || no->code == 4102);
    if (no && (no->kind != Error::Kind::refused || of_quote)) return fail(*no);
    return look(call.core, [&](const State& state, Instant now) -> Result<Json> {
      return preview(state, filled(state, *request), now);
    });
  }
  const auto made = command(call, Submit{*request});
  if (!made) return fail(made.error());
  return show(call.core, *parse_id<Job>(*made));
}

Result<Json> get_job(const Call& call) {
  const auto id = parse_id<Job>(call.id);
  if (!id) return fail(id.error());
  return show(call.core, *id);
}

Result<Json> cancel_job(const Call& call) {
  const auto id = parse_id<Job>(call.id);
  if (!id) return fail(id.error());
  if (auto good = only(call.body, {}); !good) return fail(good.error());
  const auto made = command(call, Cancel{*id});
  if (!made) return fail(made.error());
  return show(call.core, *id);
}

Result<Json> explain_job(const Call& call) {
  const auto id = parse_id<Job>(call.id);
  if (!id) return fail(id.error());
  const std::uint64_t entry = call.core.head().sequence;
  return look(call.core, [&](const State& state, Instant now) -> Result<Json> {
    const auto e = explain(state, *id, now);
    if (!e) return fail(e.error());
    Json json{{"schema", "granary.explanation/1"},
              {"job", to_text(*id)},
              {"state", to_text(state.jobs.at(*id).state)},
              {"headline", e->headline},
              {"reason", e->reason},
              {"code", e->code},
              {"position", e->position},
              {"waiting", e->waiting},
              {"blockers", Json::array()},
              {"sooner", Json::array()},
              {"entry", entry}};
    if (e->start) put(json, "start", *e->start);
    for (const Blocker& b : e->blockers) {
      json["blockers"].push_back({{"pool", b.pool},
                                  {"wanted", b.wanted},
                                  {"free", b.free},
                                  {"total", b.total},
                                  {"reason", b.reason}});
    }
    for (const Sooner& s : e->sooner) {
      Json change{{"change", s.change}, {"effect", s.effect}, {"command", s.command}};
      put(change, "start", s.start);
      json["sooner"].push_back(std::move(change));
    }
    return json;
  });
}

Result<Json> job_logs(const Call& call) {
  const auto id = parse_id<Job>(call.id);
  if (!id) return fail(id.error());
  int latest = 0;
  auto known = look(call.core, [&](const State& state, Instant) -> Result<Json> {
    const auto found = state.jobs.find(*id);
    if (found == state.jobs.end()) {
      return fail(Error::Kind::not_found, 2008, "No job " + to_text(*id) + ".");
    }
    latest = found->second.attempt;
    return Json();
  });
  if (!known) return known;
  const auto attempt = query_number(call, "attempt", static_cast<std::uint64_t>(latest), 1'000'000);
  const auto bytes = query_number(call, "bytes", 65'536, 1'048'576);
  if (const Error* e = first_error(attempt, bytes)) return fail(*e);
  const auto found = call.query.find("stream");
  const std::string stream = found == call.query.end() ? "stdout" : found->second;
  if (stream != "stdout" && stream != "stderr") {
    return fail(Error::Kind::invalid, 1005,
                "stream=" + printable(stream, 40) + ": use stdout or stderr.");
  }
  const auto output = call.core.output(*id, static_cast<int>(*attempt), stream, *bytes);
  if (!output) return fail(output.error());
  return Json{{"schema", "granary.logs/1"},
              {"job", to_text(*id)},
              {"attempt", *attempt},
              {"stream", stream},
              {"text", *output}};
}

Result<Json> job_events(const Call& call) {
  const auto id = parse_id<Job>(call.id);
  if (!id) return fail(id.error());
  Json events = Json::array();
  State state;
  for (std::uint64_t after = 0;;) {
    const auto entries = call.core.entries(after, page);
    if (!entries) return fail(entries.error());
    if (entries->empty()) break;
    for (const Entry& entry : *entries) {
      for (const Event& event : entry.events) {
        evolve(state, event);
        const auto [kind, sentence_of_it] = told(state, event, *id);
        if (kind.empty()) continue;
        events.push_back({{"at", to_text(entry.at)},
                          {"entry", entry.sequence},
                          {"kind", kind},
                          {"text", sentence_of_it}});
      }
    }
    after = entries->back().sequence;
  }
  if (events.empty()) return fail(Error::Kind::not_found, 2008, "No job " + to_text(*id) + ".");
  return Json{{"schema", "granary.events/1"}, {"job", to_text(*id)}, {"events", events}};
}

}  // namespace granary::routes
