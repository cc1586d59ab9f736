#pragma once
// libnftables in this process: one command text, one transaction.
#include <initializer_list>
#include <string>

namespace netmgr::nft {

// Runs `commands` (man 8 nft) as one transaction in the calling thread's network namespace; all of it happens
// or nothing. `object` names in the error what it was about. Returns 0, or the errno the kernel refused with
// when it is among `tolerated`; else throws sys::Error. Any thread.
int run(const std::string& commands, const std::string& object, std::initializer_list<int> tolerated = {});
// A `list` command's output as JSON text (man 5 libnftables-json); empty when the thing listed does not
// exist. Throws sys::Error. Any thread.
std::string list(const std::string& command, const std::string& object);

}  // namespace netmgr::nft
