#include "ledger/programme_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "catalog/printable.h"
#include "catalog/reader.h"
#include "ledger/posting.h"
#include "ledger/split.h"
#include "units/text.h"

namespace granary {
namespace {
using Type = TomlNode::Type;

const Keys when_keys{"purposes", "origin", "chips",    "sites",   "holders",
                     "from",     "until",  "at_least", "at_most", "months"};
constexpr std::size_t most_funders = 8;

// "30 %", "12.5 %": basis points, exactly.
std::optional<int> parse_share(std::string_view text) {
  if (!text.ends_with("%")) return std::nullopt;
  text.remove_suffix(1);
  if (text.ends_with(' ')) text.remove_suffix(1);
  const auto amount = parse_money(text);
  if (!amount || amount->micros % 10'000 != 0) return std::nullopt;
  const std::int64_t points = amount->micros / 10'000;
  if (points < 1 || points > whole_share) return std::nullopt;
  return static_cast<int>(points);
}

class ProgrammeReader {
 public:
  ProgrammeReader(Reading& reading, const TomlNode& root)
      : reading_(reading),
        root_(root),
        reader_(reading, root, "", "a programme",
                {"id",        "name",     "issuer",   "kind",    "fund",      "asset",
                 "purposes",  "sites",    "share",    "rates",   "caps",      "expiry",
                 "lapse",     "holders",  "declare",  "from",    "until",     "with_subsidy",
                 "months",    "mode",     "prices",   "funders", "exclusive", "exchange",
                 "tranches",  "approval", "standing", "source",  "keys",      "certified",
                 "preemption"}) {}

  Programme read() {
    programme_.id = reader_.id("id", "\"city-2026\"");
    programme_.name = reader_.text("name", "\"City vouchers\"");
    programme_.issuer = reader_.id("issuer", "\"city\"");
    if (known("kind")) {
      programme_.kind = static_cast<Programme::Kind>(reader_.word("kind", {"vouchers", "subsidy"}));
    }
    read_fund();
    if (known("funders")) read_funders();
    if (known("purposes")) programme_.purposes = reader_.words("purposes", known_purposes());
    if (known("sites")) programme_.sites = reader_.ids("sites", "\"guian\"");
    read_shares();
    if (known("caps")) read_caps();
    if (known("prices")) read_prices();
    if (known("mode")) {
      programme_.mode =
          static_cast<Programme::Mode>(reader_.word("mode", {"prepaid", "reimburse"}));
    }
    if (known("tranches")) read_tranches();
    if (known("approval")) read_approval();
    if (known("exclusive")) read_exclusive();
    if (known("exchange")) read_exchange();
    programme_.with_subsidy = reader_.flag_or("with_subsidy", false);
    if (known("expiry")) {
      programme_.basis = static_cast<Programme::Basis>(reader_.word("expiry", {"use", "end"}));
    }
    if (known("lapse")) {
      programme_.lapse =
          static_cast<Programme::Lapse>(reader_.word("lapse", {"kept", "fund", "issuer"}));
    }
    if (known("preemption")) {
      programme_.bears_preemption = reader_.word("preemption", {"site", "fund"}) == 1;
    }
    if (known("holders")) programme_.holders = reader_.ids("holders", "\"start-up\"");
    if (known("declare")) programme_.declare = reader_.ids("declare", "\"subsidy-history\"");
    read_dates(reader_, programme_.from, programme_.until);
    if (known("months")) programme_.months = reader_.whole("months", 1, 1200);
    if (reader_.has("keys")) read_keys();
    programme_.certified = reader_.flag_or("certified", false);
    programme_.standing = reader_.standing();
    programme_.source = reader_.source();
    check();
    return std::move(programme_);
  }

  // The unit that each of its rates of exchange takes.
  const std::vector<std::string>& gives() const { return gives_; }

 private:
  // Whether the key is there with a value; one that nobody has found out is noted.
  bool known(const std::string& key) {
    const TomlNode* const node = root_.find(key);
    if (node == nullptr) return false;
    if (node->type != Type::text || node->text != "unknown") return true;
    programme_.unknown.push_back(key);
    return false;
  }

  static Instant read_day(Reader& reader, std::string_view key) {
    const std::string text = reader.date(key);
    if (text.size() == 10) return parse_instant(text).value_or(Instant{});
    reader.report(1026, key, "must be a day.", fmt::format("write {} = \"2026-01-01\"", key));
    return {};
  }
  static void check_dates(Reader& reader, Instant from, Instant until) {
    if (from == Instant{} || until == Instant{} || from < until) return;
    reader.report(1028, "until", "is not after from.", "swap the two");
  }
  void read_dates(Reader& reader, Instant& from, Instant& until) {
    if (known("from")) from = read_day(reader, "from");
    if (known("until")) until = read_day(reader, "until");
    check_dates(reader, from, until);
  }

  // An amount in the asset of the programme.
  Money read_amount(Reader& reader, std::string_view key) {
    const std::string text = reader.text(key, "\"8000000 CNY\"");
    const auto amount = parse_amount(text);
    if (!amount || amount->money < Money{}) {
      reader.report(1033, key, fmt::format("\"{}\" is not an amount.", printable(text)),
                    fmt::format("write {} = \"8000000 CNY\"", key));
      return {};
    }
    if (programme_.asset.empty()) programme_.asset = amount->asset;
    if (amount->asset != programme_.asset) {
      reader.report(1033, key,
                    fmt::format("{} is not in {}, in which the programme counts.", printable(text),
                                programme_.asset),
                    "a programme has one currency");
    }
    return amount->money;
  }

  void read_fund() {
    programme_.asset = reader_.has("asset") ? reader_.text("asset", "\"CNY\"", 16) : "";
    if (!reader_.has("fund")) {
      reader_.required("fund", "\"8000000 CNY\", or \"unknown\"");
    } else if (known("fund")) {
      programme_.fund = read_amount(reader_, "fund");
    } else if (programme_.asset.empty()) {
      reader_.report(1022, "fund", "is unknown, and so would be the currency.",
                     "add asset = \"CNY\"");
    }
  }

  int read_share(Reader& reader) {
    const std::string text = reader.text("share", "\"30 %\"");
    const auto share = parse_share(text);
    if (!share) {
      reader.report(1026, "share", fmt::format("\"{}\" is not a share.", printable(text)),
                    "write share = \"30 %\": more than 0, at most 100, at most two decimals");
    }
    return share.value_or(whole_share);
  }

  // The keys of a test that stand in a row.
  When read_when(Reader& row) {
    When when;
    if (row.has("purposes")) when.purposes = row.words("purposes", known_purposes());
    if (row.has("origin")) {
      when.origin = static_cast<Origin>(row.word("origin", {"imported", "domestic", "repurposed"}));
    }
    if (row.has("chips")) when.chips = row.words("chips", names(reading_.catalog.chips));
    if (row.has("sites")) when.sites = row.ids("sites", "\"guian\"");
    if (row.has("holders")) when.holders = row.ids("holders", "\"start-up\"");
    if (row.has("from")) when.from = read_day(row, "from");
    if (row.has("until")) when.until = read_day(row, "until");
    check_dates(row, when.from, when.until);
    when.at_least = row.whole_or("at_least", 0, 1, 1'000'000);
    when.at_most = row.whole_or("at_most", 0, 1, 1'000'000);
    if (when.at_most != 0 && when.at_most < when.at_least) {
      row.report(1028, "at_most", "is below at_least.", "swap the two");
    }
    when.months = row.whole_or("months", 0, 1, 1200);
    return when;
  }

  template <class Read>
  void rows(const char* key, Keys keys, Read read) {
    const TomlNode* const list = reader_.required(key, Type::list, "a list of tables");
    if (list == nullptr) return;
    if (list->items.empty()) reader_.report(1028, key, "an empty list says nothing.", "remove it");
    for (const TomlNode& item : list->items) {
      if (item.type != Type::table) {
        reader_.report(1026, key, "must hold tables.", fmt::format("write [[{}]]", key));
        return;
      }
      Reader row(reading_, item, fmt::format("{}.", key), "a row", keys);
      read(row);
    }
  }

  void read_shares() {
    if (reader_.has("share") && reader_.has("rates")) {
      reader_.report(1028, "rates", "stands beside share, which is for everything.",
                     "keep one of the two");
    }
    if (known("share")) programme_.shares.push_back({{}, read_share(reader_)});
    if (!known("rates")) return;
    Keys keys = when_keys;
    keys.push_back("share");
    bool all = false;
    rows("rates", keys, [&](Reader& row) {
      ShareRule rule{read_when(row), read_share(row)};
      if (all) {
        row.report(1028, "share", "is never reached: the row before it is for everything.",
                   "put the row without tests last");
      }
      all = std::none_of(when_keys.begin(), when_keys.end(),
                         [&](const std::string& key) { return row.has(key); });
      programme_.shares.push_back(std::move(rule));
    });
  }

  void read_caps() {
    rows("caps", {"amount", "per", "except", "holders"}, [&](Reader& row) {
      HolderCap cap;
      cap.amount = read_amount(row, "amount");
      const auto per = row.word("per", {"year", "ever", "unknown"});
      if (row.has("except")) cap.except = row.ids("except", "\"base-model\"");
      if (row.has("holders")) cap.holders = row.ids("holders", "\"national-project\"");
      if (per == 2) {
        if (!declared_one(programme_.unknown, {"caps.per"})) {
          programme_.unknown.push_back("caps.per");
        }
        return;
      }
      cap.per = static_cast<HolderCap::Per>(per);
      const bool twice =
          std::any_of(programme_.caps.begin(), programme_.caps.end(), [&](const HolderCap& other) {
            return other.per == cap.per &&
                   (other.holders.empty() || declared_one(other.holders, cap.holders));
          });
      if (twice) row.report(1025, "per", "has a cap already.", "keep one of the two");
      programme_.caps.push_back(std::move(cap));
    });
  }

  // Each funder's part of the fund: as its row says, else by the weights.
  void read_funders() {
    std::size_t with_fund = 0;
    rows("funders", {"issuer", "weight", "fund"}, [&](Reader& row) {
      Funder funder;
      funder.issuer = row.id("issuer", "\"province\"");
      funder.weight = row.whole("weight", 1, whole_share);
      if (row.has("fund")) {
        funder.fund = read_amount(row, "fund");
        ++with_fund;
      }
      for (const Funder& other : programme_.funders) {
        if (other.issuer == funder.issuer) {
          row.report(1105, "issuer", "is a funder already.", "give it the sum of the weights");
        }
      }
      programme_.funders.push_back(std::move(funder));
    });
    std::vector<Funder>& funders = programme_.funders;
    if (funders.size() < 2 || funders.size() > most_funders) {
      reader_.report(1105, "funders", fmt::format("are not 2 to {}.", most_funders),
                     "one funder alone is the issuer");
      return;
    }
    if (with_fund != 0 && with_fund != funders.size()) {
      reader_.report(1106, "funders", "some of them say their fund, and some do not.",
                     "write it for each of them, or for none: then it is by their weights");
    }
    std::vector<int> weights;
    Money sum;
    for (const Funder& funder : funders) {
      weights.push_back(funder.weight);
      sum = checked_add(sum, funder.fund).value_or(Money{-1});
    }
    const std::vector<Money> parts = divide(programme_.fund, weights);
    for (std::size_t i = 0; i < funders.size() && with_fund == 0; ++i) funders[i].fund = parts[i];
    if (with_fund == 0 || sum == programme_.fund) return;
    reader_.report(1106, "funders",
                   fmt::format("put in {} together, and the fund is {}.", to_grouped_text(sum),
                               to_grouped_text(programme_.fund)),
                   "make them the same");
  }

  void read_exclusive() {
    const TomlNode* const table =
        reader_.required("exclusive", Type::table, "{ group = \"city\", per = \"holder\" }");
    if (table == nullptr) return;
    Reader row(reading_, *table, "exclusive.", "a register", {"group", "per"});
    programme_.exclusive.group = row.id("group", "\"city\"");
    programme_.exclusive.per = static_cast<Exclusive::Per>(row.word("per", {"holder", "contract"}));
  }

  // Rates of exchange into the unit of the programme; what they give is checked against the other.
  void read_exchange() {
    rows("exchange", {"programme", "give", "get", "from"}, [&](Reader& row) {
      ExchangeRate rate;
      rate.programme = row.id("programme", "\"credits\"");
      rate.get = read_amount(row, "get");
      const auto give = parse_amount(row.text("give", "\"1 credit\""));
      if (give) rate.give = give->money;
      if (!give || rate.give <= Money{} || rate.get <= Money{}) {
        row.report(1107, "give", "and get must be amounts of more than zero.",
                   fmt::format("write give = \"1 credit\" and get = \"1 {}\"", programme_.asset));
      }
      if (row.has("from")) rate.from = read_day(row, "from");
      for (const ExchangeRate& other : programme_.exchange) {
        if (other.programme == rate.programme && other.from == rate.from) {
          row.report(1107, "from", "has a rate already.", "let a later one begin later");
        }
      }
      if (give) gives_.push_back(give->asset);
      programme_.exchange.push_back(std::move(rate));
    });
  }

  // "2 credit per chip-hour" in the unit of the programme.
  void read_prices() {
    Keys keys = when_keys;
    keys.push_back("price");
    rows("prices", keys, [&](Reader& row) {
      UnitPrice price;
      price.when = read_when(row);
      const std::string text = row.text("price", "\"1 hour per chip-hour\"");
      const auto parsed = parse_price(text);
      if (!parsed || parsed->asset != programme_.asset) {
        row.report(1033, "price",
                   fmt::format("\"{}\" is not a price in {}.", printable(text), programme_.asset),
                   fmt::format("write price = \"1 {} per chip-hour\"", programme_.asset));
        return;
      }
      price.rate = parsed->rate;
      programme_.prices.push_back(std::move(price));
    });
  }

  void read_tranches() {
    const TomlNode* const list = reader_.required("tranches", Type::list, "[\"50 %\", \"50 %\"]");
    if (list == nullptr) return;
    int sum = 0;
    for (const TomlNode& item : list->items) {
      const auto share = parse_share(item.text);
      sum += share.value_or(2 * whole_share);
      programme_.tranches.push_back(share.value_or(0));
      if (sum > whole_share) break;
    }
    if (sum == whole_share && list->items.size() >= 2 && list->items.size() <= 16) return;
    reader_.report(1028, "tranches", "are not 2 to 16 shares that sum to 100 %.",
                   "write tranches = [\"50 %\", \"50 %\"]");
  }

  void read_approval() {
    const TomlNode* const table =
        reader_.required("approval", Type::table, "{ chips = 50, chip_hours = 5000 }");
    if (table == nullptr) return;
    Reader row(reading_, *table, "approval.", "an approval", {"amount", "chips", "chip_hours"});
    if (row.has("amount")) programme_.approval.amount = read_amount(row, "amount");
    programme_.approval.chips = row.whole_or("chips", 0, 1, 1'000'000);
    programme_.approval.chip_hours = row.whole_or("chip_hours", 0, 1, 2'000'000'000);
    if (table->entries.empty()) {
      reader_.report(1028, "approval", "asks nothing.", "write approval = { chips = 50 }");
    }
  }

  void read_keys() {
    rows("keys", {"id", "public", "from", "until", "revoked"}, [&](Reader& row) {
      IssuerKey key;
      key.id = row.id("id", "\"2026-a\"");
      const auto read = parse_public_key(row.text("public", "64 hexadecimal digits"));
      if (!read) {
        row.report(1026, "public", "is not a public key: 64 lower-case hexadecimal digits.",
                   "copy it from granary certificate key");
      }
      key.key = read.value_or(PublicKey{});
      if (row.has("from")) key.from = read_day(row, "from");
      if (row.has("until")) key.until = read_day(row, "until");
      check_dates(row, key.from, key.until);
      if (row.has("revoked")) key.revoked = read_day(row, "revoked");
      for (const IssuerKey& other : programme_.keys) {
        if (other.id != key.id && !(other.key == key.key)) continue;
        row.report(1025, other.id == key.id ? "id" : "public", "is of a key before it.",
                   "give each key its own id; two persons who sign have two keys");
      }
      programme_.keys.push_back(std::move(key));
    });
  }

  void check() {
    if (programme_.certified && programme_.keys.empty()) {
      reader_.report(1028, "certified", "asks for certificates, and no key can sign one.",
                     "add [[keys]] with id and public");
    }
    if (programme_.certified && reader_.has("exchange")) {
      reader_.report(1107, "exchange", "stands beside certified: what is got has no certificate.",
                     "remove exchange, or certified");
    }
    const bool priced = reader_.has("prices");
    if (!programme_.asset.empty() && priced == is_currency(programme_.asset)) {
      reader_.report(1028, priced ? "prices" : "fund",
                     fmt::format("{} is {}.", programme_.asset,
                                 priced ? "a currency: sites say what chips cost in it"
                                        : "a unit of its own, and nothing says what a chip costs"),
                     priced ? "remove prices, or count in a unit such as \"10000 hour\""
                            : fmt::format("add [[prices]] with price = \"1 {} per chip-hour\"",
                                          programme_.asset));
    }
    if (!programme_.prices.empty() &&
        (programme_.mode == Programme::Mode::reimburse || !programme_.shares.empty() ||
         programme_.kind == Programme::Kind::subsidy)) {
      reader_.report(1028, "prices", "are of a unit that pays for the whole of a job, at once.",
                     "remove share, rates, mode and kind");
    }
    if (reader_.has("funders") && reader_.has("exchange")) {
      reader_.report(1105, "funders", "stands beside exchange: what is got has no funders.",
                     "remove funders, or exchange");
    }
    if (reader_.has("funders") && programme_.kind == Programme::Kind::subsidy) {
      reader_.report(1105, "funders",
                     "stands beside kind = \"subsidy\", whose fund is of one issuer.",
                     "write one subsidy for each of them");
    }
    if (programme_.kind == Programme::Kind::vouchers) return;
    for (const char* const key : {"caps", "with_subsidy", "expiry", "lapse", "holders", "declare",
                                  "months", "mode", "tranches", "approval", "from", "until",
                                  "exclusive", "exchange", "keys", "certified", "preemption"}) {
      if (!reader_.has(key)) continue;
      reader_.report(1028, key, "is about vouchers, and a subsidy grants none.",
                     "remove it, or write kind = \"vouchers\"");
    }
    for (const ShareRule& rule : programme_.shares) {
      if (rule.when.holders.empty() && rule.when.months == 0) continue;
      reader_.report(1028, "rates", "a subsidy does not know what holders declared, or since when.",
                     "remove holders and months");
    }
    if (programme_.shares.empty() && programme_.unknown.empty()) {
      reader_.required("share", "\"20 %\": what it pays of every bill");
    }
  }

  Reading& reading_;
  const TomlNode& root_;
  Reader reader_;
  Programme programme_;
  std::vector<std::string> gives_;
};
}  // namespace

Result<ProgrammeFile> read_programme(const Document& document, const Catalog& catalog) {
  const auto root = parse_tree(document);
  if (!root) return fail(root.error());
  Reading reading{document.name, catalog};
  ProgrammeReader reader(reading, *root);
  ProgrammeFile read{reader.read(), document.name, reader.gives()};
  if (reading.error) return fail(*reading.error);
  return read;
}

}  // namespace granary
