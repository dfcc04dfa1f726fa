#include "engine/followed.h"

#include <fmt/core.h>

#include <algorithm>

#include "catalog/printable.h"

namespace granary {
namespace {

tl::unexpected<Error> cannot_follow(const std::string& why) {
  return fail(Error::Kind::invalid, 4132, why,
              "correct the file of the site; what is left out is read again");
}

// What a tenant of that name can be called in the books.
bool is_tenant(const std::string& name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

}  // namespace

std::string to_text(const SitesJob& job) { return job.site + ":" + job.number; }

Result<const Site*> find_followed(const Catalog& catalog, const std::string& id) {
  const auto site = find_site(catalog, id);
  if (!site) return fail(site.error());
  if ((*site)->runner == Runner::followed) return *site;
  return fail(Error::Kind::refused, 4131,
              fmt::format("Site {} is not one whose own queue is followed.", id),
              "write runner = \"followed\" and cluster = \"...\" into its file");
}

FollowedPlaces::FollowedPlaces(const Configuration& configuration, const Site& site) : site_(site) {
  for (const SiteAccount& account : site.accounts) by_account_[account.account] = &account;
  for (const PoolFacts& facts : site.pools) {
    const Pool* const pool = find_pool(configuration.pools, site.id + "/" + facts.chip);
    if (pool == nullptr) continue;
    by_gres_[facts.gres] = pool;
    for (const Node& node : pool->nodes) by_name_[{pool->id, node.name}] = &node;
  }
}

const Pool* FollowedPlaces::pool_of(const FollowedJob& job) const {
  if (const auto named = by_gres_.find(job.gres); named != by_gres_.end()) return named->second;
  if (!job.gres.empty() || by_gres_.empty()) return nullptr;
  if (by_gres_.size() == 1) return by_gres_.begin()->second;
  for (const auto& [gres, pool] : by_gres_) {
    if (!job.nodes.empty() && by_name_.count({pool->id, job.nodes.front()}) != 0) return pool;
  }
  return nullptr;
}

Result<FollowedOn> FollowedPlaces::of(const FollowedJob& job) const {
  const std::string name = site_.id + ":" + printable(job.number, 40);
  const Pool* const pool = pool_of(job);
  if (pool == nullptr) {
    return cannot_follow(fmt::format("{} has chips \"{}\", which no pool of {} has as gres.", name,
                                     printable(job.gres, 40), site_.id));
  }
  FollowedOn on{pool, {job.account, job.account, "", "run"}, {}};
  if (job.chips <= 0 || job.chips > on.pool->chips()) {
    return cannot_follow(fmt::format("{} has {} chips; {} holds {}.", name, job.chips,
                                     on.pool->name(), on.pool->chips()));
  }
  const auto account = by_account_.find(job.account);
  if (account != by_account_.end()) on.account = *account->second;
  if (!is_tenant(on.account.tenant)) {
    return cannot_follow(fmt::format("{} is of account \"{}\", which no tenant can be called.",
                                     name, printable(job.account, 40)));
  }
  const bool backwards = (job.ended && (!job.started || *job.ended < *job.started)) ||
                         (job.started && *job.started < job.submitted);
  if (backwards && job.started) {
    return cannot_follow(
        fmt::format("{} starts before it was submitted or ends before it starts.", name));
  }
  if (job.limit && *job.limit <= Span(0)) {
    return cannot_follow(fmt::format("{} has no time to run.", name));
  }
  if (!job.started) return on;
  const int nodes = static_cast<int>(job.nodes.size());
  if (nodes == 0) return cannot_follow(fmt::format("{} runs on no node.", name));
  for (int i = 0; i < nodes; ++i) {
    const std::string& node_name = job.nodes[static_cast<std::size_t>(i)];
    const auto node = by_name_.find({on.pool->id, node_name});
    if (node == by_name_.end()) {
      return cannot_follow(fmt::format("{} runs on {}, which is no node of {}.", name,
                                       printable(node_name, 40), on.pool->name()));
    }
    const int chips = job.chips / nodes + (i < job.chips % nodes ? 1 : 0);
    if (chips > node->second->chips) {
      return cannot_follow(fmt::format("{} has {} chips on {}, which holds {}.", name, chips,
                                       node_name, node->second->chips));
    }
    on.nodes.emplace_back(node->second, chips);
  }
  return on;
}

}  // namespace granary
