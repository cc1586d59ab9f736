#include "engine/image/layer_tar.h"

#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "engine/image/digest.h"
#include "engine/image/unpack.h"
#include "scratch.h"

using engine::Error;

namespace {

// One of everything that a layer can hold.
void fill(const std::string& root) {
  sys::make_dirs(root + "/a/deep/er");
  sys::make_dirs(root + "/a-b");
  sys::write_file_atomic(root + "/a/file", "content");
  sys::write_file_atomic(root + "/a/setuid", "x");
  REQUIRE(::chmod((root + "/a/setuid").c_str(), 04755) == 0);
  REQUIRE(::chown((root + "/a/deep").c_str(), 3000000, 4000000) == 0);  // more than seven octal digits
  REQUIRE(::link((root + "/a/file").c_str(), (root + "/a/deep/link").c_str()) == 0);
  REQUIRE(::symlink("../file", (root + "/a/deep/symlink").c_str()) == 0);
  REQUIRE(::mkfifo((root + "/fifo").c_str(), 0622) == 0);
  REQUIRE(::mknod((root + "/null").c_str(), S_IFCHR | 0666, ::makedev(1, 3)) == 0);
  REQUIRE(::mknod((root + "/gone").c_str(), S_IFCHR, 0) == 0);
  set_xattr(root + "/a-b", engine::kOpaqueXattr, "y");
  sys::write_file_atomic(root + "/" + std::string(150, 'n'), "long name");
  sys::write_file_atomic(root + "/\xc3\xa4\xe2\x82\xac", "utf-8 name");
  sys::write_file_atomic(root + "/latin-\xe4", "another character set");
  sys::write_file_atomic(root + "/new\nline", "");
  set_xattr(root + "/a/file", "user.note", std::string("binary\0value=\n", 14));
  set_xattr(root + "/a/setuid", "security.capability",
            std::string("\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20));
  for (const char* name :
       {"/a/file", "/a/setuid", "/a/deep/symlink", "/a/deep/er", "/a/deep", "/a", "/a-b"}) {
    set_time(root + name, 1700000000);
  }
  set_time(root + "/fifo", -5);  // before the epoch
}

void unpack(const std::string& bytes, const Scratch& scratch, const std::string& into) {
  sys::write_file_atomic(scratch / "layer.tar", bytes);
  engine::unpack_archive(scratch / "layer.tar", into, true);
}

}  // namespace

TEST_CASE("a layer's tar unpacks to the same layer, and that makes the same tar") {
  ROOT_ONLY();
  const Scratch scratch;
  const std::string one = scratch.folder("one"), two = scratch.folder("two");
  fill(one);
  const std::string tar = tar_of(one);
  unpack(tar, scratch, two);
  CHECK(tar_of(two) == tar);

  CHECK(sys::read_file(two + "/a/deep/link") == "content");
  CHECK(stat_of(two + "/a/file").st_ino == stat_of(two + "/a/deep/link").st_ino);
  CHECK((stat_of(two + "/a/setuid").st_mode & 07777) == 04755);
  CHECK(xattrs_of(two + "/a/setuid") == xattrs_of(one + "/a/setuid"));
  CHECK(xattrs_of(two + "/a/file").at("user.note").size() == 14);
  CHECK(stat_of(two + "/a/deep").st_uid == 3000000);
  CHECK(stat_of(two + "/a/deep").st_gid == 4000000);
  CHECK(stat_of(two + "/a/deep").st_mtim.tv_sec == 1700000000);
  CHECK(stat_of(two + "/a").st_mtim.tv_sec == 1700000000);
  CHECK(stat_of(two + "/fifo").st_mtim.tv_sec == -5);
  CHECK(stat_of(two + "/null").st_rdev == ::makedev(1, 3));
  CHECK(S_ISCHR(stat_of(two + "/gone").st_mode));
  CHECK(stat_of(two + "/gone").st_rdev == 0);
  CHECK(xattrs_of(two + "/a-b").at(engine::kOpaqueXattr) == "y");
  CHECK(sys::read_file(two + "/latin-\xe4") == "another character set");
}

TEST_CASE("other tools read the canonical tar") {
  ROOT_ONLY();
  const Scratch scratch;
  const std::string one = scratch.folder("one"), two = scratch.folder("two");
  fill(one);
  sys::write_file_atomic(scratch / "layer.tar", tar_of(one));
  run({"tar", "-C", two, "--xattrs", "--xattrs-include=*", "--numeric-owner", "--warning=no-timestamp",
       "--warning=no-unknown-keyword", "-xpf", scratch / "layer.tar"});
  CHECK(sys::read_file(two + "/a/deep/link") == "content");
  CHECK(stat_of(two + "/a/file").st_ino == stat_of(two + "/a/deep/link").st_ino);
  CHECK(exists(two + "/.wh.gone"));
  CHECK(exists(two + "/a-b/.wh..wh..opq"));
  CHECK(exists(two + "/" + std::string(150, 'n')));
  CHECK(sys::read_file(two + "/latin-\xe4") == "another character set");
  CHECK(stat_of(two + "/a/deep").st_uid == 3000000);
  CHECK(xattrs_of(two + "/a/file").at("user.note").size() == 14);
}

TEST_CASE("the order in which a tree was made does not show in its diff id, a changed mode does") {
  const Scratch scratch;
  const std::string one = scratch.folder("one"), two = scratch.folder("two");
  for (int i = 0; i < 300; ++i) sys::write_file_atomic(one + "/f" + std::to_string(i), "x");
  for (int i = 299; i >= 0; --i) sys::write_file_atomic(two + "/f" + std::to_string(i), "x");
  for (int i = 0; i < 300; ++i) {
    set_time(one + "/f" + std::to_string(i), 7);
    set_time(two + "/f" + std::to_string(i), 7);
  }
  const sys::Fd first = sys::open(one, O_RDONLY | O_DIRECTORY),
                second = sys::open(two, O_RDONLY | O_DIRECTORY);
  const std::string id = engine::layer_diff_id(first.get());
  CHECK(id == engine::layer_diff_id(second.get()));
  CHECK(id == "sha256:" + engine::sha256_hex(tar_of(one)));
  REQUIRE(::chmod((two + "/f7").c_str(), 0600) == 0);
  CHECK(id != engine::layer_diff_id(second.get()));
}

TEST_CASE("entries come in byte order of their names, a folder before what it holds") {
  const Scratch scratch;
  const std::string root = scratch.folder("root");
  for (const char* name : {"/b", "/a/x", "/a.d"}) sys::make_dirs(root + name);
  for (const char* name : {"/a/x/1", "/a-", "/a0", "/B"}) sys::write_file_atomic(root + name, "");
  const std::string tar = tar_of(root);
  std::vector<std::string> names;
  for (size_t at = 0; at + 512 <= tar.size() && tar[at] != '\0'; at += 512)
    names.emplace_back(tar.c_str() + at);
  std::vector<std::string> all = {"B", "a-", "a.d/", "a/", "a/x/", "a/x/1", "a0", "b/"};
  if (::geteuid() != 0) all.insert(all.begin(), "./");  // not owned by root
  CHECK(names == all);
}

TEST_CASE("the root folder is in the tar only when it is out of the ordinary") {
  ROOT_ONLY();
  const Scratch scratch;
  const std::string one = scratch.folder("one"), two = scratch.folder("two");
  CHECK(tar_of(one) == std::string(1024, '\0'));
  REQUIRE(::chmod(one.c_str(), 01777) == 0);
  set_xattr(one, engine::kOpaqueXattr, "y");
  const std::string tar = tar_of(one);
  unpack(tar, scratch, two);
  CHECK((stat_of(two).st_mode & 07777) == 01777);
  CHECK(xattrs_of(two).at(engine::kOpaqueXattr) == "y");
  CHECK(tar_of(two) == tar);
}

TEST_CASE("a tree that no tar can carry back is refused") {
  const Scratch scratch;
  const std::string root = scratch.folder("root");
  sys::write_file_atomic(root + "/.wh.file", "");
  CHECK_THAT(error_of(Error::Kind::kInvalid, [&] { tar_of(root); }), Catch::Contains(".wh.file"));
  REQUIRE(::unlink((root + "/.wh.file").c_str()) == 0);
  std::string deep = root;
  for (int i = 0; i < 300; ++i) deep += "/d";
  sys::make_dirs(deep);
  CHECK_THAT(error_of(Error::Kind::kInvalid, [&] { tar_of(root); }), Catch::Contains("deeper"));
}

TEST_CASE("an overlay's upper folder is cleaned of what ties it to its mount") {
  ROOT_ONLY();
  const Scratch scratch;
  const std::string root = scratch.folder("root");
  sys::make_dirs(root + "/d");
  set_xattr(root, "trusted.overlay.impure", "y");
  set_xattr(root, "trusted.overlay.origin", "handle");
  set_xattr(root, "trusted.overlay.uuid", "0123456789abcdef");
  set_xattr(root + "/d", "trusted.overlay.opaque", "y");
  set_xattr(root + "/d", "trusted.overlay.nlink", "U+1");
  set_xattr(root + "/d", "user.mine", "kept");
  const sys::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (root + "/d/socket").copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);

  const sys::Fd fd = sys::open(root, O_RDONLY | O_DIRECTORY);
  engine::clean_upper(fd.get());
  CHECK(xattrs_of(root).empty());
  CHECK(xattrs_of(root + "/d") == engine::Xattrs{{"trusted.overlay.opaque", "y"}, {"user.mine", "kept"}});
  CHECK_FALSE(exists(root + "/d/socket"));

  set_xattr(root + "/d", "trusted.overlay.redirect", "/etc");
  CHECK_THAT(error_of(Error::Kind::kInternal, [&] { engine::clean_upper(fd.get()); }),
             Catch::Contains("redirect"));
}

TEST_CASE("disk usage counts an inode once, and holes not at all") {
  const Scratch scratch;
  const std::string root = scratch.folder("root");
  sys::write_file_atomic(root + "/f", std::string(1 << 20, 'x'));
  const sys::Fd fd = sys::open(root, O_RDONLY | O_DIRECTORY);
  const int64_t before = engine::disk_usage(fd.get());
  CHECK(before >= 1 << 20);
  CHECK(before < (1 << 20) + 65536);
  REQUIRE(::link((root + "/f").c_str(), (root + "/g").c_str()) == 0);
  sys::write_file_atomic(root + "/sparse", "");
  REQUIRE(::truncate((root + "/sparse").c_str(), 1 << 30) == 0);
  CHECK(engine::disk_usage(fd.get()) < before + 65536);
}
