#pragma once
// Follow mode: a site keeps its own queue, and what it runs is read off it, charged to those who
// pay for its accounts, and shown beside everything else. Granary starts and stops nothing there.
//
// What runs cannot be refused for want of money, so use is charged afterwards, up to the instant of
// each report: to vouchers, subsidies and cash by the rules of their programmes, as they stand when
// the use is reported, and what none of these covers is owed by the tenant
// (OWED:<tenant>/<currency>), who repays it first of what it pays in. The captures of a job sum to
// the price of its use, to the micro-unit, and its use is what the site counts: chips x the time
// between its start and its end. A site that says late when a job ended gets at most the charges of
// one report back. Nothing else is refunded, whatever a job ended by: what the site's own rules
// give back, its operator grants.

#include <string>
#include <vector>

#include "engine/state.h"

namespace granary {

// Where a followed job runs and who pays for it.
struct FollowedOn {
  const Pool* pool = nullptr;
  SiteAccount account;
  // Its nodes, and how many chips it has on each.
  std::vector<std::pair<const Node*, int>> nodes;
};

// A followed site, ready to look up what its queue says. The configuration must outlive it.
class FollowedPlaces {
 public:
  FollowedPlaces(const Configuration&, const Site&);
  // One sentence where a job cannot be followed: chips, nodes or times that contradict the site's
  // file or each other, an account whose name no tenant can have. G4132.
  Result<FollowedOn> of(const FollowedJob&) const;

 private:
  // By its gres; of a site that does not tell kinds apart, by its first node.
  const Pool* pool_of(const FollowedJob&) const;

  const Site& site_;
  std::map<std::string, const Pool*> by_gres_;
  std::map<std::string, const SiteAccount*> by_account_;
  std::map<std::pair<Id<Pool>, std::string>, const Node*> by_name_;
};

// The site, if its queue is followed. G2004 for an unknown one, G4131 for one that is not followed.
Result<const Site*> find_followed(const Catalog&, const std::string& site);

}  // namespace granary
