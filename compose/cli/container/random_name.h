#pragma once
// A name for a container that was given none: an adjective and the name of somebody who found something out,
// "patient_noether".
#include <string>

namespace compose::cli {

// `attempt` 0: as above; later ones end in a random number, so that even a machine with thousands of
// containers finds a free one.
std::string random_name(int attempt);

}  // namespace compose::cli
