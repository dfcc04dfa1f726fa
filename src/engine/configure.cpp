#include "engine/state.h"

namespace granary {

Result<Configuration> configure(std::vector<Document> documents, const std::string& policy,
                                const Limits& limits,
                                const std::map<std::string, Id<Pool>>& known) {
  Configuration made;
  auto catalog = parse_catalog(documents);
  if (!catalog) return fail(catalog.error());
  auto programmes = parse_programmes(documents, *catalog);
  if (!programmes) return fail(programmes.error());
  const auto found = find_policy(policy);
  if (!found) return fail(found.error());
  made.catalog = std::move(*catalog);
  made.programmes = std::move(*programmes);
  made.policy = *found;
  made.policy_name = policy;
  made.limits = limits;
  made.pools = pools_of(made.catalog, known);
  made.documents = std::move(documents);
  return made;
}

}  // namespace granary
