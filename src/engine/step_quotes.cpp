// Promised prices: quotes that are made, honoured, and refused when their time is over.

#include <fmt/core.h>

#include "engine/stepper.h"

namespace granary {
namespace {

// "12 min" of a past that may be a moment only.
std::string ago(Span span) { return to_text(std::max<Span>(span, std::chrono::seconds(1))); }

// "the price moved 32.00 -> 48.00 CNY (+50.0 %)".
std::string moved(Money before, Money now, const std::string& asset) {
  if (before == now) return fmt::format("the price is still {} {}", to_grouped_text(now), asset);
  std::string text = fmt::format("the price moved {} -> {} {}", to_grouped_text(before),
                                 to_grouped_text(now), asset);
  if (before > Money{}) {
    // In tenths of a percent, to the nearest.
    const Wide change = static_cast<Wide>((now - before).micros) * 2000 / before.micros;
    const auto tenths = static_cast<std::int64_t>(change < 0 ? (change - 1) / 2 : (change + 1) / 2);
    text += fmt::format(" ({}{}.{} %)", tenths < 0 ? "-" : "+", std::abs(tenths) / 10,
                        std::abs(tenths) % 10);
  }
  return text;
}

}  // namespace

// The quote with a firm price for each choice, at the tariffs of the present configuration.
Result<Quote> Stepper::priced(Quote quote, const std::vector<WantedChoice>& choices) const {
  JobRequest asked;
  asked.payer = quote.payer;
  asked.purpose = quote.purpose;
  for (const WantedChoice& wanted : choices) {
    if (auto good = check_choice(wanted.choice); !good) return fail(good.error());
    const Pool& pool = *find_pool(configuration().pools, wanted.choice.pool);
    PricedChoice option{wanted.choice, std::max(wanted.start, now_), {}};
    option.choice.firm = FirmPrice{pool.asset, option.start, pool.prices()};
    const auto bill = bill_of(s_, asked, option.choice, {option.start, option.choice.span});
    const auto price = price_of(*bill);
    if (!price) {
      return fail(Error::Kind::refused, 4001,
                  "The price of option " + std::to_string(quote.options.size() + 1) +
                      " is beyond any amount of money.");
    }
    option.price = *price;
    quote.options.push_back(std::move(option));
  }
  quote.id = {s_.next_quote};
  quote.made = now_;
  quote.until = now_ + limits().quote_for;
  return quote;
}

Result<std::string> Stepper::on(const MakeQuote& c) {
  JobRequest asked;  // what a job of it would say
  asked.payer = c.payer;
  asked.purpose = c.purpose;
  asked.what = c.what;
  if (auto good = check_said(asked); !good) return fail(good.error());
  if (c.choices.empty() || c.choices.size() > static_cast<std::size_t>(limits().quoted_options)) {
    return fail(Error::Kind::invalid, 1103,
                "A quote has 1 to " + std::to_string(limits().quoted_options) + " options, not " +
                    std::to_string(c.choices.size()) + ".");
  }
  for (const WantedChoice& wanted : c.choices) {
    if (!wanted.choice.firm && wanted.start <= now_ + max_span) continue;
    return fail(
        Error::Kind::invalid, 1103,
        "An option to be quoted names a price of its own, or a start beyond a hundred years.");
  }
  for (const auto& [open, most, whose] :
       {std::tuple(open_quotes(s_.quotes, now_, &c.payer), limits().quotes_of_payer,
                   c.payer + " has"),
        {open_quotes(s_.quotes, now_), limits().quotes, std::string("there are")}}) {
    if (open < most) continue;
    return fail(Error::Kind::refused, 4103,
                whose + " " + std::to_string(open) + " open quotes, as many as allowed.",
                "submit one of them, or ask again when some have expired (they last " +
                    to_text(limits().quote_for) + ")");
  }
  Quote quote;
  quote.payer = c.payer;
  quote.purpose = c.purpose;
  quote.what = c.what;
  quote.service = c.service;
  auto made = priced(std::move(quote), c.choices);
  if (!made) return fail(made.error());
  const Id<Quote> id = made->id;
  emit(QuoteMade{std::move(*made)});
  return to_text(id);
}

// Fills in what the request's quote says, or says why not.
Result<void> Stepper::honour(JobRequest& r) {
  if (!r.quote) return {};
  if (!r.choices.empty() || !r.others.empty() || !r.purpose.empty() || !r.what.empty() ||
      r.inside) {
    return fail(Error::Kind::invalid, 1100,
                "A job of " + to_text(*r.quote) +
                    " has its work, its purpose and its chips from the quote.",
                "leave out work, accept, expected, purpose, service and inside");
  }
  const auto option = find_option(s_.quotes, *r.quote, r.payer);
  if (!option) return fail(option.error());
  const Quote& quote = s_.quotes.at(r.quote->quote);
  if (quote.until <= now_) return expired(quote, r.quote->option);
  r.payer = quote.payer;
  r.purpose = quote.purpose;
  r.what = quote.what;
  r.service = quote.service;
  r.choices = {(*option)->choice};
  return {};
}

// The refusal, with what the option costs now and a new quote for it where it can be had.
tl::unexpected<Error> Stepper::expired(const Quote& quote, int number) {
  const QuotedOption wanted{quote.id, number};
  const PricedChoice& option = quote.options[static_cast<std::size_t>(number - 1)];
  const std::string when = to_text(quote.id) + " expired " + ago(now_ - quote.until) + " ago";
  const std::string anew = "granary plan ... --payer " + quote.payer + " asks for a new one";
  for (const auto& [id, other] : s_.quotes) {
    if (other.instead_of != wanted || !is_open(other, now_)) continue;
    return fail(Error::Kind::conflict, 5001,
                when + "; " +
                    moved(option.price, other.options.front().price,
                          other.options.front().choice.firm->asset) +
                    ".",
                "granary submit --quote " + to_text(QuotedOption{id, 1}));
  }
  Quote next;
  next.payer = quote.payer;
  next.purpose = quote.purpose;
  next.what = quote.what;
  next.service = quote.service;
  next.instead_of = wanted;
  WantedChoice again{option.choice, now_};
  again.choice.firm.reset();
  auto made = priced(std::move(next), {again});
  if (!made) {
    return fail(Error::Kind::conflict, 5001,
                when + ", and cannot be had any more: " + made.error().what, anew);
  }
  const PricedChoice& offered = made->options.front();
  const std::string what =
      when + "; " + moved(option.price, offered.price, offered.choice.firm->asset) + ".";
  const bool room = open_quotes(s_.quotes, now_, &quote.payer) < limits().quotes_of_payer &&
                    open_quotes(s_.quotes, now_) < limits().quotes;
  if (!room) return fail(Error::Kind::conflict, 5001, what, anew);
  const std::string fix = "granary submit --quote " + to_text(QuotedOption{made->id, 1});
  emit(QuoteMade{std::move(*made)});  // `quote` and `option` are not read after this
  return fail(Error::Kind::conflict, 5001, what, fix);
}

}  // namespace granary
