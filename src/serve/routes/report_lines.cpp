// Reports that list: each posting of a party, and what was left on a voucher day by day.
#include <array>
#include <nlohmann/json.hpp>

#include "engine/codec_names.h"
#include "report/statement_lines.h"
#include "serve/routes/report.h"
#include "serve/routes/routes.h"

namespace granary::routes {
namespace {

struct Party {
  const char* name;
  StatementOf::Kind kind;
};
constexpr std::array<Party, 4> parties{{{"tenant", StatementOf::Kind::tenant},
                                        {"programme", StatementOf::Kind::programme},
                                        {"site", StatementOf::Kind::site},
                                        {"funder", StatementOf::Kind::funder}}};

Result<StatementOf> party_of(const Call& call) {
  std::optional<StatementOf> of;
  for (const Party& party : parties) {
    const auto given = call.query.find(party.name);
    if (given == call.query.end() || given->second.empty()) continue;
    if (of) {
      return fail(Error::Kind::invalid, 1116,
                  "a statement is of one party: name one, not several.");
    }
    of = StatementOf{party.kind, given->second};
  }
  if (of) return *of;
  return fail(Error::Kind::invalid, 1116,
              "a statement is of somebody: name a tenant, a programme, a site or a funder.");
}

Json json_of(const StatementLine& line) {
  Json json{{"at", to_text(line.at)},
            {"entry", line.entry},
            {"account", line.account},
            {"with", line.with},
            {"reason", name_of(line.reason)},
            {"owner", line.owner},
            {"memo", line.memo},
            {"balance", money(line.balance, line.asset)}};
  if (line.debit > Money{}) json["debit"] = money(line.debit, line.asset);
  if (line.credit > Money{}) json["credit"] = money(line.credit, line.asset);
  return json;
}

}  // namespace

Result<Json> party_statement(const Call& call) {
  const auto of = party_of(call);
  if (!of) return fail(of.error());
  const auto period = period_of(call);
  if (!period) return fail(period.error());
  StatementFold fold(*of, *period);
  bool fits = true;
  const auto read = each_entry(call, period->until,
                               [&](const State& before, const Event& event, const Entry& entry) {
                                 fits = fits && fold.add(before, event, entry.at, entry.sequence);
                                 return fits;
                               });
  if (!read) return fail(read.error());
  if (!fits) {
    return fail(
        Error::Kind::invalid, 1119,
        "this statement has more than " + std::to_string(StatementFold::most_lines) + " postings.",
        "name a shorter period: --month 2026-11, or --from and --until");
  }
  if (!fold.known()) {
    return fail(Error::Kind::not_found, 2115,
                "nobody of the name \"" + of->name.substr(0, 40) +
                    "\" has an account in the journal up to then.",
                "granary account list");
  }
  Json json = heading_of(call, *read, "granary.party_statement/1");
  for (const Party& party : parties) {
    if (party.kind == of->kind) json[party.name] = of->name;
  }
  json["lines"] = Json::array();
  for (const StatementLine& line : fold.lines()) json["lines"].push_back(json_of(line));
  return json;
}

Result<Json> burn_down(const Call& call) {
  const auto id = parse_id<Voucher>(call.query.count("voucher") ? call.query.at("voucher") : "");
  if (!id) return fail(id.error());
  BurnDownFold fold(*id);
  const auto read = each_entry(
      call, Instant::max(), [](const State&, const Event&, const Entry&) { return true; },
      [&](const State& after, const Entry& entry) { fold.add(after, entry.at); });
  if (!read) return fail(read.error());
  const auto voucher = read->state.books.vouchers.find(*id);
  if (voucher == read->state.books.vouchers.end()) {
    return fail(Error::Kind::not_found, 2011, "No voucher " + to_text(*id) + ".",
                "granary voucher list");
  }
  const std::string asset = read->state.books.accounts.at(voucher->second.account).asset;
  Json json = heading_of(call, *read, "granary.burn_down/1");
  json["voucher"] = to_text(*id);
  json["holder"] = voucher->second.holder;
  json["programme"] = voucher->second.programme;
  json["face"] = money(voucher->second.face, asset);
  json["expires"] = to_text(voucher->second.expires);
  json["points"] = Json::array();
  for (const BurnDownPoint& point : fold.points()) {
    json["points"].push_back({{"at", to_text(point.at)},
                              {"balance", money(point.balance, asset)},
                              {"held", money(point.held, asset)},
                              {"left", money(point.balance - point.held, asset)}});
  }
  return json;
}

}  // namespace granary::routes
