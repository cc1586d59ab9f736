#include "netmgr/lb/gzip_stream.h"

#include <zlib.h>

#include <array>
#include <charconv>
#include <new>

namespace netmgr::lb {
namespace {

constexpr int kLevel = 3;  // most of the gain, at a third of the cost of the usual 6
constexpr int kGzipWindow = 15 + 16;
constexpr int kMemory = 8;

}  // namespace

struct GzipStream::State {
  z_stream stream{};
  std::array<char, 16 * 1024> out{};
};

GzipStream::GzipStream() : state_(std::make_unique<State>()) {
  if (deflateInit2(&state_->stream, kLevel, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
}

GzipStream::~GzipStream() {
  deflateEnd(&state_->stream);
}

void GzipStream::run(std::string_view bytes, int flush, std::string& out) {
  z_stream& stream = state_->stream;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  do {
    stream.next_out = reinterpret_cast<Bytef*>(state_->out.data());
    stream.avail_out = static_cast<uInt>(state_->out.size());
    deflate(&stream, flush);
    const size_t made = state_->out.size() - stream.avail_out;
    if (made == 0) break;
    std::array<char, 20> size{};
    const auto end = std::to_chars(size.data(), size.data() + size.size(), made, 16).ptr;
    out.append(size.data(), end).append("\r\n").append(state_->out.data(), made).append("\r\n");
    bytes_out_ += made;
  } while (stream.avail_out == 0);
}

void GzipStream::write(std::string_view bytes, std::string& out) {
  bytes_in_ += bytes.size();
  dirty_ = dirty_ || !bytes.empty();
  run(bytes, Z_NO_FLUSH, out);
}

void GzipStream::flush(std::string& out) {
  if (dirty_) run({}, Z_SYNC_FLUSH, out);
  dirty_ = false;
}

void GzipStream::finish(std::string& out) {
  run({}, Z_FINISH, out);
  out.append("0\r\n\r\n");
}

}  // namespace netmgr::lb
