#pragma once
// What is written of each struct: one list per struct, in the order of the keys, that the encoder,
// the decoder and the tests walk alike, so that they cannot drift apart. Part of codec.cpp: what
// commands and events are made of; they themselves are in codec_entry_fields.h.
//
// A changed list is a changed encoding: old journals must still be read (see encoding_version).

#include <concepts>
#include <type_traits>

#include "engine/codec.h"
#include "engine/codec_names.h"

namespace granary {

// `const Claim` when it is encoded, `Claim` when it is decoded.
template <class T, class U>
concept Either = std::same_as<std::remove_const_t<T>, U>;

// fields(visitor, struct) calls visitor(key, member) for each member, keys ascending; unless(key,
// member, otherwise) for those that came later and are written only when they are something else.

// Only as an alternative of a variant; elsewhere an id is its number.
template <class V, class T>
requires Either<T, Id<Job>> || Either<T, Id<Reservation>>
void fields(V& v, T& x) { v("id", x.value); }

// stock, schedule, cost
template <class V, Either<Held> T>
void fields(V& v, T& x) {
  v("chip", x.chip);
  v("node", x.node);
  v("share", x.share);
}
template <class V, Either<Claim> T>
void fields(V& v, T& x) {
  v("from", x.from);
  v("held", x.held);
  v("inside", x.inside);
  v("owner", x.owner);
  v("pool", x.pool);
  v("until", x.until);
}
template <class V, Either<Wanted> T>
void fields(V& v, T& x) {
  v("chips", x.chips);
  v("share", x.share);
  v("together", x.together);
}
template <class V, Either<Layout> T>
void fields(V& v, T& x) {
  v.unless("context", x.context, 1);
  v("data", x.data);
  v.unless("expert", x.expert, 1);
  v.unless("interleave", x.interleave, 1);
  v("micro_batch", x.micro_batch);
  v("pipeline", x.pipeline);
  v.unless("precision", x.precision, Precision::bf16);
  v("recompute", x.recompute);
  v.unless("sequence_parallel", x.sequence_parallel, false);
  v.unless("sharding", x.sharding, Sharding::optimiser);
  v("tensor", x.tensor);
  v("weights", x.weights);
}
template <class V, Either<Fits> T>
void fields(V& v, T& x) {
  v("free", x.free);
  v("pool", x.pool);
}
template <class V, Either<ChipsShort> T>
void fields(V& v, T& x) {
  v("free", x.free);
  v("pool", x.pool);
  v("until", x.until);
  v("wanted", x.wanted);
}
template <class V, Either<FundsShort> T>
void fields(V& v, T& x) {
  v("left", x.left);
  v("wanted", x.wanted);
}
template <class V, Either<Outranked> T>
void fields(V& v, T& x) {
  v("by", x.by);
  v("free", x.free);
  v("pool", x.pool);
}
template <class V, Either<HeldByReservation> T>
void fields(V& v, T& x) {
  v("by", x.by);
  v("free", x.free);
  v("pool", x.pool);
  v("wanted", x.wanted);
}

// ledger
template <class V, Either<Account> T>
void fields(V& v, T& x) {
  v("asset", x.asset);
  v("class", x.kind);
  v.unless("credit_line", x.credit_line, {});
  v("credits_pending", x.credits_pending);
  v("credits_posted", x.credits_posted);
  v("debits_pending", x.debits_pending);
  v("debits_posted", x.debits_posted);
  v("id", x.id);
  v("name", x.name);
}
template <class V, Either<Leg> T>
void fields(V& v, T& x) {
  v("amount", x.amount);
  v("credit", x.credit);
  v("debit", x.debit);
  v("hold", x.hold);
  v("kind", x.kind);
}
template <class V, Either<Transfer> T>
void fields(V& v, T& x) {
  v("legs", x.legs);
  v("memo", x.memo);
  v("owner", x.owner);
  v("reason", x.reason);
}
template <class V, Either<Certified> T>
void fields(V& v, T& x) {
  v("contents", x.contents);
  v("issuer", x.issuer);
  v("keys", x.keys);
  v("serial", x.serial);
}
template <class V, Either<Purse> T>
void fields(V& v, T& x) {
  v("account", x.account);
  v("suffix", x.suffix);
  v("weight", x.weight);
}
template <class V, Either<Exchanged> T>
void fields(V& v, T& x) {
  v("from", x.from);
  v("get", x.get);
  v("give", x.give);
}
template <class V, Either<Voucher> T>
void fields(V& v, T& x) {
  v("account", x.account);
  v.unless("approved_by", x.approved_by, {});
  v("certified", x.certified);
  v("closed", x.closed);
  v.unless("contract", x.contract, {});
  v.unless("declared", x.declared, {});
  v("exchanged", x.exchanged);
  v("expires", x.expires);
  v("face", x.face);
  v("granted", x.granted);
  v("holder", x.holder);
  v("id", x.id);
  v("programme", x.programme);
  v("purposes", x.purposes);
  v.unless("purses", x.purses, {});
  v.unless("tranches", x.tranches, 1);
}
template <class V, Either<Grant> T>
void fields(V& v, T& x) {
  v("amount", x.amount);
  v.unless("approved_by", x.approved_by, {});
  v.unless("contract", x.contract, {});
  v.unless("declared", x.declared, {});
  v("expires", x.expires);
  v("holder", x.holder);
  v("programme", x.programme);
  v("purposes", x.purposes);
}
template <class V, Either<BankPayment> T>
void fields(V& v, T& x) {
  v("amount", x.amount);
  v("asset", x.asset);
  v("party", x.party);
  v("reason", x.reason);
}
template <class V, Either<Reimbursement> T>
void fields(V& v, T& x) {
  v("amount", x.amount);
  v("approved", x.approved);
  v("voucher", x.voucher);
}
template <class V, Either<Budget> T>
void fields(V& v, T& x) {
  v("amount", x.amount);
  v("asset", x.asset);
  v("per", x.per);
  v("team", x.team);
  v("tenant", x.tenant);
}
template <class V, Either<CreditLine> T>
void fields(V& v, T& x) {
  v("asset", x.asset);
  v("line", x.line);
  v("tenant", x.tenant);
}
template <class V, Either<Exchange> T>
void fields(V& v, T& x) {
  v("amount", x.amount);
  v("into", x.into);
  v("voucher", x.voucher);
}
template <class V, Either<Part> T>
void fields(V& v, T& x) {
  v.unless("beside", x.beside, false);
  v("holds", x.holds);
  v("share", x.share);
  v.unless("weights", x.weights, {});
}
template <class V, Either<Stretch> T>
void fields(V& v, T& x) {
  v("parts", x.parts);
  v("upto", x.upto);
}
template <class V, Either<TariffRow> T>
void fields(V& v, T& x) {
  v.unless("begins", x.begins, Span{});
  v.unless("ends", x.ends, Span{});
  v.unless("from", x.from, Instant{});
  v.unless("of", x.of, TariffRow::For::all);
  v("rate", x.rate);
  v.unless("until", x.until, Instant{});
}
template <class V, Either<Tariff> T>
void fields(V& v, T& x) {
  v("rate", x.rate);
  v("rows", x.rows);
}
template <class V, Either<AgreedTariff> T>
void fields(V& v, T& x) {
  v("at", x.at);
  v("from", x.from);
  v("shares", x.shares);
  v("tariff", x.tariff);
  v.unless("use", x.use, ChipUse::running);
}
template <class V, Either<Line> T>
void fields(V& v, T& x) {
  v("captured", x.captured);
  v("holds", x.holds);
  v("metered", x.metered);
  v("owner", x.owner);
  v.unless("paid", x.paid, {});
  v("rate", x.rate.first);
  v("site", x.site);
  v("sources", x.sources);
  v.unless("stretches", x.stretches, {});
  v.unless("tariffs", x.rate.tariffs, {});
  v.unless("unit", x.unit, {});
}

// jobs
template <class V, Either<Recipe> T>
void fields(V& v, T& x) {
  v("argv", x.argv);
  v("checkpoint", x.checkpoint);
  v("checkpoint_every", x.checkpoint_every);
  v("data", x.data);
  v("environment", x.environment);
  v("health", x.health);
}
template <class V, Either<QuotedOption> T>
void fields(V& v, T& x) {
  v("option", x.option);
  v("quote", x.quote);
}
template <class V, Either<FirmPrice> T>
void fields(V& v, T& x) {
  v("asset", x.asset);
  v("at", x.at);
  v("tariff", x.tariff);
}
template <class V, Either<Choice> T>
void fields(V& v, T& x) {
  v("firm", x.firm);
  v("layout", x.layout);
  v("pool", x.pool);
  v("span", x.span);
  v("wanted", x.wanted);
}
template <class V, Either<SitesJob> T>
void fields(V& v, T& x) {
  v("account", x.account);
  v("number", x.number);
  v("site", x.site);
  v("submitted", x.submitted);
  v("user", x.user);
}
template <class V, Either<JobRequest> T>
void fields(V& v, T& x) {
  v("choices", x.choices);
  v("followed", x.followed);
  v("inside", x.inside);
  v("name", x.name);
  v("others", x.others);
  v("payer", x.payer);
  v("preemptible", x.preemptible);
  v("priority", x.priority);
  v("purpose", x.purpose);
  v("quote", x.quote);
  v("recipe", x.recipe);
  v("service", x.service);
  v.unless("team", x.team, {});
  v("time_limit", x.time_limit);
  v("wait_for_funds", x.wait_for_funds);
  v("what", x.what);
}
template <class V, Either<Report> T>
void fields(V& v, T& x) {
  v("checkpoint", x.checkpoint);
  v("checkpoint_at", x.checkpoint_at);
  v("line", x.line);
  v("loss", x.loss);
  v("steps", x.steps);
  v("tokens", x.tokens);
}
template <class V, Either<Job> T>
void fields(V& v, T& x) {
  v.unless("asked", x.asked, {});
  v("attempt", x.attempt);
  v("because", x.because);
  v("choice", x.choice);
  v("claim", x.claim);
  v("confirmed", x.confirmed);
  v("done_ppb", x.done_ppb);
  v("done_ppb_at_start", x.done_ppb_at_start);
  v("ended", x.ended);
  v("ended_why", x.ended_why);
  v("endpoint", x.endpoint);
  v("exit_code", x.exit_code);
  v("exit_signal", x.exit_signal);
  v("id", x.id);
  v("losses", x.losses);
  v("not_before", x.not_before);
  v("outcome", x.outcome);
  v("paid", x.paid);
  v("preemptions", x.preemptions);
  v("report", x.report);
  v("request", x.request);
  v.unless("silent", x.silent, false);
  v("started", x.started);
  v("state", x.state);
  v("stop_cause", x.stop_cause);
  v("stopped_for", x.stopped_for);
  v("submitted", x.submitted);
}
template <class V, Either<Reservation> T>
void fields(V& v, T& x) {
  v("claim", x.claim);
  v("ended", x.ended);
  v("id", x.id);
  v("open", x.open);
  v("paid", x.paid);
  v("payer", x.payer);
  v.unless("tariff", x.tariff, {});
  v.unless("team", x.team, {});
  v("why", x.why);
}
template <class V, Either<Limits> T>
void fields(V& v, T& x) {
  v("answers", x.answers);
  v("answers_for", x.answers_for);
  v("arguments", x.arguments);
  v.unless("ask_every", x.ask_every, Limits{}.ask_every);
  v("batch", x.batch);
  v("body_bytes", x.body_bytes);
  v("connections", x.connections);
  v("extend_by", x.extend_by);
  v("finished_jobs", x.finished_jobs);
  v.unless("followed_jobs", x.followed_jobs, Limits{}.followed_jobs);
  v.unless("followed_kept", x.followed_kept, Limits{}.followed_kept);
  v("header_bytes", x.header_bytes);
  v.unless("hold_lapse", x.hold_lapse, Limits{}.hold_lapse);
  v("key_length", x.key_length);
  v.unless("meter_followed", x.meter_followed, Limits{}.meter_followed);
  v("meter_other", x.meter_other);
  v("meter_service", x.meter_service);
  v("minimum_run", x.minimum_run);
  v("offers_per_job", x.offers_per_job);
  v("places", x.places);
  v("queue", x.queue);
  v.unless("quote_for", x.quote_for, Limits{}.quote_for);
  v.unless("quote_kept", x.quote_kept, Limits{}.quote_kept);
  v.unless("quoted_options", x.quoted_options, Limits{}.quoted_options);
  v.unless("quotes", x.quotes, Limits{}.quotes);
  v.unless("quotes_of_payer", x.quotes_of_payer, Limits{}.quotes_of_payer);
  v("request_timeout", x.request_timeout);
  v("reservations", x.reservations);
  v("stop_notice", x.stop_notice);
  v("text_length", x.text_length);
  v("waiting_jobs", x.waiting_jobs);
}

}  // namespace granary
