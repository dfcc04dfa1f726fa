// help and version.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "apps/cli/error_help.h"
#include "apps/cli/parse.h"
#include "apps/cli/session.h"
#include "apps/demo.h"
#include "apps/scenario.h"
#include "catalog/built_in.h"
#include "engine/codec.h"

namespace granary::cli {
namespace {

constexpr const char* groups[] = {"",
                                  "input: what was typed or sent is not well formed",
                                  "name: nothing is called that",
                                  "",
                                  "refusal: a voucher, a limit or a rule says no",
                                  "conflict: something changed or was used before",
                                  "infeasible: nothing on the stock can do it",
                                  "outside world: a disk, a daemon or a program does not answer",
                                  "identity: who is asking is not known",
                                  "a fault of ours, or an altered file"};

Result<int> help_code(Session& session, const std::string& text) {
  int number = 0;
  for (const char c : text.substr(1)) number = number * 10 + (c - '0');
  for (const CodeHelp& help : code_helps()) {
    if (help.code != number) continue;
    if (session.json) {
      return session.print_json({{"schema", "granary.help/1"},
                                 {"code", text},
                                 {"title", help.title},
                                 {"help", help.help}});
    }
    session.print(
        fmt::format("{}: {}\n  {}\n  ({})\n", text, help.title, help.help, groups[number / 1000]));
    return 0;
  }
  return fail(Error::Kind::not_found, 2014, "There is no code " + text + ".");
}

bool is_code(const std::string& text) {
  return text.size() == 5 && (text[0] == 'G' || text[0] == 'g') &&
         text.find_first_not_of("0123456789", 1) == std::string::npos;
}

Result<int> help(Session& session) {
  const auto& words = session.arguments.words;
  if (words.size() == 1 && is_code(words.front())) {
    return help_code(session, "G" + words.front().substr(1));
  }
  std::string of;
  for (const std::string& word : words) of += (of.empty() ? "" : " ") + word;
  bool is_known = of.empty();
  for (const Verb& verb : all_verbs()) {
    is_known |= verb.words == of || verb.words.rfind(of + " ", 0) == 0;
  }
  if (!is_known)
    return usage("There is no help for \"" + plain(of).substr(0, 60) + "\".",
                 "granary help, granary help plan, granary help G4002");
  if (session.json) {
    Json verbs = Json::array();
    for (const Verb& verb : all_verbs()) {
      verbs.push_back({{"words", verb.words}, {"arguments", verb.arguments}, {"help", verb.help}});
    }
    return session.print_json({{"schema", "granary.help/1"}, {"verbs", verbs}});
  }
  session.print(help_text(of));
  return 0;
}

Result<int> version(Session& session) {
  if (session.json) {
    return session.print_json({{"schema", "granary.version/1"},
                               {"version", GRANARY_VERSION},
                               {"encoding", encoding_version},
                               {"documents", built_in_documents().size()}});
  }
  session.print(fmt::format("granary {} (entries of version {}, {} documents compiled in)\n",
                            GRANARY_VERSION, encoding_version, built_in_documents().size()));
  return 0;
}

Result<int> demo(Session& session) { return run_demo(session.arguments.words, session.context); }
Result<int> scenario(Session& session) {
  return run_scenario(session.arguments.words, session.context);
}

}  // namespace

std::vector<Verb> help_verbs() {
  return {{"demo", "...", "a city's computing centre in miniature, played here", {}, demo},
          {"scenario", "...", "a recorded situation, run from its file", {}, scenario},
          {"help", "[VERB|G####]", "this, a verb, or what an error code means", {}, help},
          {"version", "", "which granary this is", {}, version}};
}

}  // namespace granary::cli
