#include <filesystem>

#include "../image/scratch.h"
#include "../registry/fake_server.h"
#include "data_root.h"

using namespace engine_test;

TEST_CASE("an image that a container uses loses its names only") {
  if (!is_root()) return;
  const DataRoot root;
  const std::string id = root.make_image("base");
  root.make_image("second");
  const auto engine = root.open();
  engine->create_container(DataRoot::container("web", "base"));
  CHECK(engine->remove_image("second", false).size() == 1);
  CHECK_THROWS_WITH(engine->remove_image("base", false), Catch::Contains("is used by container web"));
  CHECK(engine->remove_image("base", true).size() == 1);
  CHECK(engine->find_image(id));
  engine->remove_container("web", true, true);
  engine->remove_image(id, false);
  CHECK(engine->images().empty());
}

TEST_CASE("an image whose configuration is damaged can be removed") {
  if (!is_root()) return;
  const DataRoot root;
  const std::string id = root.make_image("base");
  sys::write_file_atomic(root.paths.blobs() + '/' + id.substr(7), "damaged");
  const auto engine = root.open();
  engine->remove_image("base", false);
  CHECK(engine->images().empty());
}

TEST_CASE("an archive is imported from a URL, redirections followed, and the history says from where") {
  if (!is_root()) return;
  const DataRoot root;
  const std::string tar = TarMaker().file("etc/made", "far away").bytes();
  FakeServer server([&](const Ask& ask) -> Answer {
    if (ask.path == "/moved") return {302, {"Location: /root.tar"}, ""};
    if (ask.path == "/root.tar") return {200, {}, tar};
    return {404, {}, "nope"};
  });
  const auto engine = root.open();
  engine::ImportRequest request;
  request.archive = server.url() + "/moved";
  request.reference = "remote:1";
  request.changes = {"CMD [\"sh\"]"};
  const std::string id = engine->import_image(request).id;
  const auto image = engine->image_store().find("remote:1");
  REQUIRE(image);
  CHECK(image->id == id);
  CHECK(sys::read_file(image->lower_dirs.front() + "/etc/made") == "far away");
  CHECK(image->config.history.front().comment == "Imported from " + request.archive);
  request.archive = server.url() + "/missing";
  request.reference = "remote:2";
  CHECK_THROWS_WITH(engine->import_image(request),
                    Catch::Contains(request.archive) && Catch::Contains("404"));
  CHECK_FALSE(engine->find_image("remote:2"));
  CHECK(std::filesystem::is_empty(root.paths.build_tmp()));
}
