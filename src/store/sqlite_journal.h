#pragma once
// The journal in one SQLite file: WAL, synchronous=FULL, one transaction per append. Entries are
// rows (sequence, bytes, chain) that triggers keep from ever changing; what they say of money is
// mirrored in the tables account, hold and leg of the same transaction (mirror.h).
//
// One thread at a time. Copy the file while it is in use only with SQLite's own backup: PATH-wal
// holds what is not in PATH yet.

#include <memory>
#include <string>

#include "engine/ports.h"

namespace granary {

enum class Access { read_write, read_only };

struct JournalFile {
  std::string path;
  Access access = Access::read_write;
  std::uint64_t max_bytes = 0;  // the file grows no further: then G7002; 0: as the disk allows
};

// read_write makes the file when it is missing and holds PATH.lock until the journal ends: a second
// writer is refused with the process id of the first (G7005). read_only works beside a writer and
// sees what it appends.
//
// G7001: cannot be opened. G7004: written by a newer program. G7009: not a journal. G9002: the last
// entry does not give its chain.
//
// append: G7001 when a write or sync failed; what was being appended may or may not be there after
// a restart, and every later append is refused. G7002 when the disk is full: nothing was changed,
// later appends may succeed. G9003 when the mirror's laws refuse a row: nothing was changed.
Result<std::unique_ptr<Journal>> open_journal(const JournalFile&);

}  // namespace granary
