// Well-behaved archives: everything they say is kept.
#include "engine/image/unpack.h"

#include <sys/sysmacros.h>

#include "scratch.h"

using engine::Error;

namespace {

void make_tree(const std::string& root) {
  sys::make_dirs(root + "/usr/bin");
  sys::make_dirs(root + "/dev");
  sys::write_file_atomic(root + "/usr/bin/tool", "#!tool", 04755);
  REQUIRE(::link((root + "/usr/bin/tool").c_str(), (root + "/usr/bin/alias").c_str()) == 0);
  REQUIRE(::symlink("usr/bin", (root + "/bin").c_str()) == 0);
  REQUIRE(::symlink("/etc/absolute", (root + "/absolute").c_str()) == 0);
  REQUIRE(::mknod((root + "/dev/zero").c_str(), S_IFCHR | 0666, ::makedev(1, 5)) == 0);
  REQUIRE(::mknod((root + "/dev/loop0").c_str(), S_IFBLK | 0660, ::makedev(7, 0)) == 0);
  REQUIRE(::chmod((root + "/dev/zero").c_str(), 0666) == 0);  // whatever the umask
  set_xattr(root + "/usr/bin/tool", "user.note", "kept");
  REQUIRE(::chown((root + "/dev").c_str(), 12, 34) == 0);
  sys::write_file_atomic(root + "/sparse", "");
  REQUIRE(::truncate((root + "/sparse").c_str(), 64 << 20) == 0);
  {
    const sys::Fd fd = sys::open(root + "/sparse", O_WRONLY);
    REQUIRE(::pwrite(fd.get(), "middle", 6, 32 << 20) == 6);
  }
  sys::write_file_atomic(root + "/n\xc3\xa4me-" + std::string(120, 'x'), "utf-8");
  for (const char* name : {"/usr/bin/tool", "/usr/bin", "/usr", "/dev/zero", "/dev", "/bin", ""}) {
    set_time(root + name, 1234567890);
  }
}

void check_tree(const std::string& root) {
  CHECK((stat_of(root + "/usr/bin/tool").st_mode & 07777) == 04755);
  CHECK(stat_of(root + "/usr/bin/tool").st_ino == stat_of(root + "/usr/bin/alias").st_ino);
  CHECK(xattrs_of(root + "/usr/bin/tool").at("user.note") == "kept");
  CHECK(S_ISLNK(stat_of(root + "/bin").st_mode));
  CHECK(S_ISLNK(stat_of(root + "/absolute").st_mode));
  CHECK(stat_of(root + "/dev/zero").st_rdev == ::makedev(1, 5));
  CHECK((stat_of(root + "/dev/zero").st_mode & 07777) == 0666);
  CHECK(S_ISBLK(stat_of(root + "/dev/loop0").st_mode));
  CHECK(stat_of(root + "/dev").st_uid == 12);
  CHECK(stat_of(root + "/dev").st_gid == 34);
  for (const char* name : {"/usr/bin/tool", "/usr/bin", "/usr", "/dev/zero", "/dev", "/bin", ""}) {
    CHECK(stat_of(root + name).st_mtim.tv_sec == 1234567890);
  }
  CHECK(stat_of(root + "/sparse").st_size == 64 << 20);
  CHECK(sys::read_file(root + "/sparse").substr(32 << 20, 6) == "middle");
  CHECK(sys::read_file(root + "/n\xc3\xa4me-" + std::string(120, 'x')) == "utf-8");
}

}  // namespace

TEST_CASE("an archive made by tar unpacks whole, in each of tar's formats and with each compression") {
  ROOT_ONLY();
  const Scratch scratch;
  const std::string tree = scratch.folder("tree");
  make_tree(tree);
  const auto [format, compression] = GENERATE(table<std::string, std::string>({{"pax", "--no-auto-compress"},
                                                                               {"pax", "--gzip"},
                                                                               {"pax", "--zstd"},
                                                                               {"gnu", "--xz"},
                                                                               {"pax", "--bzip2"}}));
  const std::string archive = scratch / "archive";
  std::vector<std::string> command = {"tar", "-C", tree, "--sparse", "--format=" + format, compression};
  if (format == "pax") command.insert(command.end(), {"--xattrs", "--xattrs-include=*"});
  command.insert(command.end(), {"-cf", archive, "."});
  run(command);
  const std::string out = scratch.folder("out");
  engine::unpack_archive(archive, out, false);
  if (format == "gnu") set_xattr(out + "/usr/bin/tool", "user.note", "kept");  // that format has none
  check_tree(out);
  CHECK(stat_of(out + "/sparse").st_blocks * 512 < 1 << 20);
}

TEST_CASE("fractions of seconds are kept when the archive has them") {
  const Scratch scratch;
  const std::string tree = scratch.folder("tree"), out = scratch.folder("out");
  sys::write_file_atomic(tree + "/f", "");
  const timespec times[2] = {{5, 123456789}, {5, 123456789}};
  REQUIRE(::utimensat(AT_FDCWD, (tree + "/f").c_str(), times, 0) == 0);
  run({"tar", "-C", tree, "--format=pax", "-cf", scratch / "a.tar", "f"});
  engine::unpack_archive(scratch / "a.tar", out, false);
  CHECK(stat_of(out + "/f").st_mtim.tv_nsec == 123456789);
}

TEST_CASE("access control lists of archives become the kernel's") {
  ROOT_ONLY();
  const Scratch scratch;
  const std::string out = scratch.folder("out");
  // user::rw- user:1000:r-- group::r-- mask::r-- other::---
  engine::TarEntry entry;
  entry.name = "f";
  entry.mode = 0640;
  std::string acl("\x02\0\0\0", 4);
  const auto ace = [&](char tag, char permissions, const std::string& id) {
    acl += std::string{tag, '\0', permissions, '\0'} + id;
  };
  const std::string none = "\xff\xff\xff\xff";
  ace(1, 6, none);
  ace(2, 4, std::string("\xe8\x03\0\0", 4));
  ace(4, 4, none);
  ace(16, 4, none);
  ace(32, 0, none);
  const std::string text = "user::rw-,user:app:r--:1000,group::r--,mask::r--,other::---";
  // As a pax record of its own, for our writer only makes the kernel's form.
  std::string record = " SCHILY.acl.access=" + text + "\n";
  record = std::to_string(record.size() + 2) + record;
  std::string header = engine::tar_header(entry);
  engine::TarEntry extended;
  extended.name = "pax";
  extended.type = static_cast<engine::TarEntry::Type>('x');
  TarMaker tar;
  tar.add(extended, record).add(entry, "");
  engine::unpack_archive(tar.save(scratch / "a.tar"), out, false);
  CHECK(xattrs_of(out + "/f").at("system.posix_acl_access") == acl);
}

TEST_CASE("missing parents are made, always with the same time") {
  ROOT_ONLY();
  const Scratch scratch;
  const std::string out = scratch.folder("out");
  engine::unpack_archive(TarMaker().file("a/b/c", "x").save(scratch / "a.tar"), out, false);
  CHECK(sys::read_file(out + "/a/b/c") == "x");
  CHECK((stat_of(out + "/a/b").st_mode & 07777) == 0755);
  CHECK(stat_of(out + "/a").st_mtim.tv_sec == 0);
}

TEST_CASE("a later entry of the same name replaces the earlier one") {
  ROOT_ONLY();
  const Scratch scratch;
  const std::string out = scratch.folder("out");
  TarMaker tar;
  tar.file("x", "old").file("x", "new");
  tar.folder("d/").file("d/inside", "").file("d", "now a file");
  tar.symlink("l", "/etc").folder("l/").file("l/passwd", "ours");
  tar.file("h", "1").hardlink("h2", "h").file("h", "2");
  engine::unpack_archive(tar.save(scratch / "a.tar"), out, false);
  CHECK(sys::read_file(out + "/x") == "new");
  CHECK(sys::read_file(out + "/d") == "now a file");
  CHECK(sys::read_file(out + "/l/passwd") == "ours");
  CHECK(sys::read_file(out + "/h2") == "1");
}

TEST_CASE("whiteouts hide what lower layers have, not what their own layer has") {
  ROOT_ONLY();
  const Scratch scratch;
  const std::string out = scratch.folder("out");
  TarMaker tar;
  tar.folder("a/").file("a/.wh.gone").file(".wh.top");
  tar.file("a/.wh..wh..opq");
  tar.file(".wh.new").folder("new/").file("new/f", "x");  // removed, then a folder made anew
  tar.folder("old/").file("old/f", "x").file(".wh.old");  // the other order means the same
  tar.file(".wh.implied").file("implied/f", "x");         // without an entry for the folder
  tar.file("kept", "x").file(".wh.kept");
  tar.file(".wh.file").file("file", "x");
  engine::unpack_archive(tar.save(scratch / "a.tar"), out, true);
  for (const char* name : {"/a/gone", "/top"}) {
    CHECK(S_ISCHR(stat_of(out + name).st_mode));
    CHECK(stat_of(out + name).st_rdev == 0);
  }
  for (const char* name : {"/a", "/new", "/old", "/implied"}) {
    INFO(name);
    CHECK(xattrs_of(out + name)[engine::kOpaqueXattr] == "y");
  }
  CHECK(sys::read_file(out + "/new/f") == "x");
  CHECK(sys::read_file(out + "/kept") == "x");
  CHECK(sys::read_file(out + "/file") == "x");
}

TEST_CASE("a file that is no archive, a cut one and a missing one are refused by name") {
  const Scratch scratch;
  const std::string out = scratch.folder("out");
  sys::write_file_atomic(scratch / "text", std::string(4096, 'x'));
  CHECK_THAT(error_of(Error::Kind::kInvalid, [&] { engine::unpack_archive(scratch / "text", out, false); }),
             Catch::Contains(scratch / "text"));
  if (::geteuid() == 0) {
    const std::string whole = TarMaker().file("big", std::string(100000, 'x')).bytes();
    sys::write_file_atomic(scratch / "cut", whole.substr(0, 50000));
    CHECK_THAT(error_of(Error::Kind::kInvalid, [&] { engine::unpack_archive(scratch / "cut", out, false); }),
               Catch::Contains("big"));
  }
  error_of(Error::Kind::kNotFound, [&] { engine::unpack_archive(scratch / "missing", out, false); });
}
