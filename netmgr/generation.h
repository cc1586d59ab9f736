#pragma once
// Whether the firewall is still as it was when somebody last looked at it closely. To look takes libnftables,
// which brings five libraries along; the kernel counts the changes of a network namespace's rules, and to ask
// for that number takes one message.
#include <string>

namespace netmgr {

// What there is to see of nf_tables in the calling thread's network namespace, as a word: the namespace and
// the number of the last change in it. Empty where the kernel does not tell.
std::string ruleset_generation();

// `file` remembers one such word, of rules that were found to be as they should. Neither throws: what cannot
// be remembered is looked at again. An empty path is none.
bool is_remembered(const std::string& file, const std::string& generation) noexcept;
void remember(const std::string& file, const std::string& generation) noexcept;

}  // namespace netmgr
