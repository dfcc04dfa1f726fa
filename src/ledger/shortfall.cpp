// What a person reads when the vouchers do not reach: one sentence with the amounts, one with why
// no other voucher helps.

#include <fmt/core.h>

#include <algorithm>

#include "ledger/posting.h"

namespace granary {
namespace {
constexpr std::size_t most_named = 3;  // vouchers that a sentence names

bool includes(const VoucherView& view, const std::string& purpose) {
  return view.purposes.empty() ||
         std::find(view.purposes.begin(), view.purposes.end(), purpose) != view.purposes.end();
}

// Could be drawn on if it only had money.
bool usable(const VoucherView& view) {
  return !view.excluded || view.excluded == ExcludedBecause::empty;
}

// "30 %", "12.5 %".
std::string share_text(int share) {
  std::string text = fmt::format("{}.{:02}", share / 100, share % 100);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text + " %";
}

std::string why(const VoucherView& view, const Shortfall& shortfall, std::string_view payee) {
  const std::string id = to_text(view.voucher);
  switch (*view.excluded) {
    case ExcludedBecause::expired:
      return id + " expired on " + to_text(view.expires);
    case ExcludedBecause::ends_too_late:
      return fmt::format("{} expires on {}, the {} would end on {}", id, to_text(view.expires),
                         payee, to_text(shortfall.until));
    case ExcludedBecause::purpose:
      return id + " is only for " + joined(view.purposes);
    case ExcludedBecause::asset:
      return id + " is in another currency";
    case ExcludedBecause::empty:
      return id + " has nothing left";
    case ExcludedBecause::site:
      return fmt::format("{} of {} pays only at other sites than {}", id, view.programme,
                         shortfall.site);
    case ExcludedBecause::no_share:
      return fmt::format("{} of {} pays nothing of {} on {}", id, view.programme, shortfall.purpose,
                         shortfall.chip);
    case ExcludedBecause::capped:
      return fmt::format("{} is at the cap of {} for one holder", id, view.programme);
    case ExcludedBecause::needs_cash:
      return fmt::format("{} pays {} and nothing is there to pay the rest", id,
                         share_text(view.share));
    case ExcludedBecause::unapproved:
      return fmt::format("{} of {} pays for so large a {} only with an approval", id,
                         view.programme, payee);
    case ExcludedBecause::unit_short:
      if (!view.unit_needed) {
        return fmt::format("{} of {} counts in {} and has no price for {}", id, view.programme,
                           view.asset, shortfall.chip);
      }
      return fmt::format("{} of {} has {} {} left, the {} needs {}", id, view.programme,
                         to_grouped_text(view.left), view.asset, payee,
                         to_grouped_text(*view.unit_needed));
  }
  return id;
}

std::vector<std::string> names_of(const std::vector<const VoucherView*>& views) {
  std::vector<std::string> names;
  for (const VoucherView* view : views) {
    if (names.size() == most_named) break;
    names.push_back(to_text(view->voucher));
  }
  if (views.size() > names.size()) {
    names.push_back(fmt::format("{} more", views.size() - names.size()));
  }
  return names;
}

std::string amounts(const Shortfall& shortfall, const std::vector<const VoucherView*>& payers,
                    Money short_by, std::string_view payee) {
  const std::string needs =
      fmt::format("the {} needs {} (short by {}).", payee, to_grouped_text(shortfall.needed),
                  to_grouped_text(short_by));
  if (payers.size() == 1) {
    return fmt::format("voucher {} has {} left, {}", to_text(payers.front()->voucher),
                       to_grouped_text(payers.front()->left), needs);
  }
  if (payers.empty() && shortfall.vouchers.empty()) {
    return fmt::format("{} has no voucher, {}", shortfall.holder, needs);
  }
  if (payers.empty()) {
    return fmt::format("no voucher of {} can pay for {}, {}", shortfall.holder, shortfall.purpose,
                       needs);
  }
  return fmt::format("vouchers {} have {} left together, {}", joined(names_of(payers)),
                     to_grouped_text(shortfall.have), needs);
}

// Whether what is left on the vouchers is not what they pay: they pay a share, or end earlier, or
// cash is there too.
bool mixed(const Shortfall& shortfall, const std::vector<const VoucherView*>& payers) {
  return shortfall.cash || std::any_of(payers.begin(), payers.end(), [&](const VoucherView* view) {
           return view->share != whole_share || view->expires < shortfall.until || view->cap_left;
         });
}

// The same where they do: what can be paid together, then what each brings to it.
std::string together(const Shortfall& shortfall, std::vector<const VoucherView*> payers,
                     Money short_by, std::string_view payee) {
  std::vector<std::string> who = names_of(payers);
  if (shortfall.cash) who.push_back(shortfall.credit ? "cash on credit" : "cash");
  std::string text =
      fmt::format("{} can pay {} of the {} that the {} needs (short by {}).", joined(who),
                  to_grouped_text(shortfall.have), to_grouped_text(shortfall.needed), payee,
                  to_grouped_text(short_by));
  if (payers.size() > most_named) payers.resize(most_named);
  std::vector<std::string> each;
  for (const VoucherView* view : payers) {
    std::string one =
        fmt::format("{} has {} left", to_text(view->voucher), to_grouped_text(view->left));
    if (view->share != whole_share) one += " and pays " + share_text(view->share);
    if (view->expires < shortfall.until) {
      one += fmt::format(", only for use before {}", to_text(view->expires));
    }
    if (view->cap_left) {
      one += fmt::format(", and the cap of {} leaves {}", view->programme,
                         to_grouped_text(*view->cap_left));
    }
    each.push_back(std::move(one));
  }
  if (shortfall.cash) {
    each.push_back(fmt::format("cash has {} left{}", to_grouped_text(*shortfall.cash),
                               shortfall.credit ? " with its credit" : ""));
  }
  for (std::size_t i = 0; i < each.size(); ++i) text += (i == 0 ? " " : "; ") + each[i];
  return text + ".";
}

// Why the others do not help; those that can still be used first.
std::string others(const Shortfall& shortfall, std::string_view payee) {
  std::vector<const VoucherView*> excluded;
  for (const VoucherView& view : shortfall.vouchers) {
    if (!usable(view)) excluded.push_back(&view);
  }
  std::stable_partition(excluded.begin(), excluded.end(), [](const VoucherView* view) {
    return view->excluded != ExcludedBecause::expired;
  });
  std::string text;
  for (std::size_t i = 0; i < excluded.size() && i < most_named; ++i) {
    text += (i == 0 ? " " : "; ") + why(*excluded[i], shortfall, payee);
  }
  if (excluded.size() > most_named) {
    text += fmt::format("; {} more do not fit either", excluded.size() - most_named);
  }
  return text.empty() ? text : text + ".";
}
// The budget ends what may be paid, whatever the sources have.
Error over_budget(const Shortfall& shortfall, const BudgetView& budget, std::string_view payee) {
  std::string what =
      fmt::format("{}. The {} needs {}, of which {} can be paid.", to_text(budget), payee,
                  to_grouped_text(shortfall.needed), to_grouped_text(shortfall.have));
  const std::string fix = fmt::format(
      "{}granary account budget --tenant {}{} --per {} --amount AMOUNT{}",
      budget.until && budget.amount ? "wait for the next month · " : "", budget.tenant,
      budget.team.empty() ? "" : " --team " + budget.team, budget.until ? "month" : "ever",
      budget.asset == "CNY" ? "" : " --asset " + budget.asset);
  return {Error::Kind::refused, 4002, std::move(what), fix};
}
}  // namespace

Error to_error(const Shortfall& shortfall, std::string_view payee) {
  if (shortfall.budget) return over_budget(shortfall, *shortfall.budget, payee);
  std::vector<const VoucherView*> payers;
  std::size_t with_purpose = 0;
  Money held;
  for (const VoucherView& view : shortfall.vouchers) {
    if (includes(view, shortfall.purpose)) ++with_purpose;
    if (!usable(view)) continue;
    payers.push_back(&view);
    held = checked_add(held, view.held).value_or(held);
  }
  const Money short_by = shortfall.needed - shortfall.have;
  const bool is_mixed = mixed(shortfall, payers);
  std::string what = is_mixed ? together(shortfall, payers, short_by, payee)
                              : amounts(shortfall, payers, short_by, payee);
  if (!is_mixed && payers.size() == 1 && with_purpose == 1) {
    what += fmt::format(" {} is the only one of {} whose purposes include {}.",
                        to_text(payers.front()->voucher), shortfall.holder, shortfall.purpose);
  } else {
    what += others(shortfall, payee);
  }
  std::string fix = shortfall.cash ? "pay in cash · ask the programme owner for a grant"
                                   : "ask the programme owner for a grant";
  if (held > Money{}) {
    fix = fmt::format("wait for what is left of the {} that is held · {}", to_grouped_text(held),
                      fix);
  }
  return {Error::Kind::refused, 4002, std::move(what), std::move(fix)};
}

}  // namespace granary
