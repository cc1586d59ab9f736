#pragma once
// Looking for what a test left on the machine. Everything is told by ids and paths of the test's own, so that
// tests can run beside each other and beside real containers.
#include <set>
#include <string>
#include <vector>

namespace it {

// Names in a folder, "." and ".." left out; none when it is not there.
std::set<std::string> entries(const std::string& folder);

// Live processes with `text` in their arguments or environment, zombies and this process left out.
std::vector<int> processes_of(const std::string& text);
std::string command_line(int pid);

// "mount <mount point>" for what is mounted on or from below `path` in this mount namespace.
std::vector<std::string> mounts_below(const std::string& path);

// "cgroup <path>" for groups named after one of these container ids, in every hierarchy.
std::vector<std::string> cgroups_of(const std::set<std::string>& ids);
// Kills everything in them and removes them.
void remove_cgroups(const std::set<std::string>& ids);

// "link ..." and "nftables ..." of this network namespace, besides what Sandbox put there.
std::vector<std::string> links_and_rules();

}  // namespace it
