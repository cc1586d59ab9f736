#pragma once
// Locks between all programs of this kind on one host, whatever their data roots. They are files that only
// root can open: a lock on something that others can open, others could hold for good.
#include <string>

#include "sys/file.h"

namespace netmgr {

// Waits for the lock of this name (letters, digits, '-', '.'). Throws sys::Error, with EPERM also when the
// folder of the locks is open to others.
sys::FileLock lock_on_host(const std::string& name);

}  // namespace netmgr
