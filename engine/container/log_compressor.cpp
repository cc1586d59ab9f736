#include "engine/container/log_compressor.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstdio>

namespace engine {

namespace {

constexpr size_t kBlock = 64 << 10;
constexpr int kGzipWindow = 15 + 16;  // zlib.h, deflateInit2: a gzip header and trailer

bool write_all(int fd, const unsigned char* data, size_t size) {
  while (size > 0) {
    const ssize_t n = ::write(fd, data, size);
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) {
      data += n;
      size -= static_cast<size_t>(n);
    }
  }
  return true;
}

bool compress(int from, int to) {
  struct stat status {};
  if (::fstat(from, &status) != 0) return false;
  std::array<char, 64> origin{};
  std::snprintf(origin.data(), origin.size(), "%llu:%llu", static_cast<unsigned long long>(status.st_dev),
                static_cast<unsigned long long>(status.st_ino));
  z_stream stream{};
  // The fastest: a container that floods its log waits for the file before.
  if (::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return false;
  gz_header header{};
  header.comment = reinterpret_cast<Bytef*>(origin.data());
  header.os = 3;  // Unix
  bool good = ::deflateSetHeader(&stream, &header) == Z_OK;
  static std::array<unsigned char, kBlock> in, out;
  int flush = Z_NO_FLUSH;
  while (good && flush != Z_FINISH) {
    const ssize_t n = ::read(from, in.data(), in.size());
    if (n < 0 && errno == EINTR) continue;
    good = n >= 0;
    flush = n == 0 ? Z_FINISH : Z_NO_FLUSH;
    stream.next_in = in.data();
    stream.avail_in = static_cast<unsigned>(n);
    do {
      stream.next_out = out.data();
      stream.avail_out = static_cast<unsigned>(out.size());
      ::deflate(&stream, flush);
      good = good && write_all(to, out.data(), out.size() - stream.avail_out);
    } while (good && stream.avail_out == 0);
  }
  ::deflateEnd(&stream);
  return good;
}

[[noreturn]] void run(const char* path, const char* made, const char* unfinished) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, "compose-gzip");
  // Nothing of the monitor's, above all not the keeper's lock.
  ::syscall(SYS_close_range, 3U, ~0U, 0U);
  const int from = ::open(path, O_RDONLY | O_CLOEXEC);
  const int to = from < 0 ? -1 : ::open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (to < 0) ::_exit(1);
  if (!compress(from, to) || ::rename(unfinished, made) != 0) {
    ::unlink(unfinished);
    ::_exit(1);
  }
  ::unlink(path);
  ::_exit(0);
}

}  // namespace

void LogCompressor::start(const std::string& path) {
  wait();
  const std::string made = path + ".gz", unfinished = made + ".tmp";
  child_ = ::fork();
  if (child_ == 0) run(path.c_str(), made.c_str(), unfinished.c_str());
}

void LogCompressor::wait() {
  while (child_ > 0 && ::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) continue;
  child_ = -1;
}

}  // namespace engine
