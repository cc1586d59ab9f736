#pragma once
// What the flags of builds mean, those of `build` and of `image build`, and how findings of --check are told.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compose/cli/context.h"
#include "engine/build/checks.h"

namespace compose::cli {

// NAME=VALUE, or NAME of a variable: what is not set is left out. Throws UsageError.
std::map<std::string, std::optional<std::string>> build_arguments(Context& context,
                                                                  const std::vector<std::string>& texts);
// "default", or "id=path" with the path of a socket or key; several paths with commas between. Throws
// UsageError.
void add_ssh_key(std::map<std::string, std::vector<std::string>>& keys, const std::string& text);
// "512m"; 0 for nothing. Throws UsageError naming `flag`.
int64_t memory_of(const std::string& text, const std::string& flag = "--memory");

// One finding as `docker buildx build --check` shows it, and the closing line.
std::string finding_text(const engine::CheckFinding& finding);
std::string finding_count(size_t count);

}  // namespace compose::cli
