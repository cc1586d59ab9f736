#include "engine/security_options.h"

#include <unistd.h>

#include "engine/container/seccomp.h"
#include "engine/error.h"
#include "sys/file.h"

namespace engine {

namespace {

constexpr const char* kUnconfined = "unconfined";

bool has_selinux() {
  return ::access("/sys/fs/selinux/enforce", F_OK) == 0;
}

class Reading {
 public:
  explicit Reading(const std::string& option) : option_(option) {
    const size_t separator = option.find_first_of("=:");
    name_ = option.substr(0, separator);
    if (separator != std::string::npos) value_ = option.substr(separator + 1);
  }

  void into(SecurityOptions& options) const {
    if (name_ == "no-new-privileges") {
      options.no_new_privileges = value_.empty() || is_true();
    } else if (name_ == "seccomp") {
      if (value_.empty()) wrong("it has no value");
      options.seccomp = value_ == kUnconfined || value_ == "builtin" ? value_ : profile();
    } else if (name_ == "systempaths") {
      if (value_ != kUnconfined) wrong("it can only be systempaths=unconfined");
      options.unmasked = true;
    } else if (name_ == "apparmor") {
      options.apparmor = apparmor();
    } else if (name_ == "label") {
      if (value_ != "disable" && has_selinux())
        unavailable("containers of this engine have no SELinux labels of their own");
    } else if (name_ == "writable-cgroups") {
      if (value_.empty() || is_true()) unavailable("control groups are read-only in containers");
    } else {
      wrong("there is no such option");
    }
  }

 private:
  [[noreturn]] void wrong(const std::string& why) const {
    throw Error(Error::Kind::kInvalid, "security option '" + shown() + "': " + why);
  }
  [[noreturn]] void unavailable(const std::string& why) const {
    throw Error(Error::Kind::kUnavailable, "security option '" + shown() + "': " + why);
  }
  // A profile's text would fill the screen.
  std::string shown() const { return name_ == "seccomp" && value_.size() > 64 ? name_ : option_; }

  bool is_true() const {
    for (const char* yes : {"true", "1", "True", "TRUE", "t", "T"})
      if (value_ == yes) return true;
    for (const char* no : {"false", "0", "False", "FALSE", "f", "F"})
      if (value_ == no) return false;
    wrong("it must be true or false");
  }

  std::string profile() const {
    try {
      return compact_seccomp_profile(value_);
    } catch (const Error& error) {
      wrong(error.what());
    }
  }

  std::string apparmor() const {
    if (value_.empty()) wrong("it has no value");
    if (value_ == kUnconfined) return "";
    if (!has_apparmor()) unavailable("AppArmor is not enabled on this host");
    return value_;
  }

  const std::string& option_;
  std::string name_, value_;
};

}  // namespace

bool has_apparmor() {
  return sys::read_file_if_exists("/sys/module/apparmor/parameters/enabled").value_or("").starts_with('Y');
}

SecurityOptions read_security_options(const std::vector<std::string>& options) {
  SecurityOptions read;
  for (const std::string& option : options) Reading(option).into(read);
  return read;
}

}  // namespace engine
