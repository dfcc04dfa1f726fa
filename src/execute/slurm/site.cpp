#include "execute/slurm/site.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "execute/local/program_of.h"

namespace granary {

namespace {

bool is_path(const std::string& text) {
  return text.size() > 1 && text.size() < 200 && text[0] == '/' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '.' || c == '/' || c == '-';
         });
}

bool is_house(const std::string& text) {
  return !text.empty() && text.size() <= 16 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
}

std::string prefix_of(const SlurmSite& site) { return "granary-" + site.house + "-"; }

tl::unexpected<Error> not_here(const Launch& launch, const std::string& why) {
  return fail(Error::Kind::refused, 4042,
              to_text(launch.job) + " cannot be launched by Slurm: " + why);
}

// The wrapper's own limit: a backstop behind the engine, which stops what is over.
std::int64_t minutes_for(const Launch& launch) {
  const Span longest = std::chrono::hours(24 * 365);
  const Span limit = std::min(launch.span, longest) * 2 + std::chrono::hours(1);
  return std::chrono::ceil<std::chrono::minutes>(limit).count();
}

}  // namespace

Result<void> check(const SlurmSite& site) {
  const auto bad = [&](const std::string& what, const std::string& value) {
    return fail(Error::Kind::invalid, 7043,
                "The Slurm site " + site.name + " has a " + what +
                    " that Slurm cannot be told: \"" + slurm::clean(value, 100) + "\".");
  };
  if (!is_house(site.house)) return bad("house", site.house);
  for (const std::string* path : {&site.hints, &site.runs, &site.supervisor}) {
    if (!is_path(*path)) return bad("path", *path);
  }
  return {};
}

std::string token_of(const SlurmSite& site, Id<Job> job, int attempt) {
  return prefix_of(site) + std::to_string(job.value) + "-" + std::to_string(attempt);
}

std::pair<Id<Job>, int> of_token(const SlurmSite& site, const std::string& name) {
  const std::string prefix = prefix_of(site);
  if (!name.starts_with(prefix)) return {};
  std::pair<Id<Job>, int> found;
  const char* const end = name.data() + name.size();
  const auto [middle, bad_job] =
      std::from_chars(name.data() + prefix.size(), end, found.first.value);
  if (bad_job != std::errc{} || middle == end || *middle != '-') return {};
  const auto [last, bad_attempt] = std::from_chars(middle + 1, end, found.second);
  if (bad_attempt != std::errc{} || last != end || found.second < 1) return {};
  return token_of(site, found.first, found.second) == name ? found : std::pair<Id<Job>, int>{};
}

std::string folder_of(const SlurmSite& site, Id<Job> job) { return site.runs + "/" + to_text(job); }

std::string folder_of(const SlurmSite& site, Id<Job> job, int attempt) {
  return folder_of(site, job) + "/" + std::to_string(attempt);
}

Result<SlurmLaunch> slurm_launch_of(const SlurmSite& site, const Launch& launch) {
  const std::string folder = folder_of(site, launch.job, launch.attempt);
  auto program = program_of(launch, {.program_folders = site.program_folders,
                                     .job_folder = folder_of(site, launch.job),
                                     .attempt_folder = folder,
                                     .several_nodes = true});
  if (!program) return fail(program.error());
  std::map<std::string, int> chips;
  std::vector<std::string> nodes;
  for (const auto& [node, held] : launch.held) {
    if (held.share != whole_chip) return not_here(launch, "it holds a part of a chip.");
    if (chips[node]++ == 0) nodes.push_back(node);
  }
  if (nodes.empty()) return not_here(launch, "it holds no chip of any node.");
  const int on_each = chips[nodes[0]];
  for (const auto& [node, count] : chips) {
    if (count == on_each) continue;
    return not_here(launch, fmt::format("it holds {} chips of {} and {} of {}.", on_each, nodes[0],
                                        count, node));
  }
  SlurmLaunch made;
  slurm::Submission& job = made.submission;
  job.name = token_of(site, launch.job, launch.attempt);
  job.account = launch.account;
  job.partition = launch.partition;
  job.nodes = nodes;
  job.cpus_per_node = std::int64_t{site.cpus_per_chip} * on_each;
  job.memory_mb = std::int64_t{site.memory_mb_per_chip} * on_each;
  if (!launch.gres.empty()) job.gres = "gpu:" + launch.gres + ":" + std::to_string(on_each);
  job.minutes = minutes_for(launch);
  job.folder = folder;
  job.output = job.error = folder + "/supervisor.log";
  made.program = std::move(*program);
  made.several_nodes = nodes.size() > 1;
  return made;
}

std::string script_of(const SlurmSite& site, const std::string& folder, Span stop_grace) {
  // The first command ends sbatch's search for #SBATCH lines; the last leaves nothing of the
  // login environment that slurmd may have loaded.
  return fmt::format(
      "#!/bin/bash\n"
      ":\n"
      "[ ! -e {0}/revoked ] || exit {1}\n"
      "exec /usr/bin/env -i PATH=/usr/bin:/bin LC_ALL=C GRANARY_STOP_GRACE_MS={2} "
      "GRANARY_LEASE_MS={3} SLURM_CONF=\"$SLURM_CONF\" SLURM_JOB_ID=\"$SLURM_JOB_ID\" "
      "CUDA_VISIBLE_DEVICES=\"${{CUDA_VISIBLE_DEVICES-}}\" {4} --stay {0}\n",
      folder, 77, stop_grace.count(), site.lease.count(), site.supervisor);
}

}  // namespace granary
