#include "apps/cli/postings.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

namespace granary::cli {
namespace {
using A = Align;

// "hold 32 x wuhu/rtx4090 2 d"; other memos are whole: "paid in by lab", "grant city to lab".
std::string memo_of(const Json& line) {
  const std::string reason = text_in(line, "reason");
  const std::string memo = text_in(line, "memo");
  for (const char* const word : {"hold", "capture", "release", "refund"}) {
    if (reason == word) return reason + " " + memo;
  }
  return memo;
}
}  // namespace

std::string counted(const Json& object, const char* key) {
  return grouped(static_cast<std::int64_t>(number_in(object, key)));
}

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    const bool plain_letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                              (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
    safe +=
        plain_letter ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return safe;
}

std::string shortened(const std::string& hash) {
  return hash.size() < 12 ? hash : hash.substr(0, 4) + "…" + hash.substr(hash.size() - 4);
}

void print_books(Session& session, const Json& books) {
  session.print(fmt::format(
      "  Books: {} legs in {} entries, sum {}, chain head {}, {}.       granary voucher verify\n",
      counted(books, "legs"), counted(books, "entries"), exact_amount(books.value("sum", Json())),
      shortened(text_in(books, "chain_head")),
      books.value("balanced", false) ? "balanced" : "NOT BALANCED"));
}

void print_postings(Session& session, const Json& statement, bool with) {
  std::vector<Table::Column> columns{{"DATE (UTC)"}, {"FOR"}, {"MEMO", A::left, true}};
  if (with) columns.push_back({"WITH", A::left, true});
  for (const char* const head : {"DEBIT", "CREDIT", "BALANCE", "HELD"}) {
    columns.push_back({head, A::right});
  }
  Table table(std::move(columns));
  for (const Json& line : statement.at("lines")) {
    const std::string at = text_in(line, "at");
    const std::string owner = plain(text_in(line, "owner"));
    std::vector<Table::Cell> cells{date_of(at, at), owner.empty() ? "-" : owner, memo_of(line)};
    if (with) cells.emplace_back(plain(text_in(line, "with")));
    for (const char* const key : {"debit", "credit"}) {
      cells.emplace_back(line.contains(key) ? exact_amount(line.at(key)) : std::string("-"));
    }
    cells.emplace_back(exact_amount(line.value("balance", Json())));
    cells.emplace_back(exact_amount(line.value("held", Json())));
    table.add(std::move(cells));
  }
  session.print(table);
  print_books(session, statement.at("books"));
}

}  // namespace granary::cli
