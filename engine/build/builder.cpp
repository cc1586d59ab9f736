#include "engine/build/builder.h"

#include <algorithm>
#include <charconv>

#include "engine/build/checks.h"
#include "engine/build/dockerfile.h"
#include "engine/build/dockerfile_source.h"
#include "engine/build/solver.h"
#include "engine/error.h"

namespace engine {

using build::DockerfileSource;

namespace {

// The error with the source it points at behind its first line.
std::string with_excerpt(const std::string& what, const DockerfileSource& source, char escape) {
  const std::string prefix = source.name + ":";
  if (!what.starts_with(prefix)) return what;
  size_t line = 0;
  const char* begin = what.data() + prefix.size();
  const auto [end, error] = std::from_chars(begin, what.data() + what.size(), line);
  if (error != std::errc() || *end != ':') return what;
  const size_t first = std::min(what.find('\n'), what.size());
  return what.substr(0, first) + build::excerpt(source.text, line, escape) + what.substr(first);
}

// What `use` makes of the parsed file; its errors and the parser's show the source.
template <typename Use>
auto with_dockerfile(const DockerfileSource& source, Use use) {
  char escape = '\\';
  try {
    const build::Dockerfile file = build::parse_dockerfile(source.text, source.name);
    escape = file.escape;
    return use(file);
  } catch (const Error& error) {
    throw Error(error.kind(), with_excerpt(error.what(), source, escape));
  }
}

}  // namespace

std::string BuildStep::tag() const {
  return "[" + stage + (stage.empty() ? "" : " ") + std::to_string(number) + "/" + std::to_string(total) +
         "]";
}

BuildResult build_image(const BuildWorkshop& workshop, const BuildRequest& request, BuildObserver& observer) {
  const DockerfileSource source = build::read_dockerfile(request);
  return with_dockerfile(source, [&](const build::Dockerfile& file) {
    return build::Solver(workshop, request, observer, file, build::read_ignore_rules(request, source)).run();
  });
}

CheckReport check_build(ImageStore& store, const BuildRequest& request) {
  const DockerfileSource source = build::read_dockerfile(request);
  return with_dockerfile(source, [&](const build::Dockerfile& file) {
    CheckReport report = build::check_dockerfile(file, request, build::read_ignore_rules(request, source),
                                                 build::stored_config(store));
    for (CheckFinding& finding : report.findings)
      finding.excerpt = build::excerpt(source.text, static_cast<size_t>(finding.line), file.escape);
    return report;
  });
}

}  // namespace engine
