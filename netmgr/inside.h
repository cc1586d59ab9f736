#pragma once
// What a container's network namespace has, seen from the host.
#include <optional>
#include <string>

#include "netmgr/address.h"
#include "sys/fd.h"

namespace netmgr {

// All of them throw sys::Error.
bool has_interface(const sys::Fd& netns, const std::string& name);
// PREFIX and the first number that is free.
std::string free_interface(const sys::Fd& netns, const std::string& prefix);
// The name of the interface with this MAC address; nothing when there is none.
std::optional<std::string> interface_with(const sys::Fd& netns, const std::string& mac);
bool has_default_route(const sys::Fd& netns, bool v6);
// Through the interface of that name; replaces one of its family.
void set_default_route(const sys::Fd& netns, const std::string& interface, const std::string& gateway);

}  // namespace netmgr
