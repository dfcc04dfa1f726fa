// The route table, and what every request goes through.
#include "serve/api.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "catalog/printable.h"
#include "engine/codec.h"
#include "serve/routes/routes.h"
#include "units/text.h"

namespace granary {
namespace {

using routes::Call;
using routes::Json;

struct Route {
  const char* method;
  const char* path;  // {id} matches one segment
  routes::Handler handler;
  bool writes;
  std::vector<std::string> query;  // the keys it knows; a dry run is one
};

const Route table[] = {
    {"POST", "/v1/plans", routes::post_plan, false, {}},
    {"POST", "/v1/quotes", routes::post_quote, true, {}},
    {"GET", "/v1/quotes/{id}", routes::get_quote, false, {}},
    {"POST", "/v1/jobs", routes::post_job, true, {"dry_run"}},
    {"GET", "/v1/jobs/{id}", routes::get_job, false, {}},
    {"GET", "/v1/jobs/{id}/explain", routes::explain_job, false, {}},
    {"GET", "/v1/jobs/{id}/logs", routes::job_logs, false, {"stream", "attempt", "bytes"}},
    {"GET", "/v1/jobs/{id}/events", routes::job_events, false, {}},
    {"POST", "/v1/jobs/{id}/cancel", routes::cancel_job, true, {}},
    {"GET", "/v1/queue", routes::get_queue, false, {}},
    {"GET", "/v1/stock", routes::get_stock, false, {}},
    {"GET", "/v1/sites/{id}/follow", routes::get_followed, false, {}},
    {"POST", "/v1/sites/{id}/follow", routes::follow_site, true, {}},
    {"GET", "/v1/reservations", routes::get_reservations, false, {}},
    {"POST", "/v1/reservations", routes::post_reservation, true, {"dry_run"}},
    {"POST", "/v1/reservations/{id}/cancel", routes::cancel_reservation, true, {}},
    {"GET", "/v1/programmes", routes::get_programmes, false, {}},
    {"GET", "/v1/vouchers", routes::get_vouchers, false, {"holder", "forecast"}},
    {"POST", "/v1/vouchers", routes::post_voucher, true, {"dry_run"}},
    {"POST", "/v1/certificates", routes::register_certificate, true, {"dry_run"}},
    {"POST", "/v1/vouchers/{id}/release", routes::release_voucher, true, {}},
    {"POST", "/v1/vouchers/{id}/reimburse", routes::reimburse_voucher, true, {}},
    {"POST", "/v1/vouchers/{id}/exchange", routes::exchange_voucher, true, {"dry_run"}},
    {"GET", "/v1/vouchers/{id}/statement", routes::voucher_statement, false, {}},
    {"GET", "/v1/accounts", routes::get_accounts, false, {}},
    {"GET", "/v1/accounts/statement", routes::account_statement, false, {"account"}},
    {"POST", "/v1/payments", routes::post_payment, true, {"dry_run"}},
    {"GET", "/v1/budgets", routes::get_budgets, false, {"tenant"}},
    {"POST", "/v1/budgets", routes::post_budget, true, {"dry_run"}},
    {"POST", "/v1/credit", routes::post_credit, true, {"dry_run"}},
    {"GET", "/v1/alerts", routes::get_alerts, false, {"tenant"}},
    {"GET",
     "/v1/reports/settlement",
     routes::settlement_report,
     false,
     {"month", "operator", "programme"}},
    {"GET", "/v1/reports/use", routes::use_report, false, {"month", "from", "until", "by"}},
    {"GET", "/v1/reports/stock", routes::stock_report, false, {"month", "from", "until"}},
    {"GET",
     "/v1/reports/statement",
     routes::party_statement,
     false,
     {"tenant", "programme", "site", "funder", "month", "from", "until"}},
    {"GET", "/v1/reports/burn-down", routes::burn_down, false, {"voucher"}},
    {"GET", "/v1/ledger/verify", routes::verify_ledger, false, {}},
    {"GET", "/v1/journal", routes::get_journal, false, {"after", "limit"}},
};

std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> parts;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    const std::size_t slash = std::min(path.find('/'), path.size());
    parts.push_back(path.substr(0, slash));
    path.remove_prefix(slash);
  }
  return parts;
}

// What {id} is, if the path has the pattern's form.
std::optional<std::string> match(std::string_view pattern, std::string_view path) {
  const auto wanted = segments(pattern);
  const auto given = segments(path);
  if (wanted.size() != given.size()) return std::nullopt;
  std::string id;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == "{id}") {
      id = std::string(given[i]);
    } else if (wanted[i] != given[i]) {
      return std::nullopt;
    }
  }
  return id;
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      plain += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// Strict: a misspelt dry_run must not become the real thing.
Result<std::map<std::string, std::string>> parse_query(std::string_view query,
                                                       const std::vector<std::string>& known) {
  std::map<std::string, std::string> values;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string key = unescaped(pair.substr(0, equals));
    const std::string value = equals < pair.size() ? unescaped(pair.substr(equals + 1)) : "";
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return fail(routes::unknown_key(key, known));
    }
    if (!values.emplace(key, value).second) {
      return fail(Error::Kind::invalid, 1001, "\"" + key + "\" is given twice.");
    }
    if (key == "dry_run" && value != "1") {
      return fail(
          Error::Kind::invalid, 1005,
          fmt::format("dry_run={}: write dry_run=1, or leave it out.", printable(value, 40)));
    }
  }
  return values;
}

Result<Json> parse_body(const HttpRequest& request) {
  if (request.method == "GET" || request.body.empty()) return Json::object();
  constexpr int deepest = 32;
  bool too_deep = false;
  const auto depth_check = [&](int depth, Json::parse_event_t, Json&) {
    too_deep |= depth > deepest;
    return !too_deep;
  };
  Json body = Json::parse(request.body, depth_check, false);
  if (too_deep || body.is_discarded() || !body.is_object()) {
    return fail(Error::Kind::invalid, 1050,
                "The body is not a JSON object of at most 32 levels in UTF-8.");
  }
  return body;
}

Result<std::string> key_of(const HttpRequest& request) {
  const auto found = request.headers.find("idempotency-key");
  const std::string key = found == request.headers.end() ? "" : found->second;
  const bool visible =
      std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!key.empty() && key.size() <= 64 && visible) return key;
  return fail(Error::Kind::invalid, 1051,
              "This request changes something and needs an Idempotency-Key of 1 to 64 visible "
              "characters.");
}

Result<Json> dispatch(const HttpRequest& request, Core& core) {
  const std::string_view target = request.target;
  const std::string_view path = target.substr(0, target.find('?'));
  if (path == "/livez") {
    return Json{{"schema", "granary.live/1"}, {"entry", core.head().sequence}};
  }
  if (request.actor.empty()) {
    return fail(Error::Kind::unauthenticated, 8001, "This request carries no valid token.",
                "set GRANARY_TOKEN_FILE to the file with your token");
  }
  bool known_path = false;
  for (const Route& route : table) {
    const auto id = match(route.path, path);
    if (!id) continue;
    known_path = true;
    if (request.method != route.method) continue;
    const auto query =
        parse_query(target.substr(std::min(path.size() + 1, target.size())), route.query);
    if (!query) return fail(query.error());
    const auto body = parse_body(request);
    if (!body) return fail(body.error());
    Call call{request, core, *body, unescaped(*id), *query, {}};
    if (route.writes && !call.dry_run()) {
      const auto key = key_of(request);
      if (!key) return fail(key.error());
      call.key = *key;
    }
    return route.handler(call);
  }
  if (known_path) {
    return fail(Error::Kind::invalid, 1052,
                fmt::format("{} is not a method of {}.", printable(request.method, 16),
                            printable(path, 80)));
  }
  return fail(Error::Kind::not_found, 2010, fmt::format("No resource {}.", printable(path, 80)));
}

}  // namespace

int http_status(const Error& error) {
  if (error.code == 5002) return 422;
  if (error.code == 1052) return 405;
  if (error.code == 7002) return 507;
  switch (error.kind) {
    case Error::Kind::invalid:
      return 400;
    case Error::Kind::not_found:
      return 404;
    case Error::Kind::refused:
      return 403;
    case Error::Kind::conflict:
      return 409;
    case Error::Kind::infeasible:
      return 422;
    case Error::Kind::unavailable:
      return 503;
    case Error::Kind::unauthenticated:
      return 401;
    case Error::Kind::failed:
    case Error::Kind::bug:
      return 500;
  }
  return 500;
}

HttpResponse problem(const Error& error) {
  const std::string code = fmt::format("G{:04}", error.code);
  Json body{{"type", "/help/" + code},
            {"title", to_text(error.kind)},
            {"status", http_status(error)},
            {"detail", error.what},
            {"code", code},
            {"kind", to_text(error.kind)},
            {"fixes", error.fix.empty() ? Json::array() : Json::array({error.fix})}};
  return {http_status(error), "application/problem+json",
          body.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

HttpResponse answer(const HttpRequest& request, Core& core) {
  try {
    const auto made = dispatch(request, core);
    if (!made) return problem(made.error());
    return {200, "application/json", made->dump(-1, ' ', false, Json::error_handler_t::replace)};
  } catch (const std::exception& e) {
    return problem({Error::Kind::bug, 9000, std::string("A fault of ours: ") + e.what(), ""});
  }
}

namespace routes {

// What "the same body" means: method, path and canonical JSON as the client sent them, not what we
// made of them, which may depend on the instant and on the stock.
Hash body_of(const Call& call) {
  const std::string path = call.http.target.substr(0, call.http.target.find('?'));
  return sha256(call.http.method + " " + path + "\n" +
                call.body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Result<std::optional<std::string>> answered_before(const Call& call) {
  std::optional<Answer> answer;
  call.core.read([&](const State& state, Instant) {
    answer = first_answer(state, {call.key, body_of(call), call.http.actor, Tick{}});
  });
  if (!answer) return std::optional<std::string>();
  if (answer->refused) return fail(*answer->refused);
  return std::optional(answer->made);
}

Result<std::string> command(const Call& call, Command what) {
  const auto answered =
      call.core.submit({call.key, body_of(call), call.http.actor, std::move(what)});
  if (!answered) return fail(answered.error());
  if (answered->refused) return fail(*answered->refused);
  return answered->made;
}

// Entries are in order of time, so halving finds them.
Result<std::uint64_t> last_before(Core& core, Instant at) {
  std::uint64_t before = 0;
  for (std::uint64_t last = core.head().sequence; before < last;) {
    const std::uint64_t middle = before + (last - before) / 2;
    const auto entry = core.entries(middle, 1);
    if (!entry) return fail(entry.error());
    if (!entry->empty() && entry->front().at < at) {
      before = middle + 1;
    } else {
      last = middle;
    }
  }
  return before;
}

// The answer remembers its instant, and the entry with the key is at or after it.
Result<std::uint64_t> entry_of(const Call& call) {
  constexpr std::size_t page = 64;
  Instant at{};
  call.core.read([&](const State& state, Instant) {
    const auto answer = state.answers.find(call.key);
    if (answer != state.answers.end()) at = answer->second.at;
  });
  const std::uint64_t head = call.core.head().sequence;
  const auto first = last_before(call.core, at);
  if (!first) return fail(first.error());
  std::uint64_t before = *first;
  while (before < head) {
    const auto entries = call.core.entries(before, page);
    if (!entries) return fail(entries.error());
    for (const Entry& entry : *entries) {
      if (entry.request.key == call.key) return entry.sequence;
      before = entry.sequence;
    }
    if (entries->empty()) break;
  }
  return head;
}

Result<Json> look(Core& core, const std::function<Result<Json>(const State&, Instant)>& what) {
  Result<Json> made = Json();
  core.read([&](const State& state, Instant now) {
    if (state.configuration) {
      made = what(state, now);
    } else {
      made = fail(Error::Kind::unavailable, 7006, "The stock is not configured yet.");
    }
  });
  return made;
}

Result<State> rehearse(const Call& call, const Command& what, Answer& answer) {
  State copy;
  Instant as_of{};
  const auto looked = look(call.core, [&](const State& state, Instant now) -> Result<Json> {
    copy = state;
    as_of = now;
    return Json();
  });
  if (!looked) return fail(looked.error());
  const std::string key = "dry run";  // not the key of a client: those hold no space
  step_onto(copy, {key, body_hash(what), call.http.actor, what}, as_of);
  answer = copy.answers.at(key);
  return copy;
}

Error unknown_key(const std::string& key, const std::vector<std::string>& known) {
  // Edit distance costs the product of the lengths.
  const std::string near = key.size() > 64 ? "" : nearest(key, known);
  return {Error::Kind::invalid, 1001,
          fmt::format("\"{}\" is not a key here.{}", printable(key, 40),
                      near.empty() ? "" : " Did you mean " + near + "?"),
          ""};
}

Result<void> only(const Json& body, const std::vector<std::string>& known) {
  for (const auto& [key, value] : body.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return fail(unknown_key(key, known));
    }
  }
  return {};
}

Error too_long(const std::string& key, std::size_t bytes) {
  return {Error::Kind::invalid, 1019,
          fmt::format("A text of \"{}\" has {} bytes: at most {}.", key, bytes, most_text), ""};
}

Result<std::string> text(const Json& body, const std::string& key) {
  const auto found = body.find(key);
  if (found == body.end() || !found->is_string()) {
    return fail(Error::Kind::invalid, 1001, fmt::format("\"{}\" must be a text.", key));
  }
  const auto& value = found->get_ref<const std::string&>();
  if (value.size() <= most_text) return value;
  return fail(too_long(key, value.size()));
}

Result<std::string> text_or(const Json& body, const std::string& key, std::string otherwise) {
  if (!body.contains(key)) return otherwise;
  return text(body, key);
}

Result<std::vector<std::string>> texts(const Json& body, const std::string& key) {
  std::vector<std::string> values;
  if (!body.contains(key)) return values;
  const Json& list = body.at(key);
  const bool good =
      list.is_array() && list.size() <= most_items &&
      std::all_of(list.begin(), list.end(), [](const Json& item) { return item.is_string(); });
  if (!good) {
    return fail(Error::Kind::invalid, 1001,
                fmt::format("\"{}\" must be a list of at most {} texts.", key, most_items));
  }
  for (const Json& item : list) {
    const auto& value = item.get_ref<const std::string&>();
    if (value.size() > most_text) return fail(too_long(key, value.size()));
    values.push_back(value);
  }
  return values;
}

Result<bool> flag(const Json& body, const std::string& key) {
  if (!body.contains(key)) return false;
  if (body.at(key).is_boolean()) return body.at(key).get<bool>();
  return fail(Error::Kind::invalid, 1001, fmt::format("\"{}\" must be true or false.", key));
}

Result<int> number_or(const Json& body, const std::string& key, int otherwise) {
  if (!body.contains(key)) return otherwise;
  const Json& value = body.at(key);
  if (value.is_number_integer() && value.get<double>() >= -1e6 && value.get<double>() <= 1e6) {
    return value.get<int>();
  }
  return fail(Error::Kind::invalid, 1001, fmt::format("\"{}\" must be a whole number.", key));
}

Result<std::map<std::string, std::string>> text_map(const Json& body, const std::string& key) {
  std::map<std::string, std::string> values;
  if (!body.contains(key)) return values;
  const Json& object = body.at(key);
  if (!object.is_object() || object.size() > most_items) {
    return fail(Error::Kind::invalid, 1001,
                fmt::format("\"{}\" must be an object of at most {} keys.", key, most_items));
  }
  for (const auto& [name, value] : object.items()) {
    if (name.size() > most_text) return fail(too_long(key, name.size()));
    if (value.is_string()) {
      const auto& content = value.get_ref<const std::string&>();
      if (content.size() > most_text) return fail(too_long(key, content.size()));
      values[name] = content;
    } else if (value.is_number_integer()) {
      values[name] = value.dump();
    } else {
      return fail(Error::Kind::invalid, 1001,
                  fmt::format("\"{}\" in \"{}\" must be a text or a whole number.",
                              printable(name, 40), key));
    }
  }
  return values;
}

Result<std::uint64_t> query_number(const Call& call, const std::string& key,
                                   std::uint64_t otherwise, std::uint64_t most) {
  const auto found = call.query.find(key);
  if (found == call.query.end()) return otherwise;
  std::uint64_t value = 0;
  const char* const end = found->second.data() + found->second.size();
  const auto [stop, error] = std::from_chars(found->second.data(), end, value);
  if (error == std::errc{} && stop == end && value <= most) return value;
  return fail(Error::Kind::invalid, 1005,
              fmt::format("{}={}: write a whole number of at most {}.", key,
                          printable(found->second, 40), most));
}

Json money(Money amount, const std::string& asset) {
  return {{"amount", to_text(amount)}, {"asset", asset}};
}

void put(Json& json, const char* key, double value) {
  if (std::isfinite(value)) json[key] = value;
}

void put(Json& json, const char* key, Instant at) {
  if (at < std::chrono::sys_days(std::chrono::year(10000) / 1 / 1)) json[key] = to_text(at);
}

void add_line(Json& json, const State& state, const Line& line, const std::string& asset) {
  Money held, captured;
  for (const Id<Hold> id : line.holds) {
    const auto hold = state.books.holds.find(id);
    if (hold == state.books.holds.end()) continue;
    const Account& target = state.books.accounts.at(hold->second.credit);
    if (target.kind == AccountClass::revenue) held += hold->second.open();
  }
  captured = paid_by(line);
  const std::string& in = line.unit.empty() ? asset : line.unit;
  json["held"] = money(held, in);
  json["captured"] = money(captured, in);
}

double seconds(Span span) { return static_cast<double>(span.count()) / 1e3; }

}  // namespace routes
}  // namespace granary
