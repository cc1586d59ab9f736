#pragma once
// What COPY and ADD say: flags, sources, destination. Source: the Dockerfile reference, "COPY", "ADD".
#include <string>
#include <vector>

#include "engine/build/lines.h"
#include "engine/build/place.h"

namespace engine::build {

struct Copy {
  bool add = false;
  std::vector<std::string> sources;  // as written
  std::string destination;
  std::vector<Heredoc> files;  // sources given in the Dockerfile itself
  std::string from, chown, chmod, checksum;
  std::vector<std::string> exclude;
  bool link = false;     // the layer stands for itself: links of the image are not followed
  bool parents = false;  // folders above a source are made below the destination
  bool unpack = false;   // archives of the context are unpacked
  bool unpack_remote = false;
};

// `rest` is what follows the keyword, "COPY" or "ADD". Throws engine::Error(kInvalid) at `place`.
Copy parse_copy(const std::string& keyword, std::string rest, std::vector<Heredoc> heredocs,
                const Place& place, char escape);

// What a source of ADD is, once its variables are replaced.
enum class SourceKind { kPath, kUrl, kGit };
SourceKind source_kind(const std::string& source);

}  // namespace engine::build
