#include "engine/state/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <thread>
#include <utility>

#include "engine/error.h"
#include "engine/state/at_exit.h"
#include "engine/state/schema.h"
#include "sys/fd.h"

namespace engine {

namespace {

std::atomic<bool> left_to_exit = false;

constexpr int kBusyTimeoutMs = 10000;
// The log is brought home when it has grown to so many pages; at the end of a process already when it has the
// smaller number, and then it is emptied, as the next process has to read all that is in it.
constexpr int kLogPages = 250, kLogPagesLeft = 64;
constexpr off_t kLogRoom = 3 << 19;          // kLogPages, and what a transaction may add to them
constexpr sqlite3_int64 kMapped = 64 << 20;  // bytes of the database, from its beginning
constexpr int kDatabaseStep = 1 << 19;       // bytes that the database grows by

[[noreturn]] void fail(sqlite3* db, const std::string& doing) {
  const int code = db != nullptr ? sqlite3_extended_errcode(db) : SQLITE_NOMEM;
  const std::string text = doing + ": " + (db != nullptr ? sqlite3_errmsg(db) : "out of memory");
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      throw Error(Error::Kind::kConflict, text);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Error(Error::Kind::kUnavailable,
                  "the state database is in use by another process that holds it for more than 10 s (" +
                      text + "); try again when it has finished");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      throw Error(Error::Kind::kUnavailable, "the state database is damaged (" + text + ")");
    case SQLITE_FULL:
      throw Error(Error::Kind::kUnavailable, "no space left for the state database (" + text + ")");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      throw Error(Error::Kind::kDenied, "the state database cannot be written (" + text + ")");
    default:
      throw Error(Error::Kind::kInternal, "state database: " + text);
  }
}

// Once, before the first database: what we never use of SQLite costs each process a page of memory here and
// there, and each allocation a lock.
void set_up_library() {
  static const int done = [] {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_PAGECACHE, nullptr, 0, 0);  // no pages ahead of their use
    // Read where they lie: a copy of each page would be a new page of ours.
    sqlite3_config(SQLITE_CONFIG_MMAP_SIZE, kMapped, kMapped);
    return 0;
  }();
  static_cast<void>(done);
}

void execute(sqlite3* db, const char* sql, const std::string& doing) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(db, doing);
}

// Several processes may want to be the first to switch a new database over. Of two that do it at once SQLite
// refuses one immediately, whatever the busy timeout.
void switch_to_wal(sqlite3* db, const std::string& doing) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kBusyTimeoutMs);
  for (;;) {
    const int result = sqlite3_exec(db, "PRAGMA journal_mode=WAL", nullptr, nullptr, nullptr);
    if (result == SQLITE_OK) return;
    if ((result & 0xff) != SQLITE_BUSY || std::chrono::steady_clock::now() > deadline) fail(db, doing);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

int64_t user_version(Database& database) {
  Statement query = database.prepare("PRAGMA user_version");
  query.step();
  return query.integer(0);
}

void migrate(Database& database, sqlite3* db, const std::string& path,
             const std::function<void()>& before_first) {
  const int64_t newest = static_cast<int64_t>(migrations().size());
  int64_t version = user_version(database);
  if (version == newest) return;
  if (version > newest) {
    throw Error(Error::Kind::kUnavailable, path + " was written by a newer compose (state version " +
                                               std::to_string(version) + ", this one knows up to " +
                                               std::to_string(newest) +
                                               "); use that version, or another --data-root");
  }
  execute(db, "BEGIN EXCLUSIVE", "migrate");
  try {
    if (user_version(database) == 0 && before_first) before_first();
    for (version = user_version(database); version < newest;
         ++version) {  // read again: another process may have done it
      execute(db, migrations()[static_cast<size_t>(version)], "migrate");
      execute(db, ("PRAGMA user_version=" + std::to_string(version + 1)).c_str(), "migrate");
    }
    execute(db, "COMMIT", "migrate");
  } catch (...) {
    sqlite3_exec(db, "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
}

std::string log_of(sqlite3* db) {
  return std::string(sqlite3_db_filename(db, "main")) + "-wal";
}

// What the log takes until it is brought home, and what that adds to the database, have their blocks
// beforehand: on a disk that has become full it can still be recorded that something is removed. Where the
// file system cannot do that, or is full already, it goes without.
void keep_room(sqlite3* db) {
  const std::string log = log_of(db);
  struct stat status {};
  if (::stat(log.c_str(), &status) == 0 && status.st_blocks < kLogRoom / 512) {
    const sys::Fd fd(::open(log.c_str(), O_RDWR | O_CLOEXEC));
    if (fd) ::fallocate(fd.get(), FALLOC_FL_KEEP_SIZE, 0, kLogRoom);
  }
  // By SQLite: whoever opens and closes this file himself drops the locks of all its users in the process.
  int step = kDatabaseStep;
  sqlite3_file_control(db, "main", SQLITE_FCNTL_CHUNK_SIZE, &step);
}

}  // namespace

Statement::Statement(Database& database, std::string_view sql)
    : database_(&database), statement_(database.take_statement(sql)) {}

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), statement_(std::exchange(other.statement_, nullptr)) {}

Statement::~Statement() {
  if (statement_ != nullptr) database_->give_back(statement_);
}

Statement& Statement::bind(int index, std::string_view text) {
  if (sqlite3_bind_text(statement_, index, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT) !=
      SQLITE_OK) {
    fail(database_->db_, "bind");
  }
  return *this;
}

Statement& Statement::bind(int index, int64_t value) {
  if (sqlite3_bind_int64(statement_, index, value) != SQLITE_OK) fail(database_->db_, "bind");
  return *this;
}

Statement& Statement::bind_null(int index) {
  if (sqlite3_bind_null(statement_, index) != SQLITE_OK) fail(database_->db_, "bind");
  return *this;
}

bool Statement::step() {
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      fail(database_->db_, sqlite3_sql(statement_));
  }
}

std::string Statement::text(int column) const {
  const unsigned char* bytes = sqlite3_column_text(statement_, column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Database::Database(const std::string& path, const std::function<void()>& before_first) {
  set_up_library();
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(path.c_str(), &db_, flags, nullptr) != SQLITE_OK) {
    const std::string why = db_ != nullptr ? sqlite3_errmsg(db_) : "out of memory";
    sqlite3_close(db_);
    throw Error(Error::Kind::kDenied, "cannot open " + path + ": " + why);
  }
  try {
    sqlite3_extended_result_codes(db_, 1);
    sqlite3_busy_timeout(db_, kBusyTimeoutMs);
    switch_to_wal(db_, "open " + path);
    // FULL: a row that a power cut took away would leave its folders claimed by nobody, and those are
    // removed. The log stays when the last of us closes, as bringing it home takes three waits for the disk.
    execute(db_, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;", "open " + path);
    sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_wal_hook(db_, &Database::on_commit, this);
    migrate(*this, db_, path, before_first);
    keep_room(db_);
  } catch (const Error& error) {
    close();
    if (error.kind() != Error::Kind::kUnavailable) throw;
    throw Error(error.kind(), path + ": " + error.what());
  } catch (...) {
    close();
    throw;
  }
}

Database::~Database() {
  settle();
  if (log_pages_ >= kLogPagesLeft && !leaves_log_) empty_log();
  if (!left_to_exit) close();
}

void leave_databases_to_exit() noexcept {
  left_to_exit = true;
}

// While others use it, it is for one of them to do.
bool Database::empty_log() noexcept {
  sqlite3_busy_timeout(db_, 0);
  const bool done =
      sqlite3_wal_checkpoint_v2(db_, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr) == SQLITE_OK;
  if (done) keep_room(db_);
  sqlite3_busy_timeout(db_, kBusyTimeoutMs);
  return done;
}

void Database::tidy_log() noexcept {
  constexpr off_t kPage = 4096;
  struct stat status {};
  if (::stat(log_of(db_).c_str(), &status) != 0 || status.st_size < kLogPagesLeft * kPage) return;
  if (!empty_log()) return;
  log_pages_ = 0;
  // What begins a log waits for the disk: done here, for who commits next.
  try {
    const auto same = [&] { prepare("PRAGMA user_version=" + std::to_string(user_version(*this))).step(); };
    write(same, Durability::kOrdered);
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): the next commit does it then
  }
}

void Database::close() noexcept {
  for (const auto& [sql, statement] : idle_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

sqlite3_stmt* Database::take_statement(std::string_view sql) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  if (const auto found = idle_.find(sql); found != idle_.end()) {
    sqlite3_stmt* statement = found->second;
    idle_.erase(found);
    return statement;
  }
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr) != SQLITE_OK)
    fail(db_, std::string(sql));
  return statement;
}

void Database::give_back(sqlite3_stmt* statement) noexcept {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  if (!idle_.try_emplace(sqlite3_sql(statement), statement).second) sqlite3_finalize(statement);
}

int Database::on_commit(void* self, sqlite3* db, const char* name, int pages) {
  static_cast<Database*>(self)->log_pages_ = pages;
  // What cannot be brought home now is so after a later commit.
  if (pages >= kLogPages) sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  return SQLITE_OK;
}

int64_t Database::changes() const {
  return sqlite3_changes64(db_);
}

void Database::write(const std::function<void()>& body, Durability durability) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  const bool full = durability == Durability::kSynced;
  if (depth_ == 0 && full != full_) {
    execute(db_, full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", "begin");
    full_ = full;
  }
  transact("BEGIN IMMEDIATE", body);
  if (durability == Durability::kSettled) unsettled_ = true;
}

// The log is another file than the one by whose descriptors the locks go.
void Database::settle() noexcept {
  if (!unsettled_.exchange(false)) return;
  const sys::Fd fd(::open(log_of(db_).c_str(), O_RDONLY | O_CLOEXEC));
  if (fd) ::fdatasync(fd.get());
}

void Database::read(const std::function<void()>& body) {
  transact("BEGIN", body);
}

void Database::transact(const char* begin, const std::function<void()>& body) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  if (depth_ > 0) {
    body();
    return;
  }
  prepare(begin).step();
  ++depth_;
  try {
    body();
    prepare("COMMIT").step();
    --depth_;
  } catch (...) {
    --depth_;
    sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
}

}  // namespace engine
