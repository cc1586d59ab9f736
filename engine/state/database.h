#pragma once
// SQLite underneath everything durable: WAL, foreign keys, busy timeout, schema versions in user_version.
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace engine {

class Database;

// A prepared statement in use. Bind by position from 1, step, read columns from 0. Not thread-safe; goes back
// to its database on destruction, to be used again.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, int64_t value);
  Statement& bind_null(int index);
  bool
  step();  // true: a row; throws engine::Error (kConflict for a unique constraint, kUnavailable when busy)
  std::string text(int column) const;
  int64_t integer(int column) const;
  bool is_null(int column) const;

 private:
  Database* database_;
  sqlite3_stmt* statement_;
};

// kSynced: a commit is on the disk. kSettled: it will be when `settle` returns or this connection has ended,
// so that a command waits for the disk once, for all it has done. kOrdered: a power cut may take the newest
// of these back. What is synced later brings what was before to the disk too; other processes see all at
// once.
enum class Durability { kSynced, kSettled, kOrdered };

// One connection. Serialised by an internal mutex that a Transaction holds, so threads of one process take
// turns; processes take turns by SQLite's own locks (BEGIN IMMEDIATE, busy timeout 10 s).
class Database {
 public:
  // Opens or makes the file and migrates it. Throws engine::Error: kUnavailable for a file that is damaged or
  // from a newer version (says which), kDenied for permissions. `before_first` is called, with the file
  // locked, before the first table of a new database is made; when it throws, there is still none.
  explicit Database(const std::string& path, const std::function<void()>& before_first = {});
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Statement prepare(std::string_view sql) { return {*this, sql}; }
  int64_t changes() const;

  // Runs `body` inside BEGIN IMMEDIATE (write) or BEGIN (read) ... COMMIT; rolls back when it throws.
  // Recursive use on the same thread joins the outer transaction.
  void write(const std::function<void()>& body, Durability durability = Durability::kSynced);
  void read(const std::function<void()>& body);
  // Has all that was committed as kSettled reach the disk. Any thread; others can use the database meanwhile.
  void settle() noexcept;
  // Somebody for whom nobody waits is going to call `tidy_log`: this connection does not empty the log at its
  // end.
  void leave_log() noexcept { leaves_log_ = true; }
  // Empties the log when it is worth it, which waits for the disk several times, unless others use it.
  void tidy_log() noexcept;

 private:
  friend class Statement;
  sqlite3* db_ = nullptr;
  std::map<std::string, sqlite3_stmt*, std::less<>> idle_;  // by their text; compiled once
  std::recursive_mutex mutex_;
  int depth_ = 0;
  bool full_ = true;   // PRAGMA synchronous, as it is set
  int log_pages_ = 0;  // in SQLite's log, after the last commit of this connection
  bool leaves_log_ = false;
  std::atomic<bool> unsettled_ = false;

  bool empty_log() noexcept;
  static int on_commit(void* self, sqlite3* db, const char* name, int pages);
  sqlite3_stmt* take_statement(std::string_view sql);
  void give_back(sqlite3_stmt* statement) noexcept;
  void close() noexcept;
  void transact(const char* begin, const std::function<void()>& body);
};

}  // namespace engine
