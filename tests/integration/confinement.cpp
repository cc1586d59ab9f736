#include "confinement.h"
#include "places.h"

#include <linux/keyctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <sstream>

namespace it {

std::vector<std::string> outside_of_container() {
  std::vector<std::string> arguments;
  for (const char* name : {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"}) {
    struct stat status {};
    REQUIRE(::stat((std::string("/proc/self/ns/") + name).c_str(), &status) == 0);
    arguments.push_back(std::string("ns.") + name + '=' + std::to_string(status.st_ino));
  }
  const long keyring = ::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0, 0, 0);
  arguments.push_back("keyring=" + std::to_string(keyring));
  return arguments;
}

std::map<std::string, std::string> rows_of(const std::string& output) {
  std::map<std::string, std::string> rows;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    while (!line.empty() && line.back() == '\r') line.pop_back();
    const size_t equals = line.find('=');
    if (equals != std::string::npos) rows[line.substr(0, equals)] = line.substr(equals + 1);
  }
  INFO(output);
  REQUIRE(rows.erase("end") == 1);
  return rows;
}

Confinement::Confinement(Sandbox& sandbox, const std::string& attributes) {
  std::string command = "[/probe";
  for (const std::string& argument : outside_of_container()) command += ", \"" + argument + '"';
  sandbox.compose_file(
      "services:\n  probe:\n    image: busybox\n    stop_grace_period: 0s\n    command: " + command +
      "]\n    volumes: [\"" + places::program("confinement_probe") + ":/probe:ro\"]\n" + attributes);
  sandbox.ok({"up", "-d"});
  sandbox.compose({"wait", "probe"});
  rows_ = rows_of(sandbox.log("probe"));
}

std::string Confinement::operator[](const std::string& row) const {
  INFO("row " << row);
  REQUIRE(rows_.contains(row));
  return rows_.at(row);
}

std::map<std::string, std::string> Confinement::below(const std::string& prefix) const {
  std::map<std::string, std::string> found;
  for (const auto& [row, value] : rows_)
    if (row.starts_with(prefix)) found[row.substr(prefix.size())] = value;
  return found;
}

}  // namespace it
