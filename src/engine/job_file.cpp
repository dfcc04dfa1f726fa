#define TOML_HEADER_ONLY 0
#include "engine/job_file.h"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>
#include <set>

#include "catalog/printable.h"
#include "units/text.h"

namespace granary {
namespace {

// One TOML document being read: where it is wrong is shown with its line and a caret.
class TomlReader {
 public:
  TomlReader(std::string file, std::string_view text) : file_(std::move(file)), text_(text) {}

  // Names where the value begins; the caret stands `shift` behind that.
  tl::unexpected<Error> bad(const toml::source_position& at, const std::string& what,
                            std::size_t shift = 0) const {
    std::string shown;
    if (const auto line = line_at(at.line)) {
      // A caret far out: what is before it is left out, as many characters as it moves.
      std::string text = *line;
      std::size_t before = at.column + shift > 0 ? at.column + shift - 1 : 0;
      if (before > 80) {
        const std::size_t cut = before - 40;
        text = "..." + without_first(text, cut);
        before = before - cut + 3;
      }
      const std::string number = std::to_string(at.line);
      shown = fmt::format("\n      {} | {}\n      {} | {}^", number, printable(text, 120),
                          std::string(number.size(), ' '), std::string(before, ' '));
    }
    return fail(
        Error::Kind::invalid, 1010,
        fmt::format("{}:{}:{}: {}{}", file_, at.line, at.column, printable(what, 300), shown));
  }

  Result<void> only(const toml::table& table, const std::vector<std::string>& known) const {
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      const std::string near = nearest(name, known);
      return bad(key.source().begin,
                 fmt::format("\"{}\" is not a key here.{}", name.substr(0, 40),
                             near.empty() ? "" : " Did you mean " + near + "?"));
    }
    return {};
  }

  // Texts; with `numbers`, whole numbers are taken as their text.
  Result<void> text(const toml::table& table, const char* key, std::string& value) const {
    const toml::node* node = table.get(key);
    if (!node) return {};
    if (const auto* string = node->as_string()) {
      value = string->get();
      return {};
    }
    return bad(node->source().begin, fmt::format("{} must be a text in quotes.", key));
  }

  Result<void> flag(const toml::table& table, const char* key, bool& value) const {
    const toml::node* node = table.get(key);
    if (!node) return {};
    if (const auto* boolean = node->as_boolean()) {
      value = boolean->get();
      return {};
    }
    return bad(node->source().begin, fmt::format("{} must be true or false.", key));
  }

  Result<void> number(const toml::table& table, const char* key, int& value) const {
    const toml::node* node = table.get(key);
    if (!node) return {};
    const auto* integer = node->as_integer();
    if (integer && integer->get() >= -1'000'000 && integer->get() <= 1'000'000) {
      value = static_cast<int>(integer->get());
      return {};
    }
    return bad(node->source().begin, fmt::format("{} must be a whole number.", key));
  }

  Result<void> texts(const toml::table& table, const char* key,
                     std::vector<std::string>& values) const {
    const toml::node* node = table.get(key);
    if (!node) return {};
    const auto* array = node->as_array();
    if (!array) return bad(node->source().begin, fmt::format("{} must be a list.", key));
    for (const toml::node& item : *array) {
      const auto* string = item.as_string();
      if (!string) {
        return bad(item.source().begin, fmt::format("{} must hold texts in quotes.", key));
      }
      values.push_back(string->get());
    }
    return {};
  }

  // accept = ["...", ...], or chips = "..." for one.
  Result<void> accepts(const toml::table& table, std::vector<std::string>& values) const {
    if (auto good = texts(table, "accept", values); !good) return good;
    std::string one;
    if (auto good = text(table, "chips", one); !good) return good;
    if (table.contains("chips")) values.push_back(one);
    const auto check = [&](const toml::node& item) -> Result<void> {
      const auto parsed = parse_accept(item.as_string()->get());
      if (parsed) return {};
      return bad(item.source().begin, parsed.error().error.what, parsed.error().column + 1);
    };
    if (const toml::node* single = table.get("chips")) {
      if (auto good = check(*single); !good) return good;
    }
    if (!table.contains("accept")) return {};
    for (const toml::node& item : *table.get("accept")->as_array()) {
      if (auto good = check(item); !good) return good;
    }
    return {};
  }

  // [work]: texts and whole numbers, both kept as texts.
  Result<void> work(const toml::table& table, WorkText& work) const {
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      if (const auto* string = node.as_string()) {
        work[name] = string->get();
      } else if (const auto* integer = node.as_integer()) {
        work[name] = std::to_string(integer->get());
      } else {
        return bad(node.source().begin,
                   fmt::format("{} must be a text or a whole number.", name.substr(0, 40)));
      }
    }
    return {};
  }

  Result<void> run(const toml::table& table, JobFile& job) const {
    for (const auto& result :
         {only(table, {"argv", "environment", "data", "checkpoint", "checkpoint_every", "health"}),
          texts(table, "argv", job.argv), text(table, "data", job.data),
          text(table, "checkpoint", job.checkpoint),
          text(table, "checkpoint_every", job.checkpoint_every),
          text(table, "health", job.health)}) {
      if (!result) return result;
    }
    const toml::node* environment = table.get("environment");
    if (!environment) return {};
    const auto* entries = environment->as_table();
    if (!entries) return bad(environment->source().begin, "environment must be a table.");
    for (const auto& [key, node] : *entries) {
      const auto* string = node.as_string();
      if (!string) return bad(node.source().begin, "environment must hold texts in quotes.");
      job.environment[std::string(key.str())] = string->get();
    }
    return {};
  }

 private:
  // The line of that number without its end, tabs as single spaces; nothing if there is none.
  std::optional<std::string> line_at(std::uint32_t number) const {
    std::size_t begin = 0;
    for (std::uint32_t line = 1; line < number; ++line) {
      begin = text_.find('\n', begin);
      if (begin == std::string_view::npos) return std::nullopt;
      ++begin;
    }
    if (number == 0) return std::nullopt;
    std::string line(text_.substr(begin, text_.find('\n', begin) - begin));
    if (line.ends_with('\r')) line.pop_back();
    std::replace(line.begin(), line.end(), '\t', ' ');
    return printable(line, line.size());
  }

  // UTF-8 without its first characters.
  static std::string without_first(const std::string& text, std::size_t characters) {
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
      const bool begins = (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
      if (begins && characters-- == 0) break;
    }
    return text.substr(at);
  }

  std::string file_;
  std::string_view text_;
};

Result<JobFile> read_job(const TomlReader& reader, const toml::table& table) {
  JobFile job;
  for (const auto& result :
       {reader.only(table, {"name", "payer", "team", "purpose", "priority", "preemptible",
                            "wait_for_funds", "accept", "chips", "inside", "quote", "time_limit",
                            "expected", "service", "work", "run"}),
        reader.text(table, "name", job.name), reader.text(table, "payer", job.payer),
        reader.text(table, "team", job.team), reader.text(table, "purpose", job.purpose),
        reader.number(table, "priority", job.priority),
        reader.flag(table, "preemptible", job.preemptible),
        reader.flag(table, "wait_for_funds", job.wait_for_funds),
        reader.flag(table, "service", job.service), reader.text(table, "inside", job.inside),
        reader.text(table, "quote", job.quote), reader.text(table, "time_limit", job.time_limit),
        reader.text(table, "expected", job.expected), reader.accepts(table, job.accept)}) {
    if (!result) return fail(result.error());
  }
  for (const char* section : {"work", "run"}) {
    const toml::node* node = table.get(section);
    if (!node) continue;
    if (!node->is_table()) {
      return reader.bad(node->source().begin, fmt::format("{} must be a table.", section));
    }
    const toml::table& inner = *node->as_table();
    const auto result =
        std::string(section) == "work" ? reader.work(inner, job.work) : reader.run(inner, job);
    if (!result) return fail(result.error());
  }
  return job;
}

Choice choice_of(const Option& option) {
  return {option.pool, option.wanted(), option.layout, option.duration};
}

// What a tenant's own program is offered: for each accepted kind its largest and its least count.
std::vector<Choice> plain_choices(const std::vector<Accept>& accepted, const Catalog& catalog,
                                  const std::vector<Pool>& pools, Span expected) {
  std::vector<Choice> choices;
  for (const Accept& accept : accepted) {
    for (const Pool& pool : pools) {
      if (!accepts(accept, pool, catalog, accept.least)) continue;
      std::set<int, std::greater<>> counts{accept.least};
      if (accept.most) counts.insert(std::min(*accept.most, pool.chips()));
      for (const int chips : counts) {
        if (chips > pool.chips() || chips < accept.least) continue;
        Layout layout;
        layout.data = chips;
        // Fewer chips take proportionally longer than the most that this pool could give.
        const Span span = expected * *counts.begin() / chips;
        choices.push_back({pool.id, {chips, 1, whole_chip}, layout, std::min(span, max_span)});
      }
    }
  }
  return choices;
}

void add_others(const PlanRequest& wanted, const Catalog& catalog, const std::vector<Pool>& pools,
                JobRequest& request) {
  const auto menu = plan(wanted, catalog, pools);
  if (!menu) return;  // checked by the caller: the work is the same
  for (const Option& option : menu->options) {
    const auto same = [&](const Choice& choice) {
      return choice.pool == option.pool && choice.layout == option.layout;
    };
    const bool known = std::any_of(request.choices.begin(), request.choices.end(), same) ||
                       std::any_of(request.others.begin(), request.others.end(), same);
    if (!known) request.others.push_back(choice_of(option));
  }
}

Result<void> fill_from_work(const JobFile& file, const std::vector<Accept>& accepts,
                            const Catalog& catalog, const std::vector<Pool>& pools, Instant at,
                            JobRequest& request) {
  auto wanted = read_work(file.work, catalog);
  if (!wanted) return fail(wanted.error());
  wanted->at = at;
  const Work& work = wanted->work;
  request.purpose = file.purpose.empty() ? purpose_of(work) : file.purpose;
  request.what = describe(work);
  request.service = std::holds_alternative<Serve>(work.what);
  PlanRequest accepted = *wanted;
  accepted.accept = accepts;
  const auto menu = plan(accepted, catalog, pools);
  if (!menu) return fail(menu.error());
  if (menu->options.empty()) return fail(nothing_fits(accepted, *menu, catalog, pools));
  for (const Option& option : menu->options) request.choices.push_back(choice_of(option));
  // What else would run it, for explain: fewer of the accepted chips, then anything the stock has.
  PlanRequest fewer = *wanted;
  for (const Accept& accept : accepts) {
    if (accept.least < 2) continue;
    Accept less = accept;
    less.least = std::max(1, accept.least / 4);
    less.most = accept.least - 1;
    fewer.accept.push_back(less);
  }
  if (!fewer.accept.empty()) add_others(fewer, catalog, pools, request);
  add_others(*wanted, catalog, pools, request);
  return {};
}

Result<void> fill_plain(const JobFile& file, const std::vector<Accept>& accepts,
                        const Catalog& catalog, const std::vector<Pool>& pools,
                        JobRequest& request) {
  if (file.argv.empty()) {
    return fail(Error::Kind::invalid, 1009,
                "A job needs [work], or a program of its own in [run] argv.");
  }
  if (file.expected.empty()) {
    return fail(Error::Kind::invalid, 1009,
                "A program of your own needs expected = \"20 min\": how long it will take.");
  }
  const auto expected = parse_span(file.expected);
  if (!expected) return fail(expected.error());
  if (*expected == Span(0)) {
    return fail(Error::Kind::invalid, 1013, "expected must be longer than nothing.");
  }
  request.purpose = file.purpose.empty() ? "run" : file.purpose;
  request.what = file.argv.front();
  request.service = file.service;
  request.choices = plain_choices(accepts, catalog, pools, *expected);
  if (request.choices.empty()) {
    return fail(Error::Kind::infeasible, 6001,
                "nothing fits: no pool of the stock has the accepted chips.", "see granary stock");
  }
  return {};
}

}  // namespace

Result<std::vector<Accept>> read_accepts(const std::vector<std::string>& texts) {
  std::vector<Accept> accepts;
  for (const std::string& text : texts) {
    auto parsed = parse_accept(text);
    if (!parsed) return fail(parsed.error().error);
    accepts.push_back(std::move(*parsed));
  }
  return accepts;
}

Result<JobFile> parse_job_file(const std::string& file, std::string_view text) {
  const TomlReader reader(file, text);
  try {
    const toml::table table = toml::parse(text);
    return read_job(reader, table);
  } catch (const toml::parse_error& error) {
    return reader.bad(error.source().begin, std::string(error.description()) + ".");
  }
}

Result<JobRequest> to_request(const JobFile& file, const Catalog& catalog,
                              const std::vector<Pool>& pools, Instant at) {
  JobRequest request;
  request.name = file.name;
  request.payer = file.payer;
  request.team = file.team;
  request.priority = file.priority;
  request.preemptible = file.preemptible;
  request.wait_for_funds = file.wait_for_funds;
  request.recipe.argv = file.argv;
  request.recipe.environment = file.environment;
  request.recipe.data = file.data;
  request.recipe.checkpoint = file.checkpoint;
  request.recipe.health = file.health;
  if (!file.checkpoint_every.empty()) {
    const auto every = parse_span(file.checkpoint_every);
    if (!every) return fail(every.error());
    request.recipe.checkpoint_every = *every;
  }
  if (!file.time_limit.empty()) {
    const auto limit = parse_span(file.time_limit);
    if (!limit) return fail(limit.error());
    request.time_limit = *limit;
  }
  if (!file.inside.empty()) {
    const auto inside = parse_id<Reservation>(file.inside);
    if (!inside) return fail(inside.error());
    request.inside = *inside;
  }
  if (!file.quote.empty()) {
    const auto quoted = parse_quoted_option(file.quote);
    if (!quoted) return fail(quoted.error());
    request.quote = *quoted;
    request.purpose = file.purpose;
    request.service = file.service;
    if (file.accept.empty() && file.work.empty() && file.expected.empty()) return request;
  }
  const auto accepts = read_accepts(file.accept);
  if (!accepts) return fail(accepts.error());
  if (accepts->empty()) {
    return fail(Error::Kind::invalid, 1009,
                "The job accepts no chips; say accept = [\"a800-sxm-80 x 64..128\"].");
  }
  const auto filled = file.work.empty()
                          ? fill_plain(file, *accepts, catalog, pools, request)
                          : fill_from_work(file, *accepts, catalog, pools, at, request);
  if (!filled) return fail(filled.error());
  return request;
}

}  // namespace granary
