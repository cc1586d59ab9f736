#include "engine/build/layered_view.h"

#include "fixture.h"
#include "sys/error.h"

using namespace build_test;
using engine::build::LayeredView;

namespace {

// Layers by name: a/ is the top.
struct Layers {
  TemporaryFolder folder;
  std::string path(const std::string& layer) const {
    sys::make_dirs(folder.path + "/" + layer);
    return folder.path + "/" + layer;
  }
  void file(const std::string& layer, const std::string& name, const std::string& text) const {
    write(path(layer) + "/" + name, text);
  }
  void whiteout(const std::string& layer, const std::string& name) const {
    const std::string whole = path(layer) + "/" + name;
    sys::make_dirs(whole.substr(0, whole.rfind('/')));
    REQUIRE(::mknod(whole.c_str(), S_IFCHR, makedev(0, 0)) == 0);
  }
  void opaque(const std::string& layer, const std::string& name) const {
    sys::make_dirs(path(layer) + "/" + name);
    REQUIRE(::setxattr((path(layer) + "/" + name).c_str(), "trusted.overlay.opaque", "y", 1, 0) == 0);
  }
  LayeredView view(LayeredView::Escape escape = LayeredView::Escape::kClamp) const {
    return LayeredView({path("a"), path("b"), path("c")}, escape);
  }
};

Strings names(const LayeredView& view, const std::string& folder) {
  Strings out;
  for (const auto& node : view.children(view.find(folder).value())) out.push_back(node.path);
  return out;
}

}  // namespace

TEST_CASE("Upper layers hide files of lower ones, folders are merged") {
  const Layers layers;
  layers.file("a", "d/x", "top");
  layers.file("b", "d/x", "middle");
  layers.file("b", "d/y", "middle");
  layers.file("c", "d/z", "bottom");
  const LayeredView view = layers.view();
  CHECK(view.read_file("/d/x") == "top");
  CHECK(view.read_file("d/z") == "bottom");
  CHECK(names(view, "/d") == Strings{"/d/x", "/d/y", "/d/z"});
  CHECK(view.find("/d").value().layers == std::vector<size_t>{0, 1, 2});
}

TEST_CASE("Whiteouts and opaque folders hide what is below") {
  if (!root_only()) return;
  const Layers layers;
  layers.file("c", "gone/x", "x");
  layers.file("c", "d/x", "x");
  layers.file("c", "o/x", "x");
  layers.whiteout("a", "gone");
  layers.whiteout("b", "d/x");
  layers.opaque("b", "o");
  layers.file("a", "o/new", "x");
  const LayeredView view = layers.view();
  CHECK_FALSE(view.find("/gone"));
  CHECK_FALSE(view.find("/gone/x"));
  CHECK(names(view, "/d").empty());
  CHECK(names(view, "/o") == Strings{"/o/new"});
  CHECK_FALSE(view.find("/o/x"));
  CHECK(names(view, "/") == Strings{"/d", "/o"});
}

TEST_CASE("A folder that replaces a file does not merge with a folder further down") {
  const Layers layers;
  layers.file("a", "p/new", "x");
  layers.file("b", "p", "a file");
  layers.file("c", "p/old", "x");
  const LayeredView view = layers.view();
  CHECK(names(view, "/p") == Strings{"/p/new"});
  CHECK_FALSE(view.find("/p/old"));
}

TEST_CASE("A folder in the top layer hides a link in a lower one") {
  const Layers layers;
  layers.file("a", "l/x", "mine");
  link("/etc", layers.path("b") + "/l");
  CHECK(names(layers.view(), "/l") == Strings{"/l/x"});
}

TEST_CASE("Links are followed inside the stack as if it were the root") {
  const Layers layers;
  layers.file("c", "run/pid", "1");
  link("/run", layers.path("b") + "/var/run");
  link("../../../../../run", layers.path("a") + "/up");
  link("loop", layers.path("a") + "/loop");
  link("/nowhere/x", layers.path("a") + "/dangling");
  const LayeredView view = layers.view();
  CHECK(view.resolve("/var/run/new/file") == "/run/new/file");
  CHECK(view.read_file("/var/run/pid") == "1");
  CHECK(view.read_file("/up/pid") == "1");
  CHECK(view.resolve("/dangling") == "/nowhere/x");
  CHECK(view.resolve("/../../a/./b/../c") == "/a/c");
  CHECK_FALSE(view.find("/dangling"));
  CHECK(view.find("/dangling", false));
  CHECK_THROWS_AS(view.resolve("/loop/x"), sys::Error);
  CHECK_THROWS_AS(view.resolve("/run/pid/below"), sys::Error);
  CHECK_FALSE(view.find("/run/pid/below"));
}

TEST_CASE("A view of the build context refuses links that lead out") {
  const Layers layers;
  link("/etc/passwd", layers.path("a") + "/absolute");
  link("../../etc/passwd", layers.path("a") + "/climbing");
  layers.file("a", "d/real", "x");
  link("../d/real", layers.path("a") + "/d2/inside");
  const LayeredView view = layers.view(LayeredView::Escape::kRefuse);
  CHECK_THROWS_AS(view.find("/absolute"), engine::Error);
  CHECK_THROWS_AS(view.find("/climbing"), engine::Error);
  CHECK(view.read_file("/d2/inside") == "x");
}

TEST_CASE("A link put in the place of a folder after the walk is not followed") {
  const Layers layers;
  layers.file("a", "d/secret", "mine");
  const LayeredView view = layers.view();
  const auto node = view.find("/d/secret").value();
  std::filesystem::remove_all(layers.path("a") + "/d");
  write(layers.folder.path + "/outside/secret", "theirs");
  link(layers.folder.path + "/outside", layers.path("a") + "/d");
  CHECK_THROWS_AS(view.open(node, O_RDONLY), sys::Error);
}

TEST_CASE("A stack without layers is an empty root") {
  const LayeredView view(Strings{});
  CHECK(view.children(view.root()).empty());
  CHECK(view.resolve("/a/b") == "/a/b");
}
