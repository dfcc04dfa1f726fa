// Reports: the journal folded again from its first entry, a page at a time, on the caller's thread.
// Nothing of the live state is asked, so that a file of the journal alone gives the same bytes.
#include "serve/routes/report.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "report/settlement_statement.h"
#include "serve/routes/routes.h"

namespace granary::routes {
namespace {

constexpr std::size_t page = 200;  // entries read at once

Json chip_time(ChipTime time) {
  return {{"share_ms", time.share_millis}, {"chip_hours", time.chip_hours()}};
}

std::string query_text(const Call& call, const std::string& key) {
  const auto found = call.query.find(key);
  return found == call.query.end() ? std::string() : found->second;
}

Result<Fold> fold_of(const Call& call, const Period& period) {
  Fold fold(period);
  const std::uint64_t head = call.core.head().sequence;
  bool more = head > 0;
  while (more) {
    const auto entries = call.core.entries(fold.entries(), page);
    if (!entries) return fail(entries.error());
    if (entries->empty()) break;
    for (const Entry& entry : *entries) {
      more = entry.sequence <= head && fold.add(entry);
      if (!more) break;
    }
    more = more && fold.entries() < head;
  }
  fold.finish();
  if (fold.complete() || fold.last() >= period.from) return fold;
  return fail(Error::Kind::refused, 4115,
              "The journal goes to " + to_text(fold.last()) + "; " + to_text(period.from) +
                  " is not reached there.",
              "name an earlier period");
}

Json heading(const Call& call, const Fold& fold, const char* schema) {
  Json json{{"schema", schema},
            {"complete", fold.complete()},
            {"as_of", to_text(fold.as_of())},
            {"entries", fold.entries()},
            {"chain_head", to_text(fold.chain())}};
  const std::string month = query_text(call, "month");
  if (!month.empty()) json["month"] = month;
  if (fold.period().from > Instant{}) json["from"] = to_text(fold.period().from);
  if (fold.complete()) json["until"] = to_text(fold.period().until);
  return json;
}

// Texts that are empty say nothing and are left out.
void put_texts(Json& json, const std::vector<std::pair<const char*, std::string>>& texts) {
  for (const auto& [key, text] : texts) {
    if (!text.empty()) json[key] = text;
  }
}
void put_money(Json& json, const std::string& asset,
               const std::vector<std::pair<const char*, Money>>& amounts) {
  for (const auto& [key, amount] : amounts) json[key] = money(amount, asset);
}

Json json_of(const EarnedLine& line) {
  Json json{{"used", chip_time(line.chip_time)}};
  put_texts(json, {{"operator", line.operated_by},
                   {"site", line.site},
                   {"chip", line.chip},
                   {"paid_by", line.paid_by},
                   {"programme", line.programme},
                   {"issuer", line.issuer},
                   {"class", line.tenant_class}});
  if (!line.asset.empty()) {
    put_money(json, line.asset,
              {{"earned", line.earned},
               {"refunded", line.refunded},
               {"net", line.earned - line.refunded}});
  }
  return json;
}

Json json_of(const SiteLine& line) {
  Json json{{"operator", line.site.operated_by}, {"site", line.site.site}};
  put_money(json, line.site.asset,
            {{"opening", line.opening},
             {"earned", line.earned},
             {"refunded", line.refunded},
             {"paid_out", line.paid_out},
             {"closing", line.closing}});
  return json;
}

Json json_of(const OwedLine& line) {
  Json json{{"programme", line.programme}, {"issuer", line.issuer}};
  json["to"] = line.to.empty() ? "tenants" : "operator";
  put_texts(json, {{"operator", line.to}});
  put_money(json, line.asset,
            {{"opening", line.opening},
             {"used", line.used},
             {"settled", line.settled},
             {"closing", line.closing}});
  return json;
}

Json json_of(const FundLine& line) {
  Json json{{"programme", line.fund.programme}, {"issuer", line.fund.issuer}};
  put_money(json, line.fund.asset,
            {{"appropriated", line.moved.appropriated},
             {"granted", line.moved.granted},
             {"used", line.moved.used},
             {"refunded", line.moved.refunded},
             {"paid_back", line.moved.paid_back},
             {"expired", line.moved.expired},
             {"returned", line.moved.returned},
             {"lapsed", line.moved.lapsed},
             {"exchanged", line.moved.exchanged},
             {"free", line.free},
             {"promised", line.promised},
             {"vouchers", line.vouchers},
             {"due", line.due},
             {"kept_expired", line.expired},
             {"owed", line.owed}});
  return json;
}

Json json_of(const IssuerLine& line) {
  Json json{{"issuer", line.issuer}};
  put_money(json, line.asset,
            {{"opening", line.opening},
             {"used", line.used},
             {"settled", line.settled},
             {"closing", line.closing}});
  return json;
}

Json json_of(const PlatformLine& line) {
  Json json = Json::object();
  put_money(json, line.asset,
            {{"opening", line.opening},
             {"paid_in", line.moved.paid_in},
             {"paid_back", line.moved.paid_back},
             {"settled", line.moved.settled},
             {"paid_out", line.moved.paid_out},
             {"closing", line.closing},
             {"of_tenants", line.of_tenants},
             {"of_operators", line.of_operators},
             {"of_issuers", line.of_issuers},
             {"owed_by_issuers", line.owed_by_issuers}});
  return json;
}

Json json_of(const CrossCheck& check) {
  return {{"what", check.what},
          {"one", money(check.one, check.asset)},
          {"other", money(check.other, check.asset)},
          {"holds", check.holds()}};
}

template <class Line>
Json json_of(const std::vector<Line>& lines) {
  Json all = Json::array();
  for (const Line& line : lines) all.push_back(json_of(line));
  return all;
}

// What use may be summed by.
struct Dimension {
  const char* name;
  std::string UseKey::*part;
};
constexpr std::array<Dimension, 10> dimensions{{{"tenant", &UseKey::tenant},
                                                {"class", &UseKey::tenant_class},
                                                {"purpose", &UseKey::purpose},
                                                {"operator", &UseKey::operated_by},
                                                {"site", &UseKey::site},
                                                {"chip", &UseKey::chip},
                                                {"origin", &UseKey::origin},
                                                {"paid_by", &UseKey::paid_by},
                                                {"programme", &UseKey::programme},
                                                {"issuer", &UseKey::issuer}}};

// "tenant,chip": none twice. G1117.
Result<std::vector<Dimension>> dimensions_of(std::string_view list) {
  std::vector<Dimension> by;
  std::vector<std::string> known;
  for (const Dimension& one : dimensions) known.emplace_back(one.name);
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    const std::string_view name = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    const auto found = std::find_if(dimensions.begin(), dimensions.end(),
                                    [&](const Dimension& one) { return name == one.name; });
    const bool twice = found != dimensions.end() &&
                       std::any_of(by.begin(), by.end(),
                                   [&](const Dimension& one) { return one.part == found->part; });
    if (found == dimensions.end() || twice) {
      std::string all;
      for (const std::string& one : known) all += (all.empty() ? "" : ", ") + one;
      return fail(Error::Kind::invalid, 1117,
                  "use is not summed by \"" + std::string(name.substr(0, 40)) + "\"" +
                      (twice ? " twice" : "") + ": name some of " + all + ".");
    }
    by.push_back(*found);
  }
  return by;
}

Json json_of(const UseKey& key, const granary::Use& use, const std::vector<Dimension>& by) {
  Json json{{"used", chip_time(use.chip_time)}};
  for (const Dimension& one : by) put_texts(json, {{one.name, key.*one.part}});
  if (use.reports > 0) json["tokens"] = use.tokens;
  if (!key.asset.empty()) {
    put_money(json, key.asset,
              {{"paid", use.earned}, {"refunded", use.refunded}, {"net", use.net()}});
  }
  return json;
}

}  // namespace

Result<Json> settlement_report(const Call& call) {
  const std::string month = query_text(call, "month");
  const auto period = parse_month(month);
  if (!period) return fail(period.error());
  const auto fold = fold_of(call, *period);
  if (!fold) return fail(fold.error());
  const auto statement =
      only_of(settlement_statement(*fold),
              {query_text(call, "operator"), query_text(call, "programme")}, *fold);
  if (!statement) return fail(statement.error());
  Json json = heading(call, *fold, "granary.settlement/1");
  put_texts(json, {{"operator", query_text(call, "operator")},
                   {"programme", query_text(call, "programme")}});
  json["earned"] = json_of(statement->earned);
  json["sites"] = json_of(statement->sites);
  json["owed"] = json_of(statement->owed);
  json["programmes"] = json_of(statement->funds);
  json["issuers"] = json_of(statement->issuers);
  json["platform"] = json_of(statement->platform);
  json["checks"] = json_of(statement->checks);
  json["agrees"] = statement->agrees();
  return json;
}

Result<Json> use_report(const Call& call) {
  const auto period = period_of(call);
  if (!period) return fail(period.error());
  const auto by = dimensions_of(call.query.count("by") != 0 ? call.query.at("by") : "tenant");
  if (!by) return fail(by.error());
  const auto fold = fold_of(call, *period);
  if (!fold) return fail(fold.error());
  Uses sums;
  for (const auto& [key, use] : fold->uses()) {
    UseKey kept;
    for (const Dimension& one : *by) kept.*one.part = key.*one.part;
    kept.asset = key.asset;
    sums[kept] += use;
  }
  Json json = heading(call, *fold, "granary.use/1");
  json["by"] = Json::array();
  for (const Dimension& one : *by) json["by"].push_back(one.name);
  json["use"] = Json::array();
  ChipTime whole;
  for (const auto& [key, use] : sums) {
    json["use"].push_back(json_of(key, use, *by));
    whole = whole + use.chip_time;
  }
  json["total"] = chip_time(whole);
  return json;
}

Result<Json> stock_report(const Call& call) {
  const auto period = period_of(call);
  if (!period) return fail(period.error());
  const auto fold = fold_of(call, *period);
  if (!fold) return fail(fold.error());
  Json json = heading(call, *fold, "granary.stock_use/1");
  json["pools"] = Json::array();
  json["idle"] = Json::array();
  for (const auto& [key, occupancy] : fold->occupancy()) {
    if (occupancy.held == ChipTime{}) continue;
    const Json pool{{"operator", key.operated_by}, {"site", key.site}, {"chip", key.chip}};
    Json line = pool;
    line["held"] = chip_time(occupancy.held);
    line["used"] = chip_time(occupancy.used);
    line["reserved_idle"] = chip_time(occupancy.reserved_idle());
    line["unsold"] = chip_time(occupancy.unsold());
    json["pools"].push_back(std::move(line));
    for (const auto& [payer, time] : occupancy.idle) {
      if (time == ChipTime{}) continue;
      Json one = pool;
      one["payer"] = payer;
      one["reserved_idle"] = chip_time(time);
      json["idle"].push_back(std::move(one));
    }
  }
  return json;
}

}  // namespace granary::routes
