#include <fmt/core.h>

#include <fstream>

#include "apps/story/story.h"
#include "engine/codec.h"
#include "engine/entry_laws.h"
#include "engine/explain.h"

namespace granary {
namespace {

// What is wrong with an expectation on the present state; empty if nothing.
class Expectation {
 public:
  Expectation(const State& state, const std::vector<std::string>& words)
      : s_(state), words_(words) {}

  std::string check() {
    const std::string who = take();
    if (who == "revenue") return balance("REV:" + take());
    if (who == "account") return balance(take());
    if (const auto job = parse_id<Job>(who)) return check_job(*job);
    if (const auto voucher = parse_id<Voucher>(who)) return check_voucher(*voucher);
    if (const auto reservation = parse_id<Reservation>(who)) return check_reservation(*reservation);
    return "expect knows j-1, v-1, r-1, revenue SITE and account NAME, not \"" + who + "\"";
  }

 private:
  std::string take() { return at_ < words_.size() ? words_[at_++] : std::string(); }

  static std::string differs(const std::string& what, const std::string& wanted,
                             const std::string& is) {
    if (wanted == is) return {};
    return fmt::format("{} is {}, not {}", what, is, wanted);
  }

  std::string balance(const std::string& name) {
    const Account* account = find_account(s_.books, name);
    const std::string wrong =
        differs(name, take(), to_text(account ? account->balance() : Money{}));
    if (!wrong.empty() || at_ == words_.size()) return wrong;
    if (take() != "held") return "after the balance, expect knows held AMOUNT";
    return differs("held of " + name, take(), to_text(account ? account->debits_pending : Money{}));
  }

  std::string check_job(Id<Job> id) {
    const auto found = s_.jobs.find(id);
    if (found == s_.jobs.end()) return "there is no " + to_text(id);
    const Job& job = found->second;
    while (at_ < words_.size()) {
      const std::string word = take();
      std::string wrong;
      if (word == "because") {
        wrong = differs("the reason of " + to_text(id), take(), code_of(job.because));
      } else if (word == "attempt") {
        wrong = differs("the attempt of " + to_text(id), take(), std::to_string(job.attempt));
      } else if (word == "checkpoint") {
        wrong = differs("the checkpoint of " + to_text(id), take(), job.report.checkpoint);
      } else if (word == "pool") {
        const Pool* pool =
            job.claim ? find_pool(s_.configuration->pools, job.claim->pool) : nullptr;
        wrong = differs("the pool of " + to_text(id), take(), pool ? pool->name() : "none");
      } else {
        wrong = differs(to_text(id), word, to_text(job.state));
      }
      if (!wrong.empty()) return wrong;
    }
    return {};
  }

  std::string check_voucher(Id<Voucher> id) {
    const auto found = s_.books.vouchers.find(id);
    if (found == s_.books.vouchers.end()) return "there is no " + to_text(id);
    const Account account = account_of(s_.books, found->second);
    while (at_ < words_.size()) {
      const std::string word = take();
      std::string wrong;
      if (word == "left") {
        wrong = differs("left on " + to_text(id), take(), to_text(account.available()));
      } else if (word == "held") {
        wrong = differs("held on " + to_text(id), take(), to_text(account.debits_pending));
      } else if (word == "closed" || word == "open") {
        wrong = differs(to_text(id), word, found->second.closed ? "closed" : "open");
      } else {
        wrong = "a voucher has left, held, open, closed; not \"" + word + "\"";
      }
      if (!wrong.empty()) return wrong;
    }
    return {};
  }

  std::string check_reservation(Id<Reservation> id) {
    const auto found = s_.reservations.find(id);
    if (found == s_.reservations.end()) return "there is no " + to_text(id);
    return differs(to_text(id), take(), found->second.open ? "open" : "over");
  }

  const State& s_;
  const std::vector<std::string>& words_;
  std::size_t at_ = 0;
};

void write_files(const Story& story, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const auto& [name, text] : story.files) std::ofstream(folder / name) << text;
}

std::string first_difference(const std::vector<Event>& a, const std::vector<Event>& b) {
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const std::string x = i < a.size() ? encode(a[i]) : "nothing";
    const std::string y = i < b.size() ? encode(b[i]) : "nothing";
    if (x != y) return x.substr(0, 300) + " then, " + y.substr(0, 300) + " now";
  }
  return {};
}

}  // namespace

std::string first_difference(const std::vector<Entry>& a, const std::vector<Entry>& b) {
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const std::string x = i < a.size() ? encode(a[i]) : "nothing";
    const std::string y = i < b.size() ? encode(b[i]) : "nothing";
    if (x != y)
      return fmt::format("entry {} is {} or {}", i + 1, x.substr(0, 300), y.substr(0, 300));
    if (a[i].chain != b[i].chain) return fmt::format("entry {} has two chains", i + 1);
  }
  return {};
}

Result<void> check_replay(const std::vector<Entry>& entries) {
  State stepped, folded;
  VoucherUse use;
  for (const Entry& entry : entries) {
    const auto events = step_onto(stepped, entry.request, entry.at);
    const std::string difference = first_difference(entry.events, events);
    if (!difference.empty()) {
      return fail(Error::Kind::bug, 9003, fmt::format("entry {}: {}", entry.sequence, difference));
    }
    if (auto good = check_answer(folded, entry); !good) return good;
    if (auto good = fold(folded, entry); !good) return good;
    if (auto good = use.take(folded, entry); !good) return good;
    if (auto good = audit(folded); !good) return good;
  }
  if (digest(stepped) == digest(folded)) return {};
  return fail(Error::Kind::bug, 9003, "folding the events gives another state than stepping");
}

std::vector<std::string> tell(const Story& story, World& world, const std::filesystem::path& folder,
                              std::vector<Entry>& entries) {
  std::vector<std::string> failures;
  const auto failed = [&](const StoryLine& line, const std::string& what) {
    failures.push_back(fmt::format("{}:{}: {}", story.file, line.number, what));
  };
  const auto check_output = [&](const StoryLine& line, int status, const std::string& output) {
    if (status != line.exit) {
      failed(line, fmt::format("exit {}, not {}; it printed: {}", status, line.exit, output));
    }
    for (const std::string& text : line.shown) {
      if (output.find(text) == std::string::npos) {
        failed(line, fmt::format("\"{}\" is not in: {}", text, output));
      }
    }
  };
  write_files(story, folder);
  for (const StoryLine& line : story.lines) {
    world.advance(line.at);
    if (line.what == StoryLine::What::restart) {
      if (auto back = world.restart(); !back) failed(line, back.error().what);
    } else if (line.what == StoryLine::What::configure) {
      const auto done = world.configure(story, line.documents);
      const int status = done ? 0 : exit_code(done.error().kind);
      const std::string output =
          done ? "" : fmt::format("error G{}: {}", done.error().code, done.error().what);
      check_output(line, status, output);
    } else if (line.what == StoryLine::What::expect) {
      std::string wrong;
      world.core().read(
          [&](const State& state, Instant) { wrong = Expectation(state, line.words).check(); });
      if (!wrong.empty()) failed(line, wrong);
    } else {
      std::string output;
      const int status = world.run(line.words, folder, output);
      check_output(line, status, output);
    }
    if (failures.size() > 5) break;
  }
  std::string broken;
  world.core().read([&](const State& state, Instant) {
    if (auto good = audit(state); !good) broken = good.error().what;
  });
  if (!broken.empty()) failures.push_back(story.file + ": books: " + broken);
  entries.clear();
  for (;;) {
    const auto page = world.core().entries(entries.size(), 1'000);
    if (!page) {
      failures.push_back(story.file + ": " + page.error().what);
      return failures;
    }
    if (page->empty()) break;
    entries.insert(entries.end(), page->begin(), page->end());
  }
  if (auto same = check_replay(entries); !same) {
    failures.push_back(story.file + ": replay: " + same.error().what);
  }
  return failures;
}

}  // namespace granary
