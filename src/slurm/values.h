#pragma once
// What single fields of Slurm's text output say. Clients are run with SLURM_TIME_FORMAT=%s, so
// times are Unix seconds. Everything read here comes from a site and is not trusted: sizes are
// bounded, and what is kept as text holds printable ASCII only. Errors are of kind `failed`, code
// 7040: the field, what it was, what it should be.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "units/result.h"
#include "units/time.h"

namespace granary::slurm {

// Unix seconds. Nothing for what Slurm writes instead: "", "Unknown", "None", "NONE", "N/A", "0".
Result<std::optional<Instant>> read_time(std::string_view);

// A time limit as squeue %l writes it, "5:00" or "1-02:03:04". Nothing for UNLIMITED, NOT_SET,
// Partition_Limit, INVALID, N/A and the like.
Result<std::optional<Span>> read_limit(std::string_view);
// TimelimitRaw of sacct: whole minutes. Nothing for the same words.
Result<std::optional<Span>> read_limit_minutes(std::string_view);

// Either "7:0" (code:signal), or the raw wait status of `squeue -O exit_code` before 23.02: 1792.
struct ExitStatus {
  int code = 0, signal = 0;
  friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};
Result<ExitStatus> read_exit(std::string_view);

// "cpu=2,mem=200M,node=2,billing=2,gres/gpu=16,gres/gpu:a800=16", in any order. A site lists
// chips untyped, typed or both ways, and both ways are the same chips: they are never added.
struct Resources {
  std::int64_t cpus = 0, nodes = 0, memory_bytes = 0;
  std::map<std::string, std::int64_t> gres;  // "gpu" -> 16, "gpu:a800" -> 16

  // Of one name: the sum over its types or the untyped figure, whichever is larger.
  std::int64_t chips(const std::string& name = "gpu") const;
  // Of one name, by type: "a800" -> 16. Empty where the site does not type.
  std::map<std::string, std::int64_t> chips_by_type(const std::string& name = "gpu") const;
};
Result<Resources> read_resources(std::string_view);
// Gres of a node or a request: "gpu:a800:8(S:0-1)", "gres:gpu:a800:2", "gres/gpu:2", "gpu:a800"
// (which is one); "(null)" and "N/A" are none. Into Resources::gres.
Result<std::map<std::string, std::int64_t>> read_gres(std::string_view);

// As units/node_list.h, and none for what Slurm writes where there are none: "", "(null)".
Result<std::vector<std::string>> expand_nodes(std::string_view, std::size_t most = 10'000);

// At most `longest` bytes, each one that is not printable ASCII as '?'.
std::string clean(std::string_view, std::size_t longest = 256);

}  // namespace granary::slurm
