#include "engine/build/builder.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "engine/build/dockerfile.h"
#include "engine/build/ignore.h"
#include "engine/build/solver.h"
#include "engine/error.h"
#include "engine/image/reference.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {
namespace {

constexpr const char* kInlineName = "dockerfile_inline";

struct Source {
  std::string text;
  std::string name;  // for messages
  std::string path;  // empty: inline
};

Source read_dockerfile(const BuildRequest& request) {
  if (!request.dockerfile_inline.empty()) return {request.dockerfile_inline, kInlineName, ""};
  Source source;
  source.name = request.dockerfile.empty() ? "Dockerfile" : request.dockerfile;
  source.path = source.name.starts_with('/') ? source.name : request.context + "/" + source.name;
  std::optional<std::string> text;
  try {
    text = sys::read_file_if_exists(source.path);
  } catch (const sys::Error& error) {
    throw Error(Error::Kind::kInvalid, std::string("cannot read the Dockerfile: ") + error.what());
  }
  if (!text) throw Error(Error::Kind::kNotFound, "there is no Dockerfile at " + source.path);
  source.text = std::move(*text);
  return source;
}

// The file beside the Dockerfile wins over the context's.
build::IgnoreRules read_ignore_rules(const BuildRequest& request, const Source& source) {
  if (!source.path.empty()) {
    const auto own = sys::read_file_if_exists(source.path + ".dockerignore");
    if (own) return build::IgnoreRules(*own, source.name + ".dockerignore");
  }
  const auto common = sys::read_file_if_exists(request.context + "/.dockerignore");
  return common ? build::IgnoreRules(*common, ".dockerignore") : build::IgnoreRules();
}

// The lines around `line`, which ends where no escape character continues it.
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

// The error with the source it points at behind its first line.
std::string with_excerpt(const std::string& what, const Source& source, char escape) {
  const std::string prefix = source.name + ":";
  if (!what.starts_with(prefix)) return what;
  size_t line = 0;
  const char* begin = what.data() + prefix.size();
  const auto [end, error] = std::from_chars(begin, what.data() + what.size(), line);
  if (error != std::errc() || *end != ':') return what;
  const size_t first = std::min(what.find('\n'), what.size());
  return what.substr(0, first) + excerpt(source.text, line, escape) + what.substr(first);
}

}  // namespace

std::string BuildStep::tag() const {
  return "[" + stage + (stage.empty() ? "" : " ") + std::to_string(number) + "/" + std::to_string(total) +
         "]";
}

BuildResult build_image(const BuildWorkshop& workshop, const BuildRequest& request, BuildObserver& observer) {
  const Source source = read_dockerfile(request);
  char escape = '\\';
  try {
    const build::Dockerfile file = build::parse_dockerfile(source.text, source.name);
    escape = file.escape;
    return build::Solver(workshop, request, observer, file, read_ignore_rules(request, source)).run();
  } catch (const Error& error) {
    throw Error(error.kind(), with_excerpt(error.what(), source, escape));
  }
}

}  // namespace engine
