// One-off containers: `compose run`.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "leftovers.h"
#include "sandbox.h"
#include "sys/fd.h"
#include "sys/file.h"

using it::Sandbox;

namespace {

constexpr char kApp[] = R"(
services:
  app:
    image: busybox
    command: ["echo", "from the file"]
    environment: {GREETING: file, KEPT: kept}
    restart: always
    ports: ["8123:80"]
    container_name: the-app
    stop_grace_period: 0s
    depends_on: [db]
  db:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
  off:
    image: busybox
    command: ["echo", "off"]
    profiles: [never]
)";

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::vector<std::string> names(Sandbox& sandbox, std::vector<std::string> args) {
  args.insert(args.begin(), "ps");
  args.insert(args.end(), {"--format", "{{.Name}}"});
  std::istringstream lines(sandbox.ok(args).out);
  std::vector<std::string> found;
  for (std::string line; std::getline(lines, line);) found.push_back(line);
  return found;
}

// Waits until the container says `word`; true when it did.
bool says(Sandbox& sandbox, const std::string& container, const std::string& word) {
  return it::eventually([&] {
    return sandbox.compose({"container", "logs", container}).out.find(word) != std::string::npos;
  });
}

// `compose ARGS` at a terminal of its own.
class AtTerminal {
 public:
  AtTerminal(Sandbox& sandbox, const std::vector<std::string>& args)
      : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    REQUIRE(master_);
    REQUIRE(::grantpt(master_.get()) == 0);
    REQUIRE(::unlockpt(master_.get()) == 0);
    terminal_ = sys::open(::ptsname(master_.get()), O_RDWR | O_NOCTTY);
    resize(33, 101);
    std::vector<std::string> words = sandbox.command(args);
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    over_ = sys::pipe();
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) lead(argv.data(), sandbox);
    over_.write.reset();
  }
  ~AtTerminal() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  }
  AtTerminal(const AtTerminal&) = delete;
  AtTerminal& operator=(const AtTerminal&) = delete;

  void resize(unsigned short rows, unsigned short columns) {
    const winsize size{rows, columns, 0, 0};
    REQUIRE(::ioctl(master_.get(), TIOCSWINSZ, &size) == 0);
  }
  void type(const std::string& text) { sys::write_all(master_.get(), text); }
  // All that was shown, once `word` is among it.
  std::string until(const std::string& word) {
    char buffer[4096];
    pollfd ready{master_.get(), POLLIN, 0};
    while (shown_.find(word) == std::string::npos && ::poll(&ready, 1, 20000) > 0) {
      const ssize_t n = ::read(master_.get(), buffer, sizeof buffer);
      if (n <= 0) break;
      shown_.append(buffer, static_cast<size_t>(n));
    }
    return shown_;
  }
  int wait() {
    int status = 0;
    REQUIRE(::read(over_.read.get(), &status, sizeof status) == sizeof status);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  tcflag_t modes() const {
    termios settings{};
    REQUIRE(::tcgetattr(terminal_.get(), &settings) == 0);
    return settings.c_lflag;
  }

 private:
  // A shell's part: it has the terminal for its session, and stays, since with its end the terminal is hung
  // up and what is not read yet is lost.
  [[noreturn]] void lead(char** argv, Sandbox& sandbox) {
    ::setsid();
    ::ioctl(terminal_.get(), TIOCSCTTY, 0);
    const pid_t child = ::fork();
    if (child == 0) {
      for (int fd = 0; fd < 3; ++fd) ::dup2(terminal_.get(), fd);
      for (const auto& [name, value] : sandbox.options().env) ::setenv(name.c_str(), value.c_str(), 1);
      if (::chdir(sandbox.directory().c_str()) == 0) ::execv(argv[0], argv);
      ::_exit(99);
    }
    ::signal(SIGINT, SIG_IGN);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (::write(over_.write.get(), &status, sizeof status) < 0) ::_exit(98);
    for (;;) ::pause();
  }

  sys::Fd master_, terminal_;
  sys::Pipe over_;  // the status of `compose`
  pid_t pid_ = -1;
  std::string shown_;
};

}  // namespace

TEST_CASE("run starts what the service needs, then a container of its own beside the replicas") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  CHECK(sandbox.ok({"run", "-T", "app"}).out == "from the file\n");
  CHECK(names(sandbox, {}) == std::vector<std::string>{sandbox.project() + "-db-1"});
  const auto all = names(sandbox, {"-a"});
  REQUIRE(all.size() == 2);
  const std::string prefix = sandbox.project() + "-app-run-", name = all[0];
  REQUIRE(name.rfind(prefix, 0) == 0);
  CHECK(name.size() == prefix.size() + 12);
  CHECK(name.find_first_not_of("0123456789abcdef", prefix.size()) == std::string::npos);
  for (const nlohmann::json& row : sandbox.containers()) {
    if (row.at("Name") != name) continue;
    CHECK(row.at("State") == "exited");
    CHECK(row.at("Labels").get<std::string>().find("com.docker.compose.oneoff=True") != std::string::npos);
  }
  // It is none of the service's containers.
  CHECK(sandbox.log("app").empty());
  CHECK(sandbox.ids("app").empty());
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.containers().size() == 3);
  sandbox.ok({"up", "-d", "--remove-orphans"});  // as docker compose: one-off containers that have ended go
  CHECK(sandbox.containers().size() == 2);
  sandbox.finish();
}

TEST_CASE("run gives the command's words and exit code, and only its output on standard output") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  const it::Output output = sandbox.compose(
      {"run", "--rm", "-T", "app", "sh", "-c", "echo out $#; echo err >&2; exit 42", "sh", "--rm", "-x"});
  CHECK(output.code == 42);
  CHECK(output.out == "out 2\n");
  CHECK(output.err.find("err\n") != std::string::npos);
  CHECK(output.err.find("Creating") != std::string::npos);
  CHECK(sandbox.compose({"run", "--rm", "-T", "app", "nosuch"}).code == 127);
  CHECK(sandbox.compose({"run", "--rm", "-T", "app", "/etc/passwd"}).code == 126);
  CHECK(sandbox.ok({"run", "--rm", "-T", "-q", "app"}).err.empty());
  CHECK(sandbox.containers().size() == 1);  // db
  sandbox.finish();
}

TEST_CASE("run passes standard input through to its end, and every byte of the output") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  std::string bytes;
  for (int i = 0; i < 500000; ++i) bytes += static_cast<char>(i * 7);
  sandbox.options().input = bytes;
  CHECK(sandbox.ok({"run", "--rm", "--no-deps", "-T", "app", "cat"}).out == bytes);
  CHECK(sandbox.ok({"run", "--rm", "--no-deps", "-T", "app", "wc", "-c"}).out == "500000\n");
  CHECK(sandbox.ok({"run", "--rm", "--no-deps", "-T", "-i=false", "app", "wc", "-c"}).out == "0\n");
  // A program that does not want it is no reason to wait.
  CHECK(sandbox.ok({"run", "--rm", "--no-deps", "-T", "app", "true"}).out.empty());
  sandbox.options().input.clear();
  CHECK(sandbox.containers().empty());
  sandbox.finish();
}

TEST_CASE("run ends when nobody reads its output any more") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  it::RunOptions options = sandbox.options();
  const std::string command = sandbox.command({"run", "--rm", "--no-deps", "-T", "app", "yes"})[0] +
                              " run --rm --no-deps -T app yes | head -n 1";
  const it::Output output = it::run({"sh", "-c", command}, options);
  CHECK_FALSE(output.timed_out);
  CHECK(output.out == "y\n");
  CHECK(it::eventually([&] { return sandbox.containers().empty(); }));
  sandbox.finish();
}

TEST_CASE("run lays its flags over the service") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  sandbox.file("vars", "GREETING=file\nFROM_FILE=yes\n");
  sandbox.options().env["OUTSIDE"] = "out";
  const std::string show =
      "echo $GREETING $KEPT $FROM_FILE $OUTSIDE; pwd; id -u; cat /mine/vars; hostname -i";
  const it::Output output =
      sandbox.ok({"run",  "-T",      "--no-deps",       "--name", "mine",      "-e",     "GREETING=flag",
                  "-e",   "OUTSIDE", "--env-from-file", "vars",   "-u",        "nobody", "-w",
                  "/tmp", "-v",      ".:/mine:ro",      "-l",     "role=test", "app",    "sh",
                  "-c",   show});
  CHECK(output.out.rfind("flag kept yes out\n/tmp\n65534\nGREETING=file\nFROM_FILE=yes\n", 0) == 0);
  const auto rows = sandbox.containers();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].at("Name") == "mine");
  CHECK(rows[0].at("Labels").get<std::string>().find("role=test") != std::string::npos);
  CHECK(sandbox.compose({"run", "-T", "--no-deps", "--name", "mine", "app"}).code == 1);

  CHECK(sandbox.ok({"run", "--rm", "-T", "--no-deps", "--entrypoint", "echo 'a  b'", "app"}).out == "a  b\n");
  CHECK(sandbox.ok({"run", "--rm", "-T", "--no-deps", "--entrypoint", "echo", "app", "c"}).out == "c\n");
  const std::vector<std::string> bounding{"app", "grep", "CapBnd", "/proc/self/status"};
  const auto capabilities = [&](std::vector<std::string> flags) {
    std::vector<std::string> args{"run", "--rm", "-T", "--no-deps"};
    args.insert(args.end(), flags.begin(), flags.end());
    args.insert(args.end(), bounding.begin(), bounding.end());
    return trimmed(sandbox.ok(args).out);
  };
  CHECK(capabilities({"--cap-drop", "ALL"}) == "CapBnd:\t0000000000000000");
  CHECK(capabilities({"--cap-drop", "ALL", "--cap-add", "CHOWN"}) == "CapBnd:\t0000000000000001");

  const it::Output wrong = sandbox.compose({"run", "-p", "99999:1", "-v", "x:y", "--cap-add", "FLY", "app"});
  CHECK(wrong.code == 1);
  for (const char* flag : {"--publish: ", "--volume: ", "--cap-add: "})
    CHECK(wrong.err.find(flag) != std::string::npos);
  CHECK(sandbox.compose({"run", "-p", "1:1", "-P", "app"}).code == 1);
  sandbox.finish();
}

TEST_CASE("run publishes ports and answers to the service's names only when asked to") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  const std::string serve = "echo hello > /tmp/index.html; exec httpd -f -h /tmp -p 80";
  const auto run_detached = [&](std::vector<std::string> flags) {
    std::vector<std::string> args{"run", "-d", "--no-deps"};
    args.insert(args.end(), flags.begin(), flags.end());
    args.insert(args.end(), {"app", "sh", "-c", serve});
    return trimmed(sandbox.ok(args).out);
  };
  const auto answers = [](const char* url) {
    return it::eventually([&] { return it::http(url) == "hello\n"; });
  };
  const std::string plain = run_detached({});
  CHECK(plain.rfind(sandbox.project() + "-app-run-", 0) == 0);
  CHECK(it::http("http://127.0.0.1:8123/").empty());
  const std::string own = run_detached({"-p", "8124:80"});
  CHECK(answers("http://127.0.0.1:8124/"));
  const std::string service = run_detached({"-P", "--use-aliases"});
  CHECK(answers("http://127.0.0.1:8123/"));
  // The name leads to the one container that took it.
  const it::Output looked_up = sandbox.ok(
      {"run", "--rm", "-T", "--no-deps", "app", "sh", "-c",
       "nslookup app 127.0.0.11 | grep -c '^Address: '; ping -c 1 -W 1 " + plain + " > /dev/null; echo $?"});
  CHECK(looked_up.out == "1\n0\n");
  // As docker compose: only with -a; `kill` reaches them, `stop` does not.
  CHECK(names(sandbox, {}).empty());
  CHECK(names(sandbox, {"-a"}).size() == 3);
  sandbox.ok({"stop", "-t", "0"});
  CHECK(answers("http://127.0.0.1:8124/"));
  sandbox.ok({"kill", "app"});
  CHECK(it::eventually([&] {
    for (const auto& row : sandbox.containers()) {
      if (row.at("State") != "exited") return false;
    }
    return true;
  }));
  sandbox.finish();
}

TEST_CASE("run enables the profile of the service it names, and waits for the conditions of depends_on") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  app:
    image: busybox
    profiles: [tools]
    command: ["cat", "/shared/ready"]
    volumes: ["shared:/shared"]
    depends_on:
      job: {condition: service_completed_successfully}
  job:
    image: busybox
    command: ["sh", "-c", "echo prepared > /shared/ready"]
    volumes: ["shared:/shared"]
  broken:
    image: busybox
    command: ["false"]
  never:
    image: busybox
    depends_on:
      broken: {condition: service_completed_successfully}
volumes:
  shared:
)");
  CHECK(sandbox.ok({"run", "--rm", "-T", "app"}).out == "prepared\n");
  const it::Output failed = sandbox.compose({"run", "--rm", "-T", "never", "echo", "ran"});
  CHECK(failed.code == 1);
  CHECK(failed.out.empty());
  CHECK(names(sandbox, {"-a"}) ==
        std::vector<std::string>{sandbox.project() + "-broken-1", sandbox.project() + "-job-1"});
  CHECK(sandbox.compose({"run", "nosuch"}).err.find("no such service: nosuch") != std::string::npos);
  sandbox.finish();
}

TEST_CASE(
    "run --rm takes the container and its anonymous volumes away, also when it is interrupted or killed") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  const auto nothing_left = [&] {
    return sandbox.containers().empty() && it::entries(sandbox.data_root() + "/volumes").empty();
  };
  const std::string script = "trap 'echo stopping; exit 3' INT TERM; echo begun; while :; do sleep 0.1; done";
  const std::vector<std::string> args{"run", "--rm",       "--no-deps", "-T", "--name", "victim",
                                      "-v",  "/anonymous", "app",       "sh", "-c",     script};
  sandbox.ok({"run", "--rm", "--no-deps", "-T", "-v", "/anonymous", "app", "touch", "/anonymous/x"});
  CHECK(nothing_left());
  for (const int signal : {SIGINT, SIGTERM}) {
    it::Process process(sandbox.command(args), sandbox.options());
    REQUIRE(it::eventually([&] { return process.out() == "begun\n"; }));
    CHECK(it::entries(sandbox.data_root() + "/volumes").size() == 1);
    process.signal(signal);
    const it::Output output = process.wait();
    CHECK(output.out == "begun\nstopping\n");
    CHECK(output.code == 3);
    CHECK(nothing_left());
  }
  {
    it::Process process(sandbox.command(args), sandbox.options());
    REQUIRE(it::eventually([&] { return process.out() == "begun\n"; }));
    process.signal(SIGKILL);
    process.wait();
  }
  // It goes on without us, and takes itself away at its end.
  CHECK(names(sandbox, {"-a"}) == std::vector<std::string>{"victim"});
  sandbox.ok({"container", "kill", "-s", "TERM", "victim"});
  CHECK(it::eventually(nothing_left));
  sandbox.finish();
}

TEST_CASE("a program that does not heed two signals is killed by the third") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  it::Process process(sandbox.command({"run", "--rm", "--no-deps", "-T", "app", "sh", "-c",
                                       "trap 'echo no' INT; echo begun; while :; do sleep 0.1; done"}),
                      sandbox.options());
  REQUIRE(it::eventually([&] { return process.out() == "begun\n"; }));
  process.signal(SIGINT);
  REQUIRE(it::eventually([&] { return process.out() == "begun\nno\n"; }));
  process.signal(SIGINT);
  REQUIRE(it::eventually([&] { return process.out() == "begun\nno\nno\n"; }));
  process.signal(SIGINT);
  CHECK(process.wait().code == 137);
  sandbox.finish();
}

TEST_CASE(
    "run tells that its container's monitor was killed, and still has its exit code where there is one") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  it::Process process(sandbox.command({"run", "--rm", "--no-deps", "-T", "--name", "widow", "app", "sh", "-c",
                                       "echo begun; while [ ! -e /tmp/end ]; do sleep 0.1; done"}),
                      sandbox.options());
  REQUIRE(it::eventually([&] { return process.out() == "begun\n"; }));
  for (const int pid : it::processes_of(sandbox.run_root())) {
    if (it::command_line(pid).find("compose-monitor") != std::string::npos) ::kill(pid, SIGKILL);
  }
  REQUIRE(it::eventually([&] { return process.err().find("was killed") != std::string::npos; }));
  CHECK(process.running());
  sandbox.ok({"container", "kill", "widow"});
  CHECK(process.wait().code >= 137);  // 255 where the kernel does not tell strangers
  CHECK(it::eventually([&] { return sandbox.containers().empty(); }));
  sandbox.finish();
}

TEST_CASE("run -d --rm leaves nothing when its container has ended") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  sandbox.ok({"run", "-d", "--rm", "--no-deps", "-v", "/anonymous", "app", "true"});
  CHECK(it::eventually([&] {
    return it::entries(sandbox.data_root() + "/containers").empty() &&
           it::entries(sandbox.data_root() + "/volumes").empty();
  }));
  sandbox.finish();
}

TEST_CASE("run at a terminal gives the container one: size, resize, input, exit code, the modes of before") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  const std::string script =
      "trap 'stty size' WINCH; stty size; while :; do read line || continue; echo got $line; "
      "[ \"$line\" != bye ] || exit 5; done";
  AtTerminal at(sandbox, {"run", "--rm", "--no-deps", "app", "sh", "-c", script});
  const tcflag_t before = at.modes();
  CHECK(at.until("33 101\r\n").find("33 101\r\n") != std::string::npos);
  at.resize(44, 120);
  at.type("one\r");
  CHECK(at.until("got one\r\n").find("got one\r\n") != std::string::npos);
  CHECK(at.until("44 120\r\n").find("44 120\r\n") != std::string::npos);
  at.type("bye\r");
  CHECK(at.until("got bye\r\n").find("got bye\r\n") != std::string::npos);
  CHECK(at.wait() == 5);
  CHECK(at.modes() == before);
  CHECK(sandbox.containers().empty());
  sandbox.finish();
}

TEST_CASE("^C at run's terminal goes to the container, and --rm is kept") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  AtTerminal at(sandbox, {"run", "--rm", "--no-deps", "app", "sh", "-c",
                          "trap 'echo interrupted; exit 9' INT; echo begun; while :; do sleep 0.1; done"});
  CHECK(at.until("begun\r\n").find("begun\r\n") != std::string::npos);
  at.type("\3");
  CHECK(at.until("interrupted").find("interrupted") != std::string::npos);
  CHECK(at.wait() == 9);
  CHECK(sandbox.containers().empty());
  sandbox.finish();
}

TEST_CASE("run -T at a terminal gives the container none") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  AtTerminal at(sandbox,
                {"run", "--rm", "--no-deps", "-T", "app", "sh", "-c", "test -t 1; echo terminal=$?"});
  CHECK(at.until("terminal=").find("terminal=") != std::string::npos);
  CHECK(at.until("=1").find("terminal=1") != std::string::npos);
  CHECK(at.wait() == 0);
  CHECK(sandbox.compose({"run", "--tty", "app"}).err.find("not a terminal") != std::string::npos);
  sandbox.finish();
}

TEST_CASE("tty and stdin_open of a service keep a shell waiting") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  terminal:
    image: busybox
    command: ["sh", "-c", "tty; exec sh"]
    tty: true
    stop_grace_period: 0s
  open:
    image: busybox
    command: ["sh", "-c", "echo waiting; exec cat"]
    stdin_open: true
    stop_grace_period: 0s
  closed:
    image: busybox
    command: ["cat"]
)");
  sandbox.ok({"up", "-d"});
  const std::string project = sandbox.project();
  CHECK(says(sandbox, project + "-terminal-1", "/dev/"));
  CHECK(says(sandbox, project + "-open-1", "waiting"));
  REQUIRE(it::eventually([&] { return sandbox.container("closed").at("State") == "exited"; }));
  CHECK(sandbox.container("terminal").at("State") == "running");
  CHECK(sandbox.container("open").at("State") == "running");
  sandbox.finish();
}

TEST_CASE("run --dry-run tells what it would do and does nothing") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  const std::string plan = sandbox.ok({"run", "--dry-run", "app", "ls"}).out;
  CHECK(plan.find("-app-run-") != std::string::npos);
  CHECK(plan.find("-db-1") != std::string::npos);
  CHECK(sandbox.containers().empty());
  sandbox.finish();
}
