#pragma once
// What `cp` and `container cp` share: their two words, and the copy itself.
#include <string>
#include <utility>

#include "compose/cli/context.h"

namespace compose::cli {

// "web:/etc" is a path in a container; "/a:b", "./a:b" and "-" are none.
struct CopyWord {
  std::string owner;  // service or container; empty: a local path
  std::string path;
};
CopyWord parse_copy_word(const std::string& text);

struct CopyWords {
  bool into = false;  // from here into a container
  std::string owner;
  engine::ContainerCopy copy;
};
// Throws CommandError for words of which not exactly one is in a container. `kind`: "service", "container".
CopyWords parse_copy_words(const std::string& source, const std::string& destination,
                           const std::string& kind);
// As they were given, with the container's own name.
std::pair<std::string, std::string> copy_ends(const CopyWords& words, const std::string& container);

// Copies, and warns of what was left out. Throws CommandError when cancelled by a signal, engine::Error,
// sys::Error.
engine::CopyResult copy_files(Context& context, const CopyWords& words, const std::string& container_id);

}  // namespace compose::cli
