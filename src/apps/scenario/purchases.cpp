#include "apps/scenario/purchases.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "apps/cli.h"
#include "apps/cli/output.h"
#include "apps/cli/session.h"
#include "apps/cli/table.h"
#include "catalog/built_in.h"
#include "catalog/catalog.h"
#include "catalog/printable.h"
#include "ledger/programmes.h"
#include "units/text.h"

namespace granary {
namespace {

using cli::Align;
using cli::Json;
using cli::Table;
using Figures = std::map<std::string, std::string>;
using Words = std::vector<std::string>;

tl::unexpected<Error> senseless(const std::string& key, const std::string& value,
                                const std::string& wanted) {
  return fail(Error::Kind::invalid, 1005,
              fmt::format("{} = {}: {}.", key, printable(value, 40), wanted));
}

Result<void> check_keys(const std::string& kind, const Figures& figures, const Words& known) {
  for (const auto& [key, value] : figures) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    return fail(Error::Kind::invalid, 1001,
                fmt::format("{} has no figure \"{}\".", kind, printable(key, 40)));
  }
  for (const std::string& key : known) {
    if (figures.count(key) != 0) continue;
    return fail(Error::Kind::invalid, 1001, fmt::format("{} needs the figure {}.", kind, key));
  }
  return {};
}

// The cities' vouchers in yuan, and what a subsidy leaves of a price, in basis points.
struct Purses {
  std::vector<Money> vouchers;
  int pays = whole_share;
};

Result<Purses> purses_of(const Figures& figures) {
  const auto cities = parse_count(figures.at("cities"));
  if (!cities || !(*cities >= 2 && *cities <= 100)) {
    return senseless("cities", figures.at("cities"), "from 2 to 100");
  }
  const auto least = parse_money(figures.at("least")), most = parse_money(figures.at("most"));
  const auto exchange = parse_money(figures.at("exchange"));
  if (!least || !most || *least <= Money{} || *most < *least || *most > Money::units(100'000'000)) {
    return senseless("least, most", figures.at("least") + ", " + figures.at("most"),
                     "amounts of dollars, the least first, at most 100000000");
  }
  if (!exchange || *exchange <= Money{} || *exchange > Money::units(1'000)) {
    return senseless("exchange", figures.at("exchange"), "yuan for a dollar, as in 7.10");
  }
  const std::string& percent = figures.at("subsidy");
  const auto share = parse_money(percent.substr(0, percent.find(" %")));
  if (!share || !percent.ends_with(" %") || *share < Money{} || *share > Money::units(99)) {
    return senseless("subsidy", percent, "a share below 100 %, as in 20 %");
  }
  Purses purses;
  purses.pays = whole_share - static_cast<int>(share->micros / 10'000);
  const auto count = static_cast<std::int64_t>(*cities);
  for (std::int64_t i = 0; i < count; ++i) {
    const Wide dollars =
        least->micros + static_cast<Wide>((*most - *least).micros) * i / (count - 1);
    purses.vouchers.push_back({static_cast<std::int64_t>(dollars * exchange->micros / 1'000'000)});
  }
  return purses;
}

// What the tenant pays of a price on that chip.
Money to_pay(Money price, bool domestic, const Purses& purses) {
  if (!domestic) return price;
  return {static_cast<std::int64_t>(static_cast<Wide>(price.micros) * purses.pays / whole_share)};
}

struct Offer {
  std::string pool, chip;
  bool domestic = false;
  Money price;
  double tokens = 0;  // for that price
};

// The cheapest option on each chip that `granary plan` with those words finds. Nothing that fits is
// no offer, not an error.
Result<std::vector<Offer>> offers(Words words, const std::string& stock,
                                  const std::filesystem::path& directory) {
  for (const char* const word : {"--offline", "--json", "--stock"}) words.emplace_back(word);
  words.push_back(stock);
  std::istringstream in;
  std::ostringstream out, talk;
  CliContext context{in, out, talk};
  context.directory = directory;
  const int status = run_cli(words, context);
  const Json answer = Json::parse(out.str(), nullptr, false);
  if (status != 0 || !answer.is_object()) {
    if (cli::text_in(answer.is_object() ? answer : Json::object(), "code") == "G6001") {
      return std::vector<Offer>{};
    }
    return fail(Error::Kind::invalid, 1005, "the plan fails: " + printable(talk.str(), 300));
  }
  const auto catalog = parse_catalog(built_in_documents());
  if (!catalog) return fail(catalog.error());
  std::map<std::string, Offer> cheapest;
  for (const Json& option : answer.at("options")) {
    Offer offer{cli::text_in(option, "pool"), cli::text_in(option, "chip"), false, {}, 0};
    const auto price = parse_money(cli::text_in(option.at("price"), "amount"));
    if (!price) return fail(price.error());
    offer.price = *price;
    const auto chip = catalog->chips.find(offer.chip);
    offer.domestic = chip != catalog->chips.end() && chip->second.origin == Origin::domestic;
    if (option.contains("per_million_tokens")) {
      offer.tokens = 1e6 / cli::number_in(option, "per_million_tokens");
    }
    const auto known = cheapest.find(offer.chip);
    const bool better =
        known == cheapest.end() || (offer.tokens > 0 ? offer.tokens > known->second.tokens
                                                     : offer.price < known->second.price);
    if (better) cheapest[offer.chip] = offer;
  }
  std::vector<Offer> all;
  for (auto& [chip, offer] : cheapest) all.push_back(std::move(offer));
  return all;
}

Words training(const std::string& model, const std::string& tokens, const std::string& deadline) {
  return {"plan", "pretrain", "--model", model,        "--tokens",
          tokens, "--sort",   "price",   "--deadline", deadline};
}

// "12.3B": what a voucher buys at a price for so many tokens.
std::string bought(Money voucher, Money price, double tokens) {
  if (price <= Money{}) return "-";
  return count_text(static_cast<double>(voucher.micros) / static_cast<double>(price.micros) *
                    tokens);
}

std::string city_name(std::size_t i) { return fmt::format("City {}", i + 1); }

std::string heading_of(const Offer& offer, const std::string& more) { return offer.chip + more; }

Result<std::string> buy(const Figures& figures, const std::filesystem::path& directory) {
  const auto purses = purses_of(figures);
  if (!purses) return fail(purses.error());
  const auto tokens = parse_count(figures.at("tokens"));
  if (!tokens) return fail(tokens.error());
  const auto trains =
      offers(training(figures.at("model"), figures.at("tokens"), figures.at("deadline")),
             figures.at("stock"), directory);
  if (!trains) return fail(trains.error());
  const auto serves = offers({"plan", "serve", "--model", figures.at("serves"), "--rate",
                              figures.at("rate"), "--for", "30d"},
                             figures.at("stock"), directory);
  if (!serves) return fail(serves.error());
  std::vector<Table::Column> heads{{"CITY"}, {"VOUCHER, CNY", Align::right}};
  std::vector<std::pair<const Offer*, bool>> columns;  // with the subsidy or without
  const auto add = [&](const Offer& offer, const char* verb) {
    heads.push_back({heading_of(offer, std::string(", ") + verb), Align::right});
    columns.emplace_back(&offer, false);
    if (!offer.domestic) return;
    heads.push_back({"subsidised", Align::right});
    columns.emplace_back(&offer, true);
  };
  for (const Offer& offer : *trains) add(offer, "trained");
  for (const Offer& offer : *serves) add(offer, "served");
  Table table(heads);
  for (std::size_t i = 0; i < purses->vouchers.size(); ++i) {
    const Money voucher = purses->vouchers[i];
    std::vector<Table::Cell> cells{city_name(i), to_grouped_text(voucher)};
    for (const auto& [offer, subsidised] : columns) {
      // A served offer is what one yuan buys; a trained one what its price buys.
      const bool served = offer->tokens > 0;
      const Money price = served ? Money::units(1) : offer->price;
      cells.emplace_back(
          bought(voucher, to_pay(price, subsidised, *purses), served ? offer->tokens : *tokens));
    }
    table.add(std::move(cells));
  }
  return table.text({}) + fmt::format("Tokens of {} trained, within {}; of {} read and written.\n",
                                      figures.at("model"), figures.at("deadline"),
                                      figures.at("serves"));
}

struct Want {
  std::string model, tokens;
};

Result<std::vector<Want>> wants_of(const std::string& text) {
  std::vector<Want> wants;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::size_t colon = word.find(':');
    if (colon == std::string::npos) {
      return senseless("wants", text, "models with their tokens, as in qwen-7b:300B");
    }
    wants.push_back({word.substr(0, colon), word.substr(colon + 1)});
  }
  if (wants.empty() || wants.size() > 20) return senseless("wants", text, "1 to 20 models");
  return wants;
}

// The cheapest of one origin, or of the other.
std::optional<Money> cheapest(const std::vector<Offer>& offers, bool domestic) {
  std::optional<Money> least;
  for (const Offer& offer : offers) {
    if (offer.domestic == domestic && (!least || offer.price < *least)) least = offer.price;
  }
  return least;
}

std::string verdict(Money voucher, std::optional<Money> imported, std::optional<Money> domestic,
                    std::optional<Money> subsidised) {
  std::optional<Money> least;
  for (const auto& price : {imported, domestic, subsidised}) {
    if (price && (!least || *price < *least)) least = price;
  }
  if (!least) return "nothing fits in time";
  const auto pays = [&](const std::optional<Money>& price) { return price && *price <= voucher; };
  if (pays(imported)) return "trains, on any chips";
  if (pays(domestic)) return "trains, on domestic chips";
  if (pays(subsidised)) return "trains, only with the subsidy";
  return "cannot: short by " + to_grouped_text(*least - voucher);
}

Result<std::string> train(const Figures& figures, const std::filesystem::path& directory) {
  const auto purses = purses_of(figures);
  if (!purses) return fail(purses.error());
  const auto wants = wants_of(figures.at("wants"));
  if (!wants) return fail(wants.error());
  std::vector<std::vector<Offer>> found;
  for (const Want& want : *wants) {
    auto one = offers(training(want.model, want.tokens, figures.at("deadline")),
                      figures.at("stock"), directory);
    if (!one) return fail(one.error());
    found.push_back(std::move(*one));
  }
  Table table({{"CITY"},
               {"VOUCHER, CNY", Align::right},
               {"ITS START-UP WANTS"},
               {"OTHER CHIPS", Align::right},
               {"DOMESTIC", Align::right},
               {"SUBSIDISED", Align::right},
               {"WITH THE VOUCHER IT"}});
  const auto shown = [](const std::optional<Money>& price) {
    return price ? cli::rounded_amount({{"amount", to_text(*price)}, {"asset", "CNY"}})
                 : std::string("-");
  };
  int without = 0, with = 0;
  for (std::size_t i = 0; i < purses->vouchers.size(); ++i) {
    const Want& want = (*wants)[i % wants->size()];
    const std::vector<Offer>& options = found[i % wants->size()];
    const Money voucher = purses->vouchers[i];
    const auto imported = cheapest(options, false), domestic = cheapest(options, true);
    std::optional<Money> subsidised;
    if (domestic) subsidised = to_pay(*domestic, true, *purses);
    const std::string says = verdict(voucher, imported, domestic, subsidised);
    const bool trains = says.starts_with("trains");
    with += trains ? 1 : 0;
    without += trains && !says.ends_with("subsidy") ? 1 : 0;
    table.add({city_name(i), to_grouped_text(voucher), want.model + " on " + want.tokens,
               shown(imported), shown(domestic), shown(subsidised), says});
  }
  const auto all = purses->vouchers.size();
  return table.text({}) +
         fmt::format(
             "Of {} start-ups {} train what they want without the subsidy, {} with it; {} "
             "cannot.\n",
             all, without, with, all - static_cast<std::size_t>(with));
}

}  // namespace

bool is_purchase(const std::string& kind) {
  return kind == "vouchers-buy" || kind == "vouchers-train";
}

Result<std::string> purchased(const std::string& kind, const Figures& figures,
                              const std::filesystem::path& directory) {
  Words keys{"stock", "cities", "least", "most", "exchange", "subsidy", "deadline"};
  const bool buys = kind == "vouchers-buy";
  for (const char* const key : {"model", "tokens", "serves", "rate"}) {
    if (buys) keys.emplace_back(key);
  }
  if (!buys) keys.emplace_back("wants");
  if (auto good = check_keys(kind, figures, keys); !good) return fail(good.error());
  return buys ? buy(figures, directory) : train(figures, directory);
}

}  // namespace granary
