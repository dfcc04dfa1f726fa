#include "store/sqlite_database.h"

#include <fmt/core.h>
#include <sqlite3.h>

namespace granary {

namespace {
// What the last failure on the handle was.
Error error_of(sqlite3* handle, const std::string& path, const std::string& doing) {
  const int code = sqlite3_extended_errcode(handle);
  std::string why = sqlite3_errmsg(handle);
  if (const int number = sqlite3_system_errno(handle);
      number != 0 && (code & 0xff) != SQLITE_CONSTRAINT) {
    why += fmt::format(" (system error {})", number);
  }
  const std::string sentence = fmt::format("journal {} cannot be {}: {}.", path, doing, why);
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {Error::Kind::unavailable, 7002, sentence, "Make room; nothing was changed."};
    case SQLITE_CONSTRAINT:
      return {Error::Kind::bug, 9003, sentence, ""};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {Error::Kind::failed, 9002, sentence, "Restore the journal from a copy."};
    default:
      return {Error::Kind::failed, 7001, sentence, ""};
  }
}
Error error_of(sqlite3* handle, const std::string& doing) {
  const char* path = sqlite3_db_filename(handle, "main");
  return error_of(handle, path ? path : "", doing);
}
}  // namespace

void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
void Statement::Finalize::operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }

Result<Database> Database::open(const std::string& path, bool create) {
  Database database;
  sqlite3* handle = nullptr;
  const int flags = create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  database.handle_.reset(handle);
  if (code != SQLITE_OK) return fail(error_of(handle, path, "opened"));
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, 5'000);
  return database;
}

Result<void> Database::run(const char* sql) {
  if (sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return fail(error_of(handle(), "changed"));
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle()) == 0; }

Result<Statement> Statement::prepare(const Database& database, std::string_view sql) {
  Statement statement;
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  statement.handle_.reset(handle);
  if (code != SQLITE_OK) return fail(error_of(database.handle(), "read"));
  return statement;
}

// A bind fails only for a wrong parameter or no memory, and then the row is null, which the
// schema refuses.
Statement& Statement::bind(int parameter, std::int64_t value) {
  sqlite3_bind_int64(handle_.get(), parameter, value);
  return *this;
}
Statement& Statement::bind_text(int parameter, std::string_view value) {
  sqlite3_bind_text64(handle_.get(), parameter, value.data() ? value.data() : "", value.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}
Statement& Statement::bind_blob(int parameter, std::string_view value) {
  sqlite3_bind_blob64(handle_.get(), parameter, value.data(), value.size(), SQLITE_STATIC);
  return *this;
}

Result<bool> Statement::next() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  const bool reads = sqlite3_stmt_readonly(handle_.get()) != 0;
  const Error error = error_of(sqlite3_db_handle(handle_.get()), reads ? "read" : "changed");
  reset();
  return fail(error);
}

Result<void> Statement::run() {
  for (;;) {
    const auto row = next();
    if (!row) return fail(row.error());
    if (!*row) return {};
  }
}

void Statement::reset() { sqlite3_reset(handle_.get()); }
int Statement::changed() const { return sqlite3_changes(sqlite3_db_handle(handle_.get())); }

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}
std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(handle_.get(), column);
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

}  // namespace granary
