// The table of verbs, from the files of the nouns.
#include "apps/cli/session.h"

namespace granary::cli {

const std::vector<Verb>& all_verbs() {
  static const std::vector<Verb> verbs = [] {
    std::vector<Verb> all;
    for (const auto& of : {plan_verbs(), submit_verbs(), queue_verbs(), job_verbs(), stock_verbs(),
                           reserve_verbs(), voucher_verbs(), certificate_verbs(), account_verbs(),
                           budget_verbs(), report_verbs(), import_verbs(), simulate_verbs(),
                           catalog_verbs(), calibrate_verbs(), validate_verbs(), help_verbs()}) {
      all.insert(all.end(), of.begin(), of.end());
    }
    return all;
  }();
  return verbs;
}

const std::vector<Flag>& global_flags() {
  static const std::vector<Flag> flags = {
      {"json", "", "one JSON object instead of text"},
      {"url", "URL", "of the daemon; else GRANARY_URL, else the one of this user"},
      {"yes", "", "do not ask", false, false, 'y'},
      {"dry-run", "", "say what would change, and change nothing", false, false, 'n'},
      {"quiet", "", "no progress, no next steps", false, false, 'q'},
      {"color", "WHEN", "auto, always or never"},
      {"help", "", "of a verb", false, false, 'h'}};
  return flags;
}

}  // namespace granary::cli
