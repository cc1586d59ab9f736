// What the container may do to the machine.
#include <algorithm>

#include "parser/attribute.h"
#include "parser/load.h"
#include "parser/names.h"
#include "parser/security_option.h"
#include "parser/units.h"

namespace parser {

namespace {

void read_capabilities(const At& at, std::vector<std::string>& into) {
  at.each([&](const Node& item) { into.push_back(normal_capability(item.text)); });
}

// Docker Engine manual, "Security configuration".
void check_label_option(const std::string& value) {
  const size_t colon = value.find(':');
  const std::string name = value.substr(0, colon);
  check_word("label option", name, {"user", "role", "type", "level", "filetype", "disable", "nested"});
  const bool alone = name == "disable" || name == "nested";
  if (alone != (colon == std::string::npos))
    throw ValueError("invalid label option '" + value + "'",
                     "write label=type:svirt_apache_t or label=disable");
}

void check_security_option(const std::string& text) {
  const size_t separator = text.find_first_of("=:");
  const std::string name = text.substr(0, separator);
  const std::string value = separator == std::string::npos ? "" : text.substr(separator + 1);
  check_word("security option", name,
             {"no-new-privileges", "seccomp", "apparmor", "label", "systempaths", "writable-cgroups"});
  const bool is_switch = name == "no-new-privileges" || name == "writable-cgroups";
  if (is_switch && separator != std::string::npos && !read_boolean(value))
    throw ValueError("'" + name + "' must be true or false, not '" + value + "'");
  if (!is_switch && value.empty())
    throw ValueError("security option '" + text + "' has no value", "write " + name + "=<value>");
  if (name == "systempaths") check_word("value of systempaths", value, {"unconfined"});
  if (name == "label") check_label_option(value);
}

// Those below "kernel." that each container has for itself. namespaces(7), ipc_namespaces(7)
const std::vector<std::string>& namespaced_kernel() {
  static const std::vector<std::string> kAll = {"msgmax", "msgmnb", "msgmni",          "sem",       "shmall",
                                                "shmmax", "shmmni", "shm_rmid_forced", "domainname"};
  return kAll;
}

// Between two separators, or behind the last one, there is no name: "net.//.kernel.core_pattern" would be
// /proc/sys/net/../kernel/core_pattern, which is the host's.
bool has_empty_part(const std::string& name) {
  constexpr std::string_view kSeparators = "./";
  bool after_separator = true;
  for (const char c : name) {
    const bool separator = kSeparators.find(c) != std::string_view::npos;
    if (separator && after_separator) return true;
    after_separator = separator;
  }
  return after_separator;
}

void check_sysctl(const std::string& name) {
  if (has_empty_part(name))
    throw ValueError("sysctl '" + name + "' is no name", "write it as in net.ipv4.ip_forward");
  const auto below = [&name](const std::string& prefix) {
    return name.size() > prefix.size() && name.rfind(prefix, 0) == 0;
  };
  if (below("net.") || below("fs.mqueue.")) return;
  if (name == "kernel.hostname")
    throw ValueError("sysctl 'kernel.hostname' is the host name", "use 'hostname'");
  std::string hint = "known are net.*, fs.mqueue.*, kernel.msg*, kernel.sem and kernel.shm*";
  if (const std::string prefix = "kernel."; below(prefix)) {
    const std::string last = name.substr(prefix.size());
    if (std::find(namespaced_kernel().begin(), namespaced_kernel().end(), last) != namespaced_kernel().end())
      return;
    if (const std::string meant = closest(last, namespaced_kernel()); !meant.empty())
      hint = "did you mean 'kernel." + meant + "'?";
  }
  throw ValueError("sysctl '" + name + "' is not one that a container has for itself", hint);
}

}  // namespace

std::optional<size_t> seccomp_file_at(const std::string& option) {
  constexpr std::string_view kName = "seccomp";
  if (!option.starts_with(kName) || option.size() <= kName.size() + 1) return std::nullopt;
  if (option[kName.size()] != '=' && option[kName.size()] != ':') return std::nullopt;
  const size_t start = kName.size() + 1;
  const std::string value = option.substr(start);
  if (value == "unconfined" || value == "builtin") return std::nullopt;
  return start;
}

void read_cap_add(const At& at) {
  read_capabilities(at, at.service.cap_add);
}

void read_cap_drop(const At& at) {
  read_capabilities(at, at.service.cap_drop);
}

void read_security_opt(const At& at) {
  at.each([&](const Node& item) {
    check_security_option(item.text);
    at.service.security_opt.push_back(item.text);
  });
}

void read_sysctls(const At& at) {
  at.service.sysctls = at.reader.string_map(at.node);
  for (const Entry& entry : at.node.entries)
    at.reader.guard(Node::null(entry.key_at), at.path, [&] {
      check_sysctl(entry.key);
      if (entry.value.is_null() || entry.value.text.empty())
        throw ValueError("sysctl '" + entry.key + "' has no value");
    });
}

void read_storage_opt(const At& at) {
  at.service.storage_opt = at.reader.string_map(at.node);
  for (const Entry& entry : at.node.entries) {
    at.reader.guard(Node::null(entry.key_at), at.path,
                    [&] { check_word("storage option", entry.key, {"size"}); });
    if (entry.key == "size") at.reader.bytes(entry.value, at.path.key("size"));
  }
}

void read_credential_spec(const At& at) {
  const Section section = at.section();
  CredentialSpec& spec = at.service.credential_spec.emplace();
  section.text("config", spec.config);
  section.text("file", spec.file);
  section.text("registry", spec.registry);
  spec.extensions = section.extensions();
}

void read_isolation(const At& at) {
  check_word("isolation", at.node.text, {"default", "process", "hyperv"});
  at.service.isolation = at.node.text;
}

}  // namespace parser
