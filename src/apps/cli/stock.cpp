// stock: what is held, what is free.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "apps/cli/session.h"
#include "units/text.h"

namespace granary::cli {
namespace {

using A = Align;

std::string counted(const Json& object, const char* key) {
  return grouped(static_cast<std::int64_t>(number_in(object, key)));
}

Table pools_table() {
  return Table({{"POOL"},
                {"ORIGIN"},
                {"CHIPS", A::right},
                {"BUSY", A::right},
                {"RESERVED", A::right},
                {"FREE", A::right},
                {"PRICE/h", A::right},
                {"RUNS"},
                {"REPLACEABLE"},
                {"HELD SINCE"},
                {"STANDING"}});
}

// Both, since when and from where, make a declaration.
std::string held_since(const Json& pool) {
  const std::string since = text_in(pool, "held_since");
  return since.empty() || text_in(pool, "held_from").empty() ? "not declared" : since;
}

void add_pool(Table& table, const Json& pool) {
  table.add({text_in(pool, "pool"), text_in(pool, "origin"), counted(pool, "chips"),
             counted(pool, "busy"), counted(pool, "reserved"), counted(pool, "free"),
             exact_amount(pool.value("price", Json())), text_in(pool, "runner"),
             pool.value("replaceable", false) ? "yes" : "no", held_since(pool),
             text_in(pool, "standing")});
}

// The rows of its tariff in their order; the price at this hour is in the table.
void print_tariff(Session& session, const Json& pool) {
  if (!pool.contains("tariff")) return;
  session.print("  Tariff, the first row that matches:\n");
  for (const Json& row : pool.at("tariff")) session.print("    " + text_in(row, "text") + "\n");
  session.print("    " + exact_amount(pool.value("price_else", Json())) + " otherwise\n");
}

Result<int> list(Session& session) {
  const auto answer = session.get("/v1/stock");
  if (!answer) return fail(answer.error());
  if (session.json) return session.print_json(*answer);
  Table table = pools_table();
  for (const Json& pool : answer->at("pools")) add_pool(table, pool);
  session.print(table);
  std::string undeclared;
  for (const Json& pool : answer->at("pools")) {
    if (held_since(pool) == "not declared") undeclared += " " + text_in(pool, "pool");
  }
  session.print(
      "  Origin, whether chips can be replaced, and since when they are held are declared per "
      "pool.\n");
  if (!undeclared.empty()) {
    session.print("  Not declared since when and from where:" + undeclared +
                  " (held_since, held_from in the site's file).\n");
  }
  return 0;
}

// Rows of the queue and of the reservations that concern the pool.
Result<void> print_users(Session& session, const std::string& name) {
  const auto queue = session.get("/v1/queue");
  if (!queue) return fail(queue.error());
  const auto reservations = session.get("/v1/reservations");
  if (!reservations) return fail(reservations.error());
  const std::string now = text_in(*queue, "as_of");
  Table table({{"WHO"}, {"TENANT"}, {"CHIPS"}, {"SINCE"}, {"WHY", A::left, true}});
  for (const Json& job : queue->at("jobs")) {
    const std::string wants = text_in(job, "wants");
    const std::string state = text_in(job, "state");
    if (!wants.ends_with(" x " + name) || (state != "running" && state != "stopping")) continue;
    table.add({text_in(job, "id"), text_in(job, "payer"), wants.substr(0, wants.find(' ')),
               span_of(number_in(job, "age_s")) + " ago", text_in(job, "reason")});
  }
  for (const Json& r : reservations->at("reservations")) {
    if (text_in(r, "pool") != name || !r.value("open", false)) continue;
    table.add({text_in(r, "id"), text_in(r, "payer"), counted(r, "chips"),
               date_of(text_in(r, "from"), now) + " to " + date_of(text_in(r, "until"), now),
               text_in(r, "why")});
  }
  if (table.empty()) {
    session.print("  Nothing runs on it and nothing of it is reserved.\n");
  } else {
    session.print(table);
  }
  return {};
}

Result<int> show(Session& session) {
  const auto name = only_word(session, "pool");
  if (!name) return fail(name.error());
  const auto answer = session.get("/v1/stock");
  if (!answer) return fail(answer.error());
  std::vector<std::string> known;
  for (const Json& pool : answer->at("pools")) {
    known.push_back(text_in(pool, "pool"));
    if (known.back() != *name) continue;
    if (session.json) {
      Json shown = pool;
      shown["schema"] = "granary.pool/1";
      return session.print_json(shown);
    }
    Table table = pools_table();
    add_pool(table, pool);
    session.print(table);
    print_tariff(session, pool);
    if (auto good = print_users(session, *name); !good) return fail(good.error());
    return 0;
  }
  const std::string near = nearest(*name, known);
  return fail(Error::Kind::not_found, 2006,
              fmt::format("no pool \"{}\" in the stock ({} pools).{}", plain(*name).substr(0, 40),
                          known.size(), near.empty() ? "" : " Did you mean " + near + "?"));
}

}  // namespace

std::vector<Verb> stock_verbs() {
  return {{"stock", "", "what is held and what is free", {}, list},
          {"stock list", "", "the same", {}, list},
          {"stock show", "POOL", "one pool, and who is on it", {}, show}};
}

}  // namespace granary::cli
