#include "engine/build/remote_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "engine/build/field_digest.h"
#include "engine/error.h"
#include "engine/http/url.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace engine::build {
namespace {

constexpr const char* kMemoVersion = "url1-";
constexpr mode_t kMode = 0600;  // as Docker has it

std::string name_in(const std::string& url) {
  const size_t host = url.find("://") + 3;
  const std::string whole = url.substr(host, url.find_first_of("?#", host) - host);
  const size_t slash = whole.rfind('/');
  const std::string name = slash == std::string::npos ? "" : percent_decoded(whole.substr(slash + 1));
  const bool fits = !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
                    name.find('\0') == std::string::npos;
  if (!fits) {
    throw Error(Error::Kind::kInvalid,
                "the URL " + url + " does not end with the name of a file; fetch it in a RUN instead");
  }
  return name;
}

std::string checksum_digits(const std::string& checksum) {
  if (checksum.empty()) return "";
  const std::string digits = digest_hex(checksum);
  if (digits.empty()) {
    throw Error(Error::Kind::kInvalid,
                "--checksum=" + checksum + " is not sha256: with 64 lower-case hexadecimal digits");
  }
  return digits;
}

std::string digest_of(int fd) {
  Sha256 hash;
  std::vector<char> buffer(1 << 17);
  for (off_t at = 0;;) {
    const ssize_t n = sys::check(::pread(fd, buffer.data(), buffer.size(), at), "pread", "download");
    if (n == 0) return hash.hex();
    hash.update(buffer.data(), static_cast<size_t>(n));
    at += n;
  }
}

// What is remembered of a URL: digest, ETag and Last-Modified, a line each.
struct Memory {
  std::string digest;
  Validators validators;
};

Memory parse_memory(const std::string& text) {
  const size_t first = text.find('\n');
  const size_t second = first == std::string::npos ? first : text.find('\n', first + 1);
  if (second == std::string::npos || !is_sha256_hex(text.substr(0, first))) return {};
  return {text.substr(0, first), {text.substr(first + 1, second - first - 1), text.substr(second + 1)}};
}

}  // namespace

RemoteFile::RemoteFile(ImageStore& store, Downloader& downloader, const std::string& url,
                       const std::string& checksum, bool use_memory)
    : store_(store),
      downloader_(downloader),
      url_(url),
      name_(name_in(url)),
      memo_key_(kMemoVersion + FieldDigest().add(url).hex()),
      checksum_(checksum_digits(checksum)),
      use_memory_(use_memory) {}

bool RemoteFile::fetch(const Validators& known, int cancel_fd) {
  ImageStore::Draft draft = store_.new_draft();
  const std::string path = draft.diff() + "/" + name_;
  const sys::Fd file = sys::open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, kMode);
  const Downloaded got = downloader_.fetch(url_, known, file.get(), cancel_fd);
  if (got.unchanged) return false;
  fetched_ = digest_of(file.get());
  if (!checksum_.empty() && fetched_ != checksum_) {
    throw Error(Error::Kind::kInvalid, url_ + " is not what --checksum says: it is sha256:" + fetched_ +
                                           ", not sha256:" + checksum_);
  }
  sys::check(::fchmod(file.get(), kMode), "fchmod", path);
  const timespec time{got.modified.value_or(0), 0};
  const timespec times[2] = {time, time};
  sys::check(::futimens(file.get(), times), "futimens", path);
  if (got.validators.any()) {
    store_.cache_put(memo_key_, fetched_ + "\n" + got.validators.etag + "\n" + got.validators.last_modified,
                     "");
  }
  draft_.emplace(std::move(draft));
  return true;
}

const std::string& RemoteFile::identity(int cancel_fd) {
  if (!identity_.empty()) return identity_;
  if (!checksum_.empty()) return identity_ = checksum_;
  const Memory memory = use_memory_ ? parse_memory(store_.cache_get(memo_key_).value_or("")) : Memory();
  identity_ = fetch(memory.validators, cancel_fd) ? fetched_ : memory.digest;
  return identity_;
}

std::string RemoteFile::folder(int cancel_fd) {
  const std::string expected = identity(cancel_fd);
  if (!draft_ && !fetch({}, cancel_fd)) {
    throw Error(Error::Kind::kUnavailable, url_ + ": the server did not send the file");
  }
  if (fetched_ != expected) {
    throw Error(Error::Kind::kUnavailable, url_ + " changed while the build fetched it; build again");
  }
  return draft_->diff();
}

}  // namespace engine::build
