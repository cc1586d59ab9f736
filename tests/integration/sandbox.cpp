#include "sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "leftovers.h"
#include "places.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/random.h"

namespace it {

namespace {

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

void must(const std::vector<std::string>& args) {
  const Output output = run(args);
  INFO("running " << join(args) << ": " << output.err);
  REQUIRE(output.code == 0);
}

}  // namespace

bool is_root() {
  if (::geteuid() == 0) return true;
  ::puts("SKIPPED-ROOT-ONLY: integration tests make containers");
  return false;
}

std::string sandbox_prefix() {
  return fmt::format("/tmp/compose-it-{:08x}-",
                     std::hash<std::string>{}(places::program("compose")) & 0xffffffff);
}

std::string base_image(const std::string& name) {
  RunOptions options;
  options.timeout = std::chrono::minutes(5);
  const Output output = run({places::source("examples/images/" + name + ".sh"), "--archive"}, options);
  INFO("making the base image " << name << ": " << output.err);
  REQUIRE(output.code == 0);
  return output.out.substr(0, output.out.find('\n'));
}

std::string http(const std::string& url) {
  return run({"curl", "-sf", "--noproxy", "*", "--max-time", "3", url}).out;
}

Sandbox::Sandbox(std::string project) : project_(std::move(project)) {
  base_ = sandbox_prefix() + "XXXXXX";
  if (::mkdtemp(base_.data()) == nullptr) sys::fail("mkdtemp", base_);
  directory_ = base_ + "/project";
  sys::make_dirs(directory_);
  options_.directory = directory_;
  options_.env = {{"COMPOSE_DATA_ROOT", data_root()},
                  {"COMPOSE_RUN_ROOT", run_root()},
                  {"COMPOSE_PROJECT_NAME", project_}};
}

Sandbox::Sandbox(Network network) : Sandbox("it" + sys::random_hex(8)) {
  if (network == Network::kOwn) enter_own_network();
  ok({"image", "import", base_image("busybox"), "busybox:latest", "--change", "CMD [\"sh\"]"});
}

Sandbox::~Sandbox() {
  for (const int pid : processes_of(base_)) ::kill(pid, SIGKILL);
  eventually([this] { return processes_of(base_).empty(); }, std::chrono::seconds(5));
  remove_cgroups(seen_);
  try {
    sys::remove_tree(base_);
  } catch (const std::exception& error) {
    ::fprintf(stderr, "%s\n", error.what());
  }
}

void Sandbox::enter_own_network() {
  sys::check(::unshare(CLONE_NEWNET), "unshare", "network namespace");
  own_network_ = true;
  must({"ip", "link", "set", "lo", "up"});
  must({"ip", "link", "add", "host0", "type", "veth", "peer", "name", "peer0"});
  must({"ip", "address", "add", std::string(kHostAddress) + "/24", "dev", "host0"});
  must({"ip", "link", "set", "host0", "up"});
  must({"ip", "link", "set", "peer0", "up"});
  must({"ip", "route", "add", "default", "via", "198.51.100.1"});
}

void Sandbox::file(const std::string& path, const std::string& text) {
  const std::string full = directory_ + '/' + path;
  sys::make_dirs(full.substr(0, full.rfind('/')));
  sys::write_file_atomic(full, text);
}

std::vector<std::string> Sandbox::command(const std::vector<std::string>& args) const {
  std::vector<std::string> all{places::program("compose")};
  all.insert(all.end(), args.begin(), args.end());
  return all;
}

Output Sandbox::compose(const std::vector<std::string>& args) {
  Output output = run(command(args), options_);
  note_containers();
  return output;
}

Output Sandbox::ok(const std::vector<std::string>& args) {
  Output output = compose(args);
  INFO("compose " << join(args) << (output.timed_out ? " (timed out)" : "") << "\nstdout: " << output.out
                  << "\nstderr: " << output.err);
  REQUIRE(output.code == 0);
  return output;
}

nlohmann::json Sandbox::containers() {
  // One object a line, as docker compose prints them.
  std::istringstream lines(ok({"ps", "-a", "--format", "json"}).out);
  nlohmann::json rows = nlohmann::json::array();
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) rows.push_back(nlohmann::json::parse(line));
  }
  return rows;
}

nlohmann::json Sandbox::container(const std::string& service, int number) {
  const std::string name = project_ + '-' + service + '-' + std::to_string(number);
  for (const nlohmann::json& row : containers()) {
    if (row.at("Name") == name) return row;
  }
  FAIL("there is no container " << name);
  return {};
}

std::set<std::string> Sandbox::ids(const std::string& service) {
  std::vector<std::string> args{"ps", "-q"};
  if (!service.empty()) args.push_back(service);
  std::istringstream lines(ok(args).out);
  std::set<std::string> result;
  for (std::string line; std::getline(lines, line);) result.insert(line);
  return result;
}

nlohmann::json Sandbox::recorded_status(const std::string& id) const {
  return nlohmann::json::parse(sys::read_file(data_root() + "/containers/" + id + "/status.json"));
}

std::string Sandbox::inside(const std::string& service, const std::vector<std::string>& args) {
  std::vector<std::string> all{"exec", "-T", service};
  all.insert(all.end(), args.begin(), args.end());
  return ok(all).out;
}

std::string Sandbox::log(const std::string& service) {
  return ok({"logs", "--no-color", "--no-log-prefix", service}).out;
}

void Sandbox::note_containers() {
  seen_.merge(entries(data_root() + "/containers"));
}

std::vector<std::string> Sandbox::leftovers() {
  std::vector<std::string> found;
  const auto add = [&found](const std::vector<std::string>& more) {
    found.insert(found.end(), more.begin(), more.end());
  };
  for (const int pid : processes_of(base_)) found.push_back("process " + command_line(pid));
  add(mounts_below(base_));
  add(cgroups_of(seen_));
  if (own_network_) add(links_and_rules());
  for (const char* folder : {"/run/c", "/run/n", "/run/b", "/data/containers", "/data/tmp"}) {
    for (const std::string& name : entries(base_ + folder))
      found.push_back("file " + base_ + folder + '/' + name);
  }
  return found;
}

void Sandbox::finish() {
  ok({"down", "-v", "-t", "0", "--remove-orphans"});
  ok({"tidy"});  // the default network would wait for a next container
  for (const std::string& name : entries(data_root() + "/volumes"))
    FAIL_CHECK("volume " << name << " is left");
  check_nothing_left();
}

void Sandbox::check_nothing_left() {
  std::vector<std::string> left;
  eventually([&] { return (left = leftovers()).empty(); }, std::chrono::seconds(3));
  for (const std::string& line : left) FAIL_CHECK("left behind: " << line);
}

}  // namespace it
