#include "engine/quote.h"

#include <algorithm>

#include "catalog/printable.h"

namespace granary {

std::string to_text(const QuotedOption& option) {
  return to_text(option.quote) + "#" + std::to_string(option.option);
}

Result<QuotedOption> parse_quoted_option(std::string_view text) {
  const std::size_t mark = text.find('#');
  const auto quote = parse_id<Quote>(text.substr(0, mark));
  const std::string_view number = mark == std::string_view::npos ? "" : text.substr(mark + 1);
  int option = 0;
  const char* const end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, option);
  const bool whole = !number.empty() && number.front() != '0' && stop == end;
  if (quote && whole && error == std::errc{} && option > 0) return QuotedOption{*quote, option};
  return fail(Error::Kind::invalid, 1101,
              "\"" + printable(text, 40) + "\" is not an option of a quote.",
              "write it as the menu shows it: q-3#1");
}

bool is_open(const Quote& quote, Instant now) { return !quote.taken_by && now < quote.until; }

int open_quotes(const Quotes& quotes, Instant now, const std::string* payer) {
  const auto open = std::count_if(quotes.begin(), quotes.end(), [&](const auto& entry) {
    return is_open(entry.second, now) && (payer == nullptr || entry.second.payer == *payer);
  });
  return static_cast<int>(open);
}

void drop_old(Quotes& quotes, const Limits& limits, Instant now) {
  std::erase_if(quotes, [&](const auto& entry) {
    return !is_open(entry.second, now) && entry.second.until + limits.quote_kept <= now;
  });
  for (auto at = quotes.begin(); at != quotes.end();) {
    if (quotes.size() <= static_cast<std::size_t>(limits.quotes)) return;
    at = is_open(at->second, now) ? std::next(at) : quotes.erase(at);
  }
}

Result<const PricedChoice*> find_option(const Quotes& quotes, const QuotedOption& wanted,
                                        const std::string& payer) {
  const auto found = quotes.find(wanted.quote);
  if (found == quotes.end()) {
    return fail(
        Error::Kind::not_found, 2100,
        "No quote " + to_text(wanted.quote) + ": there never was, or it ended too long ago.",
        "granary plan ... --payer TENANT makes one");
  }
  const Quote& quote = found->second;
  if (static_cast<std::size_t>(wanted.option) > quote.options.size()) {
    return fail(Error::Kind::not_found, 2100,
                to_text(quote.id) + " has " + std::to_string(quote.options.size()) +
                    " options; there is no " + to_text(wanted) + ".");
  }
  if (!payer.empty() && payer != quote.payer) {
    return fail(Error::Kind::refused, 4101,
                to_text(quote.id) + " was made for " + quote.payer + "; " + printable(payer, 40) +
                    " cannot use it.",
                "granary plan ... --payer " + printable(payer, 40) + " makes one");
  }
  if (quote.taken_by) {
    return fail(Error::Kind::refused, 4102,
                to_text(quote.id) + " is for one job, and " + to_text(*quote.taken_by) + " has it.",
                "granary plan ... --payer " + quote.payer + " makes another");
  }
  return &quote.options[static_cast<std::size_t>(wanted.option - 1)];
}

}  // namespace granary
