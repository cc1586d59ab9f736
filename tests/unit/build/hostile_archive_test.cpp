// Archives that ADD unpacks, made to reach outside of the image or to fill the disk.
#include <archive.h>
#include <archive_entry.h>

#include "../image/hostile_layers.h"
#include "fixture.h"

using namespace build_test;

namespace {

struct Entry {
  std::string name;
  mode_t type = AE_IFREG;
  std::string target = {};  // of a link; for AE_IFREG a hard link
  std::string text = "x";
};

void make_archive(const std::string& path, const std::vector<Entry>& entries) {
  archive* writer = archive_write_new();
  archive_write_set_format_gnutar(writer);
  REQUIRE(archive_write_open_filename(writer, path.c_str()) == ARCHIVE_OK);
  for (const Entry& one : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, one.name.c_str());
    archive_entry_set_filetype(entry, one.type);
    archive_entry_set_perm(entry, 04777);
    const bool plain = one.type == AE_IFREG && one.target.empty();
    archive_entry_set_size(entry, plain ? static_cast<int64_t>(one.text.size()) : 0);
    if (one.type == AE_IFLNK) archive_entry_set_symlink(entry, one.target.c_str());
    if (one.type == AE_IFREG && !one.target.empty()) archive_entry_set_hardlink(entry, one.target.c_str());
    if (one.type == AE_IFBLK) archive_entry_set_rdev(entry, makedev(8, 0));
    archive_write_header(writer, entry);
    if (plain) archive_write_data(writer, one.text.data(), one.text.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
}

}  // namespace

TEST_CASE("No entry of an added archive gets out of the image") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  const std::string outside = f.folder.path + "/outside";
  write(outside + "/secret", "secret");
  const std::vector<std::vector<Entry>> archives = {
      {{"../../../../outside/new"}},
      {{"a/../../../../../outside/new"}},
      {{outside + "/new"}},
      {{"link", AE_IFLNK, outside}, {"link/new"}},
      {{"link", AE_IFLNK, "../../../../../../../.." + outside}, {"link/new"}},
      {{"hard", AE_IFREG, outside + "/secret"}, {"hard"}},
      {{"hard", AE_IFREG, "../../../../../../../.." + outside + "/secret"}, {"hard"}},
      {{"link", AE_IFLNK, outside + "/secret"}, {"hard", AE_IFREG, "link"}, {"hard"}},
      {{"d", AE_IFLNK, "."}, {"d/d/d/../../../../outside/new"}},
  };
  for (size_t i = 0; i < archives.size(); ++i) {
    CAPTURE(i);
    make_archive(f.context + "/a.tar", archives[i]);
    f.failure("FROM base\nADD a.tar /t/\n", [](auto& request) { request.no_cache = true; });
    CHECK(sys::read_file(outside + "/secret") == "secret");
    CHECK(std::distance(std::filesystem::directory_iterator(outside), {}) == 1);
    CHECK(std::filesystem::is_empty(f.paths.build_tmp()));
  }
}

TEST_CASE("What is refused as a layer is refused by ADD") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  const std::string outside = f.folder.path + "/outside";
  write(outside + "/canary", "alive", 0600);
  for (const HostileLayer& layer : hostile_layers(outside)) {
    CAPTURE(layer.what);
    sys::write_file_atomic(f.context + "/a.tar", layer.tar);
    const auto fresh = [](auto& request) { request.no_cache = true; };
    if (layer.is_no_tar) {
      CHECK(f.build("FROM base\nADD a.tar /t/\n", fresh).stat("/t/a.tar").st_size ==
            static_cast<off_t>(layer.tar.size()));
    } else {
      CHECK_THAT(f.failure("FROM base\nADD a.tar /t/\n", fresh), Catch::StartsWith("Dockerfile:2: ADD: "));
    }
    CHECK(sys::read_file(outside + "/canary") == "alive");
    CHECK(std::distance(std::filesystem::directory_iterator(outside), {}) == 1);
    CHECK(std::filesystem::is_empty(f.paths.build_tmp()));
  }
}

TEST_CASE("An added archive does not write through links of the image to the outside") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  const std::string outside = f.folder.path + "/outside";
  write(outside + "/secret", "secret");
  f.runner.behaviour = [&](const engine::RunRequest& request, const auto&) {
    link(outside, request.upper_dir + "/t");
    return 0;
  };
  make_archive(f.context + "/a.tar", {{"secret", AE_IFREG, "", "overwritten"}, {"d/x"}});
  const Built built = f.build("FROM base\nRUN plant\nADD a.tar /t/\n");
  CHECK(sys::read_file(outside + "/secret") == "secret");
  CHECK(built.file(outside + "/secret") == "overwritten");
}

TEST_CASE("An archive can hide nothing of the image with whiteouts") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  make_archive(f.context + "/a.tar", {{"etc/.wh.passwd"}, {"usr/.wh..wh..opq"}, {".wh.run"}});
  const std::string failure = f.failure("FROM base\nADD a.tar /\n");
  if (failure == "<no error>") {
    const Built built = f.build("FROM base\nADD a.tar /\n");
    CHECK_THAT(built.file("/etc/passwd"), Catch::StartsWith("root:"));
    CHECK(built.file("/usr/lib/libc.so") == "libc");
    CHECK(built.file("/run/pid") == "1");
  } else {
    CHECK_THAT(failure, Catch::StartsWith("Dockerfile:2: ADD: "));
  }
}

TEST_CASE("An archive that is little on disk and much unpacked is refused") {
  Fixture f;
  f.make_base();
  const std::string packed = f.context + "/bomb.tar.xz";
  archive* writer = archive_write_new();
  archive_write_set_format_gnutar(writer);
  archive_write_add_filter_zstd(writer);
  REQUIRE(archive_write_open_filename(writer, packed.c_str()) == ARCHIVE_OK);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, "zeros");
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0644);
  constexpr int64_t kSize = int64_t{512} << 20;
  archive_entry_set_size(entry, kSize);
  archive_write_header(writer, entry);
  const std::string zeros(1 << 20, '\0');
  for (int64_t done = 0; done < kSize; done += static_cast<int64_t>(zeros.size()))
    archive_write_data(writer, zeros.data(), zeros.size());
  archive_entry_free(entry);
  archive_write_close(writer);
  archive_write_free(writer);
  REQUIRE(std::filesystem::file_size(packed) < 200'000);
  CHECK_THAT(f.failure("FROM base\nADD bomb.tar.xz /t/\n"), Catch::StartsWith("Dockerfile:2: ADD: "));
  CHECK(std::filesystem::is_empty(f.paths.build_tmp()));
}
