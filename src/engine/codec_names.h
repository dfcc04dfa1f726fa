#pragma once
// What enums and the alternatives of variants are called in the journal. The names are promises,
// like the keys of codec_fields.h: a changed one is a changed encoding.

#include <array>
#include <string_view>

#include "engine/engine.h"

namespace granary {

template <class E>
struct Named {
  E value;
  std::string_view name;
};
// The names of an enum in the journal. They are promises, like the keys.
template <class E>
inline constexpr std::array<Named<E>, 0> names_of{};
template <>
inline constexpr std::array<Named<AccountClass>, 10> names_of<AccountClass>{
    {{AccountClass::source, "source"},
     {AccountClass::fund, "fund"},
     {AccountClass::voucher, "voucher"},
     {AccountClass::revenue, "revenue"},
     {AccountClass::expired, "expired"},
     {AccountClass::subsidy, "subsidy"},
     {AccountClass::cash, "cash"},
     {AccountClass::due, "due"},
     {AccountClass::limit, "limit"},
     {AccountClass::owed, "owed"}}};
template <>
inline constexpr std::array<Named<LegKind>, 4> names_of<LegKind>{{{LegKind::post, "post"},
                                                                  {LegKind::hold, "hold"},
                                                                  {LegKind::capture, "capture"},
                                                                  {LegKind::release, "release"}}};
template <>
inline constexpr std::array<Named<Reason>, 18> names_of<Reason>{
    {{Reason::appropriate, "appropriate"},
     {Reason::grant, "grant"},
     {Reason::hold, "hold"},
     {Reason::capture, "capture"},
     {Reason::release, "release"},
     {Reason::refund, "refund"},
     {Reason::expire, "expire"},
     {Reason::top_up, "top_up"},
     {Reason::withdraw, "withdraw"},
     {Reason::pay_out, "pay_out"},
     {Reason::settle, "settle"},
     {Reason::lapse, "lapse"},
     {Reason::limit, "limit"},
     {Reason::tranche, "tranche"},
     {Reason::reimburse, "reimburse"},
     {Reason::exchange, "exchange"},
     {Reason::repay, "repay"},
     {Reason::preemption, "preemption"}}};
template <>
inline constexpr std::array<Named<ChipUse>, 3> names_of<ChipUse>{
    {{ChipUse::running, "running"}, {ChipUse::reserved, "reserved"}, {ChipUse::inside, "inside"}}};
template <>
inline constexpr std::array<Named<TariffRow::For>, 3> names_of<TariffRow::For>{
    {{TariffRow::For::all, "all"},
     {TariffRow::For::running, "running"},
     {TariffRow::For::reserved, "reserved"}}};
template <>
inline constexpr std::array<Named<Precision>, 7> names_of<Precision>{{{Precision::fp32, "fp32"},
                                                                      {Precision::tf32, "tf32"},
                                                                      {Precision::fp16, "fp16"},
                                                                      {Precision::bf16, "bf16"},
                                                                      {Precision::fp8, "fp8"},
                                                                      {Precision::int8, "int8"},
                                                                      {Precision::int4, "int4"}}};
// Written as false, true for full, or its name.
template <>
inline constexpr std::array<Named<Recompute>, 3> names_of<Recompute>{
    {{Recompute::none, "none"}, {Recompute::selective, "selective"}, {Recompute::full, "full"}}};
template <>
inline constexpr std::array<Named<Sharding>, 4> names_of<Sharding>{
    {{Sharding::none, "none"},
     {Sharding::optimiser, "optimiser"},
     {Sharding::gradients, "gradients"},
     {Sharding::parameters, "parameters"}}};
template <>
inline constexpr std::array<Named<WeightFormat>, 12> names_of<WeightFormat>{
    {{WeightFormat::fp16, "fp16"},
     {WeightFormat::int8, "int8"},
     {WeightFormat::int4, "int4"},
     {WeightFormat::fp32, "fp32"},
     {WeightFormat::fp8, "fp8"},
     {WeightFormat::int8_arithmetic, "w8a8"},
     {WeightFormat::int4_embedding, "int4_embedding"},
     {WeightFormat::q8_0, "q8_0"},
     {WeightFormat::q6_k, "q6_k"},
     {WeightFormat::q5_k_m, "q5_k_m"},
     {WeightFormat::q4_k_m, "q4_k_m"},
     {WeightFormat::q4_0, "q4_0"}}};
template <>
inline constexpr std::array<Named<JobState>, 6> names_of<JobState>{
    {{JobState::waiting, "waiting"},
     {JobState::running, "running"},
     {JobState::stopping, "stopping"},
     {JobState::finished, "finished"},
     {JobState::failed, "failed"},
     {JobState::cancelled, "cancelled"}}};
template <>
inline constexpr std::array<Named<StopCause>, 6> names_of<StopCause>{
    {{StopCause::preempted, "preempted"},
     {StopCause::cancelled, "cancelled"},
     {StopCause::limit, "limit"},
     {StopCause::funds, "funds"},
     {StopCause::span, "span"},
     {StopCause::lapsed, "lapsed"}}};
template <>
inline constexpr std::array<Named<Outcome>, 5> names_of<Outcome>{{{Outcome::finished, "finished"},
                                                                  {Outcome::failed, "failed"},
                                                                  {Outcome::cancelled, "cancelled"},
                                                                  {Outcome::preempted, "preempted"},
                                                                  {Outcome::lost, "lost"}}};
template <>
inline constexpr std::array<Named<Budget::Per>, 2> names_of<Budget::Per>{
    {{Budget::Per::month, "month"}, {Budget::Per::ever, "ever"}}};
template <>
inline constexpr std::array<Named<Alert::Kind>, 4> names_of<Alert::Kind>{
    {{Alert::Kind::voucher_used, "voucher_used"},
     {Alert::Kind::voucher_expires, "voucher_expires"},
     {Alert::Kind::budget_used, "budget_used"},
     {Alert::Kind::credit_drawn, "credit_drawn"}}};
template <>
inline constexpr std::array<Named<Error::Kind>, 9> names_of<Error::Kind>{
    {{Error::Kind::failed, "failed"},
     {Error::Kind::invalid, "invalid"},
     {Error::Kind::not_found, "not_found"},
     {Error::Kind::refused, "refused"},
     {Error::Kind::conflict, "conflict"},
     {Error::Kind::infeasible, "infeasible"},
     {Error::Kind::unavailable, "unavailable"},
     {Error::Kind::unauthenticated, "unauthenticated"},
     {Error::Kind::bug, "bug"}}};

// The name of a value in the journal; empty when it has none.
template <class E>
std::string_view name_of(E value) {
  for (const auto& [e, name] : names_of<E>) {
    if (e == value) return name;
  }
  return {};
}

// What an alternative of a variant is called: the value of its key "kind".
template <class T>
inline constexpr std::string_view kind_of = "";
// Owners
template <>
inline constexpr std::string_view kind_of<Id<Job>> = "job";
template <>
inline constexpr std::string_view kind_of<Id<Reservation>> = "reservation";
// Reasons of decisions
template <>
inline constexpr std::string_view kind_of<Fits> = "fits";
template <>
inline constexpr std::string_view kind_of<ChipsShort> = "chips_short";
template <>
inline constexpr std::string_view kind_of<FundsShort> = "funds_short";
template <>
inline constexpr std::string_view kind_of<Outranked> = "outranked";
template <>
inline constexpr std::string_view kind_of<HeldByReservation> = "held_by_reservation";
// Commands
template <>
inline constexpr std::string_view kind_of<Configure> = "configure";
template <>
inline constexpr std::string_view kind_of<GrantVoucher> = "grant_voucher";
template <>
inline constexpr std::string_view kind_of<RegisterCertificate> = "register_certificate";
template <>
inline constexpr std::string_view kind_of<MoveMoney> = "move_money";
template <>
inline constexpr std::string_view kind_of<ReleaseTranche> = "release_tranche";
template <>
inline constexpr std::string_view kind_of<DecideReimbursement> = "decide_reimbursement";
template <>
inline constexpr std::string_view kind_of<SetBudget> = "set_budget";
template <>
inline constexpr std::string_view kind_of<SetCreditLine> = "set_credit_line";
template <>
inline constexpr std::string_view kind_of<MakeQuote> = "make_quote";
template <>
inline constexpr std::string_view kind_of<ExchangeVoucher> = "exchange_voucher";
template <>
inline constexpr std::string_view kind_of<Submit> = "submit";
template <>
inline constexpr std::string_view kind_of<Cancel> = "cancel";
template <>
inline constexpr std::string_view kind_of<ReserveChips> = "reserve_chips";
template <>
inline constexpr std::string_view kind_of<CancelReservation> = "cancel_reservation";
template <>
inline constexpr std::string_view kind_of<WorkerRunning> = "worker_running";
template <>
inline constexpr std::string_view kind_of<WorkerProgress> = "worker_progress";
template <>
inline constexpr std::string_view kind_of<WorkerFinished> = "worker_finished";
template <>
inline constexpr std::string_view kind_of<WorkerLost> = "worker_lost";
template <>
inline constexpr std::string_view kind_of<LaunchRefused> = "launch_refused";
template <>
inline constexpr std::string_view kind_of<Tick> = "tick";
template <>
inline constexpr std::string_view kind_of<FollowSite> = "follow_site";
template <>
inline constexpr std::string_view kind_of<SiteFollowed> = "site_followed";
// Events
template <>
inline constexpr std::string_view kind_of<Configured> = "configured";
template <>
inline constexpr std::string_view kind_of<Appropriated> = "appropriated";
template <>
inline constexpr std::string_view kind_of<Opened> = "opened";
template <>
inline constexpr std::string_view kind_of<Posted> = "posted";
template <>
inline constexpr std::string_view kind_of<Granted> = "granted";
template <>
inline constexpr std::string_view kind_of<Closed> = "closed";
template <>
inline constexpr std::string_view kind_of<TrancheReleased> = "tranche_released";
template <>
inline constexpr std::string_view kind_of<BudgetSet> = "budget_set";
template <>
inline constexpr std::string_view kind_of<CreditLineSet> = "credit_line_set";
template <>
inline constexpr std::string_view kind_of<Alerted> = "alerted";
template <>
inline constexpr std::string_view kind_of<AlertOver> = "alert_over";
template <>
inline constexpr std::string_view kind_of<QuoteMade> = "quote_made";
template <>
inline constexpr std::string_view kind_of<Accepted> = "accepted";
template <>
inline constexpr std::string_view kind_of<Waits> = "waits";
template <>
inline constexpr std::string_view kind_of<Started> = "started";
template <>
inline constexpr std::string_view kind_of<Confirmed> = "confirmed";
template <>
inline constexpr std::string_view kind_of<Asked> = "asked";
template <>
inline constexpr std::string_view kind_of<Progressed> = "progressed";
template <>
inline constexpr std::string_view kind_of<Extended> = "extended";
template <>
inline constexpr std::string_view kind_of<Stopping> = "stopping";
template <>
inline constexpr std::string_view kind_of<Ended> = "ended";
template <>
inline constexpr std::string_view kind_of<CancelledWaiting> = "cancelled_waiting";
template <>
inline constexpr std::string_view kind_of<ReservationMade> = "reservation_made";
template <>
inline constexpr std::string_view kind_of<ReservationEnded> = "reservation_ended";
template <>
inline constexpr std::string_view kind_of<LineOpen> = "line_open";
template <>
inline constexpr std::string_view kind_of<LineClosed> = "line_closed";
template <>
inline constexpr std::string_view kind_of<Answered> = "answered";
template <>
inline constexpr std::string_view kind_of<Refused> = "refused";

}  // namespace granary
