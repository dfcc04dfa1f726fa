#pragma once
// Entries that look like a day's: a configuration with a voucher, then starts with their holds,
// each captured and released by the next. Their books balance, so every store must take them.

#include <algorithm>
#include <string>
#include <vector>

#include "engine/codec.h"
#include "engine/ports.h"

namespace granary {

class EntryMaker {
 public:
  // Goes on from that head.
  explicit EntryMaker(Journal::Head from = {}) : last_(from) {}

  // The entry that comes next; the first opens the accounts and grants.
  Entry next() {
    Entry entry = last_.sequence == 0 ? opening() : start(last_.sequence);
    return sealed(std::move(entry));
  }
  std::vector<Entry> next(std::size_t count) {
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < count; ++i) entries.push_back(next());
    return entries;
  }
  // That entry with its sequence and chain as the next one.
  Entry sealed(Entry entry) {
    entry.sequence = last_.sequence + 1;
    entry.chain = chained(last_.chain, encode(entry));
    last_ = {entry.sequence, entry.chain};
    return entry;
  }

  static constexpr Id<Account> city{1}, fund{2}, voucher{3}, revenue{4};
  static Event opened(Id<Account> id, const std::string& name, AccountClass kind) {
    Account account;
    account.id = id;
    account.name = name;
    account.kind = kind;
    account.asset = "CNY";
    return Opened{account};
  }
  static Event posted(Reason reason, std::vector<Leg> legs, const std::string& owner) {
    return Posted{{reason, std::move(legs), owner, "2 x a800-sxm-80 1 h"}};
  }

 private:
  static Entry opening() {
    Entry entry;
    entry.request.actor = "ops";
    entry.request.command = GrantVoucher{};
    const Money million = Money::units(1'000'000'000);
    entry.events = {opened(city, "CITY:gz", AccountClass::source),
                    opened(fund, "FUND:city-2026", AccountClass::fund),
                    opened(voucher, "V:v-1", AccountClass::voucher),
                    opened(revenue, "REV:guian", AccountClass::revenue),
                    posted(Reason::appropriate, {{LegKind::post, city, fund, million, {}}}, ""),
                    posted(Reason::grant, {{LegKind::post, fund, voucher, million, {}}}, "")};
    return entry;
  }

  // Job n starts with hold n on two chips; job n - 1 ends, 36 of its 48 used.
  static Entry start(std::uint64_t n) {
    Entry entry;
    entry.at = Instant(std::chrono::minutes(n));
    entry.request.key = "01890a5d-ac96-774b-bcce-" + std::to_string(100'000'000'000 + n);
    entry.request.actor = "lab";
    entry.request.command = WorkerRunning{{n}, 1, ""};
    entry.request.body = body_hash(entry.request.command);
    const Money held = Money::units(48), used = Money::units(36);
    if (n > 1) {
      const std::string owner = "j-" + std::to_string(n - 1) + "/1";
      const Id<Hold> hold{n - 1};
      entry.events.push_back(
          posted(Reason::capture, {{LegKind::capture, voucher, revenue, used, hold}}, owner));
      entry.events.push_back(posted(
          Reason::release, {{LegKind::release, voucher, revenue, held - used, hold}}, owner));
    }
    entry.events.push_back(posted(Reason::hold, {{LegKind::hold, voucher, revenue, held, {n}}},
                                  "j-" + std::to_string(n) + "/1"));
    Started started;
    started.job = {n};
    started.attempt = 1;
    started.claim.owner = Id<Job>{n};
    started.claim.pool = {1};
    started.claim.held = {{{7}, 0}, {{7}, 1}};
    started.claim.from = entry.at;
    started.claim.until = entry.at + std::chrono::hours(1);
    started.because = Fits{{1}, 8};
    entry.events.push_back(started);
    entry.events.push_back(
        Answered{entry.request.key, entry.request.body, "j-" + std::to_string(n), entry.at});
    return entry;
  }

  Journal::Head last_;
};

}  // namespace granary
