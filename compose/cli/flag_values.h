#pragma once
// What the values of flags are called. A name says what a shell may offer for it as well:
//   a|b|c        one of these
//   FILE, DIR    a path here
//   SERVICE, PROFILE, CONTAINER, IMAGE, NETWORK, VOLUME, PROJECT, SIGNAL, CAPABILITY   what there is of them
//   SERVICE=NUMBER, CONTAINER:PATH and the like: the word in capitals, then the sign
#include <string>
#include <string_view>

#include "compose/cli/description.h"

namespace compose::cli {

// `command`: "container run". Empty when nothing is known of it.
std::string value_name(std::string_view command, const FlagDescription& flag);

}  // namespace compose::cli
