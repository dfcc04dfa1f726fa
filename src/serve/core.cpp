#include "serve/core.h"

#include "engine/codec.h"

namespace granary {

Result<void> Core::read_all(const std::function<void(const Entry&)>& visit) {
  constexpr std::size_t page = 200;
  Journal::Head last;
  for (;;) {
    const auto some = entries(last.sequence, page);
    if (!some) return fail(some.error());
    if (some->empty()) return {};
    for (const Entry& entry : *some) {
      last.chain = chained(last.chain, encode(entry));
      if (last.chain != entry.chain || entry.sequence != last.sequence + 1) {
        return fail(Error::Kind::failed, 9002,
                    "entry " + std::to_string(entry.sequence) +
                        " was altered: its bytes do not give its chain.");
      }
      last.sequence = entry.sequence;
      visit(entry);
    }
  }
}

}  // namespace granary
