// submit: turns a job file into a job.
#include <fmt/core.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "apps/cli/session.h"
#include "engine/job_file.h"

namespace granary::cli {
namespace {

using A = Align;

void set(Json& body, const char* key, const std::string& value) {
  if (!value.empty()) body[key] = value;
}

Json body_of(const JobFile& job) {
  Json body = Json::object();
  set(body, "payer", job.payer);
  set(body, "team", job.team);
  if (!job.accept.empty() || job.quote.empty()) body["accept"] = job.accept;
  set(body, "quote", job.quote);
  set(body, "name", job.name);
  set(body, "purpose", job.purpose);
  set(body, "inside", job.inside);
  set(body, "time_limit", job.time_limit);
  set(body, "expected", job.expected);
  if (job.priority != 0) body["priority"] = job.priority;
  if (job.preemptible) body["preemptible"] = true;
  if (job.wait_for_funds) body["wait_for_funds"] = true;
  if (job.service) body["service"] = true;
  if (!job.work.empty()) body["work"] = job.work;
  Json run = Json::object();
  if (!job.argv.empty()) run["argv"] = job.argv;
  if (!job.environment.empty()) run["environment"] = job.environment;
  set(run, "data", job.data);
  set(run, "checkpoint", job.checkpoint);
  set(run, "checkpoint_every", job.checkpoint_every);
  set(run, "health", job.health);
  if (!run.empty()) body["run"] = run;
  return body;
}

// Flags go over what the file says.
Result<void> override_with(const Arguments& arguments, JobFile& job) {
  if (arguments.has("accept")) {
    job.accept = arguments.all("accept");
    if (auto good = read_accepts(job.accept); !good) return fail(good.error());
  }
  if (arguments.has("team")) job.team = arguments.text("team");
  if (arguments.has("quote")) job.quote = arguments.text("quote");
  if (!job.quote.empty()) {
    if (auto good = parse_quoted_option(job.quote); !good) return fail(good.error());
  }
  if (arguments.has("payer")) job.payer = arguments.text("payer");
  if (arguments.has("wait-for-funds")) job.wait_for_funds = true;
  if (arguments.has("priority")) {
    const std::string text = arguments.text("priority");
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, job.priority);
    if (error != std::errc{} || stop != end) {
      return fail(Error::Kind::invalid, 1003,
                  "--priority " + plain(text).substr(0, 40) + ": use -100 to 100.");
    }
  }
  if (!job.payer.empty() || !job.quote.empty()) return {};
  return fail(Error::Kind::invalid, 1071, "The job does not say who pays.",
              "--payer TENANT, or payer = \"TENANT\" in the file");
}

std::string start_of(const Json& option) {
  const std::string start = text_in(option, "start");
  return start.empty() ? "not in sight" : date_of(start, start);
}

Table options_table(const Json& preview) {
  Table table({{"CHIPS"},
               {"LAYOUT", A::left, true},
               {"TIME", A::right},
               {"PRICE", A::right},
               {"START (UTC)"},
               {"PAYABLE NOW"}});
  for (const Json& option : preview.at("options")) {
    table.add(
        {fmt::format("{} x {}", grouped(static_cast<std::int64_t>(number_in(option, "chips"))),
                     text_in(option, "pool")),
         text_in(option, "layout"), span_of(number_in(option, "duration_s")),
         exact_amount(option.value("price", Json())), start_of(option),
         option.value("fundable", false) ? "yes" : "no"});
  }
  return table;
}

std::string summary(const Json& preview) {
  std::string text =
      fmt::format("  job      {}     payer {}     purpose {}\n", plain(text_in(preview, "what")),
                  plain(text_in(preview, "payer")), plain(text_in(preview, "purpose")));
  for (const Json& v : preview.at("vouchers")) {
    text += fmt::format("  voucher  {}: {} left, {}, expires {}\n", text_in(v, "id"),
                        exact_amount(v.value("left", Json())), plain(text_in(v, "programme")),
                        date_of(text_in(v, "expires"), ""));
  }
  return text;
}

Result<bool> ask(Session& session, const Json& body) {
  const auto preview = session.ask("/v1/jobs?dry_run=1", body);
  if (!preview) return fail(preview.error());
  session.say(summary(*preview));
  session.say(options_table(*preview));
  return session.confirm("Submit, and hold the price when it starts?");
}

Result<int> show_dry_run(Session& session, const Json& body) {
  const auto preview = session.ask("/v1/jobs?dry_run=1", body);
  if (!preview) return fail(preview.error());
  if (session.json) return session.print_json(*preview);
  session.print(fmt::format("would submit {} for {}\n", plain(text_in(*preview, "what")),
                            plain(text_in(*preview, "payer"))));
  session.print(options_table(*preview));
  return 0;
}

std::string accepted(const Json& job) {
  const std::string id = text_in(job, "id");
  const std::string state = text_in(job, "state");
  if (state == "waiting") {
    const std::string start = text_in(job, "start");
    return fmt::format(
        "{} accepted: waits: {}{}\n", id, plain(text_in(job.value("because", Json()), "sentence")),
        start.empty() ? "" : fmt::format("; estimated start {} UTC", date_of(start, start)));
  }
  if (!job.contains("pool")) return fmt::format("{} accepted: {}\n", id, state);
  return fmt::format("{} accepted: runs now on {} x {}\n", id,
                     static_cast<int>(number_in(job, "chips")), text_in(job, "pool"));
}

// The job file that is named; with a quote none need be.
Result<JobFile> read_file(Session& session) {
  if (session.arguments.words.empty() && session.arguments.has("quote")) {
    if (auto good = session.can_ask("submitting a job"); !good) return fail(good.error());
    return JobFile{};
  }
  const auto name = only_word(session, "job file, or - for stdin");
  if (!name) return fail(name.error());
  if (*name == "-" && !session.yes && !session.dry_run) {
    return fail(Error::Kind::invalid, 1002,
                "reading a job from stdin needs --yes, because there is no terminal to ask.");
  }
  if (auto good = session.can_ask("submitting a job"); !good) return fail(good.error());
  const auto text = session.read_input(*name);
  if (!text) return fail(text.error());
  return parse_job_file(*name, *text);
}

Result<int> submit(Session& session) {
  auto job = read_file(session);
  if (!job) return fail(job.error());
  if (auto good = override_with(session.arguments, *job); !good) return fail(good.error());
  const Json body = body_of(*job);
  if (session.dry_run) return show_dry_run(session, body);
  if (!session.yes) {
    const auto agreed = ask(session, body);
    if (!agreed) return fail(agreed.error());
    if (!*agreed) return 1;
  }
  const auto made = session.post("/v1/jobs", body);
  if (!made) return fail(made.error());
  if (session.json) return session.print_json(*made);
  session.print(accepted(*made));
  const std::string id = text_in(*made, "id");
  session.say(
      fmt::format("Next:  granary explain {}      granary job show {}      granary job "
                  "cancel {}\n",
                  id, id, id));
  return 0;
}

// "q-3 for lab, good until 21 Nov 18:32 UTC".
std::string promise_of(const Json& quote) {
  const std::string until = date_of(text_in(quote, "until"), text_in(quote, "made")) + " UTC";
  const std::string job = text_in(quote, "job");
  return fmt::format("{} for {}: {}, {}\n", text_in(quote, "id"), plain(text_in(quote, "payer")),
                     plain(text_in(quote, "what")),
                     quote.value("open", false) ? "good until " + until
                     : job.empty()              ? "expired " + until
                                                : job + " has it");
}

Result<int> print_quote(Session& session, const Json& quote) {
  if (session.json) return session.print_json(quote);
  Table table({{"#", A::right},
               {"CHIPS"},
               {"LAYOUT", A::left, true},
               {"TIME", A::right},
               {"PRICE", A::right},
               {"START (UTC)"}});
  for (const Json& option : quote.at("options")) {
    table.add(
        {fmt::format("{}#{}", text_in(quote, "id"), static_cast<int>(number_in(option, "n"))),
         fmt::format("{} x {}", grouped(static_cast<std::int64_t>(number_in(option, "chips"))),
                     text_in(option, "pool")),
         text_in(option, "layout"), span_of(number_in(option, "duration_s")),
         exact_amount(option.value("price", Json())), start_of(option)});
  }
  session.print(promise_of(quote));
  session.print(table);
  return 0;
}

Result<int> quote(Session& session) {
  const auto name = only_word(session, "job file, or - for stdin");
  if (!name) return fail(name.error());
  const auto text = session.read_input(*name);
  if (!text) return fail(text.error());
  auto job = parse_job_file(*name, *text);
  if (!job) return fail(job.error());
  if (auto good = override_with(session.arguments, *job); !good) return fail(good.error());
  const auto made = session.post("/v1/quotes", {{"job", body_of(*job)}});
  if (!made) return fail(made.error());
  if (auto good = print_quote(session, *made); !good) return good;
  session.say(
      fmt::format("Next:  granary submit {} --quote {}#1\n", plain(*name), text_in(*made, "id")));
  return 0;
}

Result<int> show_quote(Session& session) {
  const auto id = only_word(session, "quote");
  if (!id) return fail(id.error());
  if (auto good = parse_id<Quote>(*id); !good) return fail(good.error());
  const auto answer = session.get("/v1/quotes/" + *id);
  if (!answer) return fail(answer.error());
  return print_quote(session, *answer);
}

}  // namespace

std::vector<Verb> submit_verbs() {
  return {{"submit",
           "[FILE|-]",
           "turns a job file, or an option of a quote, into a job",
           {{"accept", "CHIPS", "accept these chips instead of the file's", true},
            {"quote", "OPTION", "take this option at its quoted price: q-3#1"},
            {"priority", "N", "-100 to 100"},
            {"payer", "TENANT", "whose vouchers pay"},
            {"team", "TEAM", "of the payer, whose budget counts it"},
            {"wait-for-funds", "", "queue although nothing could pay for it today"}},
           submit},
          {"quote",
           "FILE|-",
           "what a job file would cost, promised for half an hour",
           {{"accept", "CHIPS", "accept these chips instead of the file's", true},
            {"payer", "TENANT", "for whom it is"}},
           quote},
          {"quote show", "ID", "what was promised, and until when", {}, show_quote}};
}

}  // namespace granary::cli
