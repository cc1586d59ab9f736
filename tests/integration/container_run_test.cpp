// Containers without a Compose file: `container run`, `create` and what docker's users do with them next.
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "leftovers.h"
#include "sandbox.h"
#include "sys/file.h"

using it::Sandbox;

namespace {

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

nlohmann::json inspected(Sandbox& sandbox, const std::string& family, const std::string& name) {
  return nlohmann::json::parse(sandbox.ok({family, "inspect", name}).out).at(0);
}

}  // namespace

TEST_CASE("container run gives its output and exit code, and docker's codes when it cannot start") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const auto output =
      sandbox.compose({"container", "run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2; exit 42"});
  CHECK(output.code == 42);
  CHECK(output.out == "out\n");
  CHECK(output.err == "err\n");
  CHECK(sandbox.compose({"container", "run", "--rm", "busybox", "nosuch"}).code == 127);
  CHECK(sandbox.compose({"container", "run", "--rm", "busybox", "/etc/passwd"}).code == 126);
  const auto missing = sandbox.compose({"container", "run", "--rm", "--pull", "never", "nosuch"});
  CHECK(missing.code == 125);
  CHECK(missing.err.find("no such image: nosuch") != std::string::npos);
  CHECK(sandbox.compose({"container", "run", "--nonsense", "busybox"}).code == 125);
  CHECK(sandbox.compose({"container", "run", "--network", "nosuch", "busybox"})
            .err.find("network nosuch not found") != std::string::npos);
  CHECK(sandbox.ok({"container", "ls", "-aq"}).out.empty());
  sandbox.finish();
}

TEST_CASE("container run takes docker's flags to the process, its limits and its files") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("vars", "QUOTED=\"as it is\"\n");
  sandbox.file("data/file", "bound\n");
  const std::string show =
      "echo $A $QUOTED; pwd; id -u; hostname; cat /data/file; ulimit -n; "
      "grep -c ' /tmpfs tmpfs .*size=1024k' /proc/mounts; "
      "touch /x 2>/dev/null || echo read-only; cat /proc/self/oom_score_adj";
  CHECK(sandbox
            .ok({"container",
                 "run",
                 "--rm",
                 "-e",
                 "A=1",
                 "--env-file",
                 "vars",
                 "-w",
                 "/tmp",
                 "-u",
                 "1000",
                 "-h",
                 "box",
                 "-v",
                 "./data:/data:ro",
                 "--ulimit",
                 "nofile=99:100",
                 "--tmpfs",
                 "/tmpfs:size=1m",
                 "--read-only",
                 "--oom-score-adj",
                 "100",
                 "busybox",
                 "sh",
                 "-c",
                 show})
            .out == "1 \"as it is\"\n/tmp\n1000\nbox\nbound\n99\n1\nread-only\n100\n");
  CHECK(sandbox.ok({"container", "run", "--rm", "--entrypoint", "echo", "busybox", "a b"}).out == "a b\n");
  const std::string folder = sandbox.directory() + "/data";
  CHECK(sandbox
            .ok({"container", "run", "--rm", "--mount", "type=bind,src=" + folder + ",dst=/m,readonly",
                 "busybox", "cat", "/m/file"})
            .out == "bound\n");
  sandbox.ok({"container", "create", "--name", "limited", "--memory=200M", "--cpu-shares=10", "--restart",
              "on-failure:3", "--stop-timeout", "7", "--health-cmd", "true", "-l", "role=test", "busybox",
              "true"});
  const auto limited = inspected(sandbox, "container", "limited");
  CHECK(limited.at("HostConfig").at("Memory") == 200 << 20);
  CHECK(limited.at("HostConfig").at("CpuShares") == 10);
  CHECK(limited.at("HostConfig").at("RestartPolicy").at("MaximumRetryCount") == 3);
  CHECK(limited.at("Config").at("StopTimeout") == 7);
  CHECK(limited.at("Config").at("Healthcheck").at("Test") == nlohmann::json{"CMD-SHELL", "true"});
  CHECK(limited.at("Config").at("Labels").at("role") == "test");
  CHECK(limited.at("State").at("Status") == "created");
  sandbox.ok({"container", "rm", "limited"});
  sandbox.finish();
}

TEST_CASE("container run refuses by the flag's name what the engine cannot do") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const auto refused =
      sandbox.compose({"container", "run", "--gpus", "all", "--ulimit", "nofile", "busybox"});
  CHECK(refused.code == 125);
  CHECK(refused.err.find("--ulimit: invalid value 'nofile'") != std::string::npos);
  CHECK(sandbox.compose({"container", "run", "--gpus", "all", "busybox"})
            .err.find("--gpus: attribute 'gpus'") != std::string::npos);
  CHECK(
      sandbox.compose({"container", "run", "--rm", "--restart", "always", "busybox"}).err.find("--restart") !=
      std::string::npos);
  sandbox.finish();
}

TEST_CASE("flags of docker's that the engine has nothing for are refused by their name") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::vector<std::vector<std::string>> commands{{"start", "--checkpoint", "one", "x"},
                                                       {"create", "--attach", "stdin", "busybox"},
                                                       {"logs", "--details", "x"},
                                                       {"rm", "--link", "x"}};
  for (std::vector<std::string> command : commands) {
    const std::string flag = command[1];
    command.insert(command.begin(), "container");
    const it::Output refused = sandbox.compose(command);
    INFO(flag << ": " << refused.err);
    CHECK(refused.code != 0);
    CHECK(refused.err.find(flag) != std::string::npos);
    CHECK(refused.err.find("not supported") != std::string::npos);
  }
  sandbox.finish();
}

TEST_CASE("a container in the background has a name of two words, and is reached on its published port") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string id = trimmed(
      sandbox.ok({"container", "run", "-d", "-p", "8123:80", "busybox", "httpd", "-f", "-h", "/etc"}).out);
  REQUIRE(id.size() == 64);
  const auto container = inspected(sandbox, "container", id.substr(0, 5));
  const std::string name = container.at("Name");
  CHECK(name.find('_') != std::string::npos);
  const std::string address = container.at("NetworkSettings").at("IPAddress");
  CHECK(address.starts_with("172.17.0."));
  CHECK(sandbox.ok({"container", "port", id}).out == "80/tcp -> 0.0.0.0:8123\n");
  CHECK(sandbox.ok({"container", "port", id, "80"}).out == "0.0.0.0:8123\n");
  CHECK(it::eventually([&] { return !it::http("http://127.0.0.1:8123/passwd").empty(); }));
  CHECK(sandbox.ok({"container", "ls", "-q", "-f", "publish=8123"}).out == id.substr(0, 12) + '\n');
  CHECK(sandbox.ok({"container", "ls", "-q", "-f", "publish=8124"}).out.empty());
  CHECK(inspected(sandbox, "network", "bridge").at("Containers").contains(id));
  sandbox.ok({"container", "rm", "-f", id});
  // The default network goes with its last container.
  CHECK(inspected(sandbox, "network", "bridge").at("IPAM").at("Config").empty());
  sandbox.check_nothing_left();
  sandbox.finish();
}

TEST_CASE("container exec, rename, wait, start -a and prune do as docker's") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.ok({"container", "run", "-d", "--name", "one", "-e", "YIN=yindong", "busybox", "sleep", "1000"});
  CHECK(
      sandbox
          .ok({"container", "exec", "-e", "MORE=x", "-w", "/etc", "one", "sh", "-c", "echo $YIN $MORE; pwd"})
          .out == "yindong x\n/etc\n");
  sandbox.options().input = "typed";
  CHECK(sandbox.ok({"container", "exec", "-i", "one", "cat"}).out == "typed");
  CHECK(sandbox.ok({"container", "exec", "one", "cat"}).out.empty());
  sandbox.options().input.clear();
  sandbox.ok({"container", "rename", "one", "two"});
  CHECK(sandbox.ok({"container", "run", "--rm", "busybox", "nslookup", "two"}).out.find("Name:\ttwo") !=
        std::string::npos);
  CHECK(sandbox.compose({"container", "rename", "two", "no/good"}).code == 1);
  sandbox.ok({"container", "kill", "two"});
  CHECK(sandbox.ok({"container", "wait", "two"}).out == "137\n");
  sandbox.ok({"container", "create", "--name", "later", "busybox", "sh", "-c", "echo begun; exit 3"});
  const auto started = sandbox.compose({"container", "start", "-a", "later"});
  CHECK(started.code == 3);
  CHECK(started.out == "begun\n");
  const auto several = sandbox.compose({"container", "inspect", "-f", "{{.Name}}", "nosuch", "two"});
  CHECK(several.code == 1);
  CHECK(several.out == "/two\n");
  CHECK(several.err.find("no such container: nosuch") != std::string::npos);
  const std::string pruned = sandbox.ok({"container", "prune", "-f"}).out;
  CHECK(pruned.starts_with("Deleted Containers:\n"));
  CHECK(pruned.find("Total reclaimed space: ") != std::string::npos);
  CHECK(sandbox.ok({"container", "ls", "-aq"}).out.empty());
  sandbox.check_nothing_left();
  sandbox.finish();
}

TEST_CASE("a container that is to go by itself waits for its start, and then goes") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.ok({"container", "create", "--rm", "--name", "once", "busybox", "echo", "hi"});
  sandbox.ok({"tidy"});
  CHECK(sandbox.ok({"container", "start", "-a", "once"}).out == "hi\n");
  CHECK(sandbox.ok({"container", "ls", "-aq"}).out.empty());
  sandbox.finish();
}

TEST_CASE("what a killed command left goes beside a run that lasts a while") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.ok({"container", "run", "--rm", "busybox", "true"});
  const std::string left = sandbox.data_root() + "/containers/" + std::string(64, 'd');
  std::filesystem::create_directories(left + "/upper");
  sandbox.ok({"container", "run", "--rm", "busybox", "sleep", "0.5"});
  CHECK_FALSE(std::filesystem::exists(left));
  sandbox.finish();
}

TEST_CASE("the default network waits for the next container that goes by itself, and tidy for nothing") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const auto network = [&] { return inspected(sandbox, "network", "bridge"); };
  CHECK(network().at("IPAM").at("Config").empty());
  sandbox.ok({"container", "run", "--rm", "busybox", "true"});
  const auto first = network();
  REQUIRE_FALSE(first.at("IPAM").at("Config").empty());
  sandbox.ok({"container", "run", "--rm", "busybox", "true"});
  CHECK(network().at("Id") == first.at("Id"));
  sandbox.ok({"tidy"});
  CHECK(network().at("IPAM").at("Config").empty());
  sandbox.check_nothing_left();  // nor the process that waited
  sandbox.ok({"container", "run", "--rm", "busybox", "true"});
  CHECK(it::eventually([&] { return network().at("IPAM").at("Config").empty(); }, std::chrono::seconds(60)));
  sandbox.finish();
}

TEST_CASE("one process waits with the default network for many that go by themselves") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const auto others = [&] { return it::processes_of(sandbox.data_root()); };
  const auto waits = [&] {
    // Until then the process may not wait yet, and the next container leaves it to another one. The lock is
    // looked at, not tried: who tries it has it for a moment, in which the process finds it taken and goes.
    struct stat file {};
    if (::stat((sandbox.run_root() + "/locks/idle-network").c_str(), &file) != 0) return false;
    const std::string name =
        fmt::format(" {:02x}:{:02x}:{} ", major(file.st_dev), minor(file.st_dev), file.st_ino);
    return sys::read_file("/proc/locks").find(name) != std::string::npos;  // proc_locks(5)
  };
  sandbox.ok({"container", "run", "--rm", "busybox", "true"});
  REQUIRE(it::eventually([&] { return waits() && others().size() == 1; }));
  const std::vector<int> first = others();
  for (int i = 0; i < 5; ++i) sandbox.ok({"container", "run", "--rm", "busybox", "true"});
  CHECK(it::eventually([&] { return others() == first; }));
  sandbox.finish();
}

TEST_CASE("a running container joins a network and leaves one, with its names, addresses and routes") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string id = trimmed(sandbox.ok({"network", "create", "--subnet", "10.99.0.0/24", "inner"}).out);
  CHECK(id.size() == 64);
  sandbox.ok({"container", "run", "-d", "--name", "server", "-p", "8124:80", "busybox", "httpd", "-f", "-h",
              "/etc"});
  sandbox.ok({"network", "connect", "--alias", "web", "--ip", "10.99.0.77", "inner", "server"});
  const std::vector<std::string> ping{"container", "run",     "--rm",    "--network",
                                      "inner",     "busybox", "nslookup"};
  const auto answer = [&](const std::string& name) {
    std::vector<std::string> args = ping;
    args.push_back(name);
    return sandbox.compose(args).out;
  };
  CHECK(answer("web").find("10.99.0.77") != std::string::npos);
  CHECK(answer("server").find("10.99.0.77") != std::string::npos);
  CHECK(sandbox.ok({"container", "exec", "server", "cat", "/etc/hosts"}).out.find("10.99.0.77\t") !=
        std::string::npos);
  CHECK(inspected(sandbox, "network", id.substr(0, 8)).at("Containers").size() == 1);
  CHECK(sandbox.compose({"network", "connect", "inner", "server"}).err.find("already on network inner") !=
        std::string::npos);
  CHECK(sandbox.compose({"network", "rm", "inner"}).code == 1);

  // Off its first network: the other has the way out and the published port then, also after a restart.
  sandbox.ok({"network", "disconnect", "bridge", "server"});
  CHECK(sandbox.ok({"container", "exec", "server", "ip", "route"}).out.starts_with("default via 10.99.0.1"));
  CHECK(it::eventually([&] { return !it::http("http://127.0.0.1:8124/passwd").empty(); }));
  sandbox.ok({"container", "restart", "-t", "0", "server"});
  CHECK(it::eventually([&] { return !it::http("http://127.0.0.1:8124/passwd").empty(); }));
  CHECK(answer("web").find("10.99.0.77") != std::string::npos);
  CHECK(sandbox.compose({"network", "disconnect", "bridge", "server"}).code == 1);
  CHECK(sandbox.compose({"network", "connect", "host", "server"}).code == 1);
  sandbox.ok({"container", "rm", "-f", "server"});
  CHECK(sandbox.ok({"network", "prune", "-f"}).out == "Deleted Networks:\ninner\n\n");
  sandbox.check_nothing_left();
  sandbox.finish();
}

TEST_CASE("the three networks of every engine are listed and stay") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  CHECK(sandbox.ok({"network", "ls", "-f", "type=builtin", "--format", "{{.Name}} {{.Driver}}"}).out ==
        "bridge bridge\nhost host\nnone null\n");
  for (const char* name : {"bridge", "host", "none"}) {
    CHECK(sandbox.compose({"network", "rm", name}).code == 1);
    CHECK(sandbox.compose({"network", "create", name}).code == 1);
  }
  CHECK(sandbox.ok({"network", "ls", "-q", "-f", "type=custom"}).out.empty());
  sandbox.finish();
}

TEST_CASE("volumes are made, inspected, filtered and pruned as docker's") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  CHECK(sandbox.ok({"volume", "create", "--label", "tier=db", "kept"}).out == "kept\n");
  CHECK(sandbox.ok({"volume", "create", "kept"}).out == "kept\n");
  const std::string anonymous = trimmed(sandbox.ok({"volume", "create"}).out);
  CHECK(anonymous.size() == 64);
  CHECK(inspected(sandbox, "volume", "kept").at("Labels").at("tier") == "db");
  sandbox.ok({"container", "run", "--name", "user", "-v", "made:/data", "busybox", "sh", "-c",
              "echo hello > /data/f"});
  CHECK(sandbox.ok({"volume", "ls", "-q", "-f", "dangling=false"}).out == "made\n");
  CHECK(sandbox.ok({"volume", "ls", "-q", "-f", "label=tier=db"}).out == "kept\n");
  CHECK(sandbox.compose({"volume", "rm", "made"}).code == 1);
  CHECK(sandbox.ok({"volume", "prune", "-f"}).out ==
        "Deleted Volumes:\n" + anonymous + "\n\nTotal reclaimed space: 0B\n");
  sandbox.ok({"container", "rm", "user"});
  const std::string all = sandbox.ok({"volume", "prune", "-a", "-f"}).out;
  CHECK(all.find("made\n") != std::string::npos);
  CHECK(all.find("Total reclaimed space: 6B") != std::string::npos);
  sandbox.finish();
}

TEST_CASE("system df, info and prune tell and remove what is there") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.ok({"container", "run", "--name", "over", "busybox", "sh", "-c", "head -c 5000 /dev/zero > /file"});
  const std::string df =
      sandbox.ok({"system", "df", "--format", "{{.Type}} {{.TotalCount}} {{.Active}} {{.Size}}"}).out;
  CHECK(df.find("Containers 1 0 5kB\n") != std::string::npos);
  CHECK(df.find("Images 1 1 ") != std::string::npos);
  CHECK(sandbox.ok({"system", "df", "-v"}).out.find("over") != std::string::npos);
  const auto info = nlohmann::json::parse(sandbox.ok({"system", "info", "--format", "json"}).out);
  CHECK(info.at("ContainersStopped") == 1);
  CHECK(info.at("NCPU").get<int>() > 0);
  CHECK_FALSE(info.at("CgroupControllers").empty());
  const std::string pruned = sandbox.ok({"system", "prune", "-f"}).out;
  CHECK(pruned.find("Deleted Containers:\n") != std::string::npos);
  CHECK(pruned.find("Total reclaimed space: 5kB") != std::string::npos);
  CHECK(sandbox.ok({"image", "ls", "-q"}).out.size() == 13);  // busybox has a name
  sandbox.finish();
}
