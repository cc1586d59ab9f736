#include "engine/events/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <set>
#include <thread>

#include "engine/events/journal_reader.h"
#include "folder.h"
#include "sys/file.h"
#include "sys/folder.h"

using engine::append_event;
using engine::Event;
using engine::JournalReader;
using engine_test::Folder;

namespace {

Event event(const std::string& id, const std::string& filling = "") {
  return {"container", "start", id, {{"name", "web"}, {"filling", filling}}};
}

std::vector<std::string> ids(JournalReader& reader) {
  std::vector<std::string> found;
  reader.read([&](const Event& event) {
    found.push_back(event.id);
    return true;
  });
  return found;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("an event is the same when it is read again, whatever bytes are in it") {
  const Folder folder;
  Event written = event("a", "line\n\"quoted\" \xc3\xa9");
  append_event(folder.path, written);
  JournalReader reader(folder.path, true);
  reader.read([&](const Event& read) {
    CHECK(read.type == "container");
    CHECK(read.action == "start");
    CHECK(read.attributes == written.attributes);
    CHECK(std::abs(read.time_ns - engine::unix_ns()) < 60'000'000'000);
    return true;
  });
}

TEST_CASE("a reader without history has what comes after it, and each event once") {
  const Folder folder;
  JournalReader early(folder.path, false);
  append_event(folder.path, event("a"));
  JournalReader late(folder.path, false);
  CHECK(ids(early) == Ids{"a"});
  CHECK(ids(late).empty());
  append_event(folder.path, event("b"));
  append_event(folder.path, event("c"));
  CHECK(ids(early) == Ids{"b", "c"});
  CHECK(ids(late) == Ids{"b", "c"});
  CHECK(ids(late).empty());
  JournalReader all(folder.path, true);
  CHECK(ids(all) == Ids{"a", "b", "c"});
}

TEST_CASE("the journal is bounded, and a reader goes from one file to the next") {
  const Folder folder;
  JournalReader reader(folder.path, false);
  for (int i = 0; i < 200; ++i) {
    append_event(folder.path, event(std::to_string(i), std::string(300, 'x')), 4096);
    CHECK(ids(reader) == Ids{std::to_string(i)});
  }
  CHECK(sys::names_in(folder.path).size() <= 3);
  for (const std::string& name : sys::names_in(folder.path)) {
    struct stat status {};
    REQUIRE(::stat((folder.path + '/' + name).c_str(), &status) == 0);
    CHECK(status.st_size < 8192);
  }
  JournalReader history(folder.path, true);
  const Ids kept = ids(history);
  REQUIRE(kept.size() > 10);
  CHECK(kept.back() == "199");
  for (size_t i = 1; i < kept.size(); ++i) CHECK(std::stoi(kept[i]) == std::stoi(kept[i - 1]) + 1);
}

TEST_CASE("a reader that was asleep while files went misses those and has the rest once") {
  const Folder folder;
  JournalReader reader(folder.path, false);
  append_event(folder.path, event("first"), 4096);
  CHECK(ids(reader) == Ids{"first"});
  for (int i = 0; i < 100; ++i)
    append_event(folder.path, event(std::to_string(i), std::string(300, 'x')), 4096);
  const Ids found = ids(reader);
  CHECK(found.back() == "99");
  CHECK(std::set<std::string>(found.begin(), found.end()).size() == found.size());
  CHECK(ids(reader).empty());
}

TEST_CASE("what a killed writer left unfinished does not harm the next event") {
  const Folder folder;
  append_event(folder.path, event("a"));
  {
    const sys::Fd file = sys::open(folder.path + "/now", O_WRONLY | O_APPEND);
    sys::write_all(file.get(), "\n{\"Type\":\"contai");
  }
  JournalReader in_between(folder.path, false);
  append_event(folder.path, event("b"));
  JournalReader all(folder.path, true);
  CHECK(ids(all) == Ids{"a", "b"});
  CHECK(ids(in_between) == Ids{"b"});
}

TEST_CASE("many writers at once lose nothing while a reader follows through the changes of file") {
  const Folder folder;
  constexpr int kWriters = 4, kEach = 500;
  // All of it fits into the files that are kept: nothing may be missed, however slow the reader is.
  constexpr int64_t kLimit = 1 << 18;
  JournalReader reader(folder.path, false);
  std::atomic<int> running{kWriters};
  std::vector<std::thread> writers;
  writers.reserve(kWriters);
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < kEach; ++i)
        append_event(folder.path, event(std::to_string(w) + '.' + std::to_string(i)), kLimit);
      --running;
    });
  }
  Ids found;
  do {
    for (std::string& id : ids(reader)) found.push_back(std::move(id));
  } while (running > 0);
  for (std::thread& writer : writers) writer.join();
  for (std::string& id : ids(reader)) found.push_back(std::move(id));
  CHECK(sys::names_in(folder.path).size() > 1);
  CHECK(found.size() == kWriters * kEach);
  CHECK(std::set<std::string>(found.begin(), found.end()).size() == found.size());
}

TEST_CASE("an attribute of many bytes is left out, and a journal that cannot be written harms nobody") {
  const Folder folder;
  append_event(folder.path, event("a", std::string(100'000, 'x')));
  JournalReader reader(folder.path, true);
  reader.read([&](const Event& read) {
    CHECK(read.attributes == std::map<std::string, std::string>{{"name", "web"}});
    return true;
  });
  append_event(folder.path + "/missing", event("b"));
  JournalReader nothing(folder.path + "/missing", true);
  CHECK(ids(nothing).empty());
}
