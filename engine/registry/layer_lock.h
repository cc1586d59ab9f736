#pragma once
// Whoever fetches a layer holds a lock on it, so that two processes (or threads) that pull the same image at
// once do not fetch it twice. The lock is a byte of the file images/pull.lock, chosen by the layer's chain
// id, and open-file-description locked (man 2 fcntl): it ends with its process, and no file is left for each
// layer.
#include <string>

#include "engine/http/cancellation.h"
#include "engine/paths.h"
#include "sys/fd.h"

namespace engine::registry {

class LayerLock {
 public:
  // Waits for the lock, having called `waits` once if that is needed. Throws sys::Error,
  // engine::Error(kUnavailable) when stopped.
  LayerLock(const Paths& paths, const std::string& chain_id, Cancellation& cancellation,
            const std::function<void()>& waits);

 private:
  sys::Fd fd_;
};

}  // namespace engine::registry
