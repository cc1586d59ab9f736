#pragma once
// --filter of `image ls`, `image prune` and `builder prune`: KEY=VALUE, several must all hold (of one key:
// dangling takes the last, reference any).
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace compose::cli {

struct ImageFilters {
  std::optional<bool> dangling;         // without a name
  std::vector<std::string> labels;      // "key" or "key=value"
  std::vector<std::string> not_labels;  // the same, for label!=: none may be there
  std::vector<std::string> references;  // patterns: busybox, bus*:1*
  std::string before, since;            // images; made before, after that one
  std::optional<int64_t> until_ms;      // made before then
};

// `known`: the keys that the command takes. Throws CommandError for another key or a value that cannot be.
ImageFilters parse_image_filters(const std::vector<std::string>& filters,
                                 const std::vector<std::string>& known);

// Whether something with these labels, made then, passes `labels`, `not_labels` and `until_ms`.
bool passes(const ImageFilters& filters, const engine::Labels& labels, int64_t created_ms);
// Whether the image passes all but `references`, `before` and `since`.
bool passes(const ImageFilters& filters, const engine::ImageInfo& image);
// Whether the pattern means the reference: with its tag, or its repository alone; in `*` no slash is met.
bool matches_reference(const std::string& pattern, const std::string& reference);

}  // namespace compose::cli
