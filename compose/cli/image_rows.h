#pragma once
// What the image listings share.
#include <string>
#include <utility>

#include "engine/model.h"

namespace compose::cli {

// "busybox", "latest" of a reference; "<none>" for both when there is none or it cannot be read.
std::pair<std::string, std::string> repository_and_tag(const std::string& reference);
// --platform of the image commands: "" or this machine's. Throws CommandError for another.
void check_own_platform(const std::string& platform);

}  // namespace compose::cli
