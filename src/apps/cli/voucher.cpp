// voucher: money for chips, from a programme to a tenant.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/cli/postings.h"
#include "serve/verification.h"
#include "store/verify.h"
#include "units/text.h"

namespace granary::cli {
namespace {

using A = Align;

std::string joined(const Json& texts) {
  std::string text;
  if (!texts.is_array()) return text;
  for (const Json& t : texts) {
    if (t.is_string()) text += (text.empty() ? "" : ", ") + t.get<std::string>();
  }
  return text;
}

// "16.00 hour" of a programme that counts in a unit of its own; money without its currency.
std::string amount_of(const Json& money) {
  const std::string asset = text_in(money, "asset");
  return exact_amount(money) + (asset.empty() || is_currency(asset) ? "" : " " + plain(asset));
}

Result<int> grant(Session& session) {
  const Arguments& arguments = session.arguments;
  if (auto amount = read_amount("amount", arguments.text("amount")); !amount) {
    return fail(amount.error());
  }
  if (auto expires = parse_instant(arguments.text("expires")); !expires) {
    Error error = expires.error();
    error.what = "--expires " + error.what;
    return fail(error);
  }
  const Json body{{"to", arguments.text("to")},
                  {"amount", arguments.text("amount")},
                  {"programme", arguments.text("programme")},
                  {"purposes", arguments.all("purpose")},
                  {"expires", arguments.text("expires")},
                  {"declared", arguments.all("declare")},
                  {"approved_by", arguments.text("approved-by")},
                  {"contract", arguments.text("contract")}};
  if (session.dry_run) {
    const auto preview = session.ask("/v1/vouchers?dry_run=1", body);
    if (!preview) return fail(preview.error());
    if (session.json) return session.print_json(*preview);
    session.print(fmt::format("would grant {} to {}\n", amount_of(preview->value("face", Json())),
                              plain(text_in(*preview, "holder"))));
    return 0;
  }
  const auto made = session.post("/v1/vouchers", body);
  if (!made) return fail(made.error());
  if (session.json) return session.print_json(*made);
  session.print(fmt::format("{} granted: {} to {}.  {} has {} of {} left.       entry {}\n",
                            text_in(*made, "id"), amount_of(made->value("face", Json())),
                            plain(text_in(*made, "holder")), plain(text_in(*made, "programme")),
                            exact_amount(made->value("fund_left", Json())),
                            exact_amount(made->value("fund", Json())), counted(*made, "entry")));
  return 0;
}

Result<int> show(Session& session, const Result<Json>& made, const std::string& what) {
  if (!made) return fail(made.error());
  if (session.json) return session.print_json(*made);
  std::string rest;
  for (const char* const key : {"promised", "due"}) {
    if (made->contains(key)) rest += fmt::format(", {} {}", amount_of(made->at(key)), key);
  }
  session.print(fmt::format("{} {}: {} left{}.       entry {}\n", text_in(*made, "id"), what,
                            amount_of(made->value("left", Json())), rest, counted(*made, "entry")));
  return 0;
}

// The voucher that was named.
Result<std::string> voucher_of(Session& session) {
  auto id = only_word(session, "voucher");
  if (!id) return id;
  if (auto good = parse_id<Voucher>(*id); !good) return fail(good.error());
  return id;
}

Result<int> release(Session& session) {
  const auto id = voucher_of(session);
  if (!id) return fail(id.error());
  return show(session, session.post("/v1/vouchers/" + *id + "/release", Json::object()),
              "released");
}

Result<int> reimburse(Session& session) {
  const auto id = voucher_of(session);
  if (!id) return fail(id.error());
  const Arguments& arguments = session.arguments;
  if (auto amount = read_amount("amount", arguments.text("amount")); !amount) {
    return fail(amount.error());
  }
  const bool refused = arguments.has("refuse");
  const Json body{{"amount", arguments.text("amount")}, {"refuse", refused}};
  return show(session, session.post("/v1/vouchers/" + *id + "/reimburse", body),
              refused ? "refused" : "reimbursed");
}

Result<int> exchange(Session& session) {
  const auto id = voucher_of(session);
  if (!id) return fail(id.error());
  const Arguments& arguments = session.arguments;
  if (auto amount = read_amount("amount", arguments.text("amount")); !amount) {
    return fail(amount.error());
  }
  const Json body{{"amount", arguments.text("amount")},
                  {"into", arguments.text("into")},
                  {"back", arguments.has("back")}};
  const std::string target = "/v1/vouchers/" + *id + "/exchange";
  const auto made =
      session.dry_run ? session.ask(target + "?dry_run=1", body) : session.post(target, body);
  if (!made) return fail(made.error());
  if (session.json) return session.print_json(*made);
  const Json got = made->value("got", Json::object());
  const Json given = made->value("given", Json::object());
  session.print(fmt::format("{}{} has {} left now, {} has {}.{}\n",
                            session.dry_run ? "if exchanged: " : "", text_in(got, "id"),
                            amount_of(got.value("left", Json())), *id,
                            amount_of(given.value("left", Json())),
                            session.dry_run ? "" : "       entry " + counted(*made, "entry")));
  return 0;
}

Result<int> programmes(Session& session) {
  const auto answer = session.get("/v1/programmes");
  if (!answer) return fail(answer.error());
  if (session.json) return session.print_json(*answer);
  Table table({{"PROGRAMME"},
               {"NAME", A::left, true},
               {"KIND"},
               {"FUND", A::right},
               {"LEFT", A::right},
               {"IN"},
               {"STANDING"},
               {"NOT KNOWN"}});
  for (const Json& p : answer->at("programmes")) {
    const std::string unknown = joined(p.value("unknown", Json()));
    const bool has = p.contains("fund");
    table.add({text_in(p, "id"), plain(text_in(p, "name")), text_in(p, "kind"),
               has ? exact_amount(p.at("fund")) : "-", has ? exact_amount(p.at("fund_left")) : "-",
               text_in(p, "asset"), text_in(p, "standing"), unknown.empty() ? "-" : unknown});
  }
  session.print(table);
  session.print("  A programme of which something is not known grants nothing until it is.\n");
  return 0;
}

// "dry 22 Nov 01:00", "4.00 lapse", "-" when nothing is left or it is over.
std::string end_of(const Json& voucher) {
  if (!voucher.contains("ends")) return "-";
  const Json& ends = voucher.at("ends");
  if (text_in(ends, "how") == "dry") {
    return "dry " + date_of(text_in(ends, "at"), text_in(ends, "at"));
  }
  return amount_of(ends.value("lapses", Json())) + " lapse";
}

Result<int> list(Session& session) {
  std::string target = "/v1/vouchers?forecast=1";
  if (session.arguments.has("holder")) {
    target += "&holder=" + escaped(session.arguments.text("holder"));
  }
  const auto answer = session.get(target);
  if (!answer) return fail(answer.error());
  if (session.json) return session.print_json(*answer);
  Table table({{"ID"},
               {"HOLDER"},
               {"PROGRAMME", A::left, true},
               {"FACE", A::right},
               {"BALANCE", A::right},
               {"HELD", A::right},
               {"LEFT", A::right},
               {"IN"},
               {"EXPIRES"},
               {"FORECAST"},
               {"PURPOSES"},
               {"STATE"}});
  for (const Json& v : answer->at("vouchers")) {
    const std::string purposes = joined(v.value("purposes", Json()));
    table.add({text_in(v, "id"), text_in(v, "holder"), text_in(v, "programme"),
               exact_amount(v.value("face", Json())), exact_amount(v.value("balance", Json())),
               exact_amount(v.value("held", Json())), exact_amount(v.value("left", Json())),
               plain(text_in(v.value("face", Json::object()), "asset")),
               date_of(text_in(v, "expires"), ""), end_of(v), purposes.empty() ? "any" : purposes,
               v.value("closed", false) ? "closed" : "open"});
  }
  if (table.empty()) {
    session.print("  There is no voucher.\n");
  } else {
    session.print(table);
    session.say(
        "  FORECAST: at the faster of what running work holds and of the last 7 days; what is then "
        "left lapses.\n");
  }
  return 0;
}

Result<int> statement(Session& session) {
  const auto id = voucher_of(session);
  if (!id) return fail(id.error());
  const auto answer = session.get("/v1/vouchers/" + *id + "/statement");
  if (!answer) return fail(answer.error());
  if (session.json) return session.print_json(*answer);
  const Json& voucher = answer->at("voucher");
  const std::string purposes = joined(voucher.value("purposes", Json()));
  session.print(fmt::format("{} of {}: programme {}, for {}, expires {}\n", *id,
                            plain(text_in(voucher, "holder")), plain(text_in(voucher, "programme")),
                            purposes.empty() ? "anything" : purposes,
                            date_of(text_in(voucher, "expires"), "")));
  if (voucher.contains("certificate")) {
    const Json& certificate = voucher.at("certificate");
    session.print(fmt::format(
        "granted by certificate {} of {}, signed with {}\n", plain(text_in(certificate, "serial")),
        plain(text_in(certificate, "issuer")), plain(joined(certificate.value("keys", Json())))));
  }
  if (voucher.contains("ends")) {
    const Json& ends = voucher.at("ends");
    const std::string by = text_in(ends, "by");
    const std::string rate =
        by == "nothing"
            ? "nothing is spent at present"
            : amount_of(ends.value("per_day", Json())) + " a day, " +
                  (by == "holds" ? "as running work holds it" : "as in the last 7 days");
    session.print(fmt::format("  Forecast: {}: {}.\n",
                              text_in(ends, "how") == "dry" ? end_of(voucher) + " UTC"
                                                            : end_of(voucher) + " at its expiry",
                              rate));
  }
  print_postings(session, *answer, false);
  return 0;
}

// A journal's file, alone or beside its daemon: what an auditor has who was given a copy.
Result<Json> verify_file(const std::string& path) {
  if (!std::filesystem::exists(path)) {
    return fail(Error::Kind::not_found, 2012, "There is no file " + path + ".");
  }
  Verification verification;
  const auto whole = granary::verify(path, [&](const Entry& entry) { verification.take(entry); });
  // What is wrong with an entry comes before what the end of the file is compared with.
  if (verification.wrong()) return fail(*verification.wrong());
  if (!whole) return fail(whole.error());
  return verification.answer(verification.last());
}

// What must not be forgotten: the oldest hold, and holds that wait for somebody's word. Nothing
// where none is open.
void print_holds(Session& session, const Json& holds) {
  if (holds.value("open", 0) == 0) return;
  const auto oldest = holds.find("oldest");
  if (oldest != holds.end()) {
    session.print(fmt::format("  Oldest open hold: {} of {}, {}, since {}.\n",
                              plain(text_in(*oldest, "hold")), plain(text_in(*oldest, "owner")),
                              exact_amount(oldest->value("amount", Json())),
                              text_in(*oldest, "since")));
  }
  session.print(
      fmt::format("  {} of them outlive their claim and lapse unless their executor speaks; "
                  "{} without an owner.\n",
                  counted(holds, "overdue"), counted(holds, "orphans")));
  for (const Json& orphan : holds.value("orphaned", Json::array())) {
    session.print(fmt::format("  ORPHAN {} of {}: {} of {}, released by the next tick\n",
                              plain(text_in(orphan, "hold")), plain(text_in(orphan, "owner")),
                              exact_amount(orphan.value("amount", Json())),
                              plain(text_in(orphan, "account"))));
  }
}

Result<int> verify(Session& session) {
  const std::string file = session.arguments.text("journal");
  const auto answer =
      file.empty() ? session.get("/v1/ledger/verify") : verify_file(session.path_of(file).string());
  if (!answer) return fail(answer.error());
  const bool balanced = answer->value("balanced", false);
  if (session.json) {
    session.print_json(*answer);
    return balanced ? 0 : 1;
  }
  print_books(session, *answer);
  session.print(fmt::format("  {} accounts, {} open holds, imbalance {}; state {}\n",
                            counted(*answer, "accounts"), counted(*answer, "open_holds"),
                            exact_amount(answer->value("imbalance", Json())),
                            shortened(text_in(*answer, "state_digest"))));
  if (answer->value("certificates", 0) > 0) {
    session.print(fmt::format("  {} vouchers by certificate, each signature checked again\n",
                              counted(*answer, "certificates")));
  }
  print_holds(session, answer->value("holds", Json::object()));
  session.print("  Every entry was read again and every balance recomputed from the first one.\n");
  return balanced ? 0 : 1;
}

}  // namespace

std::vector<Verb> voucher_verbs() {
  return {{"voucher grant",
           "",
           "gives a tenant money for chips, from a programme's fund",
           {{"to", "TENANT", "who holds it", false, true},
            {"amount", "AMOUNT", "240000", false, true},
            {"programme", "PROGRAMME", "whose fund it comes from", false, true},
            {"purpose", "PURPOSE", "pretrain, finetune, serve, run; none: any", true},
            {"expires", "DATE", "2027-06-30", false, true},
            {"declare", "WORD", "what the holder has stated: start-up, sme, ...", true},
            {"approved-by", "NAME", "who else agreed, where a programme asks for it"},
            {"contract", "ID", "that the voucher is for, where a programme asks for it"}},
           grant},
          {"voucher list", "", "all vouchers", {{"holder", "TENANT", "only of this tenant"}}, list},
          {"voucher programmes",
           "",
           "who gives money for chips, and what is left of it",
           {},
           programmes},
          {"voucher release", "ID", "the next tranche of what was promised", {}, release},
          {"voucher reimburse",
           "ID",
           "what is due on a voucher that pays back becomes its holder's cash",
           {{"amount", "AMOUNT", "of what is due", false, true},
            {"refuse", "", "it is not approved, and the voucher's again"}},
           reimburse},
          {"voucher exchange",
           "ID",
           "a part of a voucher for a voucher of another programme, or back",
           {{"amount", "AMOUNT", "at most, in the voucher's unit", false, true},
            {"into", "PROGRAMME", "whose rates count"},
            {"back", "", "to the voucher it came from, at the rate of then"}},
           exchange},
          {"voucher statement", "ID", "each posting of a voucher, with its balance", {}, statement},
          {"voucher verify",
           "",
           "reads all books again, from the first entry",
           {{"journal", "FILE", "from a journal's file, without a daemon"}},
           verify}};
}

}  // namespace granary::cli
