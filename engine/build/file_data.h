#pragma once
#include <sys/types.h>

namespace engine::build {

// Copies `size` bytes from the beginning of one regular file to an empty other: as a reflink where the file
// system has it (man 2 ioctl_ficlone), else inside the kernel (man 2 copy_file_range); holes stay holes.
// Throws sys::Error.
void copy_file_data(int from, int to, off_t size);

}  // namespace engine::build
