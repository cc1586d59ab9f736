#include "compose/cli/output_file.h"

#include <fcntl.h>

#include "sys/fd.h"

namespace compose::cli {

void write_output(const std::string& path, const std::string& text) {
  const sys::Fd file = sys::open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  sys::write_all(file.get(), text);
}

}  // namespace compose::cli
