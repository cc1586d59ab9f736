#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include "engine/build/content_digest.h"
#include "engine/build/copy_source.h"
#include "engine/build/file_data.h"
#include "engine/build/ownership.h"
#include "fixture.h"
#include "sys/fd.h"

using namespace build_test;

namespace {

// A tar with one file per pair. `filter`: ARCHIVE_FILTER_*.
void make_archive(const std::string& path, const std::vector<std::pair<std::string, std::string>>& files,
                  int filter = ARCHIVE_FILTER_NONE) {
  const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);  // libarchive converts names from it
  const locale_t before = ::uselocale(utf8);
  archive* writer = archive_write_new();
  archive_write_set_format_pax_restricted(writer);
  REQUIRE(archive_write_add_filter(writer, filter) == ARCHIVE_OK);
  REQUIRE(archive_write_open_filename(writer, path.c_str()) == ARCHIVE_OK);
  for (const auto& [name, text] : files) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0640);
    archive_entry_set_uid(entry, 12);
    archive_entry_set_gid(entry, 13);
    archive_entry_set_size(entry, static_cast<int64_t>(text.size()));
    archive_write_header(writer, entry);
    archive_write_data(writer, text.data(), text.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  ::uselocale(before);
  ::freelocale(utf8);
}

}  // namespace

TEST_CASE("COPY puts sources where Docker does") {
  Fixture f;
  f.make_base();
  f.put("a.txt", "a");
  f.put("b.txt", "b");
  f.put("dir/x", "x");
  f.put("dir/sub/y", "y", 0600);
  struct Row {
    const char* copy;
    const char* path;
    const char* text;
  };
  const Row rows[] = {
      {"COPY a.txt /new", "/new", "a"},
      {"COPY a.txt /new/", "/new/a.txt", "a"},
      {"COPY a.txt /deep/er/new", "/deep/er/new", "a"},
      {"COPY a.txt /etc", "/etc/a.txt", "a"},
      {"COPY a.txt /etc/passwd", "/etc/passwd", "a"},
      {"COPY a.txt .", "/a.txt", "a"},
      {"WORKDIR /root\nCOPY a.txt test/", "/root/test/a.txt", "a"},
      {"WORKDIR /root\nCOPY a.txt ./", "/root/a.txt", "a"},
      {"WORKDIR /root\nCOPY a.txt b.txt .", "/root/b.txt", "b"},
      {"COPY *.txt /t/", "/t/b.txt", "b"},
      {"COPY [ab].txt /t/", "/t/a.txt", "a"},
      {"COPY ?.txt /t/", "/t/a.txt", "a"},
      {"COPY d*/sub/y /t/", "/t/y", "y"},
      {"COPY d* /t/", "/t/x", "x"},
      {"COPY dir /t", "/t/sub/y", "y"},
      {"COPY dir /t/", "/t/x", "x"},
      {"COPY dir/ /etc", "/etc/x", "x"},
      {"COPY . /t", "/t/dir/sub/y", "y"},
      {"COPY / /t", "/t/a.txt", "a"},
      {"COPY /dir/../a.txt /t", "/t", "a"},
      {"COPY [\"a.txt\", \"/with blank\"]", "/with blank", "a"},
      {"ENV D=/x\nCOPY a.txt $D/${D}y", "/x/xy", "a"},
      {"COPY a.txt /var/run/", "/run/a.txt", "a"},
      {"COPY a.txt /var/run/deep/new", "/run/deep/new", "a"},
      {"COPY a.txt /lib/", "/usr/lib/a.txt", "a"},
      {"COPY <<f.conf /etc/\nkey=$LANG\nf.conf", "/etc/f.conf", "key=C\n"},
      {"COPY <<'f.conf' /etc/g\nkey=$LANG\nf.conf", "/etc/g", "key=$LANG\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.copy);
    CHECK(f.build(std::string("FROM base\n") + row.copy + "\n").file(row.path) == row.text);
  }
}

TEST_CASE("COPY keeps modes and times and gives everything to root") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  f.put("dir/tool", "x", 04755);
  f.put("dir/private", "x", 0600);
  link("tool", f.context + "/dir/link");
  REQUIRE(::chown((f.context + "/dir/private").c_str(), 33, 33) == 0);
  REQUIRE(::chmod((f.context + "/dir").c_str(), 0711) == 0);
  REQUIRE(::mkfifo((f.context + "/dir/fifo").c_str(), 0640) == 0);
  std::filesystem::create_hard_link(f.context + "/dir/tool", f.context + "/dir/tool2");
  const timespec times[2] = {{1000, 5}, {1000, 5}};
  REQUIRE(::utimensat(AT_FDCWD, (f.context + "/dir/private").c_str(), times, 0) == 0);
  const Built built = f.build("FROM base\nCOPY dir /t\n");
  CHECK(built.mode("/t") == 0755);  // made for the copy, not a copy itself
  CHECK(built.mode("/t/tool") == 04755);
  CHECK(built.mode("/t/private") == 0600);
  CHECK(built.owner("/t/private") == "0:0");
  CHECK(built.stat("/t/private").st_mtim.tv_sec == 1000);
  CHECK(built.stat("/t/private").st_mtim.tv_nsec == 5);
  CHECK(S_ISFIFO(built.stat("/t/fifo").st_mode));
  CHECK(built.stat("/t/tool").st_ino == built.stat("/t/tool2").st_ino);
  const auto view = built.view();
  CHECK(view.read_link(view.find("/t/link", false).value()) == "tool");
}

TEST_CASE("Parents of the destination come up from lower layers with owner, mode and time") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  f.runner.behaviour = [](const engine::RunRequest& request, const auto&) {
    sys::make_dirs(request.upper_dir + "/srv/app/etc");
    REQUIRE(::chown((request.upper_dir + "/srv").c_str(), 5, 6) == 0);
    REQUIRE(::chmod((request.upper_dir + "/srv").c_str(), 0750) == 0);
    const timespec times[2] = {{1000, 0}, {1000, 0}};
    REQUIRE(::utimensat(AT_FDCWD, (request.upper_dir + "/srv").c_str(), times, 0) == 0);
    return 0;
  };
  f.put("a", "a");
  const Built built = f.build("FROM base\nRUN x\nCOPY a /srv/app/etc/\nCOPY --chown=app a /srv/new/deep/\n");
  CHECK(built.owner("/srv") == "5:6");
  CHECK(built.mode("/srv") == 0750);
  const auto layer = f.store.find_layer(built.image.chain_ids[2]).value();
  CHECK(std::filesystem::last_write_time(layer.diff_dir + "/srv") ==
        std::filesystem::last_write_time(built.image.lower_dirs[2] + std::string("/srv")));
  CHECK(built.owner("/srv/new") == "1000:1001");
  CHECK(built.owner("/srv/new/deep/a") == "1000:1001");
  CHECK(built.mode("/srv/new") == 0755);
}

TEST_CASE("Folders that exist are merged, also behind a link") {
  Fixture f;
  f.make_base();
  f.put("rootfs/lib/libx.so", "x");
  f.put("rootfs/etc/passwd", "new");
  f.put("rootfs/var/run/sock", "s");
  const Built built = f.build("FROM base\nCOPY rootfs /\n");
  CHECK(built.file("/usr/lib/libx.so") == "x");
  CHECK(built.file("/usr/lib/libc.so") == "libc");
  CHECK(built.file("/etc/passwd") == "new");
  CHECK(built.has("/etc/group"));
  CHECK(built.file("/run/sock") == "s");
  CHECK(built.view().find("/lib", false)->is_link());
}

TEST_CASE("A link in the image's place of a copied file is replaced, not written through") {
  Fixture f;
  f.make_base();
  f.put("tree/escape", "mine");
  const Built built = f.build("FROM base\nCOPY tree /\n");
  CHECK(built.file("/escape") == "mine");
  CHECK_THAT(built.file("/etc/passwd"), Catch::StartsWith("root:"));
}

TEST_CASE("Links out of the image's root end at its root") {
  Fixture f;
  f.make_base();
  f.put("a", "a");
  const std::string before = sys::read_file("/etc/hostname");
  const Built built = f.build("FROM base\nCOPY a /escape/hostname\n");
  CHECK(built.file("/etc/hostname") == "a");
  CHECK(sys::read_file("/etc/hostname") == before);
}

TEST_CASE("A link given by name is followed, links inside a folder are copied") {
  Fixture f;
  f.make_base();
  f.put("real/file", "text");
  link("real", f.context + "/dirlink");
  link("real/file", f.context + "/filelink");
  link("/etc/passwd", f.context + "/tree/absolute");
  const Built built = f.build("FROM base\nCOPY filelink /f\nCOPY dirlink /d\nCOPY tree /t\n");
  CHECK(built.file("/f") == "text");
  CHECK(built.view().find("/f", false)->is_file());
  CHECK(built.file("/d/file") == "text");
  CHECK(built.view().find("/t/absolute", false)->is_link());
}

TEST_CASE("Nothing outside the build context can be copied") {
  Fixture f;
  f.make_base();
  write(f.folder.path + "/secret", "secret");
  f.put("d/x", "x");
  link("/etc/passwd", f.context + "/absolute");
  link("../secret", f.context + "/up");
  link("..", f.context + "/parent");
  link("d/../../secret", f.context + "/hidden");
  CHECK(f.failure("FROM base\nCOPY ../secret /\n") ==
        "Dockerfile:2: COPY: '../secret' is outside the build context");
  CHECK(f.failure("FROM base\nCOPY d/../../secret /\n") ==
        "Dockerfile:2: COPY: 'd/../../secret' is outside the build context");
  for (const std::string name : {"absolute", "up", "parent", "parent/secret", "hidden"}) {
    CAPTURE(name);
    CHECK_THAT(f.failure("FROM base\nCOPY " + name + " /t/\n"),
               Catch::StartsWith("Dockerfile:2: COPY: ") &&
                   Catch::Contains("leads outside through a symbolic link"));
    CHECK_THAT(f.failure("FROM base\nADD " + name + " /t/\n"), Catch::StartsWith("Dockerfile:2: ADD: "));
  }
  const Built built = f.build("FROM base\nCOPY * /t/\n");
  CHECK(built.view().find("/t/up", false)->is_link());
  CHECK(built.file("/t/secret") == "<missing>");
}

TEST_CASE("Ignored files are not copied and named when asked for") {
  Fixture f;
  f.make_base();
  f.put("keep/a", "a");
  f.put("node_modules/x", "x");
  f.put("logs/old.log", "x");
  f.put("logs/keep.log", "k");
  f.put("secret", "s");
  link("secret", f.context + "/alias");
  f.put(".dockerignore", "node_modules\n**/*.log\n!logs/keep.log\nsecret\nDockerfile\n.dockerignore\n");
  const Built built = f.build("FROM base\nCOPY . /t\n");
  CHECK(built.file("/t/keep/a") == "a");
  CHECK_FALSE(built.has("/t/node_modules"));
  CHECK_FALSE(built.has("/t/logs/old.log"));
  CHECK(built.file("/t/logs/keep.log") == "k");
  CHECK_FALSE(built.has("/t/Dockerfile"));
  CHECK(f.failure("FROM base\nCOPY secret /\n") ==
        "Dockerfile:2: COPY: 'secret' matches nothing in the build context: it is excluded by .dockerignore");
  CHECK_THAT(f.failure("FROM base\nCOPY alias /\n"), Catch::Contains("matches nothing"));

  f.put("Dockerfile.dockerignore", "keep\n");
  CHECK_FALSE(f.build("FROM base\nCOPY . /t\n").has("/t/keep"));
  CHECK(f.build("FROM base\nCOPY . /t\n").has("/t/secret"));
}

TEST_CASE("Mistakes in COPY are named") {
  Fixture f;
  f.make_base();
  f.put("a", "a");
  f.put("b", "b");
  f.put("d/etc", "a file");
  f.put("e/passwd/x", "x");
  CHECK(f.failure("FROM base\nCOPY nope /\n") ==
        "Dockerfile:2: COPY: 'nope' matches nothing in the build context");
  CHECK(f.failure("FROM base\nCOPY n*e /\n") ==
        "Dockerfile:2: COPY: 'n*e' matches nothing in the build context");
  CHECK(f.failure("FROM base\nCOPY [a /\n") == "Dockerfile:2: COPY: bad pattern '[a': '[' without ']'");
  CHECK(f.failure("FROM base\nCOPY --from=base /nope /\n") ==
        "Dockerfile:2: COPY: '/nope' matches nothing in the source image");
  CHECK(f.failure("FROM base\nCOPY a b /new\n") ==
        "Dockerfile:2: COPY: with more than one source the destination must be a folder and end with a /");
  CHECK(f.failure("FROM base\nCOPY --chown=nobody a /\n") ==
        "Dockerfile:2: COPY: no user 'nobody' in /etc/passwd of the image");
  CHECK(f.failure("FROM base\nCOPY --chown=app:nope a /\n") ==
        "Dockerfile:2: COPY: no group 'nope' in /etc/group of the image");
  for (const std::string mode : {"u+q", "888", "10000", "rwx", "u", "u+r,", "0755x"}) {
    CHECK_THAT(f.failure("FROM base\nCOPY --chmod=" + mode + " a /\n"),
               Catch::Contains("--chmod=" + mode + " is neither octal digits"));
  }
  CHECK(f.failure("FROM base\nCOPY d /\n") ==
        "Dockerfile:2: COPY: cannot write /etc: a folder of that name is in the way; with a / at its end the "
        "destination is what to copy into");
  CHECK(f.failure("FROM base\nCOPY e /etc\n") ==
        "Dockerfile:2: COPY: cannot write /etc/passwd: something that is not a folder is in the way");
  CHECK(std::filesystem::is_empty(f.paths.build_tmp()));
}

TEST_CASE("COPY --chown and --chmod apply to everything copied") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  f.put("d/x", "x", 0600);
  const Built built = f.build(
      "FROM base\nARG who=app\nCOPY --chown=$who --chmod=0750 d /a\nCOPY --chown=app:staff d /b/\n"
      "COPY --chown=7 d /c/\nCOPY --chown=:staff d /e/\n");
  CHECK(built.owner("/a/x") == "1000:1001");
  CHECK(built.mode("/a/x") == 0750);
  CHECK(built.mode("/a") == 0755);  // the destination itself is no source
  CHECK(built.owner("/b/x") == "1000:50");
  CHECK(built.owner("/c/x") == "7:7");
  CHECK(built.owner("/e/x") == "0:50");
}

TEST_CASE("ADD unpacks archives by content, COPY does not") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  make_archive(f.context + "/t.tar.gz", {{"bin/tool", "tool"}, {"lib/x.so", "x"}, {"etc/hosts", "new"}},
               ARCHIVE_FILTER_GZIP);
  make_archive(f.context + "/plain", {{"f", "plain"}});
  f.put("fake.tar.gz", "no archive");
  const Built built = f.build(
      "FROM base\nADD t.tar.gz /\nADD plain fake.tar.gz /p/\nCOPY t.tar.gz /c/\nADD --chown=app t.tar.gz "
      "/o\n");
  CHECK(built.file("/bin/tool") == "tool");
  CHECK(built.mode("/bin/tool") == 0640);
  CHECK(built.owner("/bin/tool") == "12:13");
  CHECK(built.file("/usr/lib/x.so") == "x");
  CHECK(built.file("/etc/hosts") == "new");
  CHECK(built.file("/p/f") == "plain");
  CHECK(built.file("/p/fake.tar.gz") == "no archive");
  CHECK(built.has("/c/t.tar.gz"));
  // --chown is for the folder that is made: an archive says itself whose its files are.
  CHECK(built.owner("/o") == "1000:1001");
  CHECK(built.owner("/o/bin/tool") == "12:13");
  CHECK(std::filesystem::is_empty(f.paths.build_tmp()));
}

TEST_CASE("ADD unpacks whatever the names and the compression of an archive are") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  const std::string name = "gr\u00fc\u00dfe";
  make_archive(f.context + "/named.tar", {{name, "hello"}});
  const std::vector<int> filters = {ARCHIVE_FILTER_BZIP2, ARCHIVE_FILTER_COMPRESS, ARCHIVE_FILTER_LZMA,
                                    ARCHIVE_FILTER_XZ,    ARCHIVE_FILTER_LZ4,      ARCHIVE_FILTER_ZSTD};
  std::string text = "FROM base\nADD named.tar /named/\n";
  for (const int filter : filters) {
    const std::string number = std::to_string(filter);
    make_archive(f.context + "/packed" + number, {{"file", number}}, filter);
    text += "ADD packed" + number + " /packed" + number + "/\n";
  }
  const Built built = f.build(text);
  CHECK(built.file("/named/" + name) == "hello");
  for (const int filter : filters) {
    const std::string number = std::to_string(filter);
    CHECK(built.file("/packed" + number + "/file") == number);
  }
}

TEST_CASE("An archive that climbs out is refused with the place") {
  Fixture f;
  f.make_base();
  make_archive(f.context + "/evil.tar", {{"../../evil", "x"}});
  CHECK_THAT(f.failure("FROM base\nADD evil.tar /\n"), Catch::StartsWith("Dockerfile:2: ADD: "));
}

TEST_CASE("A file's name that comes from an image does not become a whiteout") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  sys::make_dirs(f.context + "/d");
  REQUIRE(::mknod((f.context + "/d/passwd").c_str(), S_IFCHR, makedev(0, 0)) == 0);
  CHECK_THAT(f.build("FROM base\nCOPY d /etc\n").file("/etc/passwd"), Catch::StartsWith("root:"));
}

TEST_CASE("Reading and copying a large file can be ended in the middle") {
  struct Enough {};
  const TemporaryFolder folder;
  sys::make_dirs(folder.path + "/context");
  const sys::Fd in = sys::open(folder.path + "/context/big", O_RDWR | O_CREAT, 0644);
  REQUIRE(::ftruncate(in.get(), 1LL << 40) == 0);  // hours of reading
  int calls = 0;
  const auto check = [&] {
    if (++calls == 5) throw Enough();
  };
  auto source = engine::build::CopySource::context(folder.path + "/context", {});
  source.interruptible(check);
  engine::build::DigestMemo memo;
  CHECK_THROWS_AS(engine::build::digest_item(source, source.find("big")[0], {}, memo), Enough);
  CHECK_FALSE(memo.changed());
  REQUIRE(::pwrite(in.get(), "a", 1, 0) == 1);
  const sys::Fd out = sys::open(folder.path + "/out", O_RDWR | O_CREAT, 0644);
  calls = 4;
  CHECK_THROWS_AS(engine::build::copy_file_data(in.get(), out.get(), 1LL << 40, check), Enough);
}

TEST_CASE("A file that has become a pipe since it was seen is not waited for") {
  const TemporaryFolder folder;
  write(folder.path + "/a", "x");
  const auto source = engine::build::CopySource::context(folder.path, {});
  const auto items = source.find("a");
  REQUIRE(::unlink((folder.path + "/a").c_str()) == 0);
  REQUIRE(::mkfifo((folder.path + "/a").c_str(), 0600) == 0);
  engine::build::DigestMemo memo;
  CHECK_NOTHROW(engine::build::digest_item(source, items[0], {}, memo));
}

TEST_CASE("Holes of a sparse file stay holes") {
  const TemporaryFolder folder;
  const std::string from = folder.path + "/from";
  {
    const sys::Fd fd = sys::open(from, O_RDWR | O_CREAT, 0644);
    REQUIRE(::ftruncate(fd.get(), 64 << 20) == 0);
    REQUIRE(::pwrite(fd.get(), "middle", 6, 32 << 20) == 6);
  }
  const sys::Fd in = sys::open(from, O_RDONLY);
  const sys::Fd out = sys::open(folder.path + "/to", O_RDWR | O_CREAT, 0644);
  engine::build::copy_file_data(in.get(), out.get(), 64 << 20);
  const sys::Fd full = sys::open("/dev/full", O_WRONLY);
  CHECK_THROWS_WITH(engine::build::copy_file_data(in.get(), full.get(), 64 << 20, {}, "the copy"),
                    Catch::Contains("the copy: No space left on device"));
  struct stat status {};
  REQUIRE(::fstat(out.get(), &status) == 0);
  CHECK(status.st_size == 64 << 20);
  CHECK(status.st_blocks * 512 < 1 << 20);
  char bytes[6];
  REQUIRE(::pread(out.get(), bytes, 6, 32 << 20) == 6);
  CHECK(std::string(bytes, 6) == "middle");
}
