// job: one job, its output and its history.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "apps/cli/session.h"

namespace granary::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Result<std::string> read_job(const Session& session) {
  auto id = only_word(session, "job");
  if (!id) return id;
  if (auto good = parse_id<Job>(*id); !good) return fail(good.error());
  return id;
}

std::string where(const Json& job) {
  if (!job.contains("pool")) return "";
  return fmt::format("{} x {}   {}", static_cast<int>(number_in(job, "chips")),
                     text_in(job, "pool"), text_in(job, "layout"));
}

std::string joined(const Json& texts) {
  std::string text;
  if (!texts.is_array()) return text;
  for (const Json& t : texts) {
    if (t.is_string()) text += (text.empty() ? "" : ", ") + t.get<std::string>();
  }
  return text;
}

std::string progress_of(const Json& job) {
  if (!job.contains("progress")) return "";
  const Json& p = job.at("progress");
  const std::string checkpoint = text_in(p, "checkpoint");
  return fmt::format("step {}, {} tokens, loss {:.4f}{}",
                     grouped(static_cast<std::int64_t>(number_in(p, "steps"))),
                     grouped(static_cast<std::int64_t>(number_in(p, "tokens"))),
                     number_in(p, "loss"), checkpoint.empty() ? "" : ", checkpoint " + checkpoint);
}

std::string money_of(const Json& job) {
  const std::string paid = job.contains("paid") ? exact_amount(job.at("paid")) + " paid" : "";
  if (!job.contains("held")) return paid;
  return paid + (paid.empty() ? "" : " by earlier attempts, ") + exact_amount(job.at("captured")) +
         " captured, " + exact_amount(job.at("held")) + " held";
}

std::string traits_of(const Json& job) {
  std::string text = fmt::format("priority {}", static_cast<int>(number_in(job, "priority")));
  if (job.value("preemptible", false)) text += ", preemptible";
  if (job.value("service", false)) text += ", a service";
  if (const std::string inside = text_in(job, "inside"); !inside.empty()) {
    text += ", inside " + inside;
  }
  return text;
}

std::string attempts_of(const Json& job) {
  return fmt::format("{} (preempted {}, lost {})", static_cast<int>(number_in(job, "attempt")),
                     static_cast<int>(number_in(job, "preemptions")),
                     static_cast<int>(number_in(job, "losses")));
}

void print_job(Session& session, const Json& job) {
  const std::string submitted = text_in(job, "submitted");
  const auto date = [&](const char* key) {
    const std::string at = text_in(job, key);
    return at.empty() ? "" : date_of(at, submitted) + " UTC";
  };
  Table table({{""}, {"", Align::left, true}});
  const auto row = [&](const char* name, const std::string& value) {
    if (!value.empty()) table.add({name, value});
  };
  row("job", text_in(job, "id") + (text_in(job, "name").empty() ? "" : " " + text_in(job, "name")));
  row("state", text_in(job, "state"));
  row("because", text_in(job.value("because", Json()), "sentence"));
  row("what", text_in(job, "what"));
  const std::string team = text_in(job, "team");
  row("payer", text_in(job, "payer") + (team.empty() ? "" : ", team " + team) + " (" +
                   text_in(job, "purpose") + ")");
  row("traits", traits_of(job));
  row("accepts", joined(job.value("wants", Json::array())));
  row("submitted", date("submitted"));
  row("start", date("start"));
  row("on", where(job));
  row("nodes", joined(job.value("nodes", Json::array())));
  row("endpoint", text_in(job, "endpoint"));
  row("started", date("started"));
  row("until", date("until"));
  row("progress", progress_of(job));
  row("attempt", attempts_of(job));
  row("money", money_of(job));
  row("ended", date("ended"));
  row("outcome", text_in(job, "outcome").empty()
                     ? ""
                     : text_in(job, "outcome") + ": " + text_in(job, "ended_why"));
  session.print(table);
}

Result<int> show(Session& session) {
  const auto id = read_job(session);
  if (!id) return fail(id.error());
  const auto job = session.get("/v1/jobs/" + *id);
  if (!job) return fail(job.error());
  if (session.json) return session.print_json(*job);
  print_job(session, *job);
  return 0;
}

// Output as it is, but for what would steer a terminal.
std::string printed(const std::string& text, bool to_terminal) {
  if (!to_terminal) return text;
  std::string safe;
  for (const char c : text) {
    const bool steers = static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
    safe += steers || c == 0x7f ? '?' : c;
  }
  return safe;
}

Result<int> logs(Session& session) {
  const auto id = read_job(session);
  if (!id) return fail(id.error());
  std::string target = "/v1/jobs/" + *id + "/logs?stream=";
  const std::string stream = session.arguments.text("stream", "stdout");
  if (stream != "stdout" && stream != "stderr") {
    return fail(Error::Kind::invalid, 1005,
                "--stream " + plain(stream).substr(0, 40) + ": use stdout or stderr.");
  }
  target += stream;
  for (const char* flag : {"attempt", "bytes"}) {
    if (!session.arguments.has(flag)) continue;
    const std::string value = session.arguments.text(flag);
    const bool digits = !value.empty() && value.size() < 10 &&
                        value.find_first_not_of("0123456789") == std::string::npos;
    if (!digits) {
      return fail(Error::Kind::invalid, 1005,
                  fmt::format("--{} {}: write a whole number.", flag, plain(value).substr(0, 40)));
    }
    target += std::string("&") + flag + "=" + value;
  }
  const auto answer = session.get(target);
  if (!answer) return fail(answer.error());
  if (session.json) return session.print_json(*answer);
  session.print(printed(text_in(*answer, "text"), session.context.out_is_terminal));
  return 0;
}

Result<int> events(Session& session) {
  const auto id = read_job(session);
  if (!id) return fail(id.error());
  const auto answer = session.get("/v1/jobs/" + *id + "/events");
  if (!answer) return fail(answer.error());
  if (session.json) return session.print_json(*answer);
  Table table({{"AT (UTC)"}, {"ENTRY", Align::right}, {"WHAT"}, {"", Align::left, true}});
  for (const Json& e : answer->at("events")) {
    const std::string at = text_in(e, "at");
    table.add({date_of(at, at), grouped(static_cast<std::int64_t>(number_in(e, "entry"))),
               text_in(e, "kind"), text_in(e, "text")});
  }
  session.print(table);
  return 0;
}

Result<int> cancel(Session& session) {
  const auto id = read_job(session);
  if (!id) return fail(id.error());
  if (auto good = session.can_ask("cancelling " + *id); !good) return fail(good.error());
  if (!session.yes || session.dry_run) {
    const auto job = session.get("/v1/jobs/" + *id);
    if (!job) return fail(job.error());
    const std::string place = where(*job);
    const std::string what =
        fmt::format("{} of {}, {}{}", *id, plain(text_in(*job, "payer")), text_in(*job, "state"),
                    place.empty() ? "" : " on " + place);
    if (session.dry_run) {
      if (session.json) return session.print_json(*job);
      session.print("would cancel " + what + "\n");
      return 0;
    }
    if (!session.confirm("Cancel " + what + "?")) return 1;
  }
  const auto job = session.post("/v1/jobs/" + *id + "/cancel", Json::object());
  if (!job) return fail(job.error());
  if (session.json) return session.print_json(*job);
  const std::string state = text_in(*job, "state");
  session.print(
      fmt::format("{} {}\n", *id, state == "stopping" ? "is asked to stop" : "is " + state));
  return 0;
}

bool is_closed(const std::string& state) {
  return state == "finished" || state == "failed" || state == "cancelled";
}

Result<int> wait(Session& session) {
  const auto id = read_job(session);
  if (!id) return fail(id.error());
  std::optional<Span> timeout;
  if (session.arguments.has("timeout")) {
    const auto span = parse_span(session.arguments.text("timeout"));
    if (!span) return fail(span.error());
    timeout = *span;
  }
  const auto begin = steady_clock::now();
  for (milliseconds pause(50);; pause = std::min(pause * 2, milliseconds(2000))) {
    const auto job = session.get("/v1/jobs/" + *id);
    if (!job) return fail(job.error());
    const std::string state = text_in(*job, "state");
    if (is_closed(state)) {
      if (session.json) {
        session.print_json(*job);
      } else {
        const std::string why = text_in(*job, "ended_why");
        session.print(fmt::format("{} {}{}\n", *id, state, why.empty() ? "" : ": " + plain(why)));
      }
      return state == "finished" ? 0 : 1;
    }
    if (timeout) {
      const auto left = *timeout - std::chrono::duration_cast<Span>(steady_clock::now() - begin);
      if (left <= Span(0)) {
        return fail(Error::Kind::unavailable, 7012,
                    fmt::format("{} is still {} after {}.", *id, state, to_text(*timeout)),
                    "granary explain " + *id);
      }
      pause = std::min(pause, std::chrono::duration_cast<milliseconds>(left));
    }
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace

std::vector<Verb> job_verbs() {
  return {{"job show", "ID", "everything about one job", {}, show},
          {"job logs",
           "ID",
           "what its program printed",
           {{"stream", "NAME", "stdout or stderr"},
            {"attempt", "N", "another than the last"},
            {"bytes", "N", "at most so many, the last ones"}},
           logs},
          {"job events", "ID", "what happened to it, oldest first", {}, events},
          {"job cancel", "ID", "stops it, or takes it from the queue", {}, cancel},
          {"job wait",
           "ID",
           "returns when it has ended: 0 when it finished, 1 otherwise",
           {{"timeout", "SPAN", "give up after that: 10min"}},
           wait}};
}

}  // namespace granary::cli
