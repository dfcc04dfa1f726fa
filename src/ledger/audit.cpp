// Every law of the books, recomputed from the accounts and holds alone. It shares no state with
// admit() and evolve(), so it finds what they got wrong.

#include <fmt/core.h>

#include <limits>

#include "ledger/books.h"

namespace granary {
namespace {
constexpr Wide most = std::numeric_limits<std::int64_t>::max();

tl::unexpected<Error> broken(std::string what) {
  return fail(Error::Kind::bug, 9001, std::move(what));
}

std::string text(Wide micros) {
  const Wide within = micros > most ? most : micros < -most ? -most : micros;
  return to_grouped_text(Money{static_cast<std::int64_t>(within)});
}

Result<void> audit_counters(const Account& account) {
  const std::pair<const char*, Money> counters[] = {{"debits_pending", account.debits_pending},
                                                    {"debits_posted", account.debits_posted},
                                                    {"credits_pending", account.credits_pending},
                                                    {"credits_posted", account.credits_posted}};
  for (const auto& [name, counter] : counters) {
    if (counter < Money{}) {
      return broken(
          fmt::format("{} of {} is {}, below zero", name, account.name, text(counter.micros)));
    }
  }
  const Wide out = static_cast<Wide>(account.debits_pending.micros) + account.debits_posted.micros;
  const Wide in = static_cast<Wide>(account.credits_posted.micros) + account.credit_line.micros;
  if (account.credit_line < Money{} ||
      (account.credit_line > Money{} && account.kind != AccountClass::cash)) {
    return broken(
        fmt::format("{} has a credit line of {}", account.name, text(account.credit_line.micros)));
  }
  if (account.floor() && out > in) {
    return broken(fmt::format("{} has {} out and held of {} in{}: below its floor by {}",
                              account.name, text(out), text(account.credits_posted.micros),
                              account.credit_line == Money{}
                                  ? ""
                                  : " and a credit of " + text(account.credit_line.micros),
                              text(out - in)));
  }
  return {};
}

Result<void> audit_names(const Books& books) {
  for (const auto& [id, account] : books.accounts) {
    const auto named = books.by_name.find(account.name);
    if (account.id != id || named == books.by_name.end() || named->second != id) {
      return broken(fmt::format("account {} is not found by its name {}", id.value, account.name));
    }
    if (id.value >= books.next_account) {
      return broken(fmt::format("account {} is numbered {}, the next is to be {}", account.name,
                                id.value, books.next_account));
    }
  }
  if (books.by_name.size() != books.accounts.size()) {
    return broken(
        fmt::format("{} names for {} accounts", books.by_name.size(), books.accounts.size()));
  }
  return {};
}

Result<void> audit_hold(const Books& books, Id<Hold> id, const Hold& hold) {
  const Wide settled = static_cast<Wide>(hold.captured.micros) + hold.released.micros;
  if (hold.captured < Money{} || hold.released < Money{} || settled >= hold.amount.micros) {
    return broken(fmt::format("hold {} of {} has {} captured and {} released", to_text(id),
                              text(hold.amount.micros), text(hold.captured.micros),
                              text(hold.released.micros)));
  }
  const auto debit = books.accounts.find(hold.debit);
  const auto credit = books.accounts.find(hold.credit);
  if (debit == books.accounts.end() || credit == books.accounts.end() ||
      debit->second.asset != credit->second.asset) {
    return broken(fmt::format("hold {} is not between two accounts of one asset", to_text(id)));
  }
  if (hold.id != id || id.value >= books.next_hold) {
    return broken(fmt::format("hold {} is numbered {}, the next is to be {}", to_text(id),
                              hold.id.value, books.next_hold));
  }
  return {};
}

struct Sums {
  Wide debits_pending = 0, debits_posted = 0, credits_pending = 0, credits_posted = 0;
};

Result<void> audit_sums(const Books& books) {
  std::map<std::string_view, Sums> by_asset;
  Wide debits = 0, credits = 0;
  for (const auto& [id, account] : books.accounts) {
    Sums& sums = by_asset[account.asset];
    sums.debits_pending += account.debits_pending.micros;
    sums.debits_posted += account.debits_posted.micros;
    sums.credits_pending += account.credits_pending.micros;
    sums.credits_posted += account.credits_posted.micros;
    debits += account.debits_posted.micros;
    credits += account.credits_posted.micros;
  }
  for (const auto& [asset, sums] : by_asset) {
    if (sums.debits_posted != sums.credits_posted) {
      return broken(fmt::format("posted debits {} and posted credits {} in {} differ by {}",
                                text(sums.debits_posted), text(sums.credits_posted), asset,
                                text(sums.debits_posted - sums.credits_posted)));
    }
    if (sums.debits_pending != sums.credits_pending) {
      return broken(fmt::format("pending debits {} and pending credits {} in {} differ by {}",
                                text(sums.debits_pending), text(sums.credits_pending), asset,
                                text(sums.debits_pending - sums.credits_pending)));
    }
  }
  if (debits != books.sum_posted_debits.micros || credits != books.sum_posted_credits.micros) {
    return broken(
        fmt::format("the accounts sum to {} debits and {} credits, the books kept {} and {}",
                    text(debits), text(credits), text(books.sum_posted_debits.micros),
                    text(books.sum_posted_credits.micros)));
  }
  return {};
}

Result<void> audit_pending(const Books& books) {
  std::map<Id<Account>, Sums> open;
  for (const auto& [id, hold] : books.holds) {
    open[hold.debit].debits_pending += hold.open().micros;
    open[hold.credit].credits_pending += hold.open().micros;
  }
  for (const auto& [id, account] : books.accounts) {
    const auto found = open.find(id);
    const Sums sums = found == open.end() ? Sums{} : found->second;
    if (sums.debits_pending != account.debits_pending.micros ||
        sums.credits_pending != account.credits_pending.micros) {
      return broken(fmt::format("open holds of {} sum to {} out and {} in, pending are {} and {}",
                                account.name, text(sums.debits_pending), text(sums.credits_pending),
                                text(account.debits_pending.micros),
                                text(account.credits_pending.micros)));
    }
  }
  return {};
}

Result<void> audit_vouchers(const Books& books) {
  for (const auto& [id, voucher] : books.vouchers) {
    Wide received = 0;
    for (const Purse& purse : purses_of(voucher)) {
      const auto found = books.accounts.find(purse.account);
      if (found == books.accounts.end() || found->second.kind != AccountClass::voucher ||
          found->second.name != "V:" + to_text(id) + purse.suffix || voucher.id != id ||
          id.value >= books.next_voucher) {
        return broken(fmt::format("voucher {} has no account of its own", to_text(id)));
      }
      // What was promised may still wait, or have gone back to the fund.
      const Account* const promise = find_account(books, "PROMISE:" + to_text(id) + purse.suffix);
      received += found->second.credits_posted.micros;
      received += promise == nullptr ? 0 : promise->credits_posted.micros;
      if (voucher.closed && found->second.debits_pending != Money{}) {
        return broken(fmt::format("voucher {} is closed and holds {}", to_text(id),
                                  text(found->second.debits_pending.micros)));
      }
    }
    if (received < voucher.face.micros) {
      return broken(fmt::format("voucher {} of {} received only {}", to_text(id),
                                text(voucher.face.micros), text(received)));
    }
  }
  return {};
}
}  // namespace

Result<void> audit(const Books& books) {
  if (auto done = audit_names(books); !done) return done;
  for (const auto& [id, account] : books.accounts) {
    if (auto done = audit_counters(account); !done) return done;
  }
  for (const auto& [id, hold] : books.holds) {
    if (auto done = audit_hold(books, id, hold); !done) return done;
  }
  if (auto done = audit_sums(books); !done) return done;
  if (auto done = audit_pending(books); !done) return done;
  return audit_vouchers(books);
}

}  // namespace granary
