#include "engine/build/builder.h"

#include "engine/build/dockerfile.h"
#include "engine/build/ignore.h"
#include "engine/build/solver.h"
#include "engine/error.h"
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

}  // namespace

BuildResult build_image(ImageStore& store, StepRunner& runner, build::Downloader& downloader,
                        const BuildRequest& request, BuildObserver& observer) {
  const Source source = read_dockerfile(request);
  const build::Dockerfile file = build::parse_dockerfile(source.text, source.name);
  return build::Solver(store, runner, downloader, request, observer, file, read_ignore_rules(request, source))
      .run();
}

}  // namespace engine
