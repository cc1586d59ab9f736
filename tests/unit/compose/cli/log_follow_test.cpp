#include "compose/cli/log_follow.h"

#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "../ui/scratch_folder.h"
#include "compose/ui/timestamp.h"
#include "situation.h"
#include "sys/fd.h"

using namespace compose;
using namespace compose::test;
using cli::LogFollow;

namespace {

// Containers with real log and status files, as a monitor leaves them; the records are in memory.
class LogEngine : public FakeEngine {
 public:
  LogEngine() {
    places_.data_root = folder_.path + "/data";
    places_.run_root = folder_.path + "/run";
    sys::make_dirs(places_.data_root + "/containers");
  }
  const engine::Paths& paths() const override { return places_; }
  std::vector<engine::ContainerInfo> containers(const std::string&) override {
    const std::scoped_lock lock(lock_);
    return all_;
  }
  void add(engine::ContainerInfo info) {
    sys::make_dirs(places_.container(info.id));
    info.log_path = places_.container(info.id) + "/container.log";
    info.status.state = engine::State::kRunning;
    info.created_ms = ui::now_ms();
    const std::scoped_lock lock(lock_);
    all_.push_back(std::move(info));
  }
  void log(const std::string& name, int second, const std::string& text) {
    append(find(name).log_path, record(second, text));
  }
  // As a monitor tells it: the record first, then the file that others watch.
  void change(const std::string& name, const std::function<void(engine::Status&)>& edit) {
    edit(find(name).status);
    sys::write_file_atomic(places_.container(find(name).id) + "/status.json", "{}");
  }
  void end(const std::string& name, int code) {
    change(name, [&](engine::Status& status) {
      status.state = engine::State::kExited;
      status.exit_code = code;
      status.finished_ms = ui::now_ms();
    });
  }
  void rename(const std::string& name, const std::string& other) {
    auto& info = find(name);
    const std::scoped_lock lock(lock_);
    info.name = other;
  }
  engine::ContainerInfo& find(const std::string& name) {
    const std::scoped_lock lock(lock_);
    for (auto& info : all_) {
      if (info.name == name) return info;
    }
    throw std::runtime_error("no " + name);
  }

 private:
  ScratchFolder folder_;
  engine::Paths places_;
  std::mutex lock_;
  std::vector<engine::ContainerInfo> all_ = [] {
    std::vector<engine::ContainerInfo> none;
    none.reserve(16);  // references stay good
    return none;
  }();
};

// Output of a printer that can be read while it is being written.
class Screen {
 public:
  Screen() : printer({}, {pipe_.write.get(), pipe_.write.get(), pipe_.write.get()}) {}
  // Waits until `text` has been printed.
  bool shows(const std::string& text) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (seen.find(text) == std::string::npos) {
      pollfd fd{pipe_.read.get(), POLLIN, 0};
      if (::poll(&fd, 1, 100) > 0) {
        char buffer[4096];
        const ssize_t n = ::read(fd.fd, buffer, sizeof buffer);
        if (n > 0) seen.append(buffer, static_cast<size_t>(n));
      } else if (std::chrono::steady_clock::now() > end) {
        return false;
      }
    }
    return true;
  }

 private:
  sys::Pipe pipe_ = sys::pipe();

 public:
  std::string seen;
  ui::LogPrinter printer;
};

cli::FollowOptions options() {
  cli::FollowOptions result;
  result.project = "demo";
  return result;
}

}  // namespace

TEST_CASE("what is there is printed in time order, between the given times") {
  LogEngine engine;
  engine.add(container("a"));
  engine.add(container("b"));
  engine.log("demo-a-1", 1, "a1\\n");
  engine.log("demo-b-1", 2, "b2\\n");
  engine.log("demo-a-1", 3, "a3\\n");
  engine.log("demo-b-1", 4, "b4\\n");
  Screen screen;
  cli::FollowOptions chosen = options();
  chosen.since = ui::parse_rfc3339("2026-01-01T00:00:02Z");
  chosen.until = ui::parse_rfc3339("2026-01-01T00:00:03Z");
  LogFollow(engine, chosen, screen.printer).print_present();
  CHECK(screen.shows("a3\n"));
  CHECK(screen.seen == "b-1  | b2\na-1  | a3\n");
}

TEST_CASE("following goes through a restart and a new replica, and ends with the last container") {
  LogEngine engine;
  engine.add(container("web"));
  engine.log("demo-web-1", 1, "old\\n");
  Screen screen;
  LogFollow follow(engine, options(), screen.printer);
  follow.complete();
  const Cancellation never;
  std::jthread follower([&] { follow.follow(never, nullptr); });
  CHECK(screen.shows("web-1  | old\n"));

  engine.log("demo-web-1", 2, "last words\\n");
  engine.change("demo-web-1", [](engine::Status& status) {
    status.restart_count = 1;
    status.exit_code = 1;
    status.finished_ms = ui::now_ms();
  });
  CHECK(screen.shows("web-1 exited with code 1 (restarting)\n"));
  CHECK(screen.seen.find("last words") < screen.seen.find("exited with code"));
  engine.log("demo-web-1", 3, "again\\n");
  CHECK(screen.shows("web-1  | again\n"));

  engine.add(container("web", 2));
  engine.log("demo-web-2", 4, "second\\n");
  CHECK(screen.shows("web-2  | second\n"));

  engine.end("demo-web-1", 0);
  engine.end("demo-web-2", 3);
  CHECK(screen.shows("web-2 exited with code 3\n"));
  follower.join();
}

TEST_CASE("a recreated container's successor is followed though the old one has ended") {
  LogEngine engine;
  engine.add(container("web"));
  Screen screen;
  LogFollow follow(engine, options(), screen.printer);
  follow.complete();
  const Cancellation never;
  std::jthread follower([&] { follow.follow(never, nullptr); });
  engine.log("demo-web-1", 1, "old one\\n");
  CHECK(screen.shows("old one\n"));

  engine::ContainerInfo next = container("web");
  next.id = std::string(64, 'b');
  next.name = "0123456789ab_demo-web-1";
  next.labels["com.docker.compose.replace"] = "demo-web-1";
  engine.add(next);
  engine.change(next.name, [](engine::Status& status) { status.state = engine::State::kCreated; });
  engine.end("demo-web-1", 143);
  CHECK(screen.shows("web-1 exited with code 143\n"));
  engine.change(next.name, [](engine::Status& status) { status.state = engine::State::kRunning; });
  engine.rename(next.name, "demo-web-new");
  std::this_thread::sleep_for(std::chrono::milliseconds(700));  // longer than the grace after an end
  engine.log("demo-web-new", 2, "new one\\n");
  CHECK(screen.shows("new one\n"));
  engine.end("demo-web-new", 0);
  follower.join();
}

TEST_CASE("logs are shown and followed where there is no inotify to be had") {
  if (::geteuid() != 0) return;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // The limits of a user namespace are its own.
    bool shown = ::unshare(CLONE_NEWUSER) == 0;
    try {
      sys::write_knob("/proc/sys/user/max_inotify_instances", "0");
      LogEngine engine;
      engine.add(container("web"));
      engine.log("demo-web-1", 1, "first\\n");
      Screen screen;
      LogFollow(engine, options(), screen.printer).print_present();
      shown = shown && screen.shows("first\n");
      LogFollow follow(engine, options(), screen.printer);
      follow.complete();
      const Cancellation never;
      std::jthread follower([&] { follow.follow(never, nullptr); });
      engine.log("demo-web-1", 2, "second\\n");
      shown = shown && screen.shows("second\n");
      engine.end("demo-web-1", 0);
      shown = shown && screen.shows("web-1 exited with code 0\n");
    } catch (const std::exception&) {
      shown = false;
    }
    ::_exit(shown ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("ends before the follower began are no news, and a log begun leaves out what was said before") {
  LogEngine engine;
  engine.add(container("done"));
  engine.add(container("web"));
  engine.change("demo-done-1", [](engine::Status& status) {
    status.state = engine::State::kExited;
    status.finished_ms = 1;
  });
  engine.log("demo-web-1", 1, "before\\n");
  cli::FollowOptions chosen = options();
  auto begun = std::make_shared<ui::LogFile>(engine.find("demo-web-1").log_path);
  begun->skip_to_end();
  chosen.begun.emplace(engine.find("demo-web-1").id, begun);
  Screen screen;
  LogFollow follow(engine, chosen, screen.printer);
  std::vector<int> codes;
  const Cancellation never;
  std::jthread follower([&] {
    follow.follow(never, [&](const engine::ContainerInfo& info, bool restarting) {
      CHECK_FALSE(restarting);
      codes.push_back(info.status.exit_code);
      return false;
    });
  });
  engine.log("demo-web-1", 2, "after\\n");
  CHECK(screen.shows("after\n"));
  engine.end("demo-web-1", 7);
  follower.join();
  CHECK(codes == std::vector<int>{7});
  CHECK(screen.seen == "web-1   | after\n");
}

TEST_CASE("following is cancelled at once, and not before it is complete ended by quiet") {
  LogEngine engine;
  engine.add(container("web"));
  engine.end("demo-web-1", 0);
  Screen screen;
  LogFollow follow(engine, options(), screen.printer);
  Cancellation stop;
  bool over = false;
  std::jthread follower([&] {
    follow.follow(stop, nullptr);
    over = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  CHECK_FALSE(over);
  stop.cancel();
  follower.join();
  CHECK(over);
}

TEST_CASE("hidden containers count for the end but are not printed") {
  LogEngine engine;
  engine.add(container("web"));
  engine.add(container("secret"));
  engine.log("demo-web-1", 1, "shown\\n");
  engine.log("demo-secret-1", 2, "hidden\\n");
  cli::FollowOptions chosen = options();
  chosen.shown = [](const engine::ContainerInfo& info) { return service_of(info) == "web"; };
  Screen screen;
  LogFollow follow(engine, chosen, screen.printer);
  follow.complete();
  const Cancellation never;
  std::jthread follower([&] { follow.follow(never, nullptr); });
  engine.end("demo-secret-1", 1);
  engine.end("demo-web-1", 0);
  CHECK(screen.shows("web-1 exited with code 0\n"));
  follower.join();
  CHECK(screen.seen == "web-1  | shown\nweb-1 exited with code 0\n");
}
