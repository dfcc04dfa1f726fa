#include "apps/cli/parse.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "units/text.h"

namespace granary::cli {
namespace {

std::string dashed(const std::string& name) { return "--" + name; }

// The words that may follow `words`: the first words of verbs for "".
std::vector<std::string> next_words(const std::string& words) {
  std::vector<std::string> next;
  const std::string prefix = words.empty() ? "" : words + " ";
  for (const Verb& verb : all_verbs()) {
    if (verb.words.rfind(prefix, 0) != 0) continue;
    const std::string rest = verb.words.substr(prefix.size());
    const std::string word = rest.substr(0, rest.find(' '));
    if (std::find(next.begin(), next.end(), word) == next.end()) next.push_back(word);
  }
  return next;
}

const Verb* find_verb(const std::string& words) {
  for (const Verb& verb : all_verbs()) {
    if (verb.words == words) return &verb;
  }
  return nullptr;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string did_you_mean(const std::string& near, const char* dashes = "") {
  return near.empty() ? "" : std::string(" Did you mean ") + dashes + near + "?";
}

std::string shown(const std::string& word) { return plain(word).substr(0, 40); }

// The verbs as a tree of CLI11 commands. Words that are no flags are kept as extras and read here,
// so that what is wrong can be said in our own sentences.
class Grammar {
 public:
  Grammar() : root_("", "granary") {
    prepare(root_);
    for (const Flag& flag : global_flags()) add(root_, "", flag);
    for (const Verb& verb : all_verbs()) {
      CLI::App& app = app_of(verb.words);
      for (const Flag& flag : verb.flags) add(app, verb.words, flag);
    }
  }

  Result<Parsed> parse(const std::vector<std::string>& words) {
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    std::string wrong;
    try {
      root_.parse(std::move(reversed));
    } catch (const CLI::ArgumentMismatch& e) {
      wrong = std::string(e.what());
      wrong = fmt::format("{} needs a value.", shown(wrong.substr(0, wrong.find_first_of(": "))));
    } catch (const CLI::ParseError& e) {
      wrong = shown(e.what()) + ".";
    }
    if (!wrong.empty()) return usage("granary " + wrong, see());
    return read();
  }

 private:
  static void prepare(CLI::App& app) {
    app.set_help_flag("");
    app.allow_extras();
    app.fallthrough();
    app.require_subcommand(0, 1);
  }

  CLI::App& app_of(const std::string& words) {
    CLI::App* app = &root_;
    std::istringstream in(words);
    for (std::string word; in >> word;) {
      const auto same =
          app->get_subcommands([&](const CLI::App* child) { return child->get_name() == word; });
      app = same.empty() ? app->add_subcommand(word) : same.front();
      if (same.empty()) prepare(*app);
    }
    return *app;
  }

  void add(CLI::App& app, const std::string& words, const Flag& flag) {
    const std::string names =
        (flag.brief != 0 ? std::string("-") + flag.brief + "," : "") + dashed(flag.name);
    auto& values = values_[words][flag.name];
    if (flag.value.empty()) {
      switches_[words][flag.name] = app.add_flag(names);
    } else {
      app.add_option(names, values)->allow_extra_args(false);
    }
  }

  // The words of the command that was met.
  std::string met() const {
    std::string words;
    for (const CLI::App* app = &root_; !app->get_subcommands().empty();) {
      app = app->get_subcommands().front();
      words += (words.empty() ? "" : " ") + app->get_name();
    }
    return words;
  }
  std::string see() const {
    const std::string words = met();
    return words.empty() ? "granary help" : "granary " + words + " --help";
  }

  Result<Parsed> read() {
    Parsed parsed;
    const std::string words = met();
    parsed.verb = find_verb(words);
    if (switches_[""]["help"]->count() > 0) return Parsed{nullptr, words, {}};
    bool flags_end = false;
    for (const std::string& word : root_.remaining(true)) {
      if (word == "--" && !flags_end) {
        flags_end = true;
      } else if (!flags_end && word.size() > 1 && word[0] == '-') {
        return unknown_flag(words, word);
      } else {
        parsed.arguments.words.push_back(word);
      }
    }
    if (!parsed.verb) return unknown_word(words, parsed.arguments.words);
    if (parsed.verb->arguments.empty() && !parsed.arguments.words.empty()) {
      return unknown_word(words, parsed.arguments.words);
    }
    for (const std::string& of : {std::string(), words}) {
      if (auto good = take(of, parsed.arguments); !good) return fail(good.error());
    }
    for (const Flag& flag : parsed.verb->flags) {
      if (!flag.required || parsed.arguments.has(flag.name)) continue;
      return usage(fmt::format("granary {} needs --{} {}.", words, flag.name, flag.value), see());
    }
    return parsed;
  }

  // The flags given to the verb `words`, or the global ones.
  Result<void> take(const std::string& words, Arguments& arguments) {
    for (const auto& [name, option] : switches_[words]) {
      if (option->count() > 0) arguments.values[name];
    }
    const auto& flags = words.empty() ? global_flags() : find_verb(words)->flags;
    for (const Flag& flag : flags) {
      const auto& values = values_[words][flag.name];
      if (values.empty()) continue;
      if (values.size() > 1 && !flag.many) {
        return usage(
            fmt::format("--{} is given {} times; once is enough.", flag.name, values.size()));
      }
      arguments.values[flag.name] = values;
    }
    return {};
  }

  tl::unexpected<Error> unknown_flag(const std::string& words, const std::string& word) const {
    const std::string name = word.substr(0, word.find('='));
    std::vector<std::string> known;
    if (const Verb* verb = find_verb(words)) {
      for (const Flag& flag : verb->flags) known.push_back(flag.name);
    }
    for (const Flag& flag : global_flags()) known.push_back(flag.name);
    const std::string bare = name.substr(std::min(name.find_first_not_of('-'), name.size()));
    return usage(fmt::format("granary{} has no flag {}.{}", words.empty() ? "" : " " + words,
                             shown(name), did_you_mean(nearest(bare, known), "--")),
                 see());
  }

  tl::unexpected<Error> unknown_word(const std::string& words,
                                     const std::vector<std::string>& given) const {
    const std::string command = words.empty() ? "granary" : "granary " + words;
    const auto known = next_words(words);
    if (given.empty()) {
      return usage(fmt::format("{} needs one of: {}.", command, joined(known)), see());
    }
    if (known.empty()) {
      return usage(fmt::format("{} takes no word such as \"{}\".", command, shown(given.front())),
                   see());
    }
    return usage(fmt::format("{} has no verb \"{}\".{}", command, shown(given.front()),
                             did_you_mean(nearest(given.front(), known))),
                 see());
  }

  CLI::App root_;
  std::map<std::string, std::map<std::string, std::vector<std::string>>> values_;
  std::map<std::string, std::map<std::string, CLI::Option*>> switches_;
};

std::string flags_text(const std::vector<Flag>& flags) {
  Table table({{"", Align::left}, {"", Align::left}});
  for (const Flag& flag : flags) {
    const std::string brief = flag.brief != 0 ? std::string("-") + flag.brief + ", " : "";
    const std::string value = flag.value.empty() ? "" : " " + flag.value;
    table.add({brief + dashed(flag.name) + value,
               flag.help + (flag.many ? " (several times: any of them)" : "")});
  }
  return table.text({});
}

std::string verbs_text(const std::string& prefix) {
  Table table({{"", Align::left}, {"", Align::left}});
  for (const Verb& verb : all_verbs()) {
    const bool within = prefix.empty() || verb.words.rfind(prefix + " ", 0) == 0;
    const std::string arguments = verb.arguments.empty() ? "" : " " + verb.arguments;
    if (within) table.add({verb.words + arguments, verb.help});
  }
  return table.text({});
}

}  // namespace

Result<Parsed> parse(const std::vector<std::string>& words) {
  if (words.empty()) return Parsed{};
  return Grammar().parse(words);
}

std::string help_text(const std::string& words) {
  const Verb* const verb = find_verb(words);
  const std::string arguments = verb && !verb->arguments.empty() ? " " + verb->arguments : "";
  std::string text = "usage: granary " + (words.empty() ? "VERB" : words) + arguments + " ...\n";
  if (verb) text += verb->help + "\n";
  const std::string verbs = verb && next_words(words).empty() ? "" : verbs_text(words);
  if (!verbs.empty()) text += "\n" + verbs;
  if (verb && !verb->flags.empty()) text += "\n" + flags_text(verb->flags);
  return text + "\nEverywhere:\n" + flags_text(global_flags());
}

}  // namespace granary::cli
