#include "engine/container/resource_limits.h"

#include <algorithm>

#include "sys/error.h"

namespace engine {

namespace {

constexpr rlim_t kOpenFiles = 1048576;

// glibc makes the resource an enumeration of its own.
auto resource_of(int number) {
  return static_cast<__rlimit_resource>(number);
}

}  // namespace

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
