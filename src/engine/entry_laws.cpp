#include "engine/entry_laws.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <set>

#include "engine/stepper.h"

namespace granary {
namespace {

using Year = std::chrono::year;

tl::unexpected<Error> answered(const Entry& entry, const std::string& how) {
  return fail(
      Error::Kind::failed, 9041,
      fmt::format("Entry {} {} the request key \"{}\".", entry.sequence, how, entry.request.key));
}
tl::unexpected<Error> spent(const Entry& entry, const std::string& what) {
  return fail(Error::Kind::failed, 9042, fmt::format("Entry {} {}.", entry.sequence, what));
}

bool one_of(const std::vector<std::string>& some, const std::string& one) {
  return std::find(some.begin(), some.end(), one) != some.end();
}
bool share_a_word(const std::vector<std::string>& some, const std::vector<std::string>& others) {
  return std::any_of(some.begin(), some.end(),
                     [&](const std::string& one) { return one_of(others, one); });
}

Year year_of(Instant at) {
  return std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(at)).year();
}
Instant start_of(Year year) {
  return Instant(std::chrono::sys_days(year / std::chrono::January / 1));
}

// The voucher that an account is a purse of; null for any other account.
const Voucher* voucher_of(const State& s, Id<Account> id) {
  const auto account = s.books.accounts.find(id);
  if (account == s.books.accounts.end() || account->second.kind != AccountClass::voucher) {
    return nullptr;
  }
  const std::string& name = account->second.name;  // "V:v-3", "V:v-3/province"
  const auto voucher = parse_id<Voucher>(name.substr(2, name.find('/') - 2));
  const auto found = voucher ? s.books.vouchers.find(*voucher) : s.books.vouchers.end();
  return found == s.books.vouchers.end() ? nullptr : &found->second;
}

// The price of the line's use until that instant.
Money price_until(const Line& line, const Claim& claim, Instant at) {
  const Span span = std::clamp(at, claim.from, claim.until) - claim.from;
  return price_of(line.rate, ChipTime::of(shares_of(claim), span))
      .value_or(Money{std::numeric_limits<std::int64_t>::max()});
}

Money narrow(Wide micros) {
  constexpr Wide most = std::numeric_limits<std::int64_t>::max();
  return Money{static_cast<std::int64_t>(std::min(micros, most))};
}

// The stretches of a line; of one without any, each hold pays the whole until it is empty.
std::vector<Stretch> stretches_of(const State& s, const Line& line) {
  if (!line.stretches.empty()) return line.stretches;
  std::vector<Stretch> stretches;
  Wide upto = 0;
  for (std::size_t i = 0; i < line.holds.size(); ++i) {
    const auto hold = s.books.holds.find(line.holds[i]);
    upto += line.captured[i].micros;
    if (hold != s.books.holds.end()) upto += hold->second.open().micros;
    stretches.push_back({narrow(upto), {Part{{static_cast<int>(i)}, whole_share}}});
  }
  return stretches;
}

// The voucher whose money a part takes by a hold that is not among the first so many.
const Voucher* payer_of(const State& s, const Line& line, const Part& part, std::size_t after) {
  const std::size_t payers = std::max<std::size_t>(1, part.weights.size());
  for (std::size_t i = 0; i < std::min(payers, part.holds.size()); ++i) {
    if (part.holds[i] < static_cast<int>(after)) continue;  // -1: of that purse nothing
    return voucher_of(s, line.sources[static_cast<std::size_t>(part.holds[i])]);
  }
  return nullptr;
}

// What a part gives of that much of a stretch's price: its share of what those before it leave.
Wide given_by(const Stretch& stretch, std::size_t part, Money price) {
  Wide rest = price.micros;
  for (std::size_t i = 0;; ++i) {
    const Wide given = rest * stretch.parts[i].share / whole_share;
    if (i == part) return given;
    if (!stretch.parts[i].beside) rest -= given;
  }
}

}  // namespace

Result<void> check_answer(const State& before, const Entry& entry) {
  const std::string& key = entry.request.key;
  std::size_t answers = 0;
  for (const Event& event : entry.events) {
    const auto* const done = std::get_if<Answered>(&event);
    const auto* const refused = std::get_if<Refused>(&event);
    if (done == nullptr && refused == nullptr) continue;
    ++answers;
    const bool its_own = done != nullptr
                             ? done->key == key && done->body == entry.request.body
                             : refused->key == key && refused->body == entry.request.body;
    if (!its_own) return answered(entry, "answers something else than");
  }
  if (key.empty()) return {};
  if (before.answers.count(key) != 0) return answered(entry, "answers once more");
  if (answers != 1) return answered(entry, fmt::format("has {} answers to", answers));
  return {};
}

// A part of a line's price and who pays it.
struct VoucherUse::Payment {
  const Line& line;
  const Use& use;
  std::size_t stretch, part;
  const Voucher& voucher;
};

// Whose claim is the last that was taken on in the entry: it may have been stopped again since.
void VoucherUse::learn_claims(const State& after, const Entry& entry) {
  for (const Event& event : entry.events) {
    if (const auto* started = std::get_if<Started>(&event)) {
      const auto job = after.jobs.find(started->job);
      if (job == after.jobs.end()) continue;
      const JobRequest& r = job->second.request;
      running_[to_text(started->job) + "/" + std::to_string(started->attempt)] =
          Use{r.payer, r.purpose, started->claim};
    } else if (const auto* extended = std::get_if<Extended>(&event)) {
      const auto job = after.jobs.find(extended->job);
      if (job == after.jobs.end()) continue;
      const auto use = running_.find(owner_of(job->second));
      if (use != running_.end()) use->second.claim.until = extended->until;
    }
  }
}
void VoucherUse::forget_claims(const State& after, const Entry& entry) {
  for (const Event& event : entry.events) {
    if (const auto* ended = std::get_if<Ended>(&event)) {
      running_.erase(to_text(ended->job) + "/" + std::to_string(ended->attempt));
    } else if (const auto* stopping = std::get_if<Stopping>(&event)) {
      const auto job = after.jobs.find(stopping->job);
      if (job == after.jobs.end()) continue;
      const auto use = running_.find(owner_of(job->second));
      if (use != running_.end()) use->second.claim.until = stopping->until;
    }
  }
}

// Nothing when the owner has no claim.
std::optional<VoucherUse::Use> VoucherUse::use_of(const State& s, const Entry& entry,
                                                  const std::string& owner) const {
  const auto attempt = running_.find(owner);
  if (attempt != running_.end()) return attempt->second;
  const auto id = parse_id<Reservation>(owner);
  const auto reservation = id ? s.reservations.find(*id) : s.reservations.end();
  const auto* const asked = std::get_if<ReserveChips>(&entry.request.command);
  if (reservation == s.reservations.end() || asked == nullptr) return std::nullopt;
  return Use{reservation->second.payer, asked->purpose, reservation->second.claim};
}

// What the line has paid stays counted.
void VoucherUse::close(const std::string& owner) {
  const auto known = open_.find(owner);
  if (known == open_.end()) return;
  const Line& line = known->second.line;
  count(known->second, price_of(line.rate, line.metered).value_or(Money{}));
  open_.erase(known);
}

Result<void> VoucherUse::take(const State& after, const Entry& entry) {
  learn_claims(after, entry);
  if (auto good = look_at_holds(after, entry); !good) return good;
  for (const Event& event : entry.events) {
    if (const auto* open = std::get_if<LineOpen>(&event)) {
      if (auto good = look_at_line(after, entry, open->line); !good) return good;
    } else if (const auto* closed = std::get_if<LineClosed>(&event)) {
      close(closed->owner);
    }
  }
  forget_claims(after, entry);
  return {};
}

// Money leaves a voucher by a hold of a line, or when it expires or is exchanged.
Result<void> VoucherUse::look_at_holds(const State& after, const Entry& entry) const {
  const auto on_a_line = [&](Id<Hold> hold) {
    return std::any_of(entry.events.begin(), entry.events.end(), [&](const Event& event) {
      const auto* const open = std::get_if<LineOpen>(&event);
      return open != nullptr && std::find(open->line.holds.begin(), open->line.holds.end(), hold) !=
                                    open->line.holds.end();
    });
  };
  for (const Event& event : entry.events) {
    const auto* const posted = std::get_if<Posted>(&event);
    if (posted == nullptr) continue;
    const Reason reason = posted->transfer.reason;
    if (reason == Reason::expire || reason == Reason::exchange) continue;
    for (const Leg& leg : posted->transfer.legs) {
      if (leg.kind != LegKind::hold && leg.kind != LegKind::post) continue;
      const Voucher* const voucher = voucher_of(after, leg.debit);
      if (voucher == nullptr || (leg.kind == LegKind::hold && on_a_line(leg.hold))) continue;
      return spent(entry, fmt::format("takes {} from {} for no use of chips",
                                      to_grouped_text(leg.amount), to_text(voucher->id)));
    }
  }
  return {};
}

// What is held more than when the line was last seen.
Result<void> VoucherUse::look_at_line(const State& after, const Entry& entry, const Line& line) {
  const Id<Hold> first = line.holds.empty() ? Id<Hold>{} : line.holds.front();
  if (const auto seen = open_.find(line.owner);
      seen != open_.end() && seen->second.holds > 0 && seen->second.first != first) {
    close(line.owner);  // it goes on with other holds
  }
  Known& known = open_[line.owner];
  known.first = first;
  const std::size_t before = std::exchange(known.holds, line.holds.size());
  if (line.holds.size() > before) {
    const auto use = use_of(after, entry, line.owner);
    known.stretches = stretches_of(after, line);
    for (std::size_t i = 0; i < known.stretches.size(); ++i) {
      for (std::size_t j = 0; j < known.stretches[i].parts.size(); ++j) {
        const Part& part = known.stretches[i].parts[j];
        const Voucher* const voucher = payer_of(after, line, part, before);
        if (voucher == nullptr) continue;
        if (!use) {
          return spent(entry, fmt::format("holds money of {} for {}, which has no claim",
                                          to_text(voucher->id), line.owner));
        }
        auto good = look_at_part(after, entry, {line, *use, i, j, *voucher}, known);
        if (!good) return good;
      }
    }
  }
  if (known.counted.empty()) return {};
  known.line = line;
  if (line.holds.size() <= before) return {};
  count(known, known.stretches.back().upto);
  return look_at_caps(after, entry, known);
}

Result<void> VoucherUse::look_at_caps(const State& after, const Entry& entry,
                                      const Known& known) const {
  for (const auto& [window, sum] : known.sums) {
    const auto& [id, word, holder, year] = window;
    const auto programme = after.configuration->programmes.find(id);
    if (programme == after.configuration->programmes.end()) continue;
    for (const HolderCap& cap : programme->second.caps) {
      const bool same = (cap.per == HolderCap::Per::ever) == (year == "ever") &&
                        word == (cap.holders.empty() ? "" : cap.holders.front());
      if (!same || used_.at(window) <= cap.amount.micros) continue;
      return spent(entry, fmt::format("holds {} of {} for {} in {}, more than its cap of {}",
                                      to_grouped_text(narrow(used_.at(window))), id, holder,
                                      year == "ever" ? "all" : year, to_grouped_text(cap.amount)));
    }
  }
  return {};
}

Result<void> VoucherUse::look_at_part(const State& after, const Entry& entry, const Payment& paid,
                                      Known& known) const {
  const Voucher& voucher = paid.voucher;
  const Use& use = paid.use;
  const auto wrong = [&](const std::string& what) {
    return spent(entry,
                 fmt::format("lets {} pay for {}, {}", to_text(voucher.id), paid.line.owner, what));
  };
  if (voucher.holder != use.payer) {
    return wrong("which is of " + use.payer + ", not of " + voucher.holder);
  }
  if (!voucher.purposes.empty() && !one_of(voucher.purposes, use.purpose)) {
    return wrong("which is for " + use.purpose);
  }
  const Money from = paid.stretch == 0 ? Money{} : known.stretches[paid.stretch - 1].upto;
  if (known.stretches[paid.stretch].upto > price_until(paid.line, use.claim, voucher.expires)) {
    return wrong("for use after " + to_text(voucher.expires));
  }
  const auto found = after.configuration->programmes.find(voucher.programme);
  if (found == after.configuration->programmes.end()) return {};
  const Programme& programme = found->second;
  if (programme.basis == Programme::Basis::end && use.claim.until > voucher.expires) {
    return wrong("which ends after " + to_text(voucher.expires));
  }
  if (!programme.sites.empty() && !one_of(programme.sites, paid.line.site)) {
    return wrong("at " + paid.line.site);
  }
  // A stretch lies within a year where a cap counts by the year.
  Year year = year_of(use.claim.from);
  while (start_of(year + std::chrono::years(1)) < use.claim.until &&
         price_until(paid.line, use.claim, start_of(year + std::chrono::years(1))) <= from) {
    year += std::chrono::years(1);
  }
  std::set<HolderCap::Per> counted;
  for (const HolderCap& cap : programme.caps) {
    if (share_a_word(voucher.declared, cap.except)) continue;
    if (!cap.holders.empty() && !share_a_word(voucher.declared, cap.holders)) continue;
    if (!counted.insert(cap.per).second) continue;
    const bool ever = cap.per == HolderCap::Per::ever;
    known.counted.push_back(
        {{programme.id, cap.holders.empty() ? "" : cap.holders.front(), voucher.holder,
          ever ? "ever" : std::to_string(static_cast<int>(year))},
         paid.stretch,
         paid.part});
  }
  return {};
}

// What the line has paid, or holds for, when its price is that much.
void VoucherUse::count(Known& known, Money price) {
  for (const auto& [window, sum] : known.sums) used_[window] -= sum;
  known.sums.clear();
  const std::vector<Stretch>& stretches = known.stretches;
  for (const Counted& one : known.counted) {
    const Money from = one.stretch == 0 ? Money{} : stretches[one.stretch - 1].upto;
    const Money covered = std::min(price, stretches[one.stretch].upto) - from;
    if (covered <= Money{}) continue;
    known.sums[one.window] += given_by(stretches[one.stretch], one.part, covered);
  }
  for (const auto& [window, sum] : known.sums) used_[window] += sum;
}

}  // namespace granary
