#pragma once
// The whole state: configuration, books, jobs, reservations, answers. Equal journals give equal
// states; see digest().

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "engine/events.h"
#include "engine/roster.h"
#include "ledger/programmes.h"

namespace granary {

// What a Configure said, parsed once. Never changes after it is made.
struct Configuration {
  std::vector<Document> documents;
  std::string policy_name;
  Policy policy = nullptr;
  Limits limits;
  Catalog catalog;
  std::vector<Pool> pools;
  std::map<std::string, Programme> programmes;
};

struct Answer {
  Hash body;
  std::string made;
  std::optional<Error> refused;
  Instant at{};
};

// Kind, subject, level.
using AlertKey = std::tuple<Alert::Kind, std::string, int>;

// What is known of a followed site.
struct FollowedSite {
  Instant as_of{};                              // of the last report
  using Key = std::pair<std::string, Instant>;  // number, submitted
  std::map<Key, Id<Job>> open;
  std::map<Key, Instant> over;  // when each ended, for `followed_kept`: it is not charged twice
};

struct State {
  // Shared because readers on other threads (menus) keep it while the loop goes on; it is const.
  std::shared_ptr<const Configuration> configuration;
  std::map<Hash, std::string> contents;      // texts of documents by hash
  std::map<std::string, Id<Pool>> pool_ids;  // a pool keeps its id for ever
  Books books;
  std::map<std::string, Money> appropriated;  // per programme, ever
  std::map<Id<Job>, Job> jobs;
  std::map<Id<Reservation>, Reservation> reservations;
  Quotes quotes;
  std::map<std::string, Line> lines;  // open money lines by owner
  std::map<AlertKey, Alert> alerts;   // raised and not over
  // By site and tenant: the last day of whose failed programs one was free.
  std::map<std::pair<std::string, std::string>, Instant> failed_free;
  std::map<std::string, Answer> answers;  // by request key
  std::deque<std::string> answer_order;   // oldest first, for the bound
  std::uint64_t next_job = 1, next_reservation = 1, next_quote = 1;
  std::deque<Id<Job>> finished;                  // closed jobs kept for readers, oldest first
  std::set<Id<Job>> active;                      // waiting, running or stopping
  std::map<std::string, FollowedSite> followed;  // by site
  // Follows from the configuration, the jobs and the reservations; only evolve() keeps it.
  Roster roster;
};

// The roster of a state, made from its jobs and reservations. O(those).
Roster roster_of(const State&);

// Reads the documents into a configuration; errors are those of the parsers, G2003 for the policy.
Result<Configuration> configure(std::vector<Document> documents, const std::string& policy,
                                const Limits&, const std::map<std::string, Id<Pool>>& known);

}  // namespace granary
