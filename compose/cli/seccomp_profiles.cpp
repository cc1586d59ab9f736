#include "compose/cli/seccomp_profiles.h"

#include "compose/cli/failure.h"
#include "engine/container/seccomp.h"
#include "engine/error.h"
#include "parser/security_option.h"
#include "sys/error.h"
#include "sys/file.h"

namespace compose::cli {
namespace {

constexpr size_t kMostBytes = 1 << 20;

// "_" is what flags make.
std::string subject_of(const parser::Service& service, const std::string& file) {
  const std::string of =
      service.name.empty() || service.name == "_" ? "" : "service \"" + service.name + "\": ";
  return of + "seccomp profile " + file + ": ";
}

std::string profile_of(const std::string& file) {
  const std::string text = sys::read_file(file);
  if (text.size() > kMostBytes) throw CommandError("it is larger than 1 MiB");
  return engine::compact_seccomp_profile(text);
}

}  // namespace

void read_seccomp_profile(parser::Service& service) {
  for (const std::string& option : service.security_opt) {
    const auto start = parser::seccomp_file_at(option);
    if (!start) continue;
    const std::string file = option.substr(*start);
    try {
      service.seccomp_profile = profile_of(file);
    } catch (const sys::Error& error) {
      throw CommandError(subject_of(service, file) + "it cannot be read: " + error.what());
    } catch (const std::exception& error) {
      throw CommandError(subject_of(service, file) + error.what());
    }
  }
}

void read_seccomp_profiles(parser::Project& project, const std::set<std::string>& needed) {
  for (auto& [name, service] : project.services) {
    try {
      read_seccomp_profile(service);
    } catch (const CommandError&) {
      if (needed.count(name) != 0) throw;
    }
  }
}

}  // namespace compose::cli
