#include "engine/build/dockerfile_source.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <sstream>

#include "engine/error.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace engine::build {
namespace {

constexpr const char* kInlineName = "dockerfile_inline";
constexpr off_t kMostBytes = 16 << 20;

[[noreturn]] void unreadable(const std::string& path, const std::string& why) {
  throw Error(Error::Kind::kInvalid, "cannot read " + path + ": " + why);
}

std::optional<std::string> read_text(const std::string& path) {
  // Not waiting for the other end of a pipe.
  const sys::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd && errno == ENOENT) return std::nullopt;
  try {
    sys::check(fd.get(), "open", path);
    struct stat status {};
    sys::check(::fstat(fd.get(), &status), "fstat", path);
    if (!S_ISREG(status.st_mode)) unreadable(path, "it is no regular file");
    if (status.st_size > kMostBytes) unreadable(path, "it is larger than 16 MiB");
    return sys::read_all(fd.get());
  } catch (const sys::Error& error) {
    unreadable(path, error.what());
  }
}

}  // namespace

DockerfileSource read_dockerfile(const BuildRequest& request) {
  if (!request.dockerfile_inline.empty()) return {request.dockerfile_inline, kInlineName, ""};
  DockerfileSource source;
  source.name = request.dockerfile.empty() ? "Dockerfile" : request.dockerfile;
  source.path = source.name.starts_with('/') ? source.name : request.context + "/" + source.name;
  std::optional<std::string> text = read_text(source.path);
  if (!text) throw Error(Error::Kind::kNotFound, "there is no Dockerfile at " + source.path);
  source.text = std::move(*text);
  return source;
}

IgnoreRules read_ignore_rules(const BuildRequest& request, const DockerfileSource& source) {
  if (!source.path.empty()) {
    const auto own = read_text(source.path + ".dockerignore");
    if (own) return IgnoreRules(*own, source.name + ".dockerignore");
  }
  const auto common = read_text(request.context + "/.dockerignore");
  return common ? IgnoreRules(*common, ".dockerignore") : IgnoreRules();
}

IgnoreRules read_ignore_rules_of(const std::string& folder) {
  const std::string path = folder + "/.dockerignore";
  const auto text = read_text(path);
  return text ? IgnoreRules(*text, path) : IgnoreRules();
}

std::string excerpt(const std::string& text, size_t line, char escape) {
  constexpr size_t kAround = 2;
  std::istringstream stream(text);
  std::string out, source;
  bool marked = false;
  size_t after = 0;
  for (size_t number = 1; std::getline(stream, source) && after <= kAround; ++number) {
    if (number + kAround < line) continue;
    const bool continues = !source.empty() && source.back() == escape;
    const bool mark = number == line || marked;
    if (number > line && !mark) ++after;
    if (after > kAround) break;
    const std::string digits = std::to_string(number);
    out += "\n" + std::string(digits.size() < 4 ? 4 - digits.size() : 0, ' ') + digits +
           (mark ? " | >>> " : " |     ") + source.substr(0, 200);
    marked = mark && continues;
  }
  return out;
}

}  // namespace engine::build
