#include "engine/container/json_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "sys/error.h"

namespace engine {

namespace {

constexpr size_t kPiece = 16 << 10;
constexpr size_t kBatch = 64 << 10;

// Length of the well-formed UTF-8 sequence at the start of `text`, 0 when there is none (Unicode, table 3-7).
size_t sequence_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t length = first < 0x80                    ? 1
                        : first >= 0xc2 && first < 0xe0 ? 2
                        : first >= 0xe0 && first < 0xf0 ? 3
                        : first >= 0xf0 && first < 0xf5 ? 4
                                                        : 0;
  if (length == 0 || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (first == 0xe0 && byte(1) < 0xa0) return 0;
  if (first == 0xed && byte(1) > 0x9f) return 0;
  if (first == 0xf0 && byte(1) < 0x90) return 0;
  if (first == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

void append_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const size_t length = sequence_length(text);
    const char c = text[0];
    if (length == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
      out += code;
    } else {
      out.append(text, 0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

std::string timestamp() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  tm parts{};
  ::gmtime_r(&now.tv_sec, &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, now.tv_nsec);
  return text;
}

// Where to cut a piece so that no character is torn: at most three bytes before its end.
size_t piece_end(std::string_view text) {
  size_t end = kPiece;
  for (int i = 0; i < 3 && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80; ++i) --end;
  return end;
}

}  // namespace

JsonLog::JsonLog(JsonLogSettings settings) : settings_(std::move(settings)) {
  const std::string attrs = settings_.attrs.empty() ? "" : "\"attrs\":" + settings_.attrs + ',';
  for (const Stream stream : {Stream::kStdout, Stream::kStderr}) {
    const char* name = stream == Stream::kStdout ? "stdout" : "stderr";
    middle_[static_cast<size_t>(stream)] =
        std::string("\",\"stream\":\"") + name + "\"," + attrs + "\"time\":\"";
  }
  if (settings_.path.empty()) return;
  if (!open()) sys::fail("open", settings_.path);
}

bool JsonLog::open() noexcept {
  file_.reset(::open(settings_.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  struct stat status {};
  size_ = file_ && ::fstat(file_.get(), &status) == 0 ? status.st_size : 0;
  return static_cast<bool>(file_);
}

void JsonLog::write(Stream stream, std::string_view bytes) {
  if (settings_.path.empty()) return;
  std::string& pending = pending_[static_cast<size_t>(stream)];
  while (!bytes.empty()) {
    const size_t newline = bytes.find('\n');
    const size_t take = newline == std::string_view::npos ? bytes.size() : newline + 1;
    pending.append(bytes.substr(0, take));
    bytes.remove_prefix(take);
    std::string_view rest = pending;
    while (rest.size() > kPiece) {
      const size_t end = piece_end(rest);
      append(stream, rest.substr(0, end));
      rest.remove_prefix(end);
    }
    if (newline != std::string_view::npos) {
      append(stream, rest);
      rest = {};
    }
    pending.erase(0, pending.size() - rest.size());
  }
  if (pending.empty()) pending.shrink_to_fit();
  write_batch();
}

void JsonLog::flush() {
  for (const Stream stream : {Stream::kStdout, Stream::kStderr}) {
    std::string& pending = pending_[static_cast<size_t>(stream)];
    if (!pending.empty()) append(stream, pending);
    pending.clear();
  }
  write_batch();
  compressor_.wait();
}

void JsonLog::append(Stream stream, std::string_view line) {
  const size_t before = batch_.size();
  batch_ += "{\"log\":\"";
  append_escaped(batch_, line);
  batch_ += middle_[static_cast<size_t>(stream)] + timestamp() + "\"}\n";
  if (!file_) open();
  const int64_t limit = settings_.max_size;
  const int64_t there = size_ + static_cast<int64_t>(before),
                all = size_ + static_cast<int64_t>(batch_.size());
  if (limit > 0 && there > 0 && all > limit) {
    std::string next = batch_.substr(before);
    batch_.resize(before);
    write_batch();
    rotate();
    batch_ = std::move(next);
  }
  if (batch_.size() > kBatch) write_batch();
}

// Somebody may have removed or emptied the file, to get space or a fresh start: lines go where they are
// found, and a removed file gives its space back.
void JsonLog::look() noexcept {
  struct stat status {};
  if (!file_ || ::fstat(file_.get(), &status) != 0 || status.st_nlink == 0) {
    open();
  } else {
    size_ = status.st_size;
  }
}

void JsonLog::write_batch() {
  if (batch_.empty()) return;
  look();
  const ssize_t n = file_ ? ::write(file_.get(), batch_.data(), batch_.size()) : -1;
  const size_t written = n > 0 ? static_cast<size_t>(n) : 0;
  // Half a line would spoil the next one too.
  const size_t whole = written == 0 ? 0 : batch_.rfind('\n', written - 1) + 1;
  lost_ += std::count(batch_.begin() + static_cast<std::ptrdiff_t>(whole), batch_.end(), '\n');
  const bool cut = written > whole && ::ftruncate(file_.get(), size_ + static_cast<int64_t>(whole)) == 0;
  size_ += static_cast<int64_t>(cut ? whole : written);
  batch_.clear();
  if (batch_.capacity() > kPiece) batch_.shrink_to_fit();
}

void JsonLog::rotate() {
  compressor_.wait();
  const auto name = [this](int number) {
    return number == 0 ? settings_.path : settings_.path + '.' + std::to_string(number);
  };
  // What is missing is not there to keep.
  const int last = std::max(settings_.max_file, 1) - 1;
  ::unlink(name(last).c_str());
  ::unlink((name(last) + ".gz").c_str());
  for (int number = last; number > 0; --number) {
    ::rename((name(number - 1) + ".gz").c_str(), (name(number) + ".gz").c_str());
    ::rename(name(number - 1).c_str(), name(number).c_str());
  }
  open();
  if (settings_.compress && last > 0) compressor_.start(name(1));
}

}  // namespace engine
