#pragma once
// What a journal file looks like. Internal to store.

#include "engine/ports.h"
#include "store/sqlite_database.h"

namespace granary {

inline constexpr int schema_version = 2;

// Makes the tables of an empty file.
Result<void> create_schema(Database&);
// Brings an older journal to this schema, all or nothing; entries stay as they are.
Result<void> upgrade_schema(Database&);
// The schema of a journal.
Result<int> schema_of(const Database&);

// That tables, CHECKs and triggers are those of a new file, and the names of accounts are unique in
// their index too. G9003 names the first that differs.
Result<void> check_schema(const Database&);

enum class FileKind { empty, journal };
// G7004 for a newer journal, G7009 for another program's file.
Result<FileKind> kind_of_file(const Database&, const std::string& path);

// The last entry of the file.
Result<Journal::Head> last_entry(Statement& select_last);
inline constexpr std::string_view select_last_sql =
    "SELECT sequence, chain FROM entry ORDER BY sequence DESC LIMIT 1";
inline constexpr std::string_view select_after_sql =
    "SELECT sequence, bytes, chain FROM entry WHERE sequence > ? ORDER BY sequence LIMIT ?";

// A chain as it is stored; zero when it is not 32 bytes long.
Hash hash_of(std::string_view stored);

}  // namespace granary
