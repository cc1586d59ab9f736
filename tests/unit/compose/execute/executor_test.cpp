#include "compose/execute/executor.h"

#include <poll.h>

#include <atomic>
#include <set>

#include "../plan/scene.h"
#include "compose/plan/step_list.h"

using namespace compose;
using namespace compose::test;

namespace {

class RecordingSink : public ProgressSink {
 public:
  void step_changed(const Step& step, StepStatus status, const std::string& text) override {
    CHECK_FALSE(inside_.exchange(true));  // one call at a time
    lines.push_back(step.resource + " " + text);
    statuses[step.id] = status;
    inside_ = false;
  }
  void build_event(const Step&, const BuildEvent& event) override {
    static const char* const kNames[] = {"begin", "line", "done", "failed"};
    build_lines.push_back(std::string(kNames[static_cast<size_t>(event.kind)]) + " " + event.step.tag() +
                          (event.cached ? " cached" : "") + (event.line.empty() ? "" : " " + event.line));
  }
  void warning(const std::string& text) override { warnings.push_back(text); }
  bool said(const std::string& line) const {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  }

  std::vector<std::string> lines, build_lines, warnings;
  std::map<int, StepStatus> statuses;

 private:
  std::atomic<bool> inside_{false};
};

// The scene, with everything the sink hears kept.
struct Stage : Scene {
  RunResult go(const Plan& plan, int limit = 0) { return run(plan, engine, sink, cancellation, {limit}); }
  void add_pair(parser::Dependency::Condition condition, bool required = true) {
    add_service(project, "db");
    add_service(project, "web");
    depend(project, "web", "db", condition, false, required);
  }
  RecordingSink sink;
};

using Condition = parser::Dependency::Condition;

engine::VolumeConfig volume_named(const std::string& name) {
  engine::VolumeConfig config;
  config.name = name;
  return config;
}

// `count` independent steps.
Plan volumes(int count) {
  StepList steps;
  for (int i = 0; i < count; ++i) {
    const std::string name = "v" + std::to_string(i);
    steps.add("Volume " + name, CreateVolume{volume_named(name)}, "");
  }
  return std::move(steps).finish();
}

}  // namespace

TEST_CASE("progress is told as docker compose tells it") {
  Stage stage;
  stage.engine.behaviours["db"] = {Behaviour::Kind::kGetsHealthy, 0, 5};
  stage.add_pair(Condition::kHealthy);
  CHECK(stage.go(stage.plan()).ok);
  CHECK(stage.sink.lines.front() == "Network demo_default Creating");
  for (const char* line :
       {"Network demo_default Created", "Container demo-db-1 Creating", "Container demo-db-1 Created",
        "Container demo-db-1 Starting", "Container demo-db-1 Started", "Container demo-db-1 Waiting",
        "Container demo-db-1 Healthy", "Container demo-web-1 Started"}) {
    INFO(line);
    CHECK(stage.sink.said(line));
  }
  stage.project.services.at("db").user = "1";
  CHECK(stage.go(stage.plan()).ok);
  CHECK(stage.sink.said("Container demo-db-1 Recreate"));
  CHECK(stage.sink.said("Container demo-db-1 Recreated"));
  CHECK(stage.go(plan_down(nullptr, "demo", stage.observed(), {})).ok);
  CHECK(stage.sink.said("Container demo-db-1 Stopping"));
  CHECK(stage.sink.lines.back() == "Network demo_default Removed");
}

TEST_CASE("steps run in the order of their edges") {
  Stage stage;
  for (const char* name : {"a", "b", "c"}) add_service(stage.project, name);
  depend(stage.project, "a", "b");
  depend(stage.project, "b", "c");
  CHECK(stage.go(stage.plan()).ok);
  std::vector<std::string> starts;
  for (const auto& call : stage.engine.calls()) {
    if (call.rfind("start", 0) == 0) starts.push_back(call);
  }
  CHECK(starts == std::vector<std::string>{"start demo-c-1", "start demo-b-1", "start demo-a-1"});
}

TEST_CASE("containers are created while their network comes up") {
  Stage stage;
  for (const char* name : {"a", "b", "c"}) add_service(stage.project, name);
  const auto created = [&] {
    const std::vector<std::string> calls = stage.engine.calls();
    return std::count_if(calls.begin(), calls.end(),
                         [](const std::string& call) { return call.starts_with("create demo-"); });
  };
  stage.engine.bring_up = [&] {
    for (int i = 0; i < 5000 && created() < 3; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(created() == 3);
  };
  CHECK(stage.go(stage.plan()).ok);
  CHECK(created() == 3);
  CHECK(stage.sink.said("Network demo_default Created"));
  CHECK(stage.sink.said("Container demo-c-1 Started"));
}

TEST_CASE("a network that fails after all is told, though its containers are there") {
  Stage stage;
  add_service(stage.project, "a");
  stage.engine.bring_up = [] { throw engine::Error(engine::Error::Kind::kInternal, "no bridge"); };
  const RunResult result = stage.go(stage.plan());
  CHECK_FALSE(result.ok);
  REQUIRE_FALSE(result.errors.empty());
  CHECK(result.errors.front() == "no bridge");
  CHECK(stage.sink.said("Container demo-a-1 Created"));
}

TEST_CASE("no more steps run at once than allowed, and as many as that do") {
  Stage stage;
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  stage.engine.before = [&](const std::string&) {
    const int now = ++inside;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) continue;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    --inside;
  };
  CHECK(stage.go(volumes(12), 3).ok);
  CHECK(most == 3);
}

TEST_CASE("waiting takes no place among the parallel steps") {
  Stage stage;
  stage.engine.behaviours["db"] = {Behaviour::Kind::kGetsHealthy, 0, 50};
  stage.add_pair(Condition::kHealthy);
  add_service(stage.project, "zoo");
  CHECK(stage.go(stage.plan(), 1).ok);
}

TEST_CASE("a failing step stops what depends on it and nothing else") {
  Stage stage;
  stage.add_pair(Condition::kStarted);
  add_service(stage.project, "aside");
  stage.engine.before = [](const std::string& call) {
    if (call == "start demo-db-1") {
      throw engine::Error(engine::Error::Kind::kInvalid, "exec: \"nope\" not found\nmore about it");
    }
  };
  const RunResult result = stage.go(stage.plan());
  CHECK_FALSE(result.ok);
  CHECK_FALSE(result.cancelled);
  CHECK(result.errors == std::vector<std::string>{"exec: \"nope\" not found"});
  CHECK(stage.sink.said("Container demo-db-1 Error exec: \"nope\" not found"));
  CHECK(stage.sink.said("Container demo-web-1 Not run: Container demo-db-1 failed"));
  CHECK(stage.sink.said("Container demo-aside-1 Started"));
}

TEST_CASE("a replacement that cannot be made leaves everything running") {
  Stage stage;
  for (const char* name : {"db", "web", "proxy"}) add_service(stage.project, name);
  depend(stage.project, "web", "db", Condition::kStarted, true);
  depend(stage.project, "proxy", "web", Condition::kStarted, true);
  CHECK(stage.go(stage.plan()).ok);
  stage.project.services.at("db").user = "1";
  const Plan plan = stage.plan();
  CHECK(has_step(plan, "Stop demo-proxy-1"));
  stage.engine.before = [](const std::string& call) {
    if (call.find("_demo-db-1") != std::string::npos)
      throw engine::Error(engine::Error::Kind::kInvalid, "bad user");
  };
  CHECK(stage.go(plan).errors == std::vector<std::string>{"bad user"});
  for (const auto& container : stage.engine.containers("demo")) {
    CHECK(container.status.state == engine::State::kRunning);
  }
}

TEST_CASE("an unhealthy dependency fails its dependents with its last health output") {
  Stage stage;
  stage.engine.behaviours["db"] = {Behaviour::Kind::kGetsUnhealthy, 0, 5};
  stage.engine.set_health_log("trying\nconnection refused\n", 1);
  stage.add_pair(Condition::kHealthy);
  const RunResult result = stage.go(stage.plan());
  CHECK(result.errors ==
        std::vector<std::string>{
            "dependency failed to start: container demo-db-1 is unhealthy (last health check "
            "exited with 1: connection refused)"});
  CHECK(stage.container("demo-web-1").status.state == engine::State::kCreated);
}

TEST_CASE("waiting for health ends when the container does, and when it has no health check") {
  Stage stage;
  stage.engine.behaviours["db"] = {Behaviour::Kind::kExits, 7, 5};
  stage.add_pair(Condition::kHealthy);
  CHECK(stage.go(stage.plan()).errors ==
        std::vector<std::string>{"dependency failed to start: container demo-db-1 exited (7)"});
  stage.engine.behaviours["db"] = {};
  const RunResult none = stage.go(stage.plan());
  REQUIRE(none.errors.size() == 1);
  CHECK_THAT(none.errors[0], Catch::Contains("container demo-db-1 has no healthcheck configured"));
}

TEST_CASE("a job's failure is told with its exit code, its success lets dependents start") {
  Stage stage;
  stage.engine.behaviours["db"] = {Behaviour::Kind::kExits, 3, 20};
  stage.add_pair(Condition::kCompletedSuccessfully);
  CHECK(stage.go(stage.plan()).errors ==
        std::vector<std::string>{"service \"db\" didn't complete successfully: exit 3"});
  stage.engine.behaviours["db"] = {Behaviour::Kind::kExits, 0, 20};
  CHECK(stage.go(stage.plan()).ok);
  CHECK(stage.sink.said("Container demo-db-1 Exited"));
  CHECK(stage.sink.said("Container demo-web-1 Started"));
}

TEST_CASE("an optional dependency that fails only warns") {
  Stage stage;
  stage.engine.behaviours["db"] = {Behaviour::Kind::kGetsUnhealthy, 0, 0};
  stage.add_pair(Condition::kHealthy, false);
  CHECK(stage.go(stage.plan()).ok);
  REQUIRE(stage.sink.warnings.size() == 1);
  CHECK_THAT(stage.sink.warnings[0], Catch::Contains("optional dependency \"db\" failed to start"));
  CHECK(stage.container("demo-web-1").status.state == engine::State::kRunning);
}

TEST_CASE("an optional dependency that cannot even be created does not keep its dependents down") {
  Stage stage;
  stage.add_pair(Condition::kStarted, false);
  stage.engine.before = [](const std::string& call) {
    if (call == "create demo-db-1") throw engine::Error(engine::Error::Kind::kInvalid, "bad");
  };
  const RunResult result = stage.go(stage.plan());
  CHECK(result.errors == std::vector<std::string>{"bad"});
  CHECK(stage.sink.warnings.size() == 1);
  CHECK(stage.container("demo-web-1").status.state == engine::State::kRunning);
}

TEST_CASE("cancelling ends waits at once and leaves the rest undone") {
  Stage stage;
  stage.engine.behaviours["db"] = {Behaviour::Kind::kGetsHealthy, 0, 60'000};
  stage.add_pair(Condition::kHealthy);
  std::thread user([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stage.cancellation.cancel();
  });
  const auto begin = std::chrono::steady_clock::now();
  const RunResult result = stage.go(stage.plan());
  user.join();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
  CHECK_FALSE(result.ok);
  CHECK(result.cancelled);
  CHECK(result.errors.empty());
  CHECK(stage.sink.said("Container demo-web-1 Canceled"));
  CHECK(stage.container("demo-web-1").status.state == engine::State::kCreated);
}

TEST_CASE("a cancellation can be polled for") {
  const Cancellation cancellation_;
  pollfd poll_fd{cancellation_.fd(), POLLIN, 0};
  CHECK(poll(&poll_fd, 1, 0) == 0);
  Cancellation cancelled;
  cancelled.cancel();
  poll_fd.fd = cancelled.fd();
  CHECK(poll(&poll_fd, 1, 0) == 1);
  CHECK(cancelled.cancelled());
}

TEST_CASE("a plan run a second time finds its goals reached") {
  Stage stage;
  add_volume(stage.project, "data");
  add_service(stage.project, "db").volumes = {mount("data", "/data")};
  const Plan up = stage.plan();
  CHECK(stage.go(up).ok);
  CHECK(stage.go(up).ok);
  stage.project.services.at("db").user = "1";
  const Plan change = stage.plan();
  CHECK(stage.go(change).ok);
  const Plan down = plan_down(nullptr, "demo", stage.observed(), {.volumes = true});
  CHECK(stage.go(down).ok);
  CHECK(stage.go(down).ok);
}

TEST_CASE("a name taken by something else is a failure") {
  Stage stage;
  add_service(stage.project, "db");
  const Plan up = stage.plan();
  CHECK(stage.go(up).ok);
  stage.project.services.at("db").user = "1";
  Observed nothing = stage.observed();
  nothing.containers.clear();
  CHECK(stage.go(plan_up(stage.project, nothing, {})).errors ==
        std::vector<std::string>{"name demo-db-1 is taken"});
}

TEST_CASE("what is still in use stays, with a warning, when the plan only tries") {
  Stage stage;
  add_service(stage.project, "db");
  CHECK(stage.go(stage.plan()).ok);
  StepList tries;
  tries.add("Network demo_default", RemoveNetwork{"demo_default", true}, "");
  tries.add("Image busybox", RemoveImage{"busybox"}, "");
  const Plan trying = std::move(tries).finish();
  CHECK(stage.go(trying).ok);
  CHECK(stage.sink.warnings.size() == 2);
  CHECK(stage.sink.said("Network demo_default Resource is still in use"));
  StepList insists;
  insists.add("Network demo_default", RemoveNetwork{"demo_default"}, "");
  const Plan insisting = std::move(insists).finish();
  CHECK_FALSE(stage.go(insisting).ok);
}

TEST_CASE("a build's lines come out whole, and a cancelled build is no failure") {
  Stage stage;
  engine::BuildRequest request;
  request.tags = {"app"};
  StepList steps;
  steps.add("Image app", BuildImage{"app", request}, "");
  const Plan plan = std::move(steps).finish();
  CHECK(stage.go(plan).ok);
  CHECK(stage.sink.build_lines == std::vector<std::string>{"begin [1/2] cached", "begin [2/2]",
                                                           "line [2/2] one", "line [2/2] two",
                                                           "line [2/2] last", "done [2/2]"});
  CHECK(stage.sink.said("Image app Built"));
  stage.engine.before = [&](const std::string&) { stage.cancellation.cancel(); };
  const RunResult result = stage.go(plan);
  CHECK(result.cancelled);
  CHECK(result.errors.empty());
}

TEST_CASE("five hundred steps are run by few threads and all are done") {
  Stage stage;
  CHECK(stage.go(volumes(500)).ok);
  CHECK(stage.engine.volumes().size() == 500);
  CHECK(stage.sink.statuses.size() == 500);
}

TEST_CASE("a sink that cannot show anything any more does not stop the run") {
  class BrokenSink : public ProgressSink {
   public:
    void step_changed(const Step&, StepStatus, const std::string&) override { fail(); }
    void build_event(const Step&, const BuildEvent&) override { fail(); }
    void warning(const std::string&) override { fail(); }

   private:
    [[noreturn]] static void fail() { throw std::runtime_error("No space left on device"); }
  };
  Scene scene;
  add_service(scene.project, "web");
  Plan plan = scene.plan();
  plan.warnings.push_back("mind this");
  BrokenSink sink;
  const RunResult result = run(plan, scene.engine, sink, scene.cancellation);
  CHECK(result.ok);
  CHECK(scene.plan().empty());
}
