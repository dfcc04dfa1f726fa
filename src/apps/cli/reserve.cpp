// reserve: chips held for later, paid for whether used or not.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "apps/cli/session.h"
#include "engine/job_file.h"

namespace granary::cli {
namespace {

using A = Align;

std::string chips_of(const Json& r) {
  return fmt::format("{} x {}", grouped(static_cast<std::int64_t>(number_in(r, "chips"))),
                     text_in(r, "pool"));
}

std::string dates_of(const Json& r) {
  const std::string from = text_in(r, "from");
  return date_of(from, from) + " to " + date_of(text_in(r, "until"), from) + " UTC";
}

// "256 x guian/a800-sxm-80, 8 Dec 06:00 to 22 Dec 06:00 UTC, for 1,548,288.00"
std::string claim_of(const Json& r) {
  return chips_of(r) + ", " + dates_of(r) + ", for " + exact_amount(r.value("price", Json()));
}

std::string delays_of(const Json& r) {
  std::string text;
  for (const Json& delay : r.value("delays", Json::array())) {
    text += (text.empty() ? "" : ", ") + text_in(delay, "job") + " by " +
            span_of(number_in(delay, "by_s"));
  }
  return "Stops nothing that runs; delays " + (text.empty() ? "no waiting job" : text) + ".";
}

Result<Json> read_body(const Session& session) {
  const Arguments& arguments = session.arguments;
  Json body;
  for (const char* key : {"chips", "site", "from", "for", "payer", "team", "purpose", "why"}) {
    if (arguments.has(key)) body[key] = arguments.text(key);
  }
  if (auto good = read_accepts({arguments.text("chips")}); !good) return fail(good.error());
  const auto named = [](const char* flag, Error error) {
    error.what = std::string("--") + flag + " " + error.what;
    return fail(error);
  };
  if (const auto span = parse_span(arguments.text("for")); !span) return named("for", span.error());
  if (arguments.has("from")) {
    if (const auto at = parse_instant(arguments.text("from")); !at) {
      return named("from", at.error());
    }
  }
  return body;
}

Result<int> create(Session& session) {
  const auto body = read_body(session);
  if (!body) return fail(body.error());
  if (auto good = session.can_ask("reserving chips"); !good) return fail(good.error());
  if (!session.yes || session.dry_run) {
    const auto preview = session.ask("/v1/reservations?dry_run=1", *body);
    if (!preview) return fail(preview.error());
    if (session.dry_run) {
      if (session.json) return session.print_json(*preview);
      session.print("would reserve " + claim_of(*preview) + "\n  " + delays_of(*preview) + "\n");
      return 0;
    }
    session.say("  Claims " + claim_of(*preview) + ". " + delays_of(*preview) + "\n");
    if (!session.confirm("Reserve?")) return 1;
  }
  const auto made = session.post("/v1/reservations", *body);
  if (!made) return fail(made.error());
  if (session.json) return session.print_json(*made);
  session.print(fmt::format("{} reserved: {}\n", text_in(*made, "id"), claim_of(*made)));
  session.say(
      fmt::format("Next:  inside = \"{}\" in a job file runs it there      granary reserve "
                  "cancel {}\n",
                  text_in(*made, "id"), text_in(*made, "id")));
  return 0;
}

Result<int> list(Session& session) {
  const auto answer = session.get("/v1/reservations");
  if (!answer) return fail(answer.error());
  if (session.json) return session.print_json(*answer);
  Table table({{"ID"},
               {"TENANT"},
               {"CHIPS"},
               {"FROM .. UNTIL"},
               {"STATE"},
               {"PRICE", A::right},
               {"CAPTURED", A::right},
               {"HELD", A::right},
               {"WHY", A::left, true}});
  for (const Json& r : answer->at("reservations")) {
    table.add({text_in(r, "id"), text_in(r, "payer"), chips_of(r), dates_of(r),
               r.value("open", false) ? "open" : "over", exact_amount(r.value("price", Json())),
               r.contains("captured") ? exact_amount(r.at("captured")) : "-",
               r.contains("held") ? exact_amount(r.at("held")) : "-", text_in(r, "why")});
  }
  if (table.empty()) {
    session.print("  Nothing is reserved.\n");
  } else {
    session.print(table);
  }
  return 0;
}

Result<Json> find(Session& session, const std::string& id) {
  const auto answer = session.get("/v1/reservations");
  if (!answer) return fail(answer.error());
  for (const Json& r : answer->at("reservations")) {
    if (text_in(r, "id") == id) return r;
  }
  return fail(Error::Kind::not_found, 2007, "No reservation " + id + ".");
}

Result<int> cancel(Session& session) {
  const auto id = only_word(session, "reservation");
  if (!id) return fail(id.error());
  if (auto good = parse_id<Reservation>(*id); !good) return fail(good.error());
  if (auto good = session.can_ask("cancelling " + *id); !good) return fail(good.error());
  if (!session.yes || session.dry_run) {
    auto reservation = find(session, *id);
    if (!reservation) return fail(reservation.error());
    if (session.dry_run) {
      if (session.json) {
        (*reservation)["schema"] = "granary.reservation/1";
        return session.print_json(*reservation);
      }
      session.print("would cancel " + *id + ": " + claim_of(*reservation) + "\n");
      return 0;
    }
    if (!session.confirm("Cancel " + *id + ": " + claim_of(*reservation) + "?")) return 1;
  }
  const auto gone = session.post("/v1/reservations/" + *id + "/cancel", Json::object());
  if (!gone) return fail(gone.error());
  if (session.json) return session.print_json(*gone);
  session.print(*id + " is over; what was held for the rest of it is given back.\n");
  return 0;
}

}  // namespace

std::vector<Verb> reserve_verbs() {
  return {{"reserve create",
           "",
           "holds chips for later, and the money for them now",
           {{"chips", "CHIPS", "\"a800-sxm-80 x 256\"", false, true},
            {"site", "SITE", "where; else the first pool that has them"},
            {"from", "TIME", "2026-12-08T06:00+08:00; else now"},
            {"for", "SPAN", "14d", false, true},
            {"payer", "TENANT", "whose vouchers pay", false, true},
            {"team", "TEAM", "of the payer, whose budget counts it"},
            {"purpose", "PURPOSE", "pretrain, finetune, serve or run; else run"},
            {"why", "TEXT", "for those who wait because of it"}},
           create},
          {"reserve list", "", "all reservations", {}, list},
          {"reserve cancel", "ID", "gives the chips back, and what is held for them", {}, cancel}};
}

}  // namespace granary::cli
