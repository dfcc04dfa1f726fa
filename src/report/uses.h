#pragma once
// What chips were used, by whom, and who paid for it: sums over the postings and the metered use of
// a journal. Everything is whole numbers, so sums of parts are the whole.

#include <map>
#include <string>

#include "units/money.h"

namespace granary {

struct UseKey {
  std::string tenant;
  std::string tenant_class;  // the words the tenant has declared: "sme+start-up"; may be empty
  std::string purpose;       // pretrain, finetune, serve, run
  std::string operated_by, site, chip, origin;
  // voucher, subsidy or cash; nothing: of a price of zero; reservation: run inside a reservation,
  // which is what was paid for.
  std::string paid_by;
  std::string programme, issuer;  // of a voucher or a subsidy
  std::string asset;              // "CNY", or a programme's own unit
  friend auto operator<=>(const UseKey&, const UseKey&) = default;
};

struct Use {
  Money earned, refunded;    // refunded is of what was earned before
  ChipTime chip_time;        // metered, less what was given back
  std::int64_t tokens = 0;   // trained or served, as workers reported them
  std::int64_t reports = 0;  // how many reports of tokens that is: none means not known

  Money net() const { return earned - refunded; }
  Use& operator+=(const Use&);
  Use& operator-=(const Use&);
};

using Uses = std::map<UseKey, Use>;

// Parts of a whole by weight, each a difference of two rounded-down cumulative values, so that they
// sum to the whole. Weights are not negative and not all zero; the whole may be negative.
std::vector<std::int64_t> shared_out(std::int64_t whole, const std::vector<Money>& weights);

}  // namespace granary
