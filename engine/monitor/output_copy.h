#pragma once
// A copy of one stream of a container's output for who is attached to it: the write end of a pipe. What the
// pipe does not take is kept, and no more is to be read from the container until it is gone.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sys/fd.h"

namespace monitor {

class OutputCopy {
 public:
  // `client`: the number of who came later; -1: attached from the start. `patience_ms`: how long it may take
  // nothing of what waits for it; -1: as long as it likes. Throws sys::Error.
  OutputCopy(sys::Fd pipe, int client, int64_t patience_ms);

  void put(std::string_view bytes);
  // Something is kept; `flush` is to be called when `fd` can be written.
  bool waiting() const { return !kept_.empty(); }
  int fd() const { return pipe_.get(); }  // -1: nobody reads any more
  int client() const { return client_; }
  // When its time is over (monotonic, ms); nothing: it has time.
  std::optional<int64_t> deadline_ms() const { return deadline_ms_; }
  void flush();
  void close();
  // No more will come. What is still kept is delivered by a process of its own, which ends with that or when
  // the reader goes: the monitor does not wait for a reader.
  void end();

 private:
  sys::Fd pipe_;
  std::string kept_;
  int client_;
  int64_t patience_ms_;
  std::optional<int64_t> deadline_ms_;
};

}  // namespace monitor
