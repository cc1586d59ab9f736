#include "engine/container/resource_limits.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "engine/container/setup_error.h"
#include "sys/error.h"

namespace engine {

namespace {

constexpr rlim_t kOpenFiles = 1048576;

// glibc makes the resource an enumeration of its own.
auto resource_of(int number) {
  return static_cast<__rlimit_resource>(number);
}

const std::map<std::string, int>& names() {
  static const std::map<std::string, int> kNames = {
      {"as", RLIMIT_AS},           {"core", RLIMIT_CORE},         {"cpu", RLIMIT_CPU},
      {"data", RLIMIT_DATA},       {"fsize", RLIMIT_FSIZE},       {"locks", RLIMIT_LOCKS},
      {"memlock", RLIMIT_MEMLOCK}, {"msgqueue", RLIMIT_MSGQUEUE}, {"nice", RLIMIT_NICE},
      {"nofile", RLIMIT_NOFILE},   {"nproc", RLIMIT_NPROC},       {"rss", RLIMIT_RSS},
      {"rtprio", RLIMIT_RTPRIO},   {"rttime", RLIMIT_RTTIME},     {"sigpending", RLIMIT_SIGPENDING},
      {"stack", RLIMIT_STACK}};
  return kNames;
}

rlim_t value_of(int64_t number) {
  return number < 0 ? RLIM_INFINITY : static_cast<rlim_t>(number);
}

}  // namespace

bool is_limit_name(const std::string& name) {
  return names().contains(name);
}

std::vector<ResourceLimit> standard_limits_without(const std::vector<SpecUlimit>& asked) {
  std::vector<ResourceLimit> limits = standard_limits();
  for (const SpecUlimit& limit : asked) {
    const auto found = names().find(limit.name);
    if (found == names().end()) continue;
    std::erase_if(limits, [&](const ResourceLimit& other) { return other.resource == found->second; });
  }
  return limits;
}

void set_asked_limits(const std::vector<SpecUlimit>& asked) {
  for (const SpecUlimit& limit : asked) {
    const std::string step = "set the ulimit " + limit.name;
    const auto found = names().find(limit.name);
    if (found == names().end()) throw SetupError(step, "there is no such limit");
    const rlimit wanted{value_of(limit.soft), value_of(limit.hard)};
    if (::setrlimit(resource_of(found->second), &wanted) == 0) continue;
    const int error = errno;
    rlimit present{};
    ::getrlimit(resource_of(found->second), &present);
    throw SetupError(step, std::string(std::strerror(error)) +
                               (present.rlim_max == RLIM_INFINITY
                                    ? ""
                                    : "; the host allows " + std::to_string(present.rlim_max) + " at most"));
  }
}

std::vector<ResourceLimit> standard_limits() {
  std::vector<ResourceLimit> limits = {{RLIMIT_NOFILE, {kOpenFiles, kOpenFiles}}};
  for (const int resource : {RLIMIT_CORE, RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_AS, RLIMIT_NPROC})
    limits.push_back({resource, {RLIM_INFINITY, RLIM_INFINITY}});
  return limits;
}

std::vector<ResourceLimit> limits_of(pid_t pid) {
  std::vector<ResourceLimit> limits;
  for (int resource = 0; resource < RLIM_NLIMITS; ++resource) {
    ResourceLimit limit{resource, {}};
    if (::prlimit(pid, resource_of(resource), nullptr, &limit.value) != 0) return standard_limits();
    limits.push_back(limit);
  }
  return limits;
}

void set_limits(const std::vector<ResourceLimit>& limits) {
  for (const ResourceLimit& limit : limits) {
    rlimit present{};
    sys::check(::getrlimit(resource_of(limit.resource), &present), "getrlimit");
    const rlimit wanted{std::min(limit.value.rlim_cur, present.rlim_max),
                        std::min(limit.value.rlim_max, present.rlim_max)};
    sys::check(::setrlimit(resource_of(limit.resource), &wanted), "setrlimit");
  }
}

}  // namespace engine
