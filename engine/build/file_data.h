#pragma once
#include <sys/types.h>

#include <functional>
#include <string>

namespace engine::build {

// Copies `size` bytes from the beginning of one regular file to an empty other: as a reflink where the file
// system has it (man 2 ioctl_ficlone), else inside the kernel (man 2 copy_file_range); holes stay holes.
// Throws sys::Error, about `what`. `check` is called every few megabytes and ends the copy by throwing.
void copy_file_data(int from, int to, off_t size, const std::function<void()>& check = {},
                    const std::string& what = {});

}  // namespace engine::build
