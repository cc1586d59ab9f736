#include "engine/build/content_digest.h"

#include <fcntl.h>
#include <unistd.h>

#include <ctime>
#include <vector>

#include "engine/build/field_digest.h"
#include "engine/build/paths.h"
#include "engine/image/layer_xattr.h"
#include "sys/error.h"

namespace engine::build {
namespace {

constexpr int64_t kSettledNs = 100'000'000;  // ten times the coarsest clock tick that stamps files
constexpr size_t kKeyDigits = 32;
constexpr size_t kDigestDigits = 64;

int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

std::string key_of(const struct stat& status) {
  FieldDigest digest;
  digest.add(status.st_dev).add(status.st_ino).add(static_cast<uint64_t>(status.st_size));
  digest.add(static_cast<uint64_t>(nanoseconds(status.st_mtim)));
  digest.add(static_cast<uint64_t>(nanoseconds(status.st_ctim)));
  return digest.hex().substr(0, kKeyDigits);
}

bool is_settled(const struct stat& status) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now) - nanoseconds(status.st_ctim) > kSettledNs;
}

void add_xattrs(FieldDigest& digest, int fd, const std::string& path) {
  for (const auto& [name, value] : read_xattrs(fd, path)) {
    if (is_layer_xattr(name)) digest.add(name).add(value);
  }
}

std::string digest_file(const CopySource& source, const LayeredView::Node& node) {
  const sys::Fd fd = source.view().open(node, O_RDONLY | O_NONBLOCK);  // it may just have become a pipe
  Sha256 bytes;
  std::vector<char> buffer(1 << 17);
  for (;;) {
    source.check();
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (sys::check(n, "read", node.path) == 0) break;
    bytes.update(buffer.data(), static_cast<size_t>(n));
  }
  FieldDigest digest;
  digest.add(bytes.hex());
  add_xattrs(digest, fd.get(), node.path);
  return digest.hex();
}

class TreeDigest {
 public:
  TreeDigest(const CopySource& source, const LayeredView::Node& root, const Exclusion& exclude,
             DigestMemo& memo)
      : source_(source), root_(root), exclude_(exclude), memo_(memo) {}

  // A folder on the way to the item.
  void add_way(const CopySource::Step& step) {
    const struct stat& status = step.node.status;
    digest_.add("way").add(step.name).add(status.st_mode);
    if (!source_.is_context()) digest_.add(status.st_uid).add(status.st_gid);
    add_xattrs(digest_, source_.view().open(step.node, O_PATH).get(), step.node.path);
  }

  void add(const LayeredView::Node& node, const std::string& name) {
    const struct stat& status = node.status;
    digest_.add(name).add(status.st_mode);
    if (!source_.is_context()) digest_.add(status.st_uid).add(status.st_gid);
    if (node.is_file()) {
      digest_.add(memo_.file(source_, node));
    } else if (node.is_link()) {
      digest_.add(source_.view().read_link(node));
    } else if (node.is_dir()) {
      add_xattrs(digest_, source_.view().open(node, O_PATH).get(), node.path);
      for (const LayeredView::Node& child : source_.children(node)) {
        if (!exclude_.hides(root_, child)) add(child, base_name(child.path));
      }
      digest_.add("..");  // no name of an entry: marks the end of the folder
    } else {
      digest_.add(status.st_rdev);
    }
  }
  std::string hex() { return digest_.hex(); }

 private:
  const CopySource& source_;
  const LayeredView::Node& root_;
  const Exclusion& exclude_;
  DigestMemo& memo_;
  FieldDigest digest_;
};

}  // namespace

DigestMemo::DigestMemo(const std::string& text) {
  constexpr size_t kLine = kKeyDigits + 1 + kDigestDigits;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (end - at == kLine && text[at + kKeyDigits] == ' ') {
      known_.emplace(text.substr(at, kKeyDigits), text.substr(at + kKeyDigits + 1, kDigestDigits));
    }
    at = end + 1;
  }
}

std::string DigestMemo::to_text() const {
  std::string text;
  for (const auto& [key, digest] : used_) text += key + " " + digest + "\n";
  return text;
}

std::string DigestMemo::file(const CopySource& source, const LayeredView::Node& node) {
  const std::string key = key_of(node.status);
  const auto it = known_.find(key);
  if (it != known_.end()) return used_[key] = it->second;
  std::string digest = digest_file(source, node);
  if (is_settled(node.status)) {
    known_[key] = used_[key] = digest;
    changed_ = true;
  }
  return digest;
}

std::string digest_item(const CopySource& source, const CopySource::Item& item, const Exclusion& exclude,
                        DigestMemo& memo) {
  TreeDigest digest(source, item.node, exclude, memo);
  for (const CopySource::Step& step : item.above) digest.add_way(step);
  digest.add(item.node, item.name);
  return digest.hex();
}

}  // namespace engine::build
