// import slurm: follows the queue that a site keeps itself, and has its use charged.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "apps/cli/session.h"
#include "import/slurm.h"

namespace granary::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_at_once = 500;  // jobs of one report
constexpr Span longest_pause = 60s;        // after a failure

// What became of one or more reports.
struct Imported {
  std::uint64_t reported = 0, started = 0, ended = 0, not_followed = 0;
  std::string first_reason;
  std::map<std::string, std::uint64_t> left_out;
};

Json json_of(const FollowedJob& job) {
  Json json{{"number", job.number},       {"submitted", to_text(job.submitted)},
            {"name", job.name},           {"account", job.account},
            {"user", job.user},           {"gres", job.gres},
            {"chips", job.chips},         {"state", job.state},
            {"exit_code", job.exit_code}, {"exit_signal", job.exit_signal}};
  if (job.eligible) json["eligible"] = to_text(*job.eligible);
  if (job.started) json["started"] = to_text(*job.started);
  if (job.ended) json["ended"] = to_text(*job.ended);
  if (job.limit)
    json["limit_s"] = std::chrono::duration_cast<std::chrono::seconds>(*job.limit).count();
  std::string nodes;
  for (const std::string& node : job.nodes) nodes += (nodes.empty() ? "" : ",") + node;
  if (!nodes.empty()) json["nodes"] = nodes;
  return json;
}

// Reports of one site to the daemon.
class Sender {
 public:
  Sender(Session& session, std::string site) : session_(session), site_(std::move(site)) {}

  // What the daemon knows; remembers where the last import ended.
  Result<Json> known() {
    auto answer = session_.get(target());
    if (!answer) return fail(answer.error());
    if (answer->contains("as_of")) {
      const auto at = parse_instant(text_in(*answer, "as_of"));
      if (!at) return fail(at.error());
      before_ = *at;
    }
    return answer;
  }
  std::optional<Instant> before() const { return before_; }

  // Every part but the last is of the instant before: what ends in a later part must not be charged
  // until then.
  Result<void> send(const SitesReport& report) {
    std::size_t at = 0;
    do {
      const std::size_t until = std::min(report.jobs.size(), at + most_at_once);
      const bool last = until == report.jobs.size();
      const Instant first = before_.value_or(Instant{});
      Json body{{"as_of", to_text(last ? report.as_of : std::min(first, report.as_of))}};
      body["jobs"] = Json::array();
      for (std::size_t i = at; i < until; ++i) body["jobs"].push_back(json_of(report.jobs[i]));
      const auto answer = session_.post(target(), body);
      if (!answer) return fail(answer.error());
      done_.not_followed += answer->value("left_out", std::uint64_t{0});
      const Json reasons = answer->value("reasons", Json::array());
      if (done_.first_reason.empty() && !reasons.empty()) {
        done_.first_reason = text_in(reasons.front(), "why");
      }
      at = until;
    } while (at < report.jobs.size());
    before_ = report.as_of;
    for (const FollowedJob& job : report.jobs) {
      ++done_.reported;
      done_.started += job.started && !job.ended;
      done_.ended += job.ended.has_value();
    }
    for (const auto& [why, rows] : report.left_out) done_.left_out[why] = rows;
    return {};
  }

  Imported take() { return std::exchange(done_, {}); }

 private:
  std::string target() const { return "/v1/sites/" + site_ + "/follow"; }

  Session& session_;
  std::string site_;
  std::optional<Instant> before_;
  Imported done_;
};

// The cluster that answers is the one of the site's file.
Result<void> check_cluster(const std::string& site, const Json& known,
                           const slurm::SiteConfig& config) {
  const std::string cluster = text_in(known, "cluster");
  if (config.cluster == cluster) return {};
  return fail(
      Error::Kind::conflict, 5011,
      fmt::format("The Slurm that answers is cluster \"{}\"; the file of site {} names \"{}\".",
                  config.cluster, site, cluster),
      "--conf names the slurm.conf of that site");
}

// One look at what runs now.
Result<void> poll(Sender& sender, slurm::CommandLine& client, SlurmReader& reader, Instant now) {
  const auto known = sender.known();
  if (!known) return fail(known.error());
  std::vector<SlurmReader::Known> open;
  for (const Json& job : known->value("jobs", Json::array())) {
    const auto at = parse_instant(text_in(job, "submitted"));
    if (!at) return fail(at.error());
    open.push_back({{text_in(job, "number"), *at}, text_in(job, "state") == "running"});
  }
  if (auto answers = client.ping(); !answers) return answers;
  const auto report = reader.now(now, open);
  if (!report) return fail(report.error());
  if (auto sent = sender.send(*report); !sent) return sent;
  reader.accepted(*report);
  return {};
}

std::string text_of(const Imported& done) {
  std::string text =
      fmt::format("{} jobs: {} began, {} ended", done.reported, done.started, done.ended);
  if (done.not_followed > 0) {
    text += fmt::format("; {} left out, the first: {}", done.not_followed, done.first_reason);
  }
  for (const auto& [why, rows] : done.left_out) text += fmt::format("; {} rows: {}", rows, why);
  return text;
}

Json json_of(const std::string& site, const Imported& done, Instant as_of) {
  Json left_out = Json::object();
  for (const auto& [why, rows] : done.left_out) left_out[why] = rows;
  return {{"schema", "granary.import/1"},
          {"site", site},
          {"as_of", to_text(as_of)},
          {"jobs", done.reported},
          {"began", done.started},
          {"ended", done.ended},
          {"not_followed", done.not_followed},
          {"first_reason", done.first_reason},
          {"rows_left_out", left_out}};
}

Instant real_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

int finish(Session& session, const std::string& site, const Imported& done, Instant at) {
  if (session.json) return session.print_json(json_of(site, done, at));
  session.print(fmt::format("{} is followed until {}: {}\n", site, to_text(at), text_of(done)));
  session.say("Next:  granary queue      granary account list      granary import slurm --site " +
              site + " --follow\n");
  return 0;
}

// What sacct printed, kept in a file.
Result<int> import_file(Session& session, Sender& sender, const std::string& site) {
  const Arguments& arguments = session.arguments;
  for (const char* flag : {"since", "follow", "conf", "programs", "every"}) {
    if (arguments.has(flag)) return usage(fmt::format("--file and --{} do not go together.", flag));
  }
  const auto at =
      arguments.has("as-of") ? parse_instant(arguments.text("as-of")) : Result<Instant>(real_now());
  if (!at) return fail(at.error());
  const auto text = session.read_input(arguments.text("file"));
  if (!text) return fail(text.error());
  const auto report = report_of(*text, *at);
  if (!report) return fail(report.error());
  if (const auto known = sender.known(); !known) return fail(known.error());
  if (auto sent = sender.send(*report); !sent) return fail(sent.error());
  return finish(session, site, sender.take(), *at);
}

// From when on the past is read.
Result<Instant> beginning(const Session& session, const std::string& site,
                          std::optional<Instant> followed, Instant now) {
  if (!session.arguments.has("since")) return followed.value_or(now);
  const auto since = parse_instant(session.arguments.text("since"));
  if (!since || !followed || *since >= *followed) return since;
  return fail(Error::Kind::conflict, 5012,
              fmt::format("Site {} has been followed until {} already; --since is before that.",
                          site, to_text(*followed)),
              "leave out --since: what came after is read from there");
}

Result<Span> pause_of(const Session& session) {
  if (!session.arguments.has("every")) return Span(30s);
  const auto given = parse_span(session.arguments.text("every"));
  if (given && (*given < 1s || *given > 1h)) return usage("--every is from 1 s to 1 h.");
  return given;
}

Result<int> import_slurm(Session& session) {
  const Arguments& arguments = session.arguments;
  const std::string site = arguments.text("site");
  Sender sender(session, site);
  if (arguments.has("file")) return import_file(session, sender, site);
  if (arguments.has("as-of")) return usage("--as-of says of when a --file is.");
  const auto every = pause_of(session);
  if (!every) return fail(every.error());
  slurm::CommandLine client(
      {.conf = session.path_of(arguments.text("conf", "/etc/slurm/slurm.conf")).string(),
       .programs = arguments.text("programs", "/usr/bin")});
  const auto known = sender.known();
  if (!known) return fail(known.error());
  if (auto answers = client.ping(); !answers) return fail(answers.error());
  const auto config = client.config();
  if (!config) return fail(config.error());
  if (auto same = check_cluster(site, *known, *config); !same) return fail(same.error());
  const Instant now = real_now();
  const auto from = beginning(session, site, sender.before(), now);
  if (!from) return fail(from.error());
  SlurmReader reader(client, config->has_accounting());
  if (*from < now && config->has_accounting()) {
    const auto read = reader.history(*from, now, [&](const SitesReport& report) -> Result<void> {
      session.say(
          fmt::format("  {} until {}: {} jobs\n", site, to_text(report.as_of), report.jobs.size()));
      return sender.send(report);
    });
    if (!read) return fail(read.error());
  } else if (arguments.has("since") && !config->has_accounting()) {
    return fail(
        Error::Kind::unavailable, 7045,
        fmt::format("Site {} keeps no accounting (slurmdbd), so its past cannot be read.", site),
        "leave out --since");
  }
  Span pause = *every;
  for (;;) {
    const Instant at = real_now();
    const auto polled = poll(sender, client, reader, at);
    if (!arguments.has("follow")) {
      if (!polled) return fail(polled.error());
      return finish(session, site, sender.take(), at);
    }
    const Imported done = sender.take();
    if (!polled) {
      session.say(
          fmt::format("{}  G{}: {}\n", to_text(at), polled.error().code, polled.error().what));
    } else if (session.json) {
      session.print(json_of(site, done, at).dump() + "\n");
    } else if (done.reported > 0) {
      session.print(fmt::format("{}  {}\n", to_text(at), text_of(done)));
    }
    pause = polled ? *every : std::max(*every, std::min(longest_pause, 2 * pause));
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace

std::vector<Verb> import_verbs() {
  return {{"import slurm",
           "",
           "follows a site's own queue: its use is charged, nothing is written to it",
           {{"site", "SITE", "whose file says runner = \"followed\"", false, true},
            {"since", "TIME", "reads its past from then on; else from the last import, or now"},
            {"follow", "", "goes on until it is interrupted"},
            {"every", "SPAN", "between two looks; else 30 s"},
            {"conf", "FILE", "slurm.conf of the site; else /etc/slurm/slurm.conf"},
            {"programs", "FOLDER", "of squeue, sacct and scontrol; else /usr/bin"},
            {"file", "FILE|-", "what sacct -P -X -D -a -o ... printed, instead of asking it"},
            {"as-of", "TIME", "of when the file is; else now"}},
           import_slurm}};
}

}  // namespace granary::cli
