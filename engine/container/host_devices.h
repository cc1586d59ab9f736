#pragma once
// A privileged container's /dev.

namespace engine {

// Makes every device node of the host's /dev (seen at /dev of the caller) below the folder `dev`, with owner
// and mode. Folders that are mounts of their own (pts, shm, mqueue, hugepages) are left out. Throws
// sys::Error.
void copy_host_devices(int dev);

}  // namespace engine
