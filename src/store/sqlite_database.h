#pragma once
// SQLite's C API behind values: a database and its prepared statements. Internal to store.
// Errors: G7002 for a full disk, G9003 for a law of the schema that a row breaks, G9002 for a
// damaged file, G7001 for everything else.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "units/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace granary {

class Database {
 public:
  // `create`: for writing, made when missing. Otherwise read-only.
  static Result<Database> open(const std::string& path, bool create);

  // Runs statements that give no rows, or whose rows are not wanted.
  Result<void> run(const char* sql);
  bool in_transaction() const;
  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3*) const;
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

// Prepared once, run many times. Ends before its database.
class Statement {
 public:
  static Result<Statement> prepare(const Database&, std::string_view sql);

  // Parameters count from 1. Texts must live until the statement has run.
  Statement& bind(int parameter, std::int64_t);
  Statement& bind_text(int parameter, std::string_view);
  Statement& bind_blob(int parameter, std::string_view);

  // The next row, if there is one; after the last the statement is ready to be bound again.
  Result<bool> next();
  // Runs to the end.
  Result<void> run();
  void reset();
  // Rows that the last run inserted or updated.
  int changed() const;

  // Of the present row; columns count from 0. Views are good until the next call.
  std::int64_t number(int column) const;
  std::string_view bytes(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt*) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

}  // namespace granary
