#include "compose/plan/graph_text.h"

#include <catch2/catch.hpp>

using parser::Dependency;

namespace {

parser::Project project() {
  parser::Project project;
  project.name = "demo";
  for (const char* name : {"cache", "db", "job", "web", "worker"}) {
    project.services[name].name = name;
    project.services[name].image = std::string("example/") + name;
  }
  Dependency healthy;
  healthy.condition = Dependency::Condition::kHealthy;
  Dependency done;
  done.condition = Dependency::Condition::kCompletedSuccessfully;
  Dependency loose;
  loose.required = false;
  project.services["web"].depends_on = {{"cache", loose}, {"db", healthy}, {"job", done}};
  project.services["job"].depends_on = {{"db", healthy}};
  return project;
}

}  // namespace

TEST_CASE("the tree of services begins with those that nobody needs, and repeats nothing") {
  CHECK(compose::graph_tree(project()) ==
        "web\n"
        "├─ cache (optional)\n"
        "├─ db (healthy)\n"
        "└─ job (completed successfully)\n"
        "   └─ db (healthy)\n"
        "worker\n");
  parser::Project twice = project();
  twice.services["worker"].depends_on = {{"job", {}}};
  CHECK(compose::graph_tree(twice) ==
        "web\n"
        "├─ cache (optional)\n"
        "├─ db (healthy)\n"
        "└─ job (completed successfully)\n"
        "   └─ db (healthy)\n"
        "worker\n"
        "└─ job ...\n");
}

TEST_CASE("the graph for dot has a node a service and an edge a dependency") {
  CHECK(compose::graph_dot(project()) == R"(digraph "demo" {
  node [shape=box];
  "cache" [label="cache\nexample/cache"];
  "db" [label="db\nexample/db"];
  "job" [label="job\nexample/job"];
  "web" [label="web\nexample/web"];
  "worker" [label="worker\nexample/worker"];
  "job" -> "db" [label="healthy"];
  "web" -> "cache" [label="optional", style=dashed];
  "web" -> "db" [label="healthy"];
  "web" -> "job" [label="completed successfully"];
}
)");
}
