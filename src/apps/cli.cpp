#include "apps/cli.h"

#include <iostream>

#include "apps/cli/parse.h"
#include "apps/cli/session.h"

namespace granary {
namespace {

using cli::Parsed;

// These read their own arguments.
bool reads_its_own(const std::string& word) { return word == "demo" || word == "scenario"; }

Result<Parsed> read(const std::vector<std::string>& arguments) {
  if (arguments.empty() || !reads_its_own(arguments.front())) return cli::parse(arguments);
  for (const cli::Verb& verb : cli::all_verbs()) {
    if (verb.words != arguments.front()) continue;
    return Parsed{&verb, "", {{arguments.begin() + 1, arguments.end()}, {}}};
  }
  return cli::usage("There is no verb " + arguments.front() + ".");
}

int report(cli::Session& session, const Error& error) {
  if (session.json) session.context.out << cli::error_json(error);
  session.context.err << cli::error_text(error, session.colours_errors());
  return exit_code(error.kind);
}

int run(const std::vector<std::string>& arguments, CliContext& context) {
  const auto parsed = read(arguments);
  if (!parsed) {
    cli::Session session(context, {});
    return report(session, parsed.error());
  }
  if (!parsed->verb) {
    context.out << cli::help_text(parsed->help);
    return 0;
  }
  cli::Session session(context, parsed->arguments);
  const auto status = parsed->verb->run(session);
  return status ? *status : report(session, status.error());
}

}  // namespace

int run_cli(const std::vector<std::string>& arguments, CliContext& context) {
  int status = 0;
  try {
    status = run(arguments, context);
  } catch (const std::exception& e) {
    context.err << cli::error_text(
        {Error::Kind::bug, 9000, std::string("A fault of ours: ") + e.what(),
         "please report it with the command"},
        false);
    status = exit_code(Error::Kind::bug);
  }
  context.out.flush();
  context.err.flush();
  return status;
}

}  // namespace granary
