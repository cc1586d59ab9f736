#pragma once
// Where ADD gets what a URL names. The engine asks the web (http_downloader.h), tests a table.
#include <cstdint>
#include <optional>
#include <string>

namespace engine::build {

// What a server told of a file, to ask with later whether it has changed (RFC 9110, section 13).
struct Validators {
  std::string etag, last_modified;  // the headers' values; empty when there were none

  bool any() const { return !etag.empty() || !last_modified.empty(); }
};

struct Downloaded {
  bool unchanged = false;  // it is still what `known` told of, and nothing was written
  Validators validators;
  std::optional<int64_t> modified;  // seconds since the epoch
};

class Downloader {
 public:
  virtual ~Downloader() = default;
  // Fetches a http or https URL, redirections followed, into the empty file `to`. `known` with values: only
  // when the file is another by now. Throws engine::Error(kUnavailable) that names the URL and says why, also
  // when `cancel_fd` (-1: never) gets readable.
  virtual Downloaded fetch(const std::string& url, const Validators& known, int to, int cancel_fd) = 0;
};

}  // namespace engine::build
