#pragma once
// What the API needs of whatever runs the engine: the daemon's loop, or a simulation in virtual
// time. Both answer the same routes, so a story cannot tell them apart.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/ports.h"

namespace granary {

class Core {
 public:
  virtual ~Core() = default;

  // Steps the command (or finds the first answer to its key) and returns when the entry is durable
  // and its effects are on their way. Errors here are of the core, not of the request: a full queue
  // (G7007, unavailable), a journal that failed (G7001), a full disk (G7002).
  virtual Result<Answer> submit(Request) = 0;

  // Runs `look` on the state between two entries. It must be quick: nothing else happens meanwhile.
  virtual void read(const std::function<void(const State&, Instant now)>& look) = 0;

  // Entries after that sequence, at most `limit`; what has been answered is there.
  virtual Result<std::vector<Entry>> entries(std::uint64_t after, std::size_t limit) = 0;
  virtual Journal::Head head() = 0;
  // Reads the whole journal, each entry in order to `visit`, and checks what is kept: chains, and
  // what the store keeps beside the entries. G9002 names the first entry that was altered, moved or
  // removed, G9003 what of the rest differs. This one knows of entries only.
  virtual Result<void> read_all(const std::function<void(const Entry&)>& visit);

  // The last bytes of a job's output: `stream` is stdout or stderr. G2009 when there is none.
  virtual Result<std::string> output(Id<Job>, int attempt, const std::string& stream,
                                     std::size_t last_bytes) = 0;
};

}  // namespace granary
