#include "netmgr/generation.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "netmgr/nf_tables.h"
#include "sys/error.h"
#include "sys/fd.h"
#include "sys/file.h"

namespace netmgr {
std::string ruleset_generation() {
  try {
    struct stat space {};
    const std::optional<uint32_t> number = nf::generation();
    if (!number || ::stat("/proc/thread-self/ns/net", &space) != 0) return {};
    return std::to_string(space.st_dev) + ':' + std::to_string(space.st_ino) + ' ' + std::to_string(*number);
  } catch (const sys::Error&) {
    return {};
  }
}

bool is_remembered(const std::string& file, const std::string& generation) noexcept {
  if (file.empty() || generation.empty()) return false;
  try {
    return sys::read_file_if_exists(file) == generation;
  } catch (const std::exception&) {
    return false;
  }
}

void remember(const std::string& file, const std::string& generation) noexcept {
  if (file.empty() || generation.empty()) return;
  const sys::Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  // One that is cut short is not the same as any word.
  if (fd && ::write(fd.get(), generation.data(), generation.size()) < 0) ::unlink(file.c_str());
}

}  // namespace netmgr
