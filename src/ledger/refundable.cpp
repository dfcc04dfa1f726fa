#include "ledger/refundable.h"

namespace granary {
namespace {
// The position of the hold within its part, and whether the part is beside the price.
struct Place {
  bool beside = false;
  bool limit = false;
};
Place place_of(const Line& line, int hold) {
  for (const Stretch& stretch : line.stretches) {
    for (const Part& part : stretch.parts) {
      for (std::size_t i = 0; i < part.holds.size(); ++i) {
        if (part.holds[i] == hold) return {part.beside, i > 0};
      }
    }
  }
  return {};
}
}  // namespace

Money refundable(const Books& books, const Line& line, const std::string& account) {
  Money sum;
  for (std::size_t i = 0; i < line.captured.size(); ++i) {
    const Place place = place_of(line, static_cast<int>(i));
    if (place.limit) continue;
    const std::string target = place.beside
                                   ? "DUE" + books.accounts.at(line.sources[i]).name.substr(1)
                               : line.unit.empty() ? "REV:" + line.site
                                                   : "USED:" + line.site + "/" + line.unit;
    if (target == account) sum += line.captured[i];
  }
  return sum;
}

}  // namespace granary
