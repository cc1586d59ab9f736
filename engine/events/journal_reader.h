#pragma once
// Reads the journal of events (journal.h), each event once, in the order they were written, however often the
// file is renamed meanwhile. Takes no lock that a writer would wait for.
#include <functional>
#include <optional>
#include <string>

#include "engine/events/event.h"
#include "sys/fd.h"

namespace engine {

class JournalReader {
 public:
  // `history`: from the oldest event that is kept; otherwise from now on. Throws sys::Error.
  JournalReader(std::string folder, bool history);

  // Calls `take` for what there is and was not taken yet, until it returns false. Never waits. A reader that
  // is slower than two files are filled misses what was in a file that is gone. Throws sys::Error; what
  // `take` throws passes through.
  void read(const std::function<bool(const Event&)>& take);

 private:
  struct File {
    sys::Fd fd;
    std::optional<int64_t> number;  // unset: it is the one that is written to
  };
  std::optional<File> open_after(int64_t number) const;
  std::optional<int64_t> number_of(const sys::Fd& fd) const;
  bool read_file(const std::function<bool(const Event&)>& take);
  bool advance();

  std::string folder_;
  sys::Fd file_;            // empty: nothing was written yet
  int64_t last_ = 0;        // number of the last file that was read to its end
  std::string open_line_;   // without its end yet
  bool skip_line_ = false;  // it was begun before we came
};

}  // namespace engine
