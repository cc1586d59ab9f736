#include "compose/ui/log_shelf.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "sys/error.h"
#include "sys/fd.h"

namespace compose::ui {
namespace {

constexpr std::string_view kCompressed = ".gz";
// A rotation takes microseconds; one that was cut short by a kill leaves a gap for good.
constexpr int kMostLooks = 20;

// Of "log", "log.12", "log.12.gz": 0, 12, 12. Nothing for other names.
std::optional<int> index_of(std::string_view name, std::string_view base) {
  if (!name.starts_with(base)) return std::nullopt;
  name.remove_prefix(base.size());
  if (name.empty()) return 0;
  if (name.ends_with(kCompressed)) name.remove_suffix(kCompressed.size());
  int index = 0;
  const char* const end = name.data() + name.size();
  if (name.size() < 2 || name[0] != '.') return std::nullopt;
  const auto [rest, error] = std::from_chars(name.data() + 1, end, index);
  if (error != std::errc() || rest != end || index < 1) return std::nullopt;
  return index;
}

// The comment of a gzip header without other optional fields (RFC 1952, 2.3): see
// engine/container/log_compressor.h.
std::optional<FileId> origin_of(int fd) {
  constexpr size_t kFixed = 10;
  constexpr unsigned char kHasComment = 0x10;
  char header[96] = {};
  const ssize_t n = ::pread(fd, header, sizeof header - 1, 0);
  if (n <= static_cast<ssize_t>(kFixed) || static_cast<unsigned char>(header[3]) != kHasComment)
    return std::nullopt;
  unsigned long long device = 0, inode = 0;
  if (std::sscanf(header + kFixed, "%llu:%llu", &device, &inode) != 2) return std::nullopt;
  return FileId{static_cast<dev_t>(device), static_cast<ino_t>(inode)};
}

std::vector<LogPart> look(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash);
  const std::string base = slash == std::string::npos ? path : path.substr(slash + 1);
  std::vector<LogPart> parts;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) {
    const auto index = index_of(entry->d_name, base);
    if (!index) continue;
    LogPart part;
    part.index = *index;
    part.path = folder + '/' + entry->d_name;
    part.compressed = part.path.ends_with(kCompressed);
    const sys::Fd fd(::open(part.path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) continue;
    part.id = {status.st_dev, status.st_ino};
    if (part.compressed) part.origin = origin_of(fd.get());
    parts.push_back(std::move(part));
  }
  std::sort(parts.begin(), parts.end(), [](const LogPart& a, const LogPart& b) {
    return a.index != b.index ? a.index < b.index : a.compressed < b.compressed;
  });
  // Both forms are there for a moment before the first one goes.
  const auto twice = std::unique(parts.begin(), parts.end(),
                                 [](const LogPart& a, const LogPart& b) { return a.index == b.index; });
  parts.erase(twice, parts.end());
  return parts;
}

bool is_whole(const std::vector<LogPart>& parts) {
  for (size_t i = 0; i < parts.size(); ++i)
    if (parts[i].index != static_cast<int>(i)) return false;
  return true;
}

}  // namespace

std::vector<LogPart> log_parts(const std::string& path) {
  std::vector<LogPart> parts = look(path);
  for (int looks = 1; looks < kMostLooks; ++looks) {
    std::vector<LogPart> again = look(path);
    const bool settled = again == parts && is_whole(again);
    parts = std::move(again);
    if (settled) break;
    ::poll(nullptr, 0, 1);
  }
  return parts;
}

}  // namespace compose::ui
