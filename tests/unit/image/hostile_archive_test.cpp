// Archives made to get out of their folder, to fill the machine or to trick the overlay above.
#include <sys/sysmacros.h>

#include <random>

#include "engine/image/unpack.h"
#include "scratch.h"
#include "sys/error.h"

using engine::Error;
using engine::TarEntry;

namespace {

// A folder to unpack into, with something beside it that must stay as it is.
class Jail {
 public:
  Jail() : out_(scratch_.folder("jail/out")) {
    sys::write_file_atomic(scratch_ / "jail/canary", "alive", 0600);
    set_time(scratch_ / "jail/canary", 42);
  }
  const std::string& out() const { return out_; }
  std::string canary() const { return scratch_ / "jail/canary"; }
  std::string operator/(const std::string& name) const { return scratch_ / name; }

  void unpack(const TarMaker& tar, bool whiteouts = true) {
    engine::unpack_archive(tar.save(scratch_ / "a.tar"), out_, whiteouts);
  }
  // The message with which the archive is refused.
  std::string refusal(const TarMaker& tar, bool whiteouts = true) {
    std::string message = error_of(Error::Kind::kInvalid, [&] { unpack(tar, whiteouts); });
    check();
    return message;
  }
  void check() const {
    CHECK(sys::read_file(canary()) == "alive");
    const struct stat status = stat_of(canary());
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(status.st_mtim.tv_sec == 42);
    CHECK(status.st_nlink == 1);
    CHECK(xattrs_of(canary()).empty());
    CHECK_FALSE(exists(scratch_ / "jail/evil"));
    CHECK_FALSE(exists("/compose-evil"));
  }

 private:
  Scratch scratch_;
  std::string out_;
};

// Makes a damaged header valid again, so that the damage gets further.
void fix_checksum(std::string& bytes, size_t block) {
  if (bytes.compare(block + 257, 5, "ustar") != 0) return;
  bytes.replace(block + 148, 8, 8, ' ');
  unsigned sum = 0;
  for (size_t i = 0; i < engine::kTarBlock; ++i) sum += static_cast<unsigned char>(bytes[block + i]);
  char text[8];
  std::snprintf(text, sizeof text, "%06o", sum);
  bytes.replace(block + 148, 7, text, 7);
}

}  // namespace

TEST_CASE("an entry whose name climbs or is absolute is refused") {
  Jail jail;
  for (const std::string name : {"../evil", "a/../../evil", "..", "a/..", "./../evil"}) {
    const std::string message = jail.refusal(TarMaker().file(name, "x"));
    CHECK_THAT(message, Catch::Contains("\"..\""));
    CHECK_THAT(message, Catch::Contains(name));
  }
  CHECK_THAT(jail.refusal(TarMaker().file("/compose-evil", "x")), Catch::Contains("absolute"));
  CHECK_THAT(jail.refusal(TarMaker().folder("../evil/")), Catch::Contains("\"..\""));
  CHECK_THAT(jail.refusal(TarMaker().symlink("../evil", "x")), Catch::Contains("\"..\""));
}

TEST_CASE("a hard link out of the layer is refused") {
  ROOT_ONLY();
  Jail jail;
  CHECK_THAT(jail.refusal(TarMaker().hardlink("l", "../canary")), Catch::Contains("\"..\""));
  CHECK_THAT(jail.refusal(TarMaker().hardlink("l", "/etc/passwd")), Catch::Contains("absolute"));
  CHECK_THAT(jail.refusal(TarMaker().hardlink("l", "missing")), Catch::Contains("not in the archive"));
  CHECK_THAT(jail.refusal(TarMaker().folder("d/").hardlink("l", "d")), Catch::Contains("folder"));
  CHECK_THAT(jail.refusal(TarMaker().hardlink("self", "self")), Catch::Contains("itself"));
  CHECK_THAT(jail.refusal(TarMaker().symlink("s", parent_folder_of(jail.canary())).hardlink("l", "s/canary")),
             Catch::Contains("not in the archive"));
  CHECK_THAT(jail.refusal(TarMaker().file(".wh.w").hardlink("l", "w")),
             Catch::Contains("not in the archive"));
}

TEST_CASE("a hard link to a symbolic link names the link, and writing that name leaves its target alone") {
  ROOT_ONLY();
  Jail jail;
  jail.unpack(TarMaker().symlink("s", jail.canary()).hardlink("l", "s").file("l", "overwritten", 0777));
  jail.check();
  CHECK(sys::read_file(jail.out() + "/l") == "overwritten");
  CHECK(S_ISLNK(stat_of(jail.out() + "/s").st_mode));
}

TEST_CASE("a symbolic link is text, wherever it leads") {
  ROOT_ONLY();
  Jail jail;
  TarMaker tar;
  tar.symlink("abs", "/etc").symlink("a/b/s", "../../x").symlink("up", "../canary");
  tar.symlink("a/up", "../../../../etc/passwd");
  jail.unpack(tar);
  for (const char* name : {"/abs", "/a/b/s", "/up", "/a/up"})
    CHECK(S_ISLNK(stat_of(jail.out() + name).st_mode));
  jail.check();
}

TEST_CASE("nothing is written through a symbolic link of the archive") {
  ROOT_ONLY();
  Jail jail;
  const std::string outside = parent_folder_of(jail.canary());
  for (const std::string& target : {outside, std::string("real")}) {
    for (const std::string name : {"s/evil", "s/d/evil", "s/canary"}) {
      CHECK_THAT(jail.refusal(TarMaker().folder("real/").symlink("s", target).file(name, "x")),
                 Catch::Contains("symbolic link"));
    }
    CHECK_THAT(jail.refusal(TarMaker().symlink("s", target).file("s/.wh.canary")),
               Catch::Contains("symbolic link"));
    CHECK_THAT(jail.refusal(TarMaker().symlink("s", target).file("s/.wh..wh..opq")),
               Catch::Contains("symbolic link"));
    CHECK_THAT(jail.refusal(TarMaker().file("f").symlink("s", target).hardlink("s/evil", "f")),
               Catch::Contains("symbolic link"));
  }
  // A folder exchanged for a link after it was used, with the folder's descriptor at hand.
  CHECK_THAT(jail.refusal(TarMaker().folder("d/").file("d/a", "x").symlink("d", outside).file("d/evil", "x")),
             Catch::Contains("symbolic link"));
}

TEST_CASE("an entry over a symbolic link replaces the link") {
  ROOT_ONLY();
  Jail jail;
  const std::string target = jail.canary();
  TarMaker tar;
  tar.symlink("f", target).file("f", "x", 04777);
  tar.symlink("n", target).typed("n", TarEntry::Type::kFifo);
  tar.symlink("d", parent_folder_of(target)).folder("d/");
  tar.symlink("root", "/").file("root", "x");
  TarEntry marked;
  marked.name = "m";
  marked.xattrs["user.evil"] = "x";
  tar.symlink("m", target).add(marked, "x");
  jail.unpack(tar);
  jail.check();
  CHECK(S_ISDIR(stat_of(jail.out() + "/d").st_mode));
}

TEST_CASE("only real devices come out of an archive, never a hidden whiteout") {
  ROOT_ONLY();
  Jail jail;
  CHECK_THAT(jail.refusal(TarMaker().typed("w", TarEntry::Type::kCharDevice, "", 0, 0)),
             Catch::Contains("0:0"));
  jail.unpack(TarMaker().typed("b", TarEntry::Type::kBlockDevice, "", 8, 0));
  CHECK(S_ISBLK(stat_of(jail.out() + "/b").st_mode));
}

TEST_CASE("attributes that steer overlays, and a host's labels, stay in the archive") {
  ROOT_ONLY();
  Jail jail;
  TarEntry folder;
  folder.name = "d/";
  folder.mode = 0755;
  folder.type = TarEntry::Type::kFolder;
  folder.xattrs = {{"trusted.overlay.redirect", "/etc"},
                   {"trusted.overlay.opaque", "y"},
                   {"trusted.overlay.metacopy", ""},
                   {"security.selinux", "label"},
                   {"user.kept", "1"},
                   {"trusted.kept", "2"}};
  TarEntry root = folder;
  root.name = "./";
  jail.unpack(TarMaker().add(root).add(folder));
  const engine::Xattrs kept = {{"user.kept", "1"}, {"trusted.kept", "2"}};
  CHECK(xattrs_of(jail.out() + "/d") == kept);
  CHECK(xattrs_of(jail.out()) == kept);
}

TEST_CASE("a whiteout reaches only names of its own folder") {
  ROOT_ONLY();
  Jail jail;
  for (const std::string name : {".wh...", "a/.wh...", ".wh..", ".wh.", "a/.wh..", ".wh..wh.plnk",
                                 ".wh..wh.aufs", ".wh.a/b", "x/.wh.a/b", ".wh..wh..opq/x"}) {
    INFO(name);
    CHECK_THAT(jail.refusal(TarMaker().file(name)), Catch::Contains("archive entry"));
  }
  CHECK_THAT(jail.refusal(TarMaker().file(".wh.x"), false),
             Catch::Contains(".wh."));  // in a root file system
  CHECK(exists(jail.out()));
}

TEST_CASE("ten gigabytes of zeros in ten kilobytes are refused before they are written") {
  ROOT_ONLY();
  Jail jail;
  const std::string tree = jail / "tree", archive = jail / "bomb";
  sys::make_dirs(tree);
  sys::write_file_atomic(tree + "/zeros", "");
  SECTION("as a sparse file") {
    REQUIRE(::truncate((tree + "/zeros").c_str(), int64_t{10} << 30) == 0);
    run({"tar", "-C", tree, "--sparse", "-cf", archive, "zeros"});
    REQUIRE(stat_of(archive).st_size <= 10240);
  }
  SECTION("compressed") {
    REQUIRE(::truncate((tree + "/zeros").c_str(), int64_t{512} << 20) == 0);
    run({"tar", "-C", tree, "--zstd", "-cf", archive, "zeros"});
    REQUIRE(stat_of(archive).st_size < 200000);
  }
  SECTION("compressed, with many smaller files in between") {
    for (int i = 0; i < 8; ++i) {
      sys::write_file_atomic(tree + "/z" + std::to_string(i), "");
      REQUIRE(::truncate((tree + "/z" + std::to_string(i)).c_str(), 64 << 20) == 0);
    }
    run({"tar", "-C", tree, "--zstd", "-cf", archive, "."});
  }
  const std::string message =
      error_of(Error::Kind::kInvalid, [&] { engine::unpack_archive(archive, jail.out(), false); });
  CHECK_THAT(message, Catch::Contains("decompression bomb"));
  const sys::Fd out = sys::open(jail.out(), O_RDONLY | O_DIRECTORY);
  CHECK(engine::disk_usage(out.get()) < 400 << 20);
}

TEST_CASE("limits hold for total size and number of entries") {
  ROOT_ONLY();
  Jail jail;
  const auto refusal = [&](const TarMaker& tar, const engine::UnpackLimits& limits) {
    const sys::Fd fd = sys::open(tar.save(jail / "a.tar"), O_RDONLY);
    return error_of(Error::Kind::kInvalid,
                    [&] { engine::unpack_archive_from(fd.get(), "a.tar", jail.out(), true, limits); });
  };
  engine::UnpackLimits few;
  few.entries = 2;
  CHECK_THAT(refusal(TarMaker().file("a").file("b").file("c"), few), Catch::Contains("more than 2 entries"));
  engine::UnpackLimits small;
  small.total_bytes = 5000;
  CHECK_THAT(refusal(TarMaker().file("a", std::string(3000, 'x')).file("b", std::string(3000, 'x')), small),
             Catch::Contains("more than 5000 bytes"));
}

TEST_CASE("65,536 nested folders, overlong names and overlong paths are refused") {
  ROOT_ONLY();
  Jail jail;
  std::string deep;
  for (int i = 0; i < 65536; ++i) deep += "d/";
  CHECK_THAT(jail.refusal(TarMaker().folder(deep)), Catch::Contains("deeper"));
  CHECK_THAT(jail.refusal(TarMaker().file(std::string(300, 'n'))), Catch::Contains("255"));
  std::string wide;
  for (int i = 0; i < 30; ++i) wide += std::string(200, 'n') + '/';
  CHECK_THAT(jail.refusal(TarMaker().folder(wide)), Catch::Contains("too long"));
  CHECK_THAT(jail.refusal(TarMaker().symlink("s", std::string(5000, 'x'))), Catch::Contains("too long"));
  CHECK(deep.size() == 131072);
}

TEST_CASE("an owner that chown would take for 'leave it' is refused") {
  ROOT_ONLY();
  Jail jail;
  TarEntry entry;
  entry.name = "f";
  entry.uid = 0xffffffff;
  CHECK_THAT(jail.refusal(TarMaker().add(entry)), Catch::Contains("owner"));
}

TEST_CASE("an entry's name cannot write to the terminal through the error message") {
  ROOT_ONLY();
  Jail jail;
  const std::string message = jail.refusal(TarMaker().file("a\x1b[2J\n/../x"));
  CHECK_THAT(message, Catch::Contains("\\x1b"));
  CHECK(message.find('\x1b') == std::string::npos);
  CHECK(message.find('\n') == std::string::npos);
}

TEST_CASE("a damaged archive never does more than fail") {
  ROOT_ONLY();
  Jail jail;
  TarEntry marked;
  marked.name = std::string(140, 'p') + "/x";
  marked.xattrs["user.a"] = "b";
  const std::string good = TarMaker()
                               .folder("a/")
                               .file("a/f", "content")
                               .symlink("a/s", "f")
                               .hardlink("a/h", "a/f")
                               .file("a/.wh.gone")
                               .file("a/.wh..wh..opq")
                               .add(marked, "x")
                               .bytes();
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same damage each time
  for (int round = 0; round < 300; ++round) {
    std::string bytes = good;
    for (int i = 0; i < 4; ++i) {
      const size_t at = random() % bytes.size();
      bytes[at] = static_cast<char>(random());
      if (round % 2 == 0) fix_checksum(bytes, at / engine::kTarBlock * engine::kTarBlock);
    }
    sys::write_file_atomic(jail / "damaged", bytes);
    sys::remove_tree(jail.out());
    sys::make_dirs(jail.out());
    try {
      engine::unpack_archive(jail / "damaged", jail.out(), true);
    } catch (const engine::Error&) {  // NOLINT(bugprone-empty-catch)
    } catch (const sys::Error&) {     // NOLINT(bugprone-empty-catch)
    }
  }
  jail.check();
}
