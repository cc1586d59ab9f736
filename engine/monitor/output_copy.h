#pragma once
// A copy of one stream of a container's output for who is attached to it: the write end of a pipe. What the
// pipe does not take is kept, and no more is to be read from the container until it is gone.
#include <string>
#include <string_view>

#include "sys/fd.h"

namespace monitor {

class OutputCopy {
 public:
  OutputCopy() = default;
  // Throws sys::Error.
  explicit OutputCopy(sys::Fd pipe);

  void put(std::string_view bytes);
  // Something is kept; `flush` is to be called when `fd` can be written.
  bool waiting() const { return !kept_.empty(); }
  int fd() const { return pipe_.get(); }
  void flush();
  // No more will come. What is still kept is delivered by a process of its own, which ends with that or when
  // the reader goes: the monitor does not wait for a reader.
  void end();

 private:
  sys::Fd pipe_;  // empty: nobody reads
  std::string kept_;
};

}  // namespace monitor
