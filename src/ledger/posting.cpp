#include "ledger/posting.h"

#include <algorithm>

#include "ledger/admission.h"

namespace granary {

void append(std::vector<BooksEvent>& events, Posting posting) {
  for (std::size_t from = 0; from < posting.legs.size(); from += max_legs) {
    const std::size_t to = std::min(posting.legs.size(), from + max_legs);
    Transfer transfer;
    transfer.reason = posting.reason;
    transfer.legs.assign(posting.legs.begin() + static_cast<std::ptrdiff_t>(from),
                         posting.legs.begin() + static_cast<std::ptrdiff_t>(to));
    transfer.owner = posting.owner;
    transfer.memo = posting.memo;
    events.push_back(Posted{std::move(transfer)});
  }
}

Account opened(const Books& books, std::vector<BooksEvent>& events, const std::string& name,
               AccountClass kind, const std::string& asset) {
  if (const Account* const known = find_account(books, name)) return *known;
  std::uint64_t next = books.next_account;
  for (const BooksEvent& event : events) {
    const auto* const before = std::get_if<Opened>(&event);
    if (before == nullptr) continue;
    if (before->account.name == name) return before->account;
    ++next;
  }
  Account account;
  account.id = Id<Account>{next};
  account.name = name;
  account.kind = kind;
  account.asset = asset;
  events.push_back(Opened{account});
  return account;
}

Result<void> admit(const Books& books, const std::vector<BooksEvent>& events) {
  Admission admission(books);
  for (const BooksEvent& event : events) {
    if (const auto* fresh = std::get_if<Opened>(&event)) {
      admission.open(fresh->account);
    } else if (const auto* posted = std::get_if<Posted>(&event)) {
      if (auto added = admission.add(posted->transfer); !added) return added;
    }
  }
  return {};
}

bool declared_one(const std::vector<std::string>& declared, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::find(declared.begin(), declared.end(), word) != declared.end();
  });
}

std::string joined(const std::vector<std::string>& words, const char* last) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == words.size() ? last : ", ") + words[i];
  }
  return text;
}

}  // namespace granary
