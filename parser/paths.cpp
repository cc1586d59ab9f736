#include "parser/paths.h"

#include <filesystem>
#include <system_error>

#include "parser/path.h"
#include "parser/security_option.h"

namespace parser {

namespace {

struct At {
  Node& node;
  const Path& path;
  const std::string& folder;
  const StringMap& environment;
  Report& report;
};

void make_absolute(Node& node, const Path& path, const At& at) {
  if (!node.is_scalar() || node.text.empty() || node.text[0] == '$') return;
  node.text = node.text[0] == '~' ? resolve_path(node, path.to_string(), at.folder, at.environment, at.report)
                                  : absolute_path(node.text, at.folder);
  node.plain = false;
}

void plain_path(const At& at) {
  make_absolute(at.node, at.path, at);
}

void context(const At& at) {
  if (is_remote(at.node.text)) return;
  if (at.node.is_scalar() && at.node.text.empty()) at.node.text = ".";
  plain_path(at);
}

// service:x and target:x name another build, docker-image:// and oci-layout:// an image.
void named_context(const At& at) {
  if (at.node.text.rfind("service:", 0) != 0 && at.node.text.rfind("target:", 0) != 0) context(at);
}

// The watcher is told the real paths of what changes.
void watched_path(const At& at) {
  plain_path(at);
  std::error_code failed;
  const std::string real = std::filesystem::weakly_canonical(at.node.text, failed).string();
  if (!failed && !real.empty()) at.node.text = real;
}

void bind_source(const At& at) {
  const Node* type = at.node.find("type");
  Node* source = at.node.find("source");
  if (type != nullptr && type->text == "bind" && source != nullptr)
    make_absolute(*source, at.path.key("source"), at);
}

void security_option(const At& at) {
  const auto start = seccomp_file_at(at.node.text);
  if (!start) return;
  const std::string option = at.node.text.substr(0, *start);
  at.node.text.erase(0, *start);
  plain_path(at);
  at.node.text.insert(0, option);
}

// A `local` volume that binds a host folder: its path is as relative as that of a bind mount. Without `o`,
// that another file may give, only what can be nothing but a path is taken for one.
void bind_device(const At& at) {
  const Node* options = at.node.find("o");
  Node* device = at.node.find("device");
  if (device == nullptr || !device->is_scalar() || device->text.empty()) return;
  const bool bind = options == nullptr ? device->text[0] == '.' || device->text[0] == '~'
                                       : ("," + options->text + ",").find("bind,") != std::string::npos;
  if (bind) make_absolute(*device, at.path.key("device"), at);
}

// Whether nothing in an absolute path is to be made simpler: no ".", "..", or empty name.
bool is_normal(std::string_view path) {
  if (path.empty() || path[0] != '/') return false;
  for (size_t slash = 0; slash != std::string_view::npos;) {
    path.remove_prefix(slash + 1);
    slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    if (name.empty() || name == "." || name == "..") return false;
  }
  return true;
}

constexpr struct {
  std::string_view place;
  void (*resolve)(const At&);
} kRules[] = {
    {"configs.*.file", plain_path},
    {"secrets.*.file", plain_path},
    {"services.*.build.additional_contexts.*", named_context},
    {"services.*.build.context", context},
    {"services.*.build.ssh.*", plain_path},
    {"services.*.credential_spec.file", plain_path},
    {"services.*.develop.watch.[].path", watched_path},
    {"services.*.env_file.[].path", plain_path},
    {"services.*.label_file.[]", plain_path},
    {"services.*.security_opt.[]", security_option},
    {"services.*.volumes.[]", bind_source},
    {"volumes.*.driver_opts", bind_device},
};

}  // namespace

void resolve_paths(Node& document, const std::string& folder, const StringMap& environment, Report& report) {
  for (const auto& rule : kRules)
    for_each_match(document, rule.place, [&](Node& node, const Path& path) {
      rule.resolve({node, path, folder, environment, report});
    });
}

std::string resolve_path(const Node& node, const std::string& where, const std::string& folder,
                         const StringMap& environment, Report& report) {
  std::string text = node.text;
  if (!text.empty() && text[0] == '~') {
    const auto home = environment.find("HOME");
    if (text.size() > 1 && text[1] != '/')
      report.error(node.mark(), where, "'" + text + "': the home of another user is not supported");
    else if (home == environment.end() || home->second.empty())
      report.error(node.mark(), where, "'~' in '" + text + "': HOME is not set");
    else
      text.replace(0, 1, home->second);
  }
  return absolute_path(text, folder);
}

std::string absolute_path(const std::string& path, const std::string& base) {
  const bool absolute = !path.empty() && path[0] == '/';
  if (absolute && is_normal(path)) return path;
  if (!absolute && is_normal(base)) {
    std::string simple = base + '/' + path.substr(path.rfind("./", 0) == 0 ? 2 : 0);
    if (is_normal(simple)) return simple;
  }
  std::string normal = (std::filesystem::path(base) / path).lexically_normal().string();
  while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

std::string folder_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

bool is_remote(std::string_view text) {
  return text.find("://") != std::string_view::npos || text.substr(0, 4) == "git@" ||
         text.substr(0, 11) == "github.com/";
}

bool is_oci(std::string_view text) {
  return text.substr(0, 6) == "oci://";
}

}  // namespace parser
