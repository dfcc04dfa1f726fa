#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "catalog/printable.h"
#include "engine/explain.h"
#include "engine/job_file.h"
#include "serve/routes/routes.h"

namespace granary::routes {
namespace {

Result<Json> show(Core& core, Id<Reservation> id) {
  return look(core, [&](const State& state, Instant) -> Result<Json> {
    const auto found = state.reservations.find(id);
    if (found == state.reservations.end()) {
      return fail(Error::Kind::not_found, 2007, "No reservation " + to_text(id) + ".");
    }
    Json json = reservation_json(state, found->second);
    json["schema"] = "granary.reservation/1";
    return json;
  });
}

// "a800-sxm-80 x 256": one count, for chips are held, not chosen among.
Result<Accept> read_chips(const std::string& text) {
  const auto accepts = read_accepts({text});
  if (!accepts) return fail(accepts.error());
  const Accept& accept = accepts->front();
  if (accept.most == accept.least) return accept;
  return fail(Error::Kind::invalid, 1010,
              fmt::format("chips = \"{}\": a reservation takes one count, e.g. \"{} x 4\".",
                          printable(text, 80), accept.chip.substr(0, 40)));
}

Result<void> check_purpose(const std::string& purpose) {
  const auto& known = known_purposes();
  if (std::find(known.begin(), known.end(), purpose) != known.end()) return {};
  return fail(
      Error::Kind::invalid, 1006,
      "\"" + printable(purpose, 40) + "\" is not a purpose: use pretrain, finetune, serve or run.");
}

Result<ReserveChips> read_reservation(const Call& call, const State& state) {
  const Json& body = call.body;
  if (auto good = only(body, {"chips", "site", "from", "for", "payer", "team", "purpose", "why"});
      !good) {
    return fail(good.error());
  }
  const auto chips = text(body, "chips");
  const auto site = text_or(body, "site", "");
  const auto from = text_or(body, "from", "");
  const auto length = text(body, "for");
  const auto payer = text(body, "payer");
  const auto team = text_or(body, "team", "");
  const auto purpose = text_or(body, "purpose", "run");
  const auto why = text_or(body, "why", "reserved");
  for (const auto* result : {&chips, &site, &from, &length, &payer, &team, &purpose, &why}) {
    if (!*result) return fail(result->error());
  }
  if (auto good = check_purpose(*purpose); !good) return fail(good.error());
  const auto accept = read_chips(*chips);
  if (!accept) return fail(accept.error());
  const auto span = parse_span(*length);
  if (!span) return fail(span.error());
  const auto at = from->empty() ? Result<Instant>(Instant{}) : parse_instant(*from);
  if (!at) return fail(at.error());
  if (!from->empty() && *at == Instant{}) {  // which would mean at once
    return fail(Error::Kind::invalid, 1041, "A reservation cannot start in 1970.");
  }
  const Pool* pool = nullptr;
  for (const Pool& candidate : state.configuration->pools) {
    const bool here = (site->empty() || candidate.site == *site) &&
                      accepts(*accept, candidate, state.configuration->catalog, accept->least);
    if (here && !pool) pool = &candidate;
  }
  if (!pool) {
    if (auto known = find_chip(state.configuration->catalog, accept->chip); !known) {
      return fail(known.error());
    }
    return fail(Error::Kind::not_found, 2006,
                fmt::format("No pool of the stock has {}{}.", accept->chip.substr(0, 40),
                            site->empty() ? "" : " at " + printable(*site, 40)));
  }
  return ReserveChips{*payer, *purpose, *why, pool->id, accept->least, *at, *span, *team};
}

}  // namespace

Json reservation_json(const State& state, const Reservation& r) {
  const Pool* pool = find_pool(state.configuration->pools, r.claim.pool);
  Json json{{"id", to_text(r.id)},
            {"payer", r.payer},
            {"why", r.why},
            {"pool", pool ? pool->name() : "?"},
            {"chips", r.claim.held.size()},
            {"from", to_text(r.claim.from)},
            {"open", r.open}};
  if (!r.team.empty()) json["team"] = r.team;
  put(json, "until", r.claim.until);
  if (!pool) return json;
  const auto line = state.lines.find(owner_of(r));
  const auto shares = static_cast<std::int64_t>(r.claim.held.size()) * whole_chip;
  const Tariff tariff = r.tariff.rows.empty() ? pool->prices() : r.tariff;
  const Agreed rate = line != state.lines.end()
                          ? line->second.rate
                          : extended({}, {{}, r.claim.from, shares, ChipUse::reserved, tariff});
  const auto price = price_of(rate, ChipTime::of(shares, r.claim.until - r.claim.from));
  const bool in_kind = line != state.lines.end() && !line->second.unit.empty();
  if (price) json["price"] = money(*price, in_kind ? line->second.unit : pool->asset);
  if (line != state.lines.end()) {
    add_line(json, state, line->second, pool->asset);
  } else if (!r.open) {
    json["captured"] = money(r.paid, pool->asset);
  }
  return json;
}

Result<Json> get_reservations(const Call& call) {
  return look(call.core, [&](const State& state, Instant) -> Result<Json> {
    Json all = Json::array();
    for (const auto& [id, r] : state.reservations) all.push_back(reservation_json(state, r));
    return Json{{"schema", "granary.reservations/1"}, {"reservations", all}};
  });
}

Result<Json> post_reservation(const Call& call) {
  if (!call.dry_run()) {
    const auto before = answered_before(call);
    if (!before) return fail(before.error());
    if (*before) return show(call.core, *parse_id<Reservation>(**before));
  }
  Result<ReserveChips> asked = ReserveChips{};
  const auto looked = look(call.core, [&](const State& state, Instant) -> Result<Json> {
    asked = read_reservation(call, state);
    return Json();
  });
  if (!looked) return looked;
  if (!asked) return fail(asked.error());
  if (!call.dry_run()) {
    const auto made = command(call, *asked);
    if (!made) return fail(made.error());
    return show(call.core, *parse_id<Reservation>(*made));
  }
  Answer answer;
  const auto after = rehearse(call, *asked, answer);
  if (!after) return fail(after.error());
  if (answer.refused) return fail(*answer.refused);
  std::map<Id<Job>, Instant> before;
  call.core.read([&](const State& state, Instant) { before = estimated_starts(state, answer.at); });
  Json json = reservation_json(*after, after->reservations.at(*parse_id<Reservation>(answer.made)));
  json["schema"] = "granary.reservation/1";
  json["delays"] = Json::array();
  for (const auto& [job, at] : estimated_starts(*after, answer.at)) {
    const auto was = before.find(job);
    if (was == before.end() || was->second >= at) continue;
    json["delays"].push_back({{"job", to_text(job)}, {"by_s", seconds(at - was->second)}});
  }
  return json;
}

Result<Json> cancel_reservation(const Call& call) {
  const auto id = parse_id<Reservation>(call.id);
  if (!id) return fail(id.error());
  if (auto good = only(call.body, {}); !good) return fail(good.error());
  const auto made = command(call, CancelReservation{*id});
  if (!made) return fail(made.error());
  return show(call.core, *id);
}

}  // namespace granary::routes
