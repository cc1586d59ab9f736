#include "engine/registry/layer_lock.h"

#include <fcntl.h>

#include <cerrno>
#include <cstdlib>

#include "sys/error.h"

namespace engine::registry {

LayerLock::LayerLock(const Paths& paths, const std::string& chain_id, Cancellation& cancellation,
                     const std::function<void()>& waits)
    : fd_(sys::open(paths.data_root + "/images/pull.lock", O_RDWR | O_CREAT | O_NOFOLLOW, 0600)) {
  struct flock byte {};
  byte.l_type = F_WRLCK;
  byte.l_whence = SEEK_SET;
  // 60 bits: two layers that share them only wait for each other.
  byte.l_start = static_cast<off_t>(std::strtoull(chain_id.substr(0, 15).c_str(), nullptr, 16));
  byte.l_len = 1;
  bool told = false;
  while (::fcntl(fd_.get(), F_OFD_SETLK, &byte) != 0) {
    if (errno != EAGAIN && errno != EACCES && errno != EINTR) sys::fail("lock", "images/pull.lock");
    if (!told && waits) waits();
    told = true;
    cancellation.wait(std::chrono::milliseconds(50));
    cancellation.check("the pull");
  }
}

}  // namespace engine::registry
