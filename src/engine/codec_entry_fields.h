#pragma once
// The fields of commands, events and entries, as codec_fields.h has those of what they are made of.
// Part of codec.cpp.

#include "engine/codec_fields.h"

namespace granary {

// commands
template <class V, Either<ConfiguredDocument> T>
void fields(V& v, T& x) {
  v("hash", x.hash);
  v("name", x.name);
  v("text", x.text);
}
template <class V, class T>
requires Either<T, Configure> || Either<T, Configured>
void fields(V& v, T& x) {
  v("documents", x.documents);
  v("limits", x.limits);
  v("policy", x.policy);
}
template <class V, class T>
requires Either<T, ReleaseTranche> || Either<T, TrancheReleased>
void fields(V& v, T& x) { v("voucher", x.voucher); }
template <class V, Either<DecideReimbursement> T>
void fields(V& v, T& x) {
  v("decision", x.decision);
}
template <class V, Either<ExchangeVoucher> T>
void fields(V& v, T& x) {
  v("exchange", x.exchange);
}
template <class V, Either<MoveMoney> T>
void fields(V& v, T& x) {
  v("payment", x.payment);
}
template <class V, class T>
requires Either<T, SetBudget> || Either<T, BudgetSet>
void fields(V& v, T& x) { v("budget", x.budget); }
template <class V, Either<SetCreditLine> T>
void fields(V& v, T& x) {
  v("credit", x.credit);
}
template <class V, Either<GrantVoucher> T>
void fields(V& v, T& x) {
  v("grant", x.grant);
}
template <class V, Either<KeySignature> T>
void fields(V& v, T& x) {
  v("key", x.key);
  v("signature", x.signature);
}
template <class V, Either<SignedCertificate> T>
void fields(V& v, T& x) {
  v("signatures", x.signatures);
  v("text", x.text);
}
template <class V, Either<RegisterCertificate> T>
void fields(V& v, T& x) {
  v("certificate", x.certificate);
}
template <class V, Either<WantedChoice> T>
void fields(V& v, T& x) {
  v("choice", x.choice);
  v("start", x.start);
}
template <class V, Either<MakeQuote> T>
void fields(V& v, T& x) {
  v("choices", x.choices);
  v("payer", x.payer);
  v("purpose", x.purpose);
  v("service", x.service);
  v("what", x.what);
}
template <class V, Either<Submit> T>
void fields(V& v, T& x) {
  v("request", x.request);
}
template <class V, Either<Cancel> T>
void fields(V& v, T& x) {
  v("job", x.job);
}
template <class V, Either<ReserveChips> T>
void fields(V& v, T& x) {
  v("chips", x.chips);
  v("from", x.from);
  v("payer", x.payer);
  v("pool", x.pool);
  v("purpose", x.purpose);
  v("span", x.span);
  v.unless("team", x.team, {});
  v("why", x.why);
}
template <class V, Either<CancelReservation> T>
void fields(V& v, T& x) {
  v("reservation", x.reservation);
}
template <class V, class T>
requires Either<T, WorkerRunning> || Either<T, Confirmed>
void fields(V& v, T& x) {
  v("attempt", x.attempt);
  v("endpoint", x.endpoint);
  v("job", x.job);
}
template <class V, Either<WorkerProgress> T>
void fields(V& v, T& x) {
  v("at", x.at);
  v("attempt", x.attempt);
  v("checkpoint", x.checkpoint);
  v("job", x.job);
  v("line", x.line);
  v("loss", x.loss);
  v("steps", x.steps);
  v("tokens", x.tokens);
}
template <class V, Either<WorkerFinished> T>
void fields(V& v, T& x) {
  v("at", x.at);
  v("attempt", x.attempt);
  v("exit_code", x.exit_code);
  v("exit_signal", x.exit_signal);
  v("job", x.job);
}
template <class V, class T>
requires Either<T, WorkerLost> || Either<T, LaunchRefused>
void fields(V& v, T& x) {
  v("at", x.at);
  v("attempt", x.attempt);
  v("job", x.job);
  v("why", x.why);
}
template <class V, Either<FollowedJob> T>
void fields(V& v, T& x) {
  v("account", x.account);
  v("chips", x.chips);
  v("eligible", x.eligible);
  v("ended", x.ended);
  v("exit_code", x.exit_code);
  v("exit_signal", x.exit_signal);
  v("gres", x.gres);
  v("limit", x.limit);
  v("name", x.name);
  v("nodes", x.nodes);
  v("number", x.number);
  v("started", x.started);
  v("state", x.state);
  v("submitted", x.submitted);
  v("user", x.user);
}
template <class V, Either<FollowSite> T>
void fields(V& v, T& x) {
  v("as_of", x.as_of);
  v("jobs", x.jobs);
  v("site", x.site);
}
template <class V, Either<SiteFollowed> T>
void fields(V& v, T& x) {
  v("as_of", x.as_of);
  v("site", x.site);
}
template <class V, Either<Tick> T>
void fields(V&, T&) {}

// events
template <class V, Either<Appropriated> T>
void fields(V& v, T& x) {
  v("programme", x.programme);
  v("total", x.total);
}
template <class V, Either<Opened> T>
void fields(V& v, T& x) {
  v("account", x.account);
}
template <class V, Either<Posted> T>
void fields(V& v, T& x) {
  v("transfer", x.transfer);
}
template <class V, class T>
requires Either<T, Granted> || Either<T, Closed>
void fields(V& v, T& x) { v("voucher", x.voucher); }
template <class V, Either<PricedChoice> T>
void fields(V& v, T& x) {
  v("choice", x.choice);
  v("price", x.price);
  v("start", x.start);
}
template <class V, Either<Quote> T>
void fields(V& v, T& x) {
  v("id", x.id);
  v("instead_of", x.instead_of);
  v("made", x.made);
  v("options", x.options);
  v("payer", x.payer);
  v("purpose", x.purpose);
  v("service", x.service);
  v("taken_by", x.taken_by);
  v("until", x.until);
  v("what", x.what);
}
template <class V, Either<QuoteMade> T>
void fields(V& v, T& x) {
  v("quote", x.quote);
}
template <class V, Either<Accepted> T>
void fields(V& v, T& x) {
  v("job", x.job);
}
template <class V, Either<Waits> T>
void fields(V& v, T& x) {
  v("because", x.because);
  v("job", x.job);
}
template <class V, Either<Started> T>
void fields(V& v, T& x) {
  v("attempt", x.attempt);
  v("because", x.because);
  v("choice", x.choice);
  v("claim", x.claim);
  v("job", x.job);
  v("not_before", x.not_before);
}
template <class V, Either<Asked> T>
void fields(V& v, T& x) {
  v("at", x.at);
  v("attempt", x.attempt);
  v("job", x.job);
}
template <class V, Either<Progressed> T>
void fields(V& v, T& x) {
  v("attempt", x.attempt);
  v("done_ppb", x.done_ppb);
  v("job", x.job);
  v("report", x.report);
}
template <class V, Either<Extended> T>
void fields(V& v, T& x) {
  v("job", x.job);
  v("until", x.until);
}
template <class V, Either<Stopping> T>
void fields(V& v, T& x) {
  v("attempt", x.attempt);
  v("cause", x.cause);
  v("job", x.job);
  v("stopped_for", x.stopped_for);
  v("until", x.until);
}
template <class V, Either<Ended> T>
void fields(V& v, T& x) {
  v("at", x.at);
  v("attempt", x.attempt);
  v("done_ppb", x.done_ppb);
  v("exit_code", x.exit_code);
  v("exit_signal", x.exit_signal);
  v("free", x.free);
  v("job", x.job);
  v("outcome", x.outcome);
  v("why", x.why);
}
template <class V, Either<CancelledWaiting> T>
void fields(V& v, T& x) {
  v("at", x.at);
  v("job", x.job);
}
template <class V, Either<ReservationMade> T>
void fields(V& v, T& x) {
  v("reservation", x.reservation);
}
template <class V, Either<ReservationEnded> T>
void fields(V& v, T& x) {
  v("at", x.at);
  v("reservation", x.reservation);
}
template <class V, Either<LineOpen> T>
void fields(V& v, T& x) {
  v("line", x.line);
}
template <class V, Either<LineClosed> T>
void fields(V& v, T& x) {
  v("owner", x.owner);
}
template <class V, Either<CreditLineSet> T>
void fields(V& v, T& x) {
  v("account", x.account);
  v("line", x.line);
}
template <class V, Either<Alert> T>
void fields(V& v, T& x) {
  v("about", x.kind);
  v("level", x.level);
  v("of", x.of);
  v("since", x.since);
  v("subject", x.subject);
  v("used", x.used);
  v("window", x.window);
}
template <class V, Either<Alerted> T>
void fields(V& v, T& x) {
  v("alert", x.alert);
}
template <class V, Either<AlertOver> T>
void fields(V& v, T& x) {
  v("about", x.kind);
  v("level", x.level);
  v("subject", x.subject);
}
template <class V, Either<Answered> T>
void fields(V& v, T& x) {
  v("at", x.at);
  v("body", x.body);
  v("key", x.key);
  v("made", x.made);
}
template <class V, Either<Error> T>
void fields(V& v, T& x) {
  v("code", x.code);
  v("fix", x.fix);
  v("kind", x.kind);
  v("what", x.what);
}
template <class V, Either<Refused> T>
void fields(V& v, T& x) {
  v("at", x.at);
  v("body", x.body);
  v("error", x.error);
  v("key", x.key);
}

// entries
template <class V, Either<Request> T>
void fields(V& v, T& x) {
  v("actor", x.actor);
  v("body", x.body);
  v("command", x.command);
  v("key", x.key);
}
// Without the chain, which is kept beside the bytes; "v" last, as the keys ascend.
template <class V, Either<Entry> T>
void fields(V& v, T& x) {
  v("at", x.at);
  v("events", x.events);
  v("request", x.request);
  v("sequence", x.sequence);
  v.version("v");
}

}  // namespace granary
