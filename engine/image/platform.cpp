#include "engine/image/platform.h"

#include <sys/utsname.h>

#include <algorithm>
#include <vector>

#include "engine/error.h"
#include "engine/image/entry_path.h"

namespace engine {

namespace {

void normalise(Platform& platform) {
  std::string& architecture = platform.architecture;
  if (architecture == "x86_64" || architecture == "x86-64") architecture = "amd64";
  if (architecture == "aarch64") architecture = "arm64";
  if (architecture == "i386" || architecture == "i486" || architecture == "i686") architecture = "386";
  if (architecture == "armhf") architecture = "arm", platform.variant = "v7";
  if (architecture == "armel") architecture = "arm", platform.variant = "v6";
  if (platform.os == "macos") platform.os = "darwin";
  if (!platform.variant.empty() && platform.variant.front() >= '0' && platform.variant.front() <= '9')
    platform.variant.insert(0, "v");
  if (architecture == "arm64" && platform.variant.empty()) platform.variant = "v8";
  if (architecture == "arm" && platform.variant.empty()) platform.variant = "v7";
}

// Of "v7": 7.
int level(const std::string& variant) {
  return variant.size() == 2 && variant[0] == 'v' ? variant[1] - '0' : 0;
}

}  // namespace

std::string Platform::to_string() const {
  return os + '/' + architecture + (variant.empty() ? "" : '/' + variant);
}

Platform parse_platform(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '/') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  const bool valid =
      parts.size() <= 3 && std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
        return !part.empty() &&
               part.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-.") == std::string::npos;
      });
  if (!valid)
    throw Error(Error::Kind::kInvalid,
                "platform " + engine::quoted(text) +
                    ": it is written as os/architecture[/variant], such as linux/arm64");
  Platform platform;
  if (parts.size() == 1) {
    platform = host_platform();
    platform.variant.clear();
    (parts[0] == "linux" || parts[0] == "windows" || parts[0] == "darwin" ? platform.os
                                                                          : platform.architecture) = parts[0];
  } else {
    platform = {parts[0], parts[1], parts.size() == 3 ? parts[2] : ""};
  }
  normalise(platform);
  return platform;
}

Platform host_platform() {
  utsname name{};
  ::uname(&name);
  Platform platform{"linux", name.machine, ""};
  if (platform.architecture.rfind("armv", 0) == 0) {
    platform.variant = "v" + platform.architecture.substr(4, 1);
    platform.architecture = "arm";
  }
  normalise(platform);
  return platform;
}

int fitness(const Platform& wanted, const Platform& raw) {
  if (raw.os.empty() && raw.architecture.empty()) return 1;  // an index of one need not say
  Platform offered = raw;
  normalise(offered);
  if (offered.os != wanted.os || offered.architecture != wanted.architecture) return 0;
  if (offered.variant == wanted.variant) return 100;
  if (wanted.architecture == "arm")
    return level(offered.variant) <= level(wanted.variant) ? 50 + level(offered.variant) : 0;
  // amd64 v1 is what every machine of it runs; a higher level is another platform.
  if (wanted.architecture == "amd64")
    return level(offered.variant) <= std::max(level(wanted.variant), 1) ? 50 : 0;
  return offered.variant.empty() ? 50 : 0;
}

bool same_machine(const Platform& a, const Platform& b) {
  Platform one = a, other = b;
  normalise(one);
  normalise(other);
  return one.os == other.os && one.architecture == other.architecture;
}

}  // namespace engine
