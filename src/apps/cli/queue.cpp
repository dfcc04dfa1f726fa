// queue and explain: who runs, who waits, and why.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "apps/cli/session.h"

namespace granary::cli {
namespace {

using A = Align;

std::string counted(const Json& object, const char* key) {
  return grouped(static_cast<std::int64_t>(number_in(object, key)));
}

// "256 guian/a800-sxm-80: 64 busy, 32 reserved, 160 free"
std::string pool_line(const Json& pool) {
  std::string text = counted(pool, "chips") + " " + text_in(pool, "pool") + ": ";
  std::string parts;
  for (const char* use : {"busy", "reserved", "free"}) {
    if (number_in(pool, use) == 0) continue;
    parts += (parts.empty() ? "" : ", ") + counted(pool, use) + " " + use;
  }
  return text + parts;
}

Colour colour_of(const std::string& state) {
  if (state == "running" || state == "finished") return Colour::green;
  if (state == "waiting" || state == "stopping") return Colour::yellow;
  return state == "failed" ? Colour::red : Colour::none;
}

bool is_closed(const std::string& state) {
  return state == "finished" || state == "failed" || state == "cancelled";
}

Result<int> queue(Session& session) {
  const auto answer = session.get("/v1/queue");
  if (!answer) return fail(answer.error());
  if (session.json) return session.print_json(*answer);
  const std::string now = text_in(*answer, "as_of");
  for (const Json& pool : answer->at("pools")) session.print("  " + pool_line(pool) + "\n");
  const double oldest = number_in(*answer, "oldest_wait_s");
  session.print(fmt::format("  {} waiting{}; times are UTC, seen {}\n", counted(*answer, "waiting"),
                            oldest > 0 ? ", oldest " + span_of(oldest) : "", date_of(now, now)));
  Table table({{"#", A::right},
               {"JOB"},
               {"TENANT"},
               {"WANTS"},
               {"STATE"},
               {"AGE", A::right},
               {"START"},
               {"WHY", A::left, true}});
  for (const Json& job : answer->at("jobs")) {
    const std::string state = text_in(job, "state");
    if (is_closed(state) && !session.arguments.has("all")) continue;
    const int position = static_cast<int>(number_in(job, "position"));
    const std::string start = text_in(job, "start");
    table.add({position > 0 ? std::to_string(position) : "",
               text_in(job, "id"),
               text_in(job, "payer"),
               text_in(job, "wants"),
               {state, colour_of(state)},
               span_of(number_in(job, "age_s")),
               start.empty() ? "-" : date_of(start, now),
               text_in(job, "reason")});
  }
  if (table.empty()) {
    session.print("  No job runs or waits.\n");
  } else {
    session.print(table);
  }
  session.say("Next:  granary explain ID      granary queue --all\n");
  return 0;
}

void print_blockers(Session& session, const Json& blockers) {
  if (blockers.empty()) return;
  Table table({{""}, {"", A::right}, {"", A::left, true}});
  for (const Json& b : blockers) {
    table.add({text_in(b, "pool"),
               fmt::format("{} wanted, {} free of {}", counted(b, "wanted"), counted(b, "free"),
                           counted(b, "total")),
               text_in(b, "reason")});
  }
  session.print(table);
}

void print_sooner(Session& session, const Json& sooner, const std::string& now) {
  if (sooner.empty()) return;
  Table table({{""}, {""}, {"", A::left, true}, {""}});
  for (const Json& s : sooner) {
    const std::string start = text_in(s, "start");
    table.add({text_in(s, "change"), date_of(start, now.empty() ? start : now),
               text_in(s, "effect"), text_in(s, "command")});
  }
  session.print("It would start sooner if ...\n");
  session.print(table);
}

Result<int> explain(Session& session) {
  const auto id = only_word(session, "job");
  if (!id) return fail(id.error());
  if (auto good = parse_id<Job>(*id); !good) return fail(good.error());
  const auto answer = session.get("/v1/jobs/" + *id + "/explain");
  if (!answer) return fail(answer.error());
  if (session.json) return session.print_json(*answer);
  const std::string start = text_in(*answer, "start");
  session.print(plain(text_in(*answer, "headline")) + "\n");
  print_blockers(session, answer->at("blockers"));
  const int position = static_cast<int>(number_in(*answer, "position"));
  if (position > 0) {
    const bool lacks_money = text_in(*answer, "code") == "funds_short";
    const std::string when = lacks_money     ? "It starts when it can be paid for."
                             : start.empty() ? "No start is in sight."
                                             : "Estimated start " + date_of(start, start) + " UTC.";
    session.print(
        fmt::format("Position {} of {}. {}\n", position, counted(*answer, "waiting"), when));
  }
  print_sooner(session, answer->at("sooner"), start);
  session.print(fmt::format("Because: {}     [{}, entry {}]\n", plain(text_in(*answer, "reason")),
                            text_in(*answer, "code"), counted(*answer, "entry")));
  return 0;
}

}  // namespace

std::vector<Verb> queue_verbs() {
  return {{"queue",
           "",
           "who runs, who waits, who is next",
           {{"all", "", "also the jobs that closed last"}},
           queue},
          {"explain",
           "ID",
           "why a job waits or where it runs, and what would make it start sooner",
           {},
           explain}};
}

}  // namespace granary::cli
