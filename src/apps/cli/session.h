#pragma once
// What a verb of the command line is given, and the table of verbs.

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli.h"
#include "apps/cli/output.h"
#include "apps/cli/table.h"
#include "units/money.h"

namespace granary::cli {

// What was typed, checked against the verb's flags.
struct Arguments {
  std::vector<std::string> words;                          // that are not flags
  std::map<std::string, std::vector<std::string>> values;  // by flag, without dashes

  bool has(const std::string& flag) const { return values.count(flag) != 0; }
  std::string text(const std::string& flag, const std::string& otherwise = {}) const;
  std::vector<std::string> all(const std::string& flag) const;
};

// One run of one verb: its arguments, the streams, and the API.
class Session {
 public:
  Session(CliContext& context, Arguments given);

  CliContext& context;
  Arguments arguments;
  bool json = false, quiet = false, yes = false, dry_run = false;

  // Data, on stdout.
  void print(const std::string& text);
  void print(const Table&);
  int print_json(const Json&);  // returns 0
  // Talk, on stderr: not with --quiet.
  void say(const std::string& text);
  void say(const Table&);
  Table::Look look() const;
  bool colours_errors() const { return colour_; }

  // G1002 when somebody must be asked and there is no terminal; `doing`: "granting a voucher".
  Result<void> can_ask(const std::string& doing) const;
  // True when the answer is yes, or --yes was given.
  bool confirm(const std::string& question);

  // Answers of the daemon. A problem+json answer is its Error again.
  Result<Json> get(const std::string& target);
  Result<Json> post(const std::string& target, const Json& body);  // under a new request key
  Result<Json> ask(const std::string& target, const Json& body);   // changes nothing: no key
  // Whether a daemon is named: by the context, --url, GRANARY_URL or the data folder's url file.
  bool has_daemon() const;
  // Reads a file named on the command line, or stdin for "-". G2012, G1070.
  Result<std::string> read_input(const std::string& name) const;
  std::filesystem::path path_of(const std::string& name) const;

 private:
  Result<Transport*> transport();
  Result<Json> send(HttpRequest);
  std::string variable(const std::string& name) const;
  std::filesystem::path data_folder() const;
  std::string url_of_data_folder() const;

  bool colour_ = false;
  std::unique_ptr<Transport> own_;
};

// An answer of the API as its object, or as the error that it carries. G7011 when it is neither.
Result<Json> read_answer(const Result<HttpResponse>&);

struct Flag {
  std::string name;   // "model"
  std::string value;  // "MODEL"; empty: a switch
  std::string help;
  bool many = false;  // may be given several times
  bool required = false;
  char brief = 0;  // 'y' for -y
};

using Run = Result<int> (*)(Session&);

struct Verb {
  std::string words;      // "job show"
  std::string arguments;  // "ID", "[ID]", "FILE|-"; empty: none
  std::string help;
  std::vector<Flag> flags;
  Run run;
};

// Nouns, each in its own file.
std::vector<Verb> plan_verbs();
std::vector<Verb> submit_verbs();
std::vector<Verb> queue_verbs();
std::vector<Verb> job_verbs();
std::vector<Verb> stock_verbs();
std::vector<Verb> reserve_verbs();
std::vector<Verb> voucher_verbs();
std::vector<Verb> certificate_verbs();
std::vector<Verb> account_verbs();
std::vector<Verb> budget_verbs();
std::vector<Verb> report_verbs();
std::vector<Verb> import_verbs();
std::vector<Verb> simulate_verbs();
std::vector<Verb> catalog_verbs();
std::vector<Verb> validate_verbs();
std::vector<Verb> calibrate_verbs();
std::vector<Verb> help_verbs();

// All of them, in the order of the overview.
const std::vector<Verb>& all_verbs();
// Flags that every verb has.
const std::vector<Flag>& global_flags();

// G1000: a usage error.
tl::unexpected<Error> usage(std::string what, std::string fix = {});
// The one word of a verb that needs one: the id of `job show ID`. G1000.
Result<std::string> only_word(const Session&, const std::string& what);
// An amount of a flag (G1007), named with the flag.
Result<Money> read_amount(const std::string& flag, const std::string& text);

}  // namespace granary::cli
