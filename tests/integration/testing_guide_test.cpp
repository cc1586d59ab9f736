// What docs/testing.md tells those who test against a project.
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <vector>

#include "places.h"
#include "sandbox.h"

using Catch::Contains;
using it::Sandbox;

namespace {

const std::string kExamples = places::source("examples/testing");

// `compose -p PROJECT ARGS` for each of the names, side by side.
std::vector<it::Output> for_each(Sandbox& sandbox, const std::vector<std::string>& names,
                                 const std::vector<std::string>& args) {
  std::vector<std::unique_ptr<it::Process>> processes;
  for (const std::string& name : names) {
    std::vector<std::string> all{"-p", name};
    all.insert(all.end(), args.begin(), args.end());
    processes.push_back(std::make_unique<it::Process>(sandbox.command(all), sandbox.options()));
  }
  std::vector<it::Output> outputs;
  outputs.reserve(processes.size());
  for (const auto& process : processes) outputs.push_back(process->wait());
  return outputs;
}

}  // namespace

TEST_CASE("eight copies of a project run side by side, each with its own answers, and leave nothing") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: sh -c 'mkdir /www && echo $$COPY > /www/index.html && cp /www/index.html /data/ && exec httpd -f -h /www'
    environment: {COPY: "${COMPOSE_PROJECT_NAME}"}
    ports: ["80"]
    volumes: [data:/data]
    healthcheck: {test: wget -q -O /dev/null http://127.0.0.1/, interval: 200ms, retries: 100}
    stop_grace_period: 0s
  job:
    image: busybox
    profiles: [jobs]
    depends_on: {web: {condition: service_healthy}}
    volumes: [data:/data]
volumes:
  data:
)");
  std::vector<std::string> names;
  for (int copy = 1; copy <= 8; ++copy) names.push_back(sandbox.project() + 'a' + std::to_string(copy));
  for (const it::Output& up : for_each(sandbox, names, {"up", "--wait", "--wait-timeout", "50"})) {
    INFO(up.err);
    CHECK(up.code == 0);
  }
  const auto jobs = for_each(
      sandbox, names,
      {"run", "--rm", "-T", "job", "sh", "-c", "wget -q -O - http://web/; cat /data/index.html; exit 3"});
  for (size_t i = 0; i < names.size(); ++i) {
    INFO(jobs[i].err);
    CHECK(jobs[i].code == 3);
    CHECK(jobs[i].out == names[i] + '\n' + names[i] + '\n');
    std::string address = sandbox.ok({"-p", names[i], "port", "web", "80"}).out;
    address.pop_back();
    CHECK(it::http("http://" + address + '/') == names[i] + '\n');
  }
  // What one takes away is missing to no other.
  const std::vector<std::string> half(names.begin(), names.begin() + 4), rest(names.begin() + 4, names.end());
  for (const it::Output& down : for_each(sandbox, half, {"down", "-v", "-t", "0"})) CHECK(down.code == 0);
  for (const it::Output& job :
       for_each(sandbox, rest, {"run", "--rm", "-T", "job", "wget", "-q", "-O", "-", "http://web/"}))
    CHECK(job.code == 0);
  for (const it::Output& down : for_each(sandbox, rest, {"down", "-v", "-t", "0"})) CHECK(down.code == 0);
  for (const std::vector<std::string>& listing :
       std::vector<std::vector<std::string>>{{"container", "ls", "-aq"},
                                             {"volume", "ls", "-q"},
                                             {"network", "ls", "-q", "--filter", "type=custom"}})
    CHECK(sandbox.ok(listing).out.empty());
  sandbox.finish();
}

TEST_CASE("up --wait tells who is unhealthy or has ended at once, and with a limit who is not ready yet") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
x-idle: &idle {image: busybox, command: [sleep, "1000"], stop_signal: SIGKILL}
services:
  good: {<<: *idle}
  job: {image: busybox, command: "true"}
  failing: {image: busybox, command: "sh -c 'exit 3'"}
  crashing: {image: busybox, command: "sh -c 'exit 4'", restart: always}
  bad: {<<: *idle, healthcheck: {test: "echo refused; exit 1", interval: 200ms, retries: 2}}
  slow: {<<: *idle, healthcheck: {test: "echo not yet; exit 1", interval: 200ms, retries: 500}}
)");
  const std::string name = "container " + sandbox.project() + '-';
  CHECK(sandbox.compose({"up", "--wait", "good", "job"}).code == 0);
  const it::Output failing = sandbox.compose({"up", "--wait", "failing"});
  CHECK(failing.code == 1);
  CHECK_THAT(failing.err, Contains(name + "failing-1 exited (3)"));
  const it::Output bad = sandbox.compose({"up", "--wait", "good", "bad"});
  CHECK(bad.code == 1);
  CHECK_THAT(bad.err, Contains(name + "bad-1 is unhealthy (last health check exited with 1: refused)"));
  CHECK_THAT(bad.err, !Contains("good-1 is"));
  const it::Output late =
      sandbox.compose({"up", "--wait", "--wait-timeout", "3", "good", "slow", "crashing"});
  CHECK(late.code == 1);
  CHECK_THAT(late.err, Contains("application not healthy after 3s: "));
  CHECK_THAT(late.err, Contains(name + "slow-1 is starting (last health check exited with 1: not yet)"));
  CHECK_THAT(late.err, Contains(name + "crashing-1 is restarting (it exited with 4)"));
  CHECK_THAT(late.err, !Contains("good-1 is"));
  sandbox.finish();
}

TEST_CASE("the examples of the guide to testing pass, with pytest and with ctest, and leave nothing") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  it::RunOptions options = sandbox.options();
  options.timeout = std::chrono::minutes(2);
  const std::string programs = std::filesystem::path(places::program("compose")).parent_path();
  options.env["PATH"] = programs + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  options.env["PYTHONDONTWRITEBYTECODE"] = "1";
  const auto passes = [&](const std::vector<std::string>& command) {
    const it::Output output = it::run(command, options);
    INFO(output.out << output.err);
    CHECK(output.code == 0);
  };
  // Two workers: two projects of the same file side by side.
  passes({"/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", kExamples});
  const std::string build = sandbox.directory() + "/build";
  passes({"cmake", "-S", kExamples, "-B", build});
  passes({"cmake", "--build", build});
  passes({"ctest", "--test-dir", build, "--output-on-failure", "-j", "2"});
  sandbox.finish();
}

TEST_CASE("a service answers to its hostname on the networks it shares, as to its name") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  broker: {image: busybox, hostname: broker-1.example, command: [sleep, "1000"], stop_signal: SIGKILL}
  client: {image: busybox, command: [sleep, "1000"], stop_signal: SIGKILL}
  bridged: {image: busybox, hostname: on-bridge, network_mode: bridge, command: [sleep, "1000"], stop_signal: SIGKILL}
  other: {image: busybox, network_mode: bridge, command: [sleep, "1000"], stop_signal: SIGKILL}
)");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.compose({"exec", "-T", "client", "ping", "-c", "1", "-W", "2", "broker-1.example"}).code ==
        0);
  // The containers of all projects meet on `bridge`.
  CHECK(sandbox.compose({"exec", "-T", "other", "nslookup", "on-bridge", "127.0.0.11"}).code != 0);
  CHECK_THAT(sandbox.ok({"container", "inspect", sandbox.project() + "-broker-1"}).out,
             Contains("\"broker-1.example\"\n"));
  sandbox.finish();
}
