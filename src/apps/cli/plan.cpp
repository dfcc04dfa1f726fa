// plan: a menu of ways to run the work on the stock.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/cli/local_stock.h"
#include "apps/cli/plot.h"
#include "apps/cli/session.h"
#include "catalog/built_in.h"
#include "engine/job_file.h"
#include "plan/work_text.h"

namespace granary::cli {
namespace {

using A = Align;

// The model's name as people write it, where the compiled-in catalogue has it.
std::string name_of_model(const std::string& id) {
  const std::string file = "models/" + id + ".toml";
  for (const Document& document : built_in_documents()) {
    if (document.name != file) continue;
    const auto catalog = parse_catalog(built_in_documents());
    if (!catalog) break;
    const auto model = catalog->models.find(id);
    if (model != catalog->models.end()) return model->second.name;
  }
  return id;
}

std::string headline(const Session& session, const Json& menu, const std::string& kind) {
  std::string what = text_in(menu, "work");
  const std::string id = session.arguments.text("model");
  const std::size_t at = what.find(id);
  if (at != std::string::npos) what.replace(at, id.size(), name_of_model(id));
  const std::string verb = kind == "pretrain"   ? "Pretraining"
                           : kind == "finetune" ? "Fine-tuning"
                           : kind == "batch"    ? "Batch inference with"
                                                : "Serving";
  what = verb + what.substr(std::min(what.find(' '), what.size()));
  if (menu.contains("flop")) what += " = " + significant(number_in(menu, "flop")) + " FLOP";
  const std::string seen = text_in(menu, "as_of");
  const bool is_local = !menu.at("options").front().contains("start_reason");
  if (is_local) return what + ".  Stock as declared, nothing running on it; tariff of today.\n";
  what += fmt::format(".  Stock seen {} UTC, ", date_of(seen, seen));
  if (!menu.contains("quote")) return what + "tariff of today.\n";
  const Json& quote = menu.at("quote");
  return what + fmt::format("prices of quote {}, good until {} UTC.\n", text_in(quote, "id"),
                            date_of(text_in(quote, "until"), seen));
}

std::string start_of(const Json& option, const std::string& now) {
  const std::string start = text_in(option, "start");
  std::string reason = text_in(option, "start_reason");
  if (start.empty()) return reason.empty() ? "-" : reason;
  if (start == now) return "now";
  // The row names the pool and the date already.
  reason = reason.substr(0, reason.find(" at " + text_in(option, "pool")));
  return date_of(start, now) + (reason.empty() ? "" : " (" + reason + ")");
}

// "d8 t8 p8 b4 recompute" without the number of sequences decoded together, and that number.
std::pair<std::string, std::string> layout_and_batch(const std::string& layout) {
  const std::size_t begin = layout.find(" b");
  if (begin == std::string::npos) return {layout, "-"};
  const std::size_t end = std::min(layout.find(' ', begin + 1), layout.size());
  return {layout.substr(0, begin) + layout.substr(end), layout.substr(begin + 2, end - begin - 2)};
}

std::string memory_of(const Json& option) {
  const double rated = number_in(option, "rated_bytes");
  return gibibytes(number_in(option, "memory_per_chip_bytes")) +
         (rated > 0 ? "/" + gibibytes(rated) : "") + " GiB";
}

std::string chips_of(const Json& option) {
  return fmt::format("{} x {}", grouped(static_cast<std::int64_t>(number_in(option, "chips"))),
                     text_in(option, "chip"));
}

enum class Kind { training, service, batch };
Kind kind_of(const std::string& kind) {
  if (kind == "serve") return Kind::service;
  return kind == "batch" ? Kind::batch : Kind::training;
}

std::vector<Table::Column> columns_of(Kind kind) {
  std::vector<Table::Column> columns = {{"#", A::right}, {"CHIPS"}, {"POOL"}, {"LAYOUT"}};
  const auto add = [&](const std::vector<Table::Column>& more) {
    columns.insert(columns.end(), more.begin(), more.end());
  };
  if (kind != Kind::training) add({{"WEIGHTS"}, {"ENGINE"}});
  add({{"MEM/CHIP", A::right}});
  if (kind != Kind::training) add({{"BATCH", A::right}});
  if (kind == Kind::service) {
    add({{"RATE", A::right}, {"1ST TOKEN P95", A::right}, {"TOKEN P95", A::right}});
  } else {
    if (kind == Kind::batch) add({{"TOKENS/S", A::right}});
    add({{"TIME", A::right}, {"80 % WITHIN", A::right}});
  }
  add({{"CHIP-HOURS", A::right}, {"PRICE", A::right}});
  if (kind == Kind::service) add({{"PER M TOKENS", A::right}});
  add({{"START", A::left, true}});
  return columns;
}

std::vector<Table::Cell> cells_of(const Json& option, Kind kind) {
  const std::string whole = text_in(option, "layout"), weights = text_in(option, "weights");
  auto [layout, batch] = layout_and_batch(whole);
  // The weights have a column of their own.
  if (layout.ends_with(" " + weights)) layout.resize(layout.size() - weights.size() - 1);
  std::vector<Table::Cell> cells = {std::to_string(static_cast<int>(number_in(option, "n"))),
                                    chips_of(option), text_in(option, "pool"),
                                    kind == Kind::training ? whole : layout};
  if (kind != Kind::training) {
    cells.emplace_back(weights);
    cells.emplace_back(text_in(option, "engine"));
  }
  cells.emplace_back(memory_of(option));
  if (kind != Kind::training) cells.emplace_back(batch);
  if (kind == Kind::service) {
    cells.emplace_back(significant(number_in(option, "sustained_per_s")) + "/s");
    cells.emplace_back(span_of(number_in(option, "first_token_p95_s")));
    cells.emplace_back(span_of(number_in(option, "token_p95_s")));
    return cells;
  }
  if (kind == Kind::batch) {
    cells.emplace_back(grouped(std::llround(number_in(option, "output_tokens_per_s"))));
  }
  cells.emplace_back(span_of(number_in(option, "duration_s")));
  cells.emplace_back(span_of(number_in(option, "low_s")) + ".." +
                     span_of(number_in(option, "high_s")));
  return cells;
}

// "0.62 (0.47..0.83)": three digits, with the band.
std::string token_price_of(const Json& option) {
  const auto at = [&](const char* key) { return significant(number_in(option, key)); };
  return fmt::format("{} ({}..{})", at("per_million_tokens"), at("per_million_tokens_low"),
                     at("per_million_tokens_high"));
}

Table options_table(const Json& menu, Kind kind) {
  const Json& options = menu.at("options");
  auto columns = columns_of(kind);
  const bool asked_for_payer = !options.empty() && options.front().contains("fundable");
  if (asked_for_payer) columns.insert(columns.end() - 1, {"PAYABLE NOW"});
  Table table(columns);
  const std::string now = text_in(menu, "as_of");
  const auto price = [](const Json& o) {
    return parse_money(text_in(o.value("price", Json()), "amount")).value_or(Money{});
  };
  const auto cheapest =
      std::min_element(options.begin(), options.end(),
                       [&](const Json& a, const Json& b) { return price(a) < price(b); });
  for (auto option = options.begin(); option != options.end(); ++option) {
    std::vector<Table::Cell> cells = cells_of(*option, kind);
    cells.emplace_back(grouped(std::llround(number_in(*option, "chip_hours"))));
    cells.emplace_back(rounded_amount(option->value("price", Json())));
    if (kind == Kind::service) cells.emplace_back(token_price_of(*option));
    if (asked_for_payer) cells.emplace_back(option->value("fundable", false) ? "yes" : "no");
    cells.emplace_back(start_of(*option, now));
    table.add(std::move(cells), option == cheapest ? '*' : ' ');
  }
  return table;
}

void print_excluded(Session& session, const Json& menu) {
  const Json excluded = menu.value("excluded", Json::array());
  if (excluded.empty()) return;
  Table table({{""}, {""}, {""}, {"", A::left, true}});
  for (const Json& e : excluded) {
    const std::string pool = text_in(e, "pool");
    table.add(
        {"-",
         fmt::format("{} x {}", grouped(static_cast<std::int64_t>(number_in(e, "chips_held"))),
                     pool.substr(pool.find('/') + 1)),
         pool, text_in(e, "reason")});
  }
  session.print("Excluded:\n");
  session.print(table);
}

Result<int> print_terms(Session& session, const Json& menu, const std::string& number) {
  for (const Json& option : menu.at("options")) {
    if (std::to_string(static_cast<int>(number_in(option, "n"))) != number) continue;
    Table table({{"TERM"},
                 {"TIME", A::right},
                 {"SHARE", A::right},
                 {"FORMULA", A::left, true},
                 {"SOURCE"}});
    double sum = 0;
    for (const Json& term : option.at("terms")) sum += number_in(term, "seconds");
    for (const Json& term : option.at("terms")) {
      const double seconds = number_in(term, "seconds");
      table.add({text_in(term, "name"), span_of(seconds), percent(sum > 0 ? seconds / sum : 0),
                 text_in(term, "formula"), text_in(term, "source")});
    }
    table.add({"sum", span_of(sum), percent(1), "", ""});
    session.print(fmt::format("Option {}: {} of {}, {}\n", number, chips_of(option),
                              text_in(option, "pool"), text_in(option, "layout")));
    session.print(table);
    Table memory({{"MEMORY"}, {"GiB/CHIP", A::right}});
    for (const Json& part : option.at("memory")) {
      memory.add({text_in(part, "name"), gibibytes(number_in(part, "bytes"))});
    }
    memory.add({"sum", gibibytes(number_in(option, "memory_per_chip_bytes"))});
    memory.add({"usable", gibibytes(number_in(option, "usable_bytes"))});
    session.print(memory);
    return 0;
  }
  return fail(Error::Kind::not_found, 2013,
              fmt::format("The menu has {} options; there is no option {}.",
                          menu.at("options").size(), plain(number).substr(0, 20)));
}

void print_menu(Session& session, const Json& menu, const std::string& kind) {
  session.print(headline(session, menu, kind));
  session.print("  For " + text_in(menu, "conditions") + ".\n");
  if (kind == "serve") {
    session.print(fmt::format(
        "  CHIP-HOURS and PRICE are for {}; RATE is the most that meets the targets, PER M "
        "TOKENS the price of a\n  million tokens, read and written, at that rate, and "
        "where 80 % of estimates would lie.\n",
        span_of(number_in(menu.at("options").front(), "duration_s"))));
  }
  session.print(options_table(menu, kind_of(kind)));
  print_excluded(session, menu);
  const bool any_weights = kind_of(kind) != Kind::training && !session.arguments.has("weights");
  if (any_weights) {
    session.print(
        "Weights are the widest that carry the work in each pool; --weights int8 or int4 may cost "
        "less.\n");
  }
  session.print(fmt::format(
      "* cheapest{}. Times are model estimates; bands are learnt from published runs where there "
      "are some, assumed elsewhere (--terms). Every option uses held stock only.\n",
      session.arguments.has("deadline") ? " that meets the deadline" : ""));
  session.say(fmt::format(
      "Next:  granary plan {} ... --terms 1      granary plan {} ... --sort "
      "time      granary submit {}\n",
      kind, kind,
      menu.contains("quote") ? fmt::format("FILE --quote {}#1", text_in(menu.at("quote"), "id"))
                             : "FILE"));
}

Result<void> plot(Session& session, const Json& menu) {
  const auto svg = plot_of(menu);
  if (!svg) return fail(svg.error());
  const auto path = session.path_of(session.arguments.text("plot"));
  if (auto good = write_plot(path, *svg); !good) return fail(good.error());
  session.say("Plot:  " + plain(path.string()) + "\n");
  return {};
}

// For a payer the menu comes with a quote, as long as there may be more of them.
Result<Json> menu_of(Session& session, const Json& body) {
  if (!body.contains("payer")) return session.ask("/v1/plans", body);
  auto quote = session.post("/v1/quotes", body);
  if (!quote) {
    if (quote.error().code != 4103) return quote;
    session.say("No quote: " + quote.error().what + "\n");
    return session.ask("/v1/plans", body);
  }
  Json menu = quote->value("menu", Json::object());
  menu["quote"] = {{"id", text_in(*quote, "id")}, {"until", text_in(*quote, "until")}};
  return menu;
}

Result<int> plan_of(Session& session, const std::string& kind) {
  const Arguments& arguments = session.arguments;
  Json work{{"kind", kind}};
  for (const std::string& key : work_keys(kind)) {
    if (arguments.has(key)) work[key] = arguments.text(key);
  }
  if (arguments.has("frontier") && arguments.has("sort")) {
    return usage("--frontier is ordered by time.", "leave out --sort");
  }
  const auto accepts = arguments.all("chip");
  if (auto good = read_accepts(accepts); !good) return fail(good.error());
  Json body{{"work", work}, {"accept", accepts}, {"sort", arguments.text("sort", "price")}};
  if (arguments.has("frontier")) body["frontier"] = true;
  if (arguments.has("payer")) body["payer"] = arguments.text("payer");
  if (arguments.has("team")) body["team"] = arguments.text("team");
  std::vector<std::string> stocks;
  for (const std::string& stock : arguments.all("stock")) {
    stocks.push_back(session.path_of(stock).string());
  }
  const bool is_local = arguments.has("offline") || !stocks.empty() || !session.has_daemon();
  const auto menu = is_local ? plan_locally(stocks, body) : menu_of(session, body);
  if (!menu) return fail(menu.error());
  if (!menu->contains("options") || menu->at("options").empty()) {
    return fail(Error::Kind::infeasible, 6001, "nothing fits.");
  }
  if (arguments.has("plot")) {
    if (auto good = plot(session, *menu); !good) return fail(good.error());
  }
  if (session.json) return session.print_json(*menu);
  if (arguments.has("terms")) return print_terms(session, *menu, arguments.text("terms"));
  print_menu(session, *menu, kind);
  return 0;
}

Result<int> pretrain(Session& session) { return plan_of(session, "pretrain"); }
Result<int> finetune(Session& session) { return plan_of(session, "finetune"); }
Result<int> serve(Session& session) { return plan_of(session, "serve"); }
Result<int> batch(Session& session) { return plan_of(session, "batch"); }

std::vector<Flag> flags(const std::vector<Flag>& own) {
  std::vector<Flag> all = {{"model", "MODEL", "id of the model: glm-130b"}};
  all.insert(all.end(), own.begin(), own.end());
  const std::vector<Flag> shared = {
      {"chip", "CHIPS", "accepted chips: \"a800-sxm-80 x 64..\"", true},
      {"sort", "BY", "price, time or chips"},
      {"frontier", "", "all options that no other beats in time and price, by time"},
      {"plot", "FILE.svg", "draw time against price, with bands"},
      {"payer", "TENANT", "show what this tenant can pay for, and promise the prices for a while"},
      {"team", "TEAM", "of the payer: within its budget"},
      {"stock", "FILE|DIR", "plan on this stock, without a daemon", true},
      {"offline", "", "plan on the stock compiled in, without a daemon"},
      {"terms", "N", "show the terms of option N's time, each with formula and source"}};
  all.insert(all.end(), shared.begin(), shared.end());
  return all;
}

}  // namespace

std::vector<Verb> plan_verbs() {
  const std::vector<Flag> training = {{"tokens", "COUNT", "tokens to train on: 400B"},
                                      {"sequence", "TOKENS", "length of a sequence"},
                                      {"batch", "SEQUENCES", "sequences in a global batch"},
                                      {"deadline", "SPAN", "longest acceptable time: 120d"},
                                      {"precision", "KIND", "bf16, fp16, fp8 or fp32"}};
  const std::vector<Flag> inference = {
      {"prompt", "TOKENS", "of one request"},
      {"output", "TOKENS", "of one request"},
      {"weights", "FORMAT", "fp16, fp8, int8, w8a8, int4, q8_0, q4_k_m, ..."},
      {"framework", "CLASS", "compiled, native, eager or offload"},
      {"cache", "FORMAT", "of keys and values: fp16, fp8 or int8"}};
  std::vector<Flag> serving = {{"rate", "RATE", "requests: 50/s"},
                               {"p95-ttft", "SPAN", "target of the first token: 800ms"},
                               {"p95-tpot", "SPAN", "target of the time per token: 50ms"},
                               {"for", "SPAN", "how long it is served: 30d"},
                               {"replicas-per-card", "N", "that share one card"}};
  serving.insert(serving.end(), inference.begin(), inference.end());
  std::vector<Flag> batching = {{"requests", "COUNT", "at hand: 10K"},
                                {"tokens", "COUNT", "or output tokens of them all: 100M"},
                                {"deadline", "SPAN", "longest acceptable time: 8h"}};
  batching.insert(batching.end(), inference.begin(), inference.end());
  std::vector<Flag> tuning = training;
  tuning.push_back({"tuning", "KIND", "full, lora or qlora"});
  tuning.push_back({"rank", "R", "of the adapters: 16"});
  return {
      {"plan pretrain", "", "menu of ways to pretrain a model", flags(training), pretrain},
      {"plan finetune", "", "menu of ways to fine-tune a model", flags(tuning), finetune},
      {"plan serve", "", "menu of ways to serve a model", flags(serving), serve},
      {"plan batch", "", "menu of ways to answer many requests at hand", flags(batching), batch}};
}

}  // namespace granary::cli
