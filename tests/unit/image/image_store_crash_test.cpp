// Many at once, and what is left when one of them is killed.
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "engine/image/digest.h"
#include "scratch.h"

using engine::ImageStore;

namespace {

// Runs `body` in a child process and waits for its end; the child dies by `_exit` whatever happens.
template <typename F>
void in_child(F body) {
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    try {
      body();
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  REQUIRE(status == 0);
}

size_t count_entries(const std::string& folder) {
  size_t count = 0;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  REQUIRE(dir);
  while (const dirent* entry = ::readdir(dir.get())) count += entry->d_name[0] != '.' ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("many threads committing the same layer make it once") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  std::vector<std::string> chains(8);
  std::vector<std::thread> threads;
  threads.reserve(chains.size());
  std::atomic<int> failed = 0;
  for (std::string& chain : chains) {
    threads.emplace_back([&store, &chain, &failed] {
      try {
        ImageStore::Draft draft = store.images.new_draft();
        sys::write_file_atomic(draft.diff() + "/f", "same");
        const timespec times[2] = {{1, 0}, {1, 0}};
        ::utimensat(AT_FDCWD, (draft.diff() + "/f").c_str(), times, 0);
        chain = store.images.commit_layer(std::move(draft), "").chain_id;
      } catch (const std::exception&) {
        ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failed == 0);
  CHECK(std::all_of(chains.begin(), chains.end(),
                    [&](const std::string& chain) { return chain == chains[0]; }));
  CHECK(store.count("layers") == 1);
  CHECK(count_entries(store.paths.build_tmp()) == 0);
}

TEST_CASE("processes that add and remove the same image at once never leave a half of it") {
  ROOT_ONLY();
  const Scratch scratch;
  { const Store make(scratch); }
  std::vector<pid_t> children;
  for (int child = 0; child < 4; ++child) {
    const pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      try {
        Store store(scratch);
        for (int i = 0; i < 15; ++i) {
          try {
            const ImageStore::Layer base = store.layer("a", "1"), top = store.layer("b", "2", base.chain_id);
            store.images.tag(store.image({base.diff_id, top.diff_id}), "app");
            if (i % 2 == child % 2) store.images.remove("app", true);
          } catch (const engine::Error& error) {
            // Another process took it away in between: said as such, never as damage.
            if (error.kind() != engine::Error::Kind::kNotFound) throw;
          }
        }
      } catch (const std::exception& error) {
        std::fprintf(stderr, "child: %s\n", error.what());
        ::_exit(1);
      }
      ::_exit(0);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    CHECK(status == 0);
  }
  Store store(scratch);
  CHECK(static_cast<int64_t>(count_entries(store.paths.data_root + "/layers")) == store.count("layers"));
  CHECK(static_cast<int64_t>(count_entries(store.paths.blobs())) == store.count("images"));
  CHECK(count_entries(store.paths.build_tmp()) == 0);
  for (const auto& info : store.images.list()) {
    const auto image = store.images.find(info.id);
    REQUIRE(image);
    for (const std::string& dir : image->lower_dirs) CHECK(exists(dir));
  }
}

TEST_CASE("the drafts of a dead process are removed, those of a living one stay") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  in_child([&] {
    ImageStore::Draft* lost =
        new ImageStore::Draft(store.images.new_draft());  // as if killed: never destroyed
    sys::write_file_atomic(lost->diff() + "/f", "x");
  });
  const ImageStore::Draft mine = store.images.new_draft();
  sys::make_dirs(store.paths.build_tmp() + "/somebody-elses");
  REQUIRE(count_entries(store.paths.build_tmp()) == 3);
  store.images.remove_stale_drafts();
  CHECK(count_entries(store.paths.build_tmp()) == 2);
  CHECK(exists(mine.diff()));
}

TEST_CASE("a layer's folder without a row is what a crash leaves: it is replaced, or swept away") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const ImageStore::Layer kept = store.layer("kept", "1"), layer = store.layer("a", "1");
  store.database.write(
      [&] { store.database.prepare("DELETE FROM layers WHERE chain_id=?").bind(1, layer.chain_id).step(); });
  sys::write_file_atomic(layer.diff_dir + "/a", "damaged");
  SECTION("replaced by the next commit") {
    CHECK(sys::read_file(store.layer("a", "1").diff_dir + "/a") == "1");
    CHECK(count_entries(store.paths.build_tmp()) == 0);
  }
  SECTION("swept away") {
    store.images.remove_stale_drafts();
    CHECK_FALSE(exists(store.paths.layer(layer.chain_id)));
    CHECK(exists(kept.diff_dir));
  }
}

TEST_CASE("a commit that is killed anywhere leaves a store that works") {
  ROOT_ONLY();
  const Scratch scratch;
  { const Store make(scratch); }
  for (int round = 0; round < 25; ++round) {
    const pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      Store store(scratch);
      for (int i = 0;; ++i)
        store.image({store.layer("f" + std::to_string(i), std::to_string(round)).diff_id});
    }
    ::usleep(static_cast<useconds_t>(3000 + round * 1700));
    REQUIRE(::kill(pid, SIGKILL) == 0);
    REQUIRE(::waitpid(pid, nullptr, 0) == pid);
  }
  Store store(scratch);
  store.images.remove_stale_drafts();
  CHECK(count_entries(store.paths.build_tmp()) == 0);
  CHECK(static_cast<int64_t>(count_entries(store.paths.data_root + "/layers")) == store.count("layers"));
  for (const auto& info : store.images.list()) {
    const auto image = store.images.find(info.id);
    REQUIRE(image);
    CHECK("sha256:" + engine::sha256_hex(tar_of(image->lower_dirs.at(0))) == image->config.diff_ids.at(0));
  }
}

TEST_CASE("the upper folder of a real overlay becomes a layer that another overlay can use") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  // A private mount namespace in a child, so that a failing test leaves no mount.
  const ImageStore::Layer base = [&] {
    ImageStore::Draft draft = store.images.new_draft();
    sys::make_dirs(draft.diff() + "/replaced");
    sys::write_file_atomic(draft.diff() + "/replaced/old", "x");
    sys::write_file_atomic(draft.diff() + "/removed", "x");
    sys::write_file_atomic(draft.diff() + "/changed", "before");
    REQUIRE(::link((draft.diff() + "/changed").c_str(), (draft.diff() + "/linked").c_str()) == 0);
    return store.images.commit_layer(std::move(draft), "");
  }();
  ImageStore::Draft draft = store.images.new_draft();
  const std::string merged = scratch.folder("merged");
  in_child([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
      ::_exit(2);
    const std::string options = "lowerdir=" + base.diff_dir + ",upperdir=" + draft.diff() +
                                ",workdir=" + draft.work() + ",redirect_dir=off,metacopy=off";
    if (::mount("overlay", merged.c_str(), "overlay", 0, options.c_str()) != 0) ::_exit(3);
    sys::remove_tree(merged + "/replaced");
    sys::make_dirs(merged + "/replaced");
    sys::write_file_atomic(merged + "/replaced/new", "y");
    sys::remove_tree(merged + "/removed");
    sys::write_file_atomic(merged + "/changed", "after");
  });
  const ImageStore::Layer top = store.images.commit_layer(std::move(draft), base.chain_id);
  const std::string tar = tar_of(top.diff_dir);
  CHECK(tar.find(".wh.removed") != std::string::npos);
  CHECK(tar.find("replaced/.wh..wh..opq") != std::string::npos);
  CHECK(xattrs_of(top.diff_dir).empty());

  const auto image = store.images.find(store.image({base.diff_id, top.diff_id}));
  in_child([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
      ::_exit(2);
    const std::string options = "lowerdir=" + image->lower_dirs[0] + ":" + image->lower_dirs[1];
    if (::mount("overlay", merged.c_str(), "overlay", MS_RDONLY, options.c_str()) != 0) ::_exit(3);
    if (exists(merged + "/removed") || exists(merged + "/replaced/old")) ::_exit(4);
    if (sys::read_file(merged + "/replaced/new") != "y" || sys::read_file(merged + "/changed") != "after")
      ::_exit(5);
    if (sys::read_file(merged + "/linked") != "before") ::_exit(6);
  });
}
