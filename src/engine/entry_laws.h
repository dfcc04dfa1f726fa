#pragma once
// Laws that no state can show, only the entries that led to it. They are told from the journal
// alone and share nothing with what decides who pays: `voucher verify`, every story and the random
// houses look at each entry with them. docs/LAWS.md has the table.

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "engine/engine.h"

namespace granary {

// I7: a command that is sent again adds nothing. An entry with a key has the one answer to it, and
// no entry has a key whose answer `before`, the state that the entry was stepped on, still knows.
// G9041 names the entry and the key.
Result<void> check_answer(const State& before, const Entry&);

// I12: nothing leaves a voucher outside its purposes, dates, sites or caps. Looked at when money is
// held, for all of the use that is held for, as the programmes were configured then: what is
// captured later is never more (I5). G9042 names the entry, the voucher and what it may not pay.
class VoucherUse {
 public:
  // `after` has folded the entry and those before it.
  Result<void> take(const State& after, const Entry&);

 private:
  // One count of a cap: programme, word that it is for, holder, and year or "ever".
  using Window = std::tuple<std::string, std::string, std::string, std::string>;
  // A part of a line's price that counts towards a cap.
  struct Counted {
    Window window;
    std::size_t stretch = 0, part = 0;
  };
  struct Known {
    std::size_t holds = 0;  // that were looked at
    Id<Hold> first;         // of them: a line may go on without those that are used up
    std::vector<Counted> counted;
    // Of a line that counts towards a cap: how it stands, and its part of used_.
    Line line;
    std::vector<Stretch> stretches;
    std::map<Window, Wide> sums;
  };
  struct Payment;
  // What somebody pays for: whose work, of which purpose, on which chips and when.
  struct Use {
    std::string payer, purpose;
    Claim claim;
  };

  void learn_claims(const State&, const Entry&);
  void forget_claims(const State&, const Entry&);
  std::optional<Use> use_of(const State&, const Entry&, const std::string& owner) const;
  void close(const std::string& owner);

  Result<void> look_at_holds(const State&, const Entry&) const;
  Result<void> look_at_line(const State&, const Entry&, const Line&);
  Result<void> look_at_part(const State&, const Entry&, const Payment&, Known&) const;
  Result<void> look_at_caps(const State&, const Entry&, const Known&) const;
  void count(Known&, Money price);

  std::map<std::string, Known> open_;   // by owner
  std::map<std::string, Use> running_;  // attempts, by owner
  std::map<Window, Wide> used_;         // by closed lines; by open ones all that they hold for
};

}  // namespace granary
