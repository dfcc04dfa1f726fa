// report: what operators, programmes and the platform owe one another, what was used and paid by
// whom, what became of the stock. From a daemon, or from a journal's file alone.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "apps/cli/postings.h"
#include "apps/cli/report_table.h"
#include "apps/cli/session.h"
#include "store/sqlite_journal.h"
#include "units/text.h"

namespace granary::cli {
namespace {
using Kind = ReportColumn::Kind;

// A journal's file behind the API, for reports: they ask for nothing but entries.
class FileCore final : public Core {
 public:
  explicit FileCore(std::unique_ptr<Journal> journal) : journal_(std::move(journal)) {}
  Result<Answer> submit(Request) override {
    return fail(Error::Kind::refused, 4115, "A journal's file is only read.");
  }
  void read(const std::function<void(const State&, Instant)>& look) override {
    look(State{}, Instant{});
  }
  // Reports fold what they are given: an entry that does not follow is not given to them.
  Result<std::vector<Entry>> entries(std::uint64_t after, std::size_t limit) override {
    auto entries = journal_->read(after, limit);
    if (!entries) return entries;
    for (const Entry& entry : *entries) {
      if (entry.sequence <= folded_) continue;
      if (auto good = fold(state_, entry); !good) return fail(good.error());
      folded_ = entry.sequence;
    }
    return entries;
  }
  Journal::Head head() override { return journal_->head(); }
  Result<std::string> output(Id<Job>, int, const std::string&, std::size_t) override {
    return fail(Error::Kind::not_found, 2009, "A journal's file has no outputs.");
  }

 private:
  std::unique_ptr<Journal> journal_;
  State state_;
  std::uint64_t folded_ = 0;
};

Result<Json> from_file(const Session& session, const std::string& target) {
  const std::string name = session.arguments.text("journal");
  const auto path = session.path_of(name);
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return fail(Error::Kind::not_found, 2012,
                "There is no file " + plain(name) + " that can be read.");
  }
  auto journal = open_journal({path.string(), Access::read_only, 0});
  if (!journal) return fail(journal.error());
  FileCore core(std::move(*journal));
  return read_answer(answer({"GET", target, {}, "", "file"}, core));
}

// Of the flags, those that the route knows.
Result<Json> ask(Session& session, const std::string& route, const std::vector<std::string>& keys) {
  std::string target = route;
  for (const std::string& key : keys) {
    if (!session.arguments.has(key)) continue;
    const std::string value = session.arguments.text(key);
    target += (target == route ? "?" : "&") + key + "=" + escaped(value);
  }
  return session.arguments.has("journal") ? from_file(session, target) : session.get(target);
}

// The table that --csv is about: the first, unless another is named.
Result<const ReportTable*> chosen(const Session& session, const std::vector<ReportTable>& tables) {
  if (!session.arguments.has("table")) return &tables.front();
  const std::string name = session.arguments.text("table");
  std::vector<std::string> known;
  for (const ReportTable& table : tables) {
    if (name == table.key) return &table;
    known.emplace_back(table.key);
  }
  std::string all;
  for (const std::string& one : known) all += (all.empty() ? "" : ", ") + one;
  return fail(
      Error::Kind::invalid, 1118,
      fmt::format("this report has no table \"{}\": it has {}.", plain(name.substr(0, 40)), all));
}

Result<int> show(Session& session, const Result<Json>& made, const std::string& title,
                 const std::vector<ReportTable>& tables) {
  const auto table = chosen(session, tables);
  if (!table) return fail(table.error());
  if (!made) return fail(made.error());
  if (session.json) return session.print_json(*made);
  if (session.arguments.has("csv")) {
    session.print(csv_of(**table, *made));
    return 0;
  }
  session.print(fmt::format("{}, {}, as of {}: {} entries, chain head {}\n", title,
                            made->value("complete", false) ? "complete" : "not over yet",
                            text_in(*made, "as_of"), counted(*made, "entries"),
                            shortened(text_in(*made, "chain_head"))));
  for (const ReportTable& one : tables) {
    if (session.arguments.has("table") && &one != *table) continue;
    const Table text = table_for_people(one, *made);
    if (text.empty()) continue;
    session.print(fmt::format("{}\n", one.title));
    session.print(text);
  }
  return 0;
}

const std::vector<ReportTable>& settlement_tables() {
  static const std::vector<ReportTable> tables{
      {"earned",
       "What operators earned, by who paid:",
       {{"operator", "OPERATOR"},
        {"site", "SITE"},
        {"chip", "CHIP"},
        {"paid_by", "PAID BY"},
        {"programme", "PROGRAMME"},
        {"class", "CLASS"},
        {"used", "CHIP-HOURS", Kind::chip_time},
        {"earned", "EARNED", Kind::money},
        {"refunded", "REFUNDED", Kind::money},
        {"net", "NET", Kind::money}}},
      {"sites",
       "What the platform owes to operators:",
       {{"operator", "OPERATOR"},
        {"site", "SITE"},
        {"opening", "OWED BEFORE", Kind::money},
        {"earned", "EARNED", Kind::money},
        {"refunded", "REFUNDED", Kind::money},
        {"paid_out", "PAID OUT", Kind::money},
        {"closing", "STILL OWED", Kind::money}}},
      {"owed",
       "What programmes owe, to whom:",
       {{"programme", "PROGRAMME"},
        {"issuer", "ISSUER"},
        {"to", "TO"},
        {"operator", "OPERATOR"},
        {"opening", "OWED BEFORE", Kind::money},
        {"used", "USED", Kind::money},
        {"settled", "SETTLED", Kind::money},
        {"closing", "STILL OWED", Kind::money}}},
      {"programmes",
       "Programmes:",
       {{"programme", "PROGRAMME"},
        {"issuer", "ISSUER"},
        {"appropriated", "PUT IN", Kind::money},
        {"granted", "GRANTED", Kind::money},
        {"used", "USED", Kind::money},
        {"refunded", "REFUNDED", Kind::money},
        {"paid_back", "PAID BACK", Kind::money},
        {"expired", "EXPIRED", Kind::money},
        {"returned", "TO FUND", Kind::money},
        {"lapsed", "TO ISSUER", Kind::money},
        {"exchanged", "EXCHANGED", Kind::money},
        {"free", "NOT GRANTED", Kind::money},
        {"promised", "PROMISED", Kind::money},
        {"vouchers", "ON VOUCHERS", Kind::money},
        {"due", "DUE", Kind::money},
        {"kept_expired", "EXPIRED, KEPT", Kind::money},
        {"owed", "STILL OWED", Kind::money}}},
      {"issuers",
       "Issuers (below zero: paid in advance):",
       {{"issuer", "ISSUER"},
        {"opening", "OWED BEFORE", Kind::money},
        {"used", "USED", Kind::money},
        {"settled", "SETTLED", Kind::money},
        {"closing", "STILL OWED", Kind::money}}},
      {"platform",
       "The platform's bank account, and whose it is at the end:",
       {{"opening", "BEFORE", Kind::money},
        {"paid_in", "BY TENANTS", Kind::money},
        {"settled", "BY ISSUERS", Kind::money},
        {"paid_back", "TO TENANTS", Kind::money},
        {"paid_out", "TO SITES", Kind::money},
        {"closing", "HELD", Kind::money},
        {"of_tenants", "TENANTS'", Kind::money},
        {"of_operators", "OPERATORS'", Kind::money},
        {"of_issuers", "ISSUERS'", Kind::money},
        {"owed_by_issuers", "ISSUERS OWE", Kind::money}}},
      {"checks",
       "Cross-checks, each side summed by itself:",
       {{"what", "WHAT"},
        {"one", "ONE SIDE", Kind::money},
        {"other", "THE OTHER", Kind::money},
        {"holds", "HOLDS"}}}};
  return tables;
}

// For people who did not ask for them: that they hold, or those that do not.
Result<Json> with_checks_summed_up(const Session& session, Result<Json> made, std::string& sums) {
  if (!made || session.json || session.arguments.has("table")) return made;
  Json broken = Json::array();
  const Json checks = made->value("checks", Json::array());
  for (const Json& check : checks) {
    if (!check.value("holds", false)) broken.push_back(check);
  }
  sums = fmt::format(
      "{} cross-checks, each side summed by itself: {} (--table checks).\n", checks.size(),
      broken.empty() ? "all of them hold" : fmt::format("{} DO NOT HOLD", broken.size()));
  (*made)["checks"] = broken;
  return made;
}

Result<int> settlement(Session& session) {
  std::string sums;
  const auto made = with_checks_summed_up(
      session, ask(session, "/v1/reports/settlement", {"month", "operator", "programme"}), sums);
  std::string title = "Settlement of " + plain(session.arguments.text("month"));
  for (const char* const party : {"operator", "programme"}) {
    if (!session.arguments.has(party)) continue;
    title += fmt::format(", {} {}", party, plain(session.arguments.text(party)));
  }
  const auto status = show(session, made, title, settlement_tables());
  if (status && !session.arguments.has("csv")) session.print(sums);
  // Books that do not agree are not a statement.
  return status && made && !made->value("agrees", false) ? 1 : status;
}

std::string about(const Session& session, const std::string& what) {
  const Arguments& arguments = session.arguments;
  std::string title = what;
  if (arguments.has("month")) title += " in " + plain(arguments.text("month"));
  if (arguments.has("from")) title += " from " + plain(arguments.text("from"));
  if (arguments.has("until")) title += " until " + plain(arguments.text("until"));
  return title;
}

std::string upper(std::string_view text) {
  std::string up;
  for (const char c : text) {
    up += c == '_' ? ' ' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return up;
}

Result<int> use(Session& session) {
  const auto made = ask(session, "/v1/reports/use", {"month", "from", "until", "by"});
  if (!made) return fail(made.error());
  const Json by = made->value("by", Json::array());
  std::vector<std::string> keys, heads;
  for (const Json& one : by) keys.push_back(one.get<std::string>());
  for (const std::string& key : keys) heads.push_back(upper(key));
  ReportTable table{"use", "Chips used, and who paid:", {}};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    table.columns.push_back({keys[i].c_str(), heads[i].c_str()});
  }
  for (const ReportColumn& column :
       {ReportColumn{"used", "CHIP-HOURS", Kind::chip_time},
        ReportColumn{"tokens", "TOKENS", Kind::count}, ReportColumn{"paid", "PAID", Kind::money},
        ReportColumn{"refunded", "REFUNDED", Kind::money},
        ReportColumn{"net", "NET", Kind::money}}) {
    table.columns.push_back(column);
  }
  return show(session, made, about(session, "Use"), {table});
}

Result<int> stock(Session& session) {
  const auto made = ask(session, "/v1/reports/stock", {"month", "from", "until"});
  return show(session, made, about(session, "Stock"),
              {{"pools",
                "Chip-hours: held = used + reserved and idle + unsold",
                {{"operator", "OPERATOR"},
                 {"site", "SITE"},
                 {"chip", "CHIP"},
                 {"held", "HELD", Kind::chip_time},
                 {"used", "USED", Kind::chip_time},
                 {"reserved_idle", "RESERVED, IDLE", Kind::chip_time},
                 {"unsold", "UNSOLD", Kind::chip_time}}},
               {"idle",
                "Reserved and idle, by who pays for it:",
                {{"payer", "PAYER"},
                 {"operator", "OPERATOR"},
                 {"site", "SITE"},
                 {"chip", "CHIP"},
                 {"reserved_idle", "RESERVED, IDLE", Kind::chip_time}}}});
}

Result<int> statement(Session& session) {
  const auto made = ask(session, "/v1/reports/statement",
                        {"tenant", "programme", "site", "funder", "month", "from", "until"});
  std::string title = about(session, "Statement");
  for (const char* const party : {"tenant", "programme", "site", "funder"}) {
    if (session.arguments.has(party)) {
      title += fmt::format(", {} {}", party, plain(session.arguments.text(party)));
    }
  }
  return show(session, made, title,
              {{"lines",
                "Postings:",
                {{"at", "AT (UTC)"},
                 {"entry", "ENTRY", Kind::count},
                 {"account", "ACCOUNT"},
                 {"with", "WITH"},
                 {"reason", "REASON"},
                 {"owner", "FOR"},
                 {"memo", "MEMO"},
                 {"debit", "DEBIT", Kind::money},
                 {"credit", "CREDIT", Kind::money},
                 {"balance", "BALANCE", Kind::money}}}});
}

Result<int> burn_down(Session& session) {
  const auto id = only_word(session, "voucher");
  if (!id) return fail(id.error());
  const std::string target = "/v1/reports/burn-down?voucher=" + escaped(*id);
  const auto made =
      session.arguments.has("journal") ? from_file(session, target) : session.get(target);
  std::string title = plain(*id);
  if (made) {
    title +=
        fmt::format(" of {}, programme {}, face {}, expires {}", plain(text_in(*made, "holder")),
                    plain(text_in(*made, "programme")), exact_amount(made->value("face", Json())),
                    date_of(text_in(*made, "expires"), ""));
  }
  return show(session, made, title,
              {{"points",
                "At the end of each day that changed it:",
                {{"at", "AT (UTC)"},
                 {"balance", "BALANCE", Kind::money},
                 {"held", "HELD", Kind::money},
                 {"left", "LEFT", Kind::money}}}});
}

}  // namespace

std::vector<Verb> report_verbs() {
  const Flag csv{"csv", "", "comma-separated values of one table"};
  const Flag table{"table", "NAME", "only this table; --csv: instead of the first"};
  const Flag journal{"journal", "FILE", "from a journal's file, without a daemon"};
  const Flag month{"month", "MONTH", "2026-11, in UTC"};
  const Flag from{"from", "DATE", "the first instant; else all there is"};
  const Flag until{"until", "DATE", "the instant after the last"};
  return {{"report settlement",
           "",
           "who owes what to whom: operators, programmes, the platform",
           {{"month", "MONTH", "2026-11, in UTC", false, true},
            {"operator", "ID", "only what concerns this operator"},
            {"programme", "ID", "only what concerns this programme"},
            csv,
            table,
            journal},
           settlement},
          {"report use",
           "",
           "chip-hours and tokens used, and who paid for them",
           {{"by", "LIST",
             "of tenant, class, purpose, operator, site, chip, origin, paid_by, programme, issuer"},
            month,
            from,
            until,
            csv,
            table,
            journal},
           use},
          {"report stock",
           "",
           "chip-hours used, reserved and idle, and unsold, per pool",
           {month, from, until, csv, table, journal},
           stock},
          {"report statement",
           "",
           "each posting of a tenant, a programme, a site or a funder",
           {{"tenant", "TENANT", "its cash and vouchers"},
            {"programme", "ID", "its fund, vouchers and subsidies"},
            {"site", "SITE", "what it earned"},
            {"funder", "ISSUER", "what it put in and what became of it"},
            month,
            from,
            until,
            csv,
            journal},
           statement},
          {"report burn-down",
           "ID",
           "what was left and held on a voucher, day by day",
           {csv, journal},
           burn_down}};
}

}  // namespace granary::cli
