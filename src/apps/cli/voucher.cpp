// voucher: money for chips, from a programme to a tenant.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/cli/postings.h"

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
                  {"declared", arguments.all("declare")}};
  if (session.dry_run) {
    const auto preview = session.ask("/v1/vouchers?dry_run=1", body);
    if (!preview) return fail(preview.error());
    if (session.json) return session.print_json(*preview);
    session.print(fmt::format("would grant {} to {}\n",
                              exact_amount(preview->value("face", Json())),
                              plain(text_in(*preview, "holder"))));
    return 0;
  }
  const auto made = session.post("/v1/vouchers", body);
  if (!made) return fail(made.error());
  if (session.json) return session.print_json(*made);
  session.print(fmt::format("{} granted: {} to {}.  {} has {} of {} left.       entry {}\n",
                            text_in(*made, "id"), exact_amount(made->value("face", Json())),
                            plain(text_in(*made, "holder")), plain(text_in(*made, "programme")),
                            exact_amount(made->value("fund_left", Json())),
                            exact_amount(made->value("fund", Json())), counted(*made, "entry")));
  return 0;
}

Result<int> list(Session& session) {
  std::string target = "/v1/vouchers";
  if (session.arguments.has("holder")) {
    target += "?holder=" + escaped(session.arguments.text("holder"));
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
               {"EXPIRES"},
               {"PURPOSES"},
               {"STATE"}});
  for (const Json& v : answer->at("vouchers")) {
    const std::string purposes = joined(v.value("purposes", Json()));
    table.add({text_in(v, "id"), text_in(v, "holder"), text_in(v, "programme"),
               exact_amount(v.value("face", Json())), exact_amount(v.value("balance", Json())),
               exact_amount(v.value("held", Json())), exact_amount(v.value("left", Json())),
               date_of(text_in(v, "expires"), ""), purposes.empty() ? "any" : purposes,
               v.value("closed", false) ? "closed" : "open"});
  }
  if (table.empty()) {
    session.print("  There is no voucher.\n");
  } else {
    session.print(table);
  }
  return 0;
}

Result<int> statement(Session& session) {
  const auto id = only_word(session, "voucher");
  if (!id) return fail(id.error());
  if (auto good = parse_id<Voucher>(*id); !good) return fail(good.error());
  const auto answer = session.get("/v1/vouchers/" + *id + "/statement");
  if (!answer) return fail(answer.error());
  if (session.json) return session.print_json(*answer);
  const Json& voucher = answer->at("voucher");
  const std::string purposes = joined(voucher.value("purposes", Json()));
  session.print(fmt::format("{} of {}: programme {}, for {}, expires {}\n", *id,
                            plain(text_in(voucher, "holder")), plain(text_in(voucher, "programme")),
                            purposes.empty() ? "anything" : purposes,
                            date_of(text_in(voucher, "expires"), "")));
  print_postings(session, *answer);
  return 0;
}

Result<int> verify(Session& session) {
  const auto answer = session.get("/v1/ledger/verify");
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
            {"declare", "WORD", "what the holder has stated: start-up, sme, ...", true}},
           grant},
          {"voucher list", "", "all vouchers", {{"holder", "TENANT", "only of this tenant"}}, list},
          {"voucher statement", "ID", "each posting of a voucher, with its balance", {}, statement},
          {"voucher verify", "", "reads all books again, from the first entry", {}, verify}};
}

}  // namespace granary::cli
