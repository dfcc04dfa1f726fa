#include "store/memory_journal.h"

#include <algorithm>
#include <iterator>

#include "store/links.h"

namespace granary {
namespace {
class MemoryJournal : public Journal {
 public:
  Result<void> append(std::span<const Entry> entries) override {
    auto links = links_after(head(), entries);
    if (!links) return fail(std::move(links.error()));
    std::move(links->begin(), links->end(), std::back_inserter(links_));
    return {};
  }

  Result<std::vector<Entry>> read(std::uint64_t after, std::size_t limit) override {
    std::vector<Entry> entries;
    if (after >= links_.size()) return entries;
    Head last = head_at(after);
    const std::size_t end = after + std::min<std::size_t>(limit, links_.size() - after);
    for (std::size_t i = after; i < end; ++i) {
      const Link& link = links_[i];
      auto entry = entry_after(last, {link.sequence, link.bytes, view_of(link.chain)});
      if (!entry) return fail(std::move(entry.error()));
      entries.push_back(std::move(*entry));
    }
    return entries;
  }

  Head head() const override { return head_at(links_.size()); }

 private:
  Head head_at(std::size_t count) const {
    return count == 0 ? Head{} : Head{links_[count - 1].sequence, links_[count - 1].chain};
  }

  std::vector<Link> links_;  // entry n at n - 1
};
}  // namespace

std::unique_ptr<Journal> memory_journal() { return std::make_unique<MemoryJournal>(); }

}  // namespace granary
