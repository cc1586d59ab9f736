#pragma once
// A body on its way through gzip into chunks.
#include <memory>
#include <string>
#include <string_view>

namespace netmgr::lb {

class GzipStream {
 public:
  GzipStream();
  ~GzipStream();
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;
  // Appends the chunks for these bytes to `out`; often none, as they are collected.
  void write(std::string_view bytes, std::string& out);
  // The sender pauses: what was collected goes out.
  void flush(std::string& out);
  void finish(std::string& out);
  uint64_t bytes_in() const { return bytes_in_; }
  uint64_t bytes_out() const { return bytes_out_; }

 private:
  struct State;
  void run(std::string_view bytes, int flush, std::string& out);

  std::unique_ptr<State> state_;
  bool dirty_ = false;
  uint64_t bytes_in_ = 0;
  uint64_t bytes_out_ = 0;
};

}  // namespace netmgr::lb
