#pragma once
// Checkpoints on disk: one file per checkpoint in one folder, "ckpt-000005" after step 5, whole or
// absent. A file ends with a checksum over everything before it; numbers are little-endian.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "nano/result.h"
#include "nano/training.h"

namespace nano {

inline constexpr std::size_t kCheckpointsKept = 3;

std::string checkpoint_name(std::uint64_t steps);
// 5 of "ckpt-000005"; nothing if it is not such a name.
std::optional<std::uint64_t> steps_of(const std::string& name);

// Writes the state durably (temporary file, fsync, rename, fsync of the folder) and returns the
// file's name. The folder is created if it is missing.
Result<std::string> save_checkpoint(const std::string& folder, const Training&);

// Reads one file. A truncated or changed file is an error that says which.
Result<Training> load_checkpoint(const std::string& path);

// The newest whole checkpoint of the folder with fewer steps than `before`, and a sentence for each
// newer one that was skipped. Nothing if there is none at all; an error if none of them is whole.
struct Found {
  std::string name;
  Training training;
};
struct Search {
  std::optional<Found> found;
  std::vector<std::string> skipped;
};
Result<Search> newest_checkpoint(const std::string& folder, std::uint64_t before = UINT64_MAX);

// After a run that began at step `begin` has written checkpoints at the steps `written`: removes
// all later ones that it did not write, which belong to a run that this one has replaced, and of
// the rest all but the newest three.
void prune_checkpoints(const std::string& folder, std::uint64_t begin,
                       const std::set<std::uint64_t>& written);

}  // namespace nano
