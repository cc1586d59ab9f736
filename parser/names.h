#pragma once
// Closed sets of names: capabilities, signals, platforms; and the shapes of names and addresses that Compose
// fixes. All throw ValueError.
#include <string>
#include <vector>

namespace parser {

// One of `known`. `what` names it in messages: "pull policy"; `hint` is the way out when none is close, else
// they are listed.
void check_word(const std::string& what, const std::string& word, const std::vector<std::string>& known,
                const std::string& hint = "");

// "cap_net_admin", "NET_ADMIN" -> "NET_ADMIN"; "ALL" too. capabilities(7), Linux 6.
std::string normal_capability(const std::string& name);

// "SIGTERM", "TERM", "15", "SIGRTMIN+3". signal(7)
void check_signal(const std::string& name);

// "linux/arm64", "linux/arm/v7", or one of its parts: "linux", "arm64". OCI image-spec, "platform"; GOOS and
// GOARCH.
void check_platform(const std::string& text);

// Name of a service, network or volume in the file: letters, digits, '.', '_', '-'.
void check_key(const std::string& what, const std::string& name);

// container_name, and the engine's name of a volume or network: [a-zA-Z0-9][a-zA-Z0-9_.-]*.
void check_engine_name(const std::string& what, const std::string& name);

// A project: lower-case letters, digits, '-', '_', the first one a letter or digit.
void check_project_name(const std::string& name);
// What a folder's name gives: lower-cased, other characters dropped. May be empty.
std::string derive_project_name(const std::string& folder);

// A host or domain: letters, digits, '.', '-', '_', bytes beyond ASCII; at most 64 of them. sethostname(2)
void check_host_name(const std::string& what, const std::string& name);
// A network link: at most 15 characters without '/' and white space. netdevice(7), IFNAMSIZ
void check_interface_name(const std::string& name);
// An IPv4 or IPv6 address.
void check_address(const std::string& text);
// "02-42-AC-11-00-03" -> "02:42:ac:11:00:03"
std::string normal_mac_address(const std::string& text);

}  // namespace parser
