#pragma once
// Private to serve: the route table's handlers and what they share. JSON stays in .cpp files; this
// header is for those that include nlohmann/json_fwd.hpp anyway.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/job_file.h"
#include "serve/api.h"

namespace granary::routes {

using Json = nlohmann::json;

// A request as handlers see it: authenticated, its body parsed, its path matched.
struct Call {
  const HttpRequest& http;
  Core& core;
  const Json& body;  // an object; empty for GET
  std::string id;    // what {id} matched
  std::map<std::string, std::string> query;
  std::string key;  // Idempotency-Key of a write

  bool dry_run() const { return query.count("dry_run") != 0; }
};

using Handler = Result<Json> (*)(const Call&);

// plans.cpp
Result<Json> post_plan(const Call&);
// quotes.cpp
Result<Json> post_quote(const Call&);
Result<Json> get_quote(const Call&);
// jobs.cpp
Result<Json> post_job(const Call&);
Result<Json> get_job(const Call&);
Result<Json> cancel_job(const Call&);
Result<Json> explain_job(const Call&);
Result<Json> job_logs(const Call&);
Result<Json> job_events(const Call&);
// queue.cpp
Result<Json> get_queue(const Call&);
Result<Json> get_stock(const Call&);
// reservations.cpp
Result<Json> get_reservations(const Call&);
Result<Json> post_reservation(const Call&);
Result<Json> cancel_reservation(const Call&);
// follow.cpp
Result<Json> get_followed(const Call&);
Result<Json> follow_site(const Call&);
// vouchers.cpp
Result<Json> get_programmes(const Call&);
Result<Json> get_vouchers(const Call&);
Result<Json> post_voucher(const Call&);
Result<Json> register_certificate(const Call&);
Result<Json> release_voucher(const Call&);
Result<Json> reimburse_voucher(const Call&);
Result<Json> exchange_voucher(const Call&);
Result<Json> voucher_statement(const Call&);
// forecast.cpp: captured less refunded, by account, of the last 7 days.
struct SpentLately {
  Instant since{};
  std::map<Id<Account>, Money> by_account;
};
// O(entries of those days), at most 200,000.
Result<SpentLately> spent_lately(const Call&);
// "ends": when and how, while the voucher is open.
void add_end(Json&, const State&, const Voucher&, const SpentLately&, Instant now);
// accounts.cpp
Result<Json> get_accounts(const Call&);
Result<Json> post_payment(const Call&);
Result<Json> account_statement(const Call&);
// budgets.cpp
Result<Json> get_budgets(const Call&);
Result<Json> post_budget(const Call&);
Result<Json> post_credit(const Call&);
Result<Json> get_alerts(const Call&);
// report.cpp
Result<Json> settlement_report(const Call&);
Result<Json> use_report(const Call&);
Result<Json> stock_report(const Call&);
// report_lines.cpp
Result<Json> party_statement(const Call&);
Result<Json> burn_down(const Call&);
// ledger.cpp
Result<Json> verify_ledger(const Call&);
Result<Json> get_journal(const Call&);

// Bounds of a body's parts; the engine bounds what it keeps more tightly.
inline constexpr std::size_t most_items = 1'024;
inline constexpr std::size_t most_text = 4'096;

// A job as it is posted. jobs.cpp
Result<JobFile> read_job(const Json& body);

// Sends a command under the call's key; the id it made, or the refusal.
Result<std::string> command(const Call&, Command);
Hash body_of(const Call&);
// What this key made when it was sent before, its refusal, or nothing if it is new. Asked before a
// handler derives anything from the present state.
Result<std::optional<std::string>> answered_before(const Call&);

// The last entry before that instant; 0 when there is none. O(log entries) reads.
Result<std::uint64_t> last_before(Core&, Instant);

// The entry of the first answer to the call's key, once it has one.
Result<std::uint64_t> entry_of(const Call&);

// A dry run: the command stepped on a copy of the state, off the loop, and what it was answered.
Result<State> rehearse(const Call&, const Command&, Answer&);

// Every posting of the accounts of those names ("lines", "books"), with what is on them together;
// `folded` is what the journal folds to at the last of them, its books only. G2018 when there is no
// such account. O(journal).
Result<Json> statement_of(const Call&, const std::vector<std::string>& accounts, State& folded);

// A consistent look: `look` returns the answer made from the state.
Result<Json> look(Core&, const std::function<Result<Json>(const State&, Instant now)>& look);

// Strict reading of a body: keys outside `known` are G1001 with the nearest; types are checked.
Error too_long(const std::string& key, std::size_t bytes);
Error unknown_key(const std::string& key, const std::vector<std::string>& known);
Result<void> only(const Json& body, const std::vector<std::string>& known);
Result<std::string> text(const Json& body, const std::string& key);  // required
Result<std::string> text_or(const Json& body, const std::string& key, std::string otherwise);
Result<std::vector<std::string>> texts(const Json& body, const std::string& key);  // [] if absent
Result<bool> flag(const Json& body, const std::string& key);  // false if absent
Result<int> number_or(const Json& body, const std::string& key, int otherwise);
// A flat object of texts and whole numbers, as texts.
Result<std::map<std::string, std::string>> text_map(const Json& body, const std::string& key);
// A number of the query within bounds.
Result<std::uint64_t> query_number(const Call&, const std::string& key, std::uint64_t otherwise,
                                   std::uint64_t most);

Json money(Money, const std::string& asset);
double seconds(Span);
// Left out when JSON or RFC 3339 cannot say it: not a number, or beyond the year 9999.
void put(Json&, const char* key, double);
void put(Json&, const char* key, Instant);
// "held" and "captured" of an open money line.
void add_line(Json&, const State&, const Line&, const std::string& asset);
Json job_json(const State&, const Job&, std::optional<Instant> start);
Json voucher_json(const State&, const Voucher&);
Json account_json(const Account&);
Json reservation_json(const State&, const Reservation&);
// Chips of a pool now: running, reserved and idle, neither.
struct Use {
  int chips = 0, busy = 0, reserved = 0, free = 0;
};
Use use_of(const State&, const Pool&, Instant now);

}  // namespace granary::routes
