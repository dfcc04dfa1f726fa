#include <fmt/core.h>

#include <charconv>
#include <optional>
#include <sstream>

#include "apps/story/story.h"
#include "catalog/built_in.h"
#include "units/text.h"

namespace granary {
namespace {

// Words of a line; "quoted words" and 'these' are one, # begins a comment outside quotes.
Result<std::vector<std::string>> split_words(const std::string& line) {
  std::vector<std::string> words;
  std::size_t i = 0;
  while (i < line.size()) {
    if (line[i] == ' ' || line[i] == '\t') {
      ++i;
      continue;
    }
    if (line[i] == '#') break;
    std::string word;
    while (i < line.size() && line[i] != ' ' && line[i] != '\t') {
      if (line[i] != '"' && line[i] != '\'') {
        word += line[i++];
        continue;
      }
      const std::size_t end = line.find(line[i], i + 1);
      if (end == std::string::npos) {
        return fail(Error::Kind::invalid, 1061, "a quote is not closed");
      }
      word += line.substr(i + 1, end - i - 1);
      i = end + 1;
    }
    words.push_back(word);
  }
  return words;
}

// A parser over the lines of one story; `next` words of the present line.
class Parser {
 public:
  Parser(std::string file, const std::string& text) : file_(std::move(file)) {
    story_.file = file_;
    story_.limits.minimum_run = std::chrono::minutes(10);
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines_.push_back(line);
  }

  Result<Story> run() {
    for (number_ = 1; number_ <= static_cast<int>(lines_.size()); ++number_) {
      const std::string& line = lines_[static_cast<std::size_t>(number_ - 1)];
      const auto words = split_words(line);
      if (!words) return bad(words.error().what);
      words_ = *words;
      at_ = 0;
      while (at_ < words_.size()) {
        const auto good = statement(line);
        if (!good) return fail(good.error());
      }
    }
    if (!configured_) story_.documents = documents();
    return std::move(story_);
  }

 private:
  tl::unexpected<Error> bad(const std::string& what) const {
    return fail(Error::Kind::invalid, 1061, fmt::format("{}:{}: {}.", file_, number_, what));
  }
  std::string take() { return at_ < words_.size() ? words_[at_++] : std::string(); }
  std::string peek() const { return at_ < words_.size() ? words_[at_] : std::string(); }

  Result<Instant> take_at() {
    const auto span = parse_span(take());
    if (!span) return bad("a time such as 30m is expected");
    return story_start() + *span;
  }

  Result<void> statement(const std::string& line) {
    const std::string word = take();
    if (word == "stock") return stock();
    if (word == "tariff") {
      tariff();
      return {};
    }
    if (word == "followed") {
      const std::string site = take();
      followed_[site] = indented();
      return {};
    }
    if (word == "operator") {
      const std::string site = take();
      operators_[site] = take();
      return {};
    }
    if (word == "site") {
      const std::string site = take();
      site_lines_[site] = indented();
      return {};
    }
    if (word == "programme") {
      const std::string id = take();
      if (peek() == "as") return shipped(id);
      programmes_[id] = {take(), indented()};
      return {};
    }
    if (word == "policy") {
      story_.policy = take();
      return {};
    }
    if (word == "limit") return limit();
    if (word == "file") return file();
    if (word == "worker") return worker();
    if (word == "at") return at(line);
    if (word == "exit") return expected_output();
    if (word == "expect") return expect(last_at_);
    if (word == "end") {
      at_ = words_.size();  // books and replay are checked after every story
      ended_ = true;
      return {};
    }
    return bad(fmt::format("\"{}\" is not a word of stories here", word));
  }

  void tariff() {
    const std::string pool = take();
    const std::string price = take();
    prices_[pool] = {price, indented("exit ")};
  }

  Result<void> stock() {
    const std::string pool = take();
    const std::string nodes = take();
    const std::string times = take();
    const std::string chips = take();
    if (times != "x" || pool.find('/') == std::string::npos) {
      return bad("write stock SITE/CHIP NODES x CHIPS");
    }
    pools_.push_back({pool, nodes, chips});
    return {};
  }

  // A programme's file as it comes with Granary.
  Result<void> shipped(const std::string& id) {
    take();
    if (take() != "shipped") return bad("write programme ID as shipped");
    for (const Document& d : built_in_documents()) {
      if (d.name != "programmes/" + id + ".toml") continue;
      shipped_.push_back(d);
      return {};
    }
    return bad(fmt::format("no programme {} is shipped", id));
  }

  Result<void> limit() {
    const std::string name = take();
    const std::string value = take();
    const auto span = parse_span(value);
    if (name == "minimum_run" && span) {
      story_.limits.minimum_run = *span;
    } else if (name == "stop_notice" && span) {
      story_.limits.stop_notice = *span;
    } else if (name == "hold_lapse" && span) {
      story_.limits.hold_lapse = *span;
    } else if (name == "ask_every" && span) {
      story_.limits.ask_every = *span;
    } else if (name == "waiting_jobs" && parse_count(value)) {
      story_.limits.waiting_jobs = static_cast<int>(*parse_count(value));
    } else {
      return bad(fmt::format("no limit \"{}\" can be \"{}\"", name, value));
    }
    return {};
  }

  // The indented lines that follow, as the text of a file; one that begins with `end` is no more of
  // it.
  std::string indented(const std::string& end = {}) {
    std::string text;
    while (number_ < static_cast<int>(lines_.size())) {
      const std::string& next = lines_[static_cast<std::size_t>(number_)];
      if (!next.empty() && next[0] != ' ') break;
      const std::size_t word = next.find_first_not_of(' ');
      if (!end.empty() && word != std::string::npos && next.compare(word, end.size(), end) == 0)
        break;
      text += next.size() > 2 ? next.substr(2) + "\n" : "\n";
      ++number_;
    }
    return text;
  }

  Result<void> file() {
    const std::string name = take();
    const std::string text = indented();
    if (name.empty() || name.find('/') != std::string::npos)
      return bad("a plain file name is expected");
    story_.files[name] = text;
    return {};
  }

  Result<void> worker() {
    const std::string who = take();
    if (who == "all" && peek() == "pretend") {
      take();
      story_.pretend = true;
      return {};
    }
    const auto job = parse_id<Job>(who);
    if (!job) return bad("write worker j-1 ...");
    WorkerLine line;
    line.job = job->value;
    const std::string what = take();
    if (what == "exit" || what == "signal") {
      const auto code = parse_count(take());
      if (!code) return bad("an exit status is expected");
      line.what = WorkerLine::What::exit;
      (what == "exit" ? line.exit_code : line.exit_signal) = static_cast<int>(*code);
    } else if (what == "lost" || what == "refused") {
      line.what = what == "lost" ? WorkerLine::What::lost : WorkerLine::What::refused;
      line.checkpoint = take();
    } else if (what == "silent") {
      line.what = WorkerLine::What::silent;
    } else if (what == "progress") {
      while (peek() != "at" && at_ < words_.size()) {
        if (auto good = progress_value(line, take()); !good) return good;
      }
    } else {
      return bad("a worker makes progress, exits, is lost, silent or refused");
    }
    if (take() != "at") return bad("a worker's line ends with: at TIME");
    const auto at = take_at();
    if (!at) return fail(at.error());
    line.at = *at;
    story_.workers.push_back(line);
    return {};
  }

  Result<void> progress_value(WorkerLine& line, const std::string& word) {
    const std::size_t equals = word.find('=');
    const std::string key = word.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    const auto number = parse_count(value);
    if (key == "checkpoint" && !value.empty()) {
      line.checkpoint = value;
    } else if (key == "step" && number) {
      line.steps = static_cast<std::int64_t>(*number);
    } else if (key == "tokens" && number) {
      line.tokens = static_cast<std::int64_t>(*number);
    } else if (key == "loss" && number) {
      line.loss = *number;
    } else {
      return bad(fmt::format("\"{}\" is not step=, tokens=, loss= or checkpoint=", word));
    }
    return {};
  }

  Result<void> at(const std::string& line) {
    const auto at = take_at();
    if (!at) return fail(at.error());
    last_at_ = *at;
    const std::string what = take();
    if (what == "expect") return expect(*at);
    StoryLine made;
    made.number = number_;
    made.at = *at;
    if (what == "restart") {
      made.what = StoryLine::What::restart;
    } else if (what == "tariff") {
      if (!configured_) story_.documents = documents();
      configured_ = true;
      tariff();
      made.what = StoryLine::What::configure;
      made.documents = documents();
    } else if (what == "$" && take() == "granary") {
      // '#' may be part of a command; its words run to the end of the line.
      (void)line;
      made.words.assign(words_.begin() + static_cast<std::ptrdiff_t>(at_), words_.end());
      at_ = words_.size();
    } else {
      return bad("write at TIME $ granary ..., expect ..., tariff ... or restart");
    }
    story_.lines.push_back(made);
    return {};
  }

  Result<void> expected_output() {
    const auto last = story_.lines.empty() ? StoryLine::What::expect : story_.lines.back().what;
    if (last != StoryLine::What::command && last != StoryLine::What::configure) {
      return bad("exit follows a command or a tariff");
    }
    StoryLine& command = story_.lines.back();
    const auto code = parse_count(take());
    if (!code) return bad("an exit status is expected");
    command.exit = static_cast<int>(*code);
    while (peek() == "~") {
      take();
      std::string text;
      while (at_ < words_.size() && peek() != "~") text += (text.empty() ? "" : " ") + take();
      command.shown.push_back(text);
    }
    return {};
  }

  Result<void> expect(Instant at) {
    StoryLine made;
    made.number = number_;
    made.at = at;
    made.what = StoryLine::What::expect;
    while (at_ < words_.size() && peek() != "expect") made.words.push_back(take());
    story_.lines.push_back(made);
    return {};
  }

  std::vector<Document> documents() const {
    std::vector<Document> all = shipped_;
    for (const Document& d : built_in_documents()) {
      if (d.name.rfind("sites/", 0) != 0 && d.name.rfind("programmes/", 0) != 0) {
        all.push_back(d);
      }
    }
    std::map<std::string, std::string> sites;
    for (const auto& [pool, nodes, chips] : pools_) {
      const std::size_t slash = pool.find('/');
      const std::string site = pool.substr(0, slash);
      std::string& text = sites[site];
      if (text.empty()) {
        text = fmt::format(
            "id = \"{0}\"\nname = \"{0}\"\nrunner = \"{1}\"\nasset = \"CNY\"\n"
            "standing = \"assumed\"\nsource = \"granary-example\"\n",
            site, followed_.count(site) == 0 ? "local" : "followed");
        const auto operated = operators_.find(site);
        if (operated != operators_.end()) {
          text += fmt::format("operator = \"{}\"\n", operated->second);
        }
        for (const auto* const lines : {&followed_, &site_lines_}) {
          if (const auto more = lines->find(site); more != lines->end()) text += more->second;
        }
      }
      const auto price = prices_.find(pool);
      text += fmt::format(
          "[[pools]]\nchip = \"{}\"\nnodes = {}\nchips_per_node = {}\n"
          "price = \"{}\"\nreplaceable = true\n",
          pool.substr(slash + 1), nodes, chips,
          price == prices_.end() ? "1.00 CNY per chip-hour" : price->second.price);
      if (price != prices_.end()) text += price->second.more;
    }
    for (const auto& [site, text] : sites) {
      all.push_back({"sites/" + site + ".toml", text});
    }
    for (const auto& [id, programme] : programmes_) {
      std::string text = fmt::format("id = \"{}\"\nfund = \"{}\"\n", id, programme.fund);
      // What a story does not say, in front, because tables come last.
      for (const auto& [key, value] :
           {std::pair<std::string, std::string>("name", "\"" + id + "\""),
            {"issuer", "\"" + id + "\""},
            {"purposes", "[\"pretrain\", \"finetune\", \"serve\", \"run\"]"},
            {"standing", "\"assumed\""},
            {"source", "\"granary-example\""}}) {
        const std::string before = "\n" + programme.more.substr(0, programme.more.find("[["));
        if (before.find("\n" + key + " =") != std::string::npos) continue;
        text += fmt::format("{} = {}\n", key, value);
      }
      all.push_back({"programmes/" + id + ".toml", text + programme.more});
    }
    return all;
  }

  struct PoolLine {
    std::string pool, nodes, chips;
  };

  std::string file_;
  std::vector<std::string> lines_;
  int number_ = 0;
  std::vector<std::string> words_;
  std::size_t at_ = 0;
  Instant last_at_ = story_start();
  bool ended_ = false;
  std::vector<Document> shipped_;  // programmes as they come with Granary
  std::vector<PoolLine> pools_;
  struct TariffLines {
    std::string price, more;
  };
  std::map<std::string, TariffLines> prices_;
  std::map<std::string, std::string> operators_;
  std::map<std::string, std::string> followed_, site_lines_;  // more of the site's file
  bool configured_ = false;  // what comes before the first line that configures anew
  struct ProgrammeLines {
    std::string fund, more;
  };
  std::map<std::string, ProgrammeLines> programmes_;
  Story story_;
};

}  // namespace

Result<Story> parse_story(const std::string& file, const std::string& text) {
  return Parser(file, text).run();
}

}  // namespace granary
