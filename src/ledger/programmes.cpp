#include "ledger/programmes.h"

#include <fmt/core.h>

#include "ledger/programme_file.h"
#include "units/text.h"

namespace granary {
namespace {
tl::unexpected<Error> refuse(int code, const Document& document, const std::string& what,
                             std::string fix) {
  return fail(Error::Kind::invalid, code, fmt::format("{}:1: {}", document.name, what),
              std::move(fix));
}

// What a programme's rates of exchange say of others: G1107, and G1105 of one with funders.
Result<void> check_exchange(const ProgrammeFile& file, const Programmes& programmes) {
  const Programme& programme = file.programme;
  for (std::size_t i = 0; i < programme.exchange.size(); ++i) {
    const std::string& from = programme.exchange[i].programme;
    const auto other = programmes.find(from);
    const auto refused = [&](int code, const std::string& what, const std::string& fix) {
      return fail(Error::Kind::invalid, code,
                  fmt::format("{}:1: exchange from {}: {}", file.document, from, what), fix);
    };
    if (other == programmes.end() || from == programme.id ||
        other->second.kind == Programme::Kind::subsidy) {
      return refused(1107, "it is no other programme that grants vouchers.",
                     "name the programme whose vouchers are given");
    }
    if (other->second.asset != file.gives[i]) {
      return refused(
          1107,
          fmt::format("its vouchers are in {}, not in {}.", other->second.asset, file.gives[i]),
          "write give in its unit");
    }
    if (!other->second.funders.empty()) {
      return refused(1105, "it has funders, whose parts cannot be exchanged.",
                     "remove this exchange, or its funders");
    }
  }
  return {};
}

// Notes what each issuer puts in; G1033 for an issuer with two currencies, or too much of one.
Result<void> add_issuers(std::map<std::string, Amount>& issuers, const Programme& programme,
                         const Document& document) {
  for (const FundPart& part : fund_parts(programme)) {
    Amount& issuer = issuers.try_emplace(part.issuer, Amount{{}, programme.asset}).first->second;
    const auto sum = checked_add(issuer.money, part.fund);
    if (issuer.asset != programme.asset || !sum) {
      return refuse(
          1033, document,
          fmt::format("issuer {} has funds in {}; {} {} more cannot be kept with them.",
                      part.issuer, issuer.asset, to_grouped_text(part.fund), programme.asset),
          "name another issuer");
    }
    issuer.money = *sum;
  }
  return {};
}
}  // namespace

std::vector<FundPart> fund_parts(const Programme& programme) {
  if (programme.funders.empty()) return {{programme.issuer, "", 1, programme.fund}};
  std::vector<FundPart> parts;
  for (const Funder& funder : programme.funders) {
    parts.push_back({funder.issuer, "/" + funder.issuer, funder.weight, funder.fund});
  }
  return parts;
}

Instant months_after(Instant at, int months) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  auto last = std::chrono::year_month_day(day) + std::chrono::months(months);
  if (!last.ok()) last = last.year() / last.month() / std::chrono::last;
  return Instant(std::chrono::sys_days(last)) + (at - Instant(day));
}

const std::vector<std::string>& known_purposes() {
  static const std::vector<std::string> purposes{"pretrain", "finetune", "serve", "run"};
  return purposes;
}

Result<Programmes> parse_programmes(std::span<const Document> documents, const Catalog& catalog) {
  Programmes programmes;
  std::vector<ProgrammeFile> all;
  std::map<std::string, std::string> defined_in;  // by id
  std::map<std::string, Amount> issuers;          // asset of each, and what it puts in
  for (const Document& document : documents) {
    if (!document.name.starts_with("programmes/")) continue;
    auto file = read_programme(document, catalog);
    if (!file) return fail(file.error());
    const Programme& programme = file->programme;
    const auto [first, fresh] = defined_in.emplace(programme.id, document.name);
    if (!fresh) {
      return refuse(1034, document,
                    fmt::format("programme {} is already in {}.", programme.id, first->second),
                    "give it another id");
    }
    if (auto added = add_issuers(issuers, programme, document); !added) return fail(added.error());
    programmes.emplace(programme.id, programme);
    all.push_back(std::move(*file));
  }
  for (const ProgrammeFile& file : all) {
    if (auto good = check_exchange(file, programmes); !good) return fail(good.error());
  }
  return programmes;
}

}  // namespace granary
