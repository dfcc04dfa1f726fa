#pragma once
// One random sequence of commands, run against the books and against the oracle. Every acceptance,
// every code of a refusal and every balance is compared after every command. For tests only.

#include <fmt/core.h>

#include <limits>

#include "ledger/books_chance.h"
#include "ledger/books_oracle.h"
#include "ledger/budgets.h"
#include "ledger/funding.h"
#include "ledger/payments.h"

namespace granary {
using oracle::Big;

// What is broken on purpose, to see that it is noticed.
enum class Fault { none, counter, hold, leg, capture_twice, refund_twice, credit_line };

struct Tally {
  std::uint64_t commands = 0, accepted = 0, refused = 0, transfers = 0;
  std::map<int, std::uint64_t> codes;
};

inline constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
inline const std::vector<std::string> purposes{"pretrain", "finetune", "serve", "run"};

inline std::int64_t narrow(Big value) { return static_cast<std::int64_t>(value); }
inline Instant at(std::int64_t millis) { return Instant(Span(millis)); }

// run() says the first difference; nothing when books and oracle agree throughout.
class Sequence {
 public:
  Sequence(std::uint64_t seed, Fault fault, Tally& tally)
      : chance_(seed), fault_(fault), tally_(tally) {
    const std::vector<Programme> all{make("city", "city", "CNY", {}),
                                     make("centre", "centre", "CNY", {"serve", "run"}),
                                     make("abroad", "abroad", "USD", {}),
                                     make("second", "city", "CNY", {"pretrain", "finetune"}),
                                     make("steps", "centre", "CNY", {})};
    for (Programme programme : all) {
      if (programme.id == "steps") programme.tranches = {3'333, 1, 6'666};
      programmes_.emplace(programme.id, programme);
      world_.programmes[programme.id] = {programme.issuer,
                                         programme.asset,
                                         {programme.purposes.begin(), programme.purposes.end()},
                                         {programme.tranches.begin(), programme.tranches.end()}};
    }
  }

  std::string run() {
    const std::int64_t commands = 30 + chance_.below(31);
    for (std::int64_t i = 0; i < commands && difference_.empty(); ++i) {
      command(i);
      if (i >= commands / 2) plant();
      if (difference_.empty()) check_lines();
      if (difference_.empty()) check_state();
      if (!difference_.empty()) difference_ = fmt::format("command {}: {}", i, difference_);
      ++tally_.commands;
    }
    return difference_;
  }

 private:
  struct Pair {
    Line line;
    oracle::Line twin;
    std::string purpose, holder, asset;
    std::int64_t until = 0;
    // Summed from the legs that were posted, by source.
    std::map<std::uint64_t, Big> captured, refunded;
  };

  static Programme make(const std::string& id, const std::string& issuer, const std::string& asset,
                        std::vector<std::string> pays_for) {
    Programme programme;
    programme.id = id;
    programme.issuer = issuer;
    programme.asset = asset;
    programme.purposes = std::move(pays_for);
    return programme;
  }

  void command(std::int64_t index) {
    const std::int64_t roll = index < 4 ? 0 : index < 9 ? 10 : chance_.below(100);
    if (roll < 5) return appropriate_some();
    if (roll < 17) return grant_some();
    if (roll < 33) return hold_some();
    if (roll < 54) return capture_some();
    if (roll < 60) return extend_some();
    if (roll < 68) return release_some();
    if (roll < 75) return refund_some();
    if (roll < 81) return expire_some();
    if (roll < 84) return pay_some();
    if (roll < 87) return credit_some();
    if (roll < 90) {
      now_ += 50'000 * chance_.below(10);            // coarse, so that instants often coincide
      if (chance_.percent(3)) now_ += 50'000 * 400;  // a clock that jumps
      return;
    }
    if (roll < 93) return release_tranche_of_some();
    raw_transfer();
  }

  void differ(std::string what) {
    if (difference_.empty()) difference_ = std::move(what);
  }

  void expect(const char* what, Big real, Big oracle) {
    if (real != oracle) {
      differ(fmt::format("{}: books say {}, oracle says {}", what, narrow(real), narrow(oracle)));
    }
  }

  // Admits and folds, leg by leg what the oracle did; `code` is what the oracle expects.
  bool fold(const std::vector<BooksEvent>& events, int code, Pair* pair = nullptr) {
    Books after = books_;
    int real = 0;
    for (BooksEvent event : events) {
      if (Posted* const posted = std::get_if<Posted>(&event)) {
        if (const auto admitted = admit(after, posted->transfer); !admitted) {
          real = admitted.error().code;
          break;
        }
        spoil(posted->transfer);
        ++tally_.transfers;
        if (pair != nullptr) count(posted->transfer, *pair);
      }
      evolve(after, event);
    }
    expect("code", real, code);
    note(real);
    if (real == 0) books_ = std::move(after);
    return real == 0;
  }

  // What the oracle is not told: a caller that kept an old line.
  void fold_unasked(const std::vector<BooksEvent>& events, Pair& pair) {
    for (const BooksEvent& event : events) {
      const Transfer& transfer = std::get<Posted>(event).transfer;
      if (!admit(books_, transfer)) return;
      count(transfer, pair);
      evolve(books_, event);
    }
  }

  void note(int code) {
    ++(code == 0 ? tally_.accepted : tally_.refused);
    ++tally_.codes[code];
  }

  static void count(const Transfer& transfer, Pair& pair) {
    for (const Leg& leg : transfer.legs) {
      if (leg.kind == LegKind::capture) pair.captured[leg.debit.value] += leg.amount.micros;
      if (leg.kind == LegKind::post) pair.refunded[leg.credit.value] += leg.amount.micros;
    }
  }

  std::int64_t amount() {
    const std::int64_t roll = chance_.below(100);
    if (roll < 3) return -chance_.below(1000);
    if (roll < 5) return 0;
    if (roll < 8) return largest - chance_.below(3);
    if (roll < 10) return largest / (1 + chance_.below(4));
    if (roll < 20) return 1 + chance_.below(9);
    return 1 + chance_.below(500'000'000);
  }

  std::vector<std::string> some_purposes() {
    std::vector<std::string> some;
    for (const std::string& purpose : purposes) {
      if (chance_.percent(35)) some.push_back(purpose);
    }
    if (chance_.percent(2)) some.push_back("dance");
    return some;
  }

  void appropriate_some() {
    Programme programme = programmes_.at(
        chance_.of<std::string>({"city", "city", "centre", "abroad", "second", "steps"}));
    const Big before = world_.programmes[programme.id].appropriated;
    programme.fund = Money{chance_.percent(4) ? largest - chance_.below(5)
                                              : narrow(std::min<Big>(before, largest / 2)) -
                                                    1'000'000'000 + chance_.below(6'000'000'000)};
    const auto events = appropriate(books_, programme, Money{narrow(before)});
    fold(events, world_.appropriate(programme.id, programme.fund.micros));
  }

  void grant_some() {
    Grant wanted;
    wanted.programme =
        chance_.percent(3)
            ? "cty"
            : chance_.of<std::string>({"city", "centre", "abroad", "second", "steps"});
    wanted.holder = chance_.of<std::string>({"ann", "ann", "bo"});
    wanted.amount = Money{amount()};
    if (const Account* const fund = find_account(books_, "FUND:" + wanted.programme);
        fund != nullptr && chance_.percent(5)) {
      const Big more = Big{fund->available().micros} + chance_.below(2);
      wanted.amount = Money{narrow(std::min<Big>(more, largest))};
    }
    wanted.purposes = some_purposes();
    const std::int64_t expires = now_ + 50'000 * (chance_.below(40) - 1);
    wanted.expires = at(expires);
    const auto events = grant(books_, programmes_, wanted, at(now_));
    const int code = world_.grant(wanted.programme, wanted.holder, wanted.amount.micros,
                                  {wanted.purposes.begin(), wanted.purposes.end()}, expires, now_);
    if (events) {
      fold(*events, code);
    } else {
      expect("code of a grant", events.error().code, code);
      note(events.error().code);
    }
  }

  void checked(const Result<std::vector<BooksEvent>>& events, int code) {
    if (events) {
      fold(*events, code);
    } else {
      expect("code", events.error().code, code);
      note(events.error().code);
    }
  }

  // Only some have cash: what vouchers pay alone is looked at too.
  void pay_some() {
    BankPayment payment;
    payment.reason = chance_.percent(70) ? Reason::top_up : Reason::withdraw;
    payment.party = chance_.of<std::string>({"bo", "cy"});
    payment.asset = chance_.percent(95) ? "CNY" : "USD";
    const std::int64_t size = amount();
    payment.amount = Money{chance_.percent(90) ? size / 10'000 * 10'000 : size};
    const auto events = pay(books_, payment);
    checked(events, world_.pay(payment.reason == Reason::top_up, payment.party,
                               payment.amount.micros, payment.asset));
  }

  void credit_some() {
    CreditLine credit;
    credit.tenant = chance_.of<std::string>({"bo", "cy"});
    credit.asset = chance_.percent(95) ? "CNY" : "USD";
    credit.line = Money{amount()};
    const auto cash = world_.accounts.find("CASH:" + credit.tenant);
    if (cash != world_.accounts.end() && chance_.percent(40)) {  // just what is used, or one less
      credit.line = Money{narrow(std::max<Big>(0, -cash->second.free()) - chance_.below(2))};
    }
    const auto events = set_credit_line(books_, credit);
    checked(events, world_.credit(credit.tenant, credit.line.micros, credit.asset));
  }

  using Draws = oracle::World::Draws;  // account and amount

  // What both say to a bill; nothing when both say it falls short.
  std::optional<Draws> draws_for(const Bill& bill) {
    const oracle::World::Wanted wanted{bill.holder,
                                       bill.purpose,
                                       bill.asset,
                                       bill.rate.first.per_chip_hour.micros,
                                       bill.shares,
                                       bill.before.share_millis,
                                       bill.from.time_since_epoch().count(),
                                       bill.until.time_since_epoch().count()};
    const Draws twin = world_.payers(wanted);
    const Big have = oracle::World::total(twin), needed = wanted.upto(wanted.until);
    expect("affordable", affordable(books_, programmes_, bill).micros, have);
    const auto real = fund(books_, programmes_, bill);
    if (real.has_value() != (have == needed)) {
      differ(real ? "funded, the oracle falls short" : "short, the oracle can pay");
      return std::nullopt;
    }
    if (!real) {
      expect("needed", real.error().needed.micros, needed);
      expect("have", real.error().have.micros, have);
      check_shortfall(real.error(), wanted);
      note(4002);
      return std::nullopt;
    }
    expect("stretches of plain vouchers", static_cast<Big>(real->stretches.size()), 0);
    expect("payers", static_cast<Big>(real->payers.size()), static_cast<Big>(twin.size()));
    for (std::size_t i = 0; i < twin.size() && difference_.empty(); ++i) {
      expect("account drawn on", real->payers[i].account.value, id_of(twin[i].first).value);
      expect("amount drawn", real->payers[i].amount.micros, twin[i].second);
    }
    return twin;
  }

  void check_shortfall(const Shortfall& shortfall, const oracle::World::Wanted& wanted) {
    std::size_t of_holder = 0;
    for (const auto& [id, voucher] : world_.vouchers) of_holder += voucher.holder == wanted.holder;
    expect("vouchers looked at", static_cast<Big>(shortfall.vouchers.size()),
           static_cast<Big>(of_holder));
    constexpr std::string_view letters = "xlpae";  // of ExcludedBecause
    for (const VoucherView& view : shortfall.vouchers) {
      const char why = view.excluded ? letters[static_cast<std::size_t>(*view.excluded)] : ' ';
      expect("why a voucher is excluded", why, world_.excluded(view.voucher.value, wanted));
    }
  }

  Bill bill_of(const Pair& pair) {
    Bill bill;
    bill.holder = pair.holder;
    bill.purpose = pair.purpose;
    bill.asset = pair.asset;
    bill.rate = pair.line.rate;
    bill.shares = chance_.percent(80) ? 1 + chance_.below(4'000'000) : chance_.below(3);
    bill.before = chance_.percent(60) ? pair.line.metered : ChipTime{chance_.below(1'000'000'000)};
    bill.from = at(now_);
    bill.until = at(pair.until);
    return bill;
  }

  Funding funding_of(const Draws& draws, const std::string& asset, const Agreed& rate) {
    Funding funding;
    funding.rate = rate;
    funding.asset = asset;
    for (const auto& [source, amount] : draws) {
      funding.payers.push_back({id_of(source), Money{narrow(amount)}});
    }
    return funding;
  }

  // What fund() would never say: any voucher, closed or not, for what it has or a little more.
  // Rather a closed one that something has come back to.
  Draws any_draw() {
    Draws all, came_back;
    for (const auto& [id, voucher] : world_.vouchers) {
      const Big free = world_.accounts.at(oracle::voucher_account(id)).free();
      const Big wanted = std::min<Big>(free + chance_.below(2), largest);
      all.emplace_back(oracle::voucher_account(id), wanted);
      if (voucher.closed && free > 0) {
        came_back.emplace_back(oracle::voucher_account(id), free);
      }
    }
    if (all.empty()) return {};
    return {chance_.of(came_back.empty() ? all : came_back)};
  }

  // Places or extends; now and then with draws that were worked out long ago.
  bool place(Pair& pair, bool extends) {
    auto draws = draws_for(bill_of(pair));
    if (chance_.percent(10)) draws = stale_;
    if (chance_.percent(5)) draws = any_draw();
    if (!draws) return false;
    if (chance_.percent(30)) stale_ = *draws;
    const Funding funding = funding_of(*draws, pair.asset, pair.line.rate);
    const auto placed = extends ? extend_hold(books_, funding, pair.line, "more")
                                : place_hold(books_, funding, pair.line, "start");
    const int code = world_.place(pair.twin, *draws, pair.asset);
    if (!placed) {
      expect("code of a hold", placed.error().code, code);
      note(placed.error().code);
      return false;
    }
    if (!fold(placed->events, code)) return false;
    pair.line = placed->line;
    return true;
  }

  void hold_some() {
    Pair pair;
    pair.holder = chance_.of<std::string>({"ann", "ann", "bo", "cy"});
    pair.purpose = chance_.of(purposes);
    pair.asset = chance_.percent(85) ? "CNY" : "USD";
    pair.line.site = pair.twin.site =
        (pair.asset == "CNY") != chance_.percent(3) ? "guian" : "overseas";
    pair.until = now_ + 50'000 * chance_.below(12);
    const std::int64_t rate = chance_.percent(3)   ? 0
                              : chance_.percent(3) ? largest / (1 + chance_.below(9))
                                                   : 1 + chance_.below(60'000'000);
    pair.line.rate = Rate{Money{rate}};
    pair.twin.rate = rate;
    pair.line.owner = fmt::format("j-{}/1", lines_.size() + 1);
    if (place(pair, false)) lines_.push_back(std::move(pair));
  }

  Pair* any_line() {
    if (lines_.empty()) return nullptr;
    return &lines_[static_cast<std::size_t>(
        chance_.below(static_cast<std::int64_t>(lines_.size())))];
  }

  void extend_some() {
    if (Pair* const pair = any_line()) {
      pair->until = now_ + 50'000 * chance_.below(18);
      place(*pair, true);
    }
  }

  void capture_some() {
    Pair* const pair = any_line();
    if (pair == nullptr) return;
    const std::int64_t step = chance_.percent(30) ? 100'000'000'000 : 3'000'000'000;
    const Big used =
        chance_.percent(2) ? Big{largest} : pair->twin.paid_use - step / 10 + chance_.below(step);
    const ChipTime use{narrow(std::clamp<Big>(used, 0, largest))};
    const Captured real = capture(books_, pair->line, use, "metered");
    const auto twin = world_.capture(pair->twin, use.share_millis);
    const bool folded = fold(real.events, twin.code, pair);
    if (!folded) return;
    expect("captured", real.amount.micros, twin.amount);
    expect("short by", real.short_by.micros, twin.short_by);
    if (fault_ == Fault::capture_twice) {
      fold_unasked(capture(books_, pair->line, use, "again").events, *pair);
    }
    pair->line = real.line;
    expect("metered", pair->line.metered.share_millis, pair->twin.paid_use);
  }

  void release_some() {
    Pair* const pair = any_line();
    if (pair == nullptr) return;
    const Released real = release(books_, pair->line, "ended");
    const Big twin = world_.release(pair->twin);
    fold(real.events, 0);
    expect("released", real.amount.micros, twin);
  }

  void refund_some() {
    Pair* const pair = any_line();
    if (pair == nullptr) return;
    const Big metered = pair->twin.paid_use;
    const Big kept = metered * chance_.below(11) / 10 - (chance_.percent(5) ? 7 : 0);
    const Refunded real = refund(books_, pair->line, {narrow(kept)}, "node fault");
    const auto twin = world_.refund(pair->twin, kept);
    if (!fold(real.events, twin.code, pair)) return;
    expect("refunded", real.amount.micros, twin.amount);
    if (fault_ == Fault::refund_twice) {
      fold_unasked(refund(books_, pair->line, {narrow(kept)}, "again").events, *pair);
    }
    pair->line = real.line;
  }

  void expire_some() {
    for (std::uint64_t id = 1; id <= world_.vouchers.size() + 1; ++id) {
      const auto events = expire(books_, programmes_, Id<Voucher>{id}, at(now_));
      fold(events, world_.expire(id, now_));
    }
  }

  void release_tranche_of_some() {
    std::vector<std::uint64_t> some;  // rather one that something is promised to
    for (const auto& [id, voucher] : world_.vouchers) {
      if (!voucher.promised.empty()) some.push_back(id);
    }
    const auto any = static_cast<std::uint64_t>(
        chance_.below(static_cast<std::int64_t>(world_.vouchers.size()) + 2));
    const std::uint64_t id = some.empty() || chance_.percent(20) ? any : chance_.of(some);
    const auto events = release_tranche(books_, programmes_, Id<Voucher>{id});
    const int code = world_.release(id);
    checked(events, code);
  }

  std::string any_account() {
    if (chance_.percent(4) || world_.accounts.empty()) return "nowhere";
    auto it = world_.accounts.begin();
    std::advance(it, chance_.below(static_cast<std::int64_t>(world_.accounts.size())));
    return it->first;
  }
  Id<Account> id_of(const std::string& name) {
    const Account* const account = find_account(books_, name);
    return account == nullptr ? Id<Account>{987654} : account->id;
  }

  // Legs of every kind, most of them wrong in some way: what a proposer with a bug could send.
  void raw_transfer() {
    std::vector<oracle::Leg> legs;
    std::uint64_t next = world_.next_hold;
    const std::int64_t count = chance_.percent(3) ? chance_.below(2) * 65 : 1 + chance_.below(4);
    for (std::int64_t i = 0; i < count; ++i) {
      oracle::Leg leg{static_cast<oracle::Kind>(chance_.below(4)), any_account(), any_account(),
                      amount()};
      if (leg.kind == oracle::Kind::hold) leg.hold = chance_.percent(90) ? next++ : 3;
      if (leg.kind == oracle::Kind::post && chance_.percent(5)) leg.hold = 1;
      if (leg.kind == oracle::Kind::capture || leg.kind == oracle::Kind::release) {
        leg.hold = static_cast<std::uint64_t>(chance_.below(static_cast<std::int64_t>(next) + 1));
        const auto hold = world_.holds.find(leg.hold);
        if (hold != world_.holds.end() && chance_.percent(85)) {
          leg.from = hold->second.from;
          leg.to = hold->second.to;
          if (chance_.percent(50)) {
            const Big open = hold->second.open() + (chance_.percent(30) ? 1 : 0);
            leg.amount = std::min<Big>(open, largest);
          }
        }
      }
      legs.push_back(leg);
    }
    Transfer transfer;
    transfer.reason = Reason::grant;
    transfer.owner = "raw";
    for (const oracle::Leg& leg : legs) {
      transfer.legs.push_back({static_cast<LegKind>(leg.kind), id_of(leg.from), id_of(leg.to),
                               Money{narrow(leg.amount)}, Id<Hold>{leg.hold}});
    }
    fold({Posted{std::move(transfer)}}, world_.transfer(legs));
  }

  // Captures of a line sum to the price of its use exactly; no source gets back more than it gave.
  void check_lines() {
    for (const Pair& pair : lines_) {
      Big net = 0;
      for (const auto& [source, sum] : pair.captured) net += sum;
      for (const auto& [source, sum] : pair.refunded) {
        net -= sum;
        const auto given = pair.captured.find(source);
        if (given == pair.captured.end() || sum > given->second) {
          return differ(fmt::format("line {} refunds more to account {} than it captured",
                                    pair.line.owner, source));
        }
      }
      const Big price = oracle::price(pair.twin.rate, pair.twin.used);
      if (pair.twin.short_of ? net >= price : net != price) {
        return differ(fmt::format("line {} has captured {} for a price of {}", pair.line.owner,
                                  narrow(net), narrow(price)));
      }
    }
  }

  void check_state() {
    if (const auto sound = audit(books_); !sound) return differ("audit: " + sound.error().what);
    expect("accounts", static_cast<Big>(books_.accounts.size()),
           static_cast<Big>(world_.accounts.size()));
    for (const auto& [name, twin] : world_.accounts) {
      const Account* const real = find_account(books_, name);
      if (real == nullptr) return differ("no account " + name);
      if (real->debits_pending.micros != twin.held_out || real->debits_posted.micros != twin.out ||
          real->credits_pending.micros != twin.held_in || real->credits_posted.micros != twin.in ||
          real->asset != twin.asset || real->available().micros != twin.free() ||
          real->credit_line.micros != twin.line) {
        return differ("balances of " + name);
      }
    }
    std::size_t open = 0;
    for (const auto& [id, twin] : world_.holds) {
      if (twin.open() == 0) continue;
      ++open;
      const auto real = books_.holds.find(Id<Hold>{id});
      if (real == books_.holds.end() || real->second.captured.micros != twin.captured ||
          real->second.released.micros != twin.released) {
        return differ(fmt::format("hold {}", id));
      }
    }
    expect("open holds", static_cast<Big>(books_.holds.size()), static_cast<Big>(open));
    for (const auto& [id, twin] : world_.vouchers) {
      const auto real = books_.vouchers.find(Id<Voucher>{id});
      if (real == books_.vouchers.end() || real->second.closed != twin.closed) {
        return differ(fmt::format("voucher {}", id));
      }
    }
  }

  void spoil(Transfer& transfer) {
    Money& size = transfer.legs.front().amount;
    if (fault_ == Fault::leg && size > Money{1}) size -= Money{1};
  }
  void plant() {
    if (fault_ == Fault::counter && !books_.accounts.empty()) {
      books_.accounts.begin()->second.credits_posted += Money{1};
    }
    if (fault_ == Fault::credit_line) {
      for (auto& [id, account] : books_.accounts) {
        if (account.credit_line > Money{}) account.credit_line += Money{1};
      }
    }
    if (fault_ == Fault::hold && !books_.holds.empty()) {
      books_.holds.begin()->second.released += Money{1};
    }
  }

  Chance chance_;
  Fault fault_;
  Tally& tally_;
  Books books_;
  oracle::World world_;
  Programmes programmes_;
  std::vector<Pair> lines_;
  Draws stale_;
  std::int64_t now_ = 1'000'000;
  std::string difference_;
};

}  // namespace granary
