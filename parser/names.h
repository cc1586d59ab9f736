#pragma once
// Closed sets of names: capabilities, signals; and the shapes of names that Compose fixes. All throw
// ValueError.
#include <string>

namespace parser {

// "cap_net_admin", "NET_ADMIN" -> "NET_ADMIN"; "ALL" too. capabilities(7), Linux 6.
std::string normal_capability(const std::string& name);

// "SIGTERM", "TERM", "15", "SIGRTMIN+3". signal(7)
void check_signal(const std::string& name);

// Name of a service, network or volume in the file: letters, digits, '.', '_', '-'.
void check_key(const std::string& what, const std::string& name);

// container_name, and the engine's name of a volume: [a-zA-Z0-9][a-zA-Z0-9_.-]*.
void check_engine_name(const std::string& what, const std::string& name);

// A project: lower-case letters, digits, '-', '_', the first one a letter or digit.
void check_project_name(const std::string& name);
// What a folder's name gives: lower-cased, other characters dropped. May be empty.
std::string derive_project_name(const std::string& folder);

}  // namespace parser
