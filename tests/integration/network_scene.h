#pragma once
// What the tests of networks share: services that do nothing, and what is to be seen from within.
#include <nlohmann/json.hpp>
#include <string>

#include "sandbox.h"

namespace it {

// The beginning of a file whose services are written in short: "  web: {<<: *common}" waits.
inline constexpr char kCommon[] =
    "x-common: &common {image: busybox, command: [sleep, '1000'], stop_grace_period: 0s}\nservices:\n";

// A service that waits; `more` are lines of it, indented.
inline std::string sleeper(const std::string& name, const std::string& more = "") {
  return "  " + name +
         ":\n    image: busybox\n    command: [\"sleep\", \"1000\"]\n    stop_grace_period: 0s\n" + more;
}

// The IPv4 address of an interface in a service's container.
inline std::string address_of(Sandbox& sandbox, const std::string& service,
                              const std::string& interface = "eth0") {
  return sandbox.inside(
      service, {"sh", "-c",
                "ip -4 -o addr show " + interface + " | sed 's/.* inet \\([0-9.]*\\).*/\\1/' | tr -d '\\n'"});
}

// What a service's container gets from a URL within three seconds; nothing when it does not.
inline std::string fetched(Sandbox& sandbox, const std::string& from, const std::string& url) {
  return sandbox.compose({"exec", "-T", from, "timeout", "3", "wget", "-q", "-O", "-", url}).out;
}

inline nlohmann::json inspected_network(Sandbox& sandbox, const std::string& network) {
  return nlohmann::json::parse(sandbox.ok({"network", "inspect", network}).out).at(0);
}

}  // namespace it
