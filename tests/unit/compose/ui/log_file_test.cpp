#include "compose/ui/log_file.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "compose/ui/log_merge.h"
#include "engine/container/json_log.h"
#include "scratch_folder.h"

using namespace compose::test;
using compose::ui::LogFile;
using compose::ui::LogMerge;

namespace {

std::string rest(LogFile& log) {
  std::string text;
  while (const auto record = log.next()) text += record->text;
  return text;
}

}  // namespace

TEST_CASE("a log is read from its oldest rotated file to its newest") {
  const ScratchFolder folder;
  const std::string path = folder.path + "/log";
  append(path + ".2", record(1, "a\\n"));
  append(path + ".1", record(2, "b\\n"));
  append(path, record(3, "c\\n"));
  LogFile log(path);
  CHECK(rest(log) == "a\nb\nc\n");
}

TEST_CASE("the last records are found through rotated files") {
  const ScratchFolder folder;
  const std::string path = folder.path + "/log";
  append(path + ".1", record(1, "a\\n") + record(2, "b\\n"));
  append(path, record(3, "c\\n"));
  const std::pair<size_t, std::string> cases[] = {
      {0, ""}, {1, "c\n"}, {2, "b\nc\n"}, {3, "a\nb\nc\n"}, {9, "a\nb\nc\n"}};
  for (const auto& [count, wanted] : cases) {
    LogFile log(path);
    log.skip_to_last(count);
    CHECK(rest(log) == wanted);
  }
}

TEST_CASE("the last records are found in a file of many blocks") {
  const ScratchFolder folder;
  const std::string path = folder.path + "/log";
  std::string text;
  for (int i = 0; i < 5000; ++i) text += record(i % 60, std::to_string(i) + "\\n");
  append(path, text);
  LogFile log(path);
  log.skip_to_last(2000);
  const std::string last = rest(log);
  CHECK(last.substr(0, 5) == "3000\n");
  CHECK(std::count(last.begin(), last.end(), '\n') == 2000);
}

TEST_CASE("what is appended later is read, a record in parts once it is whole") {
  const ScratchFolder folder;
  const std::string path = folder.path + "/log";
  LogFile log(path);
  CHECK_FALSE(log.next());
  append(path, record(1, "a\\n"));
  CHECK(rest(log) == "a\n");
  const std::string second = record(2, "b\\n");
  append(path, second.substr(0, 10));
  CHECK(rest(log).empty());
  append(path, second.substr(10));
  CHECK(rest(log) == "b\n");
}

TEST_CASE("rotation while following loses nothing, even twice at once") {
  const ScratchFolder folder;
  const std::string path = folder.path + "/log";
  append(path, record(1, "a\\n"));
  LogFile log(path);
  CHECK(rest(log) == "a\n");
  append(path, record(2, "b\\n"));
  std::filesystem::rename(path, path + ".1");
  append(path, record(3, "c\\n"));
  std::filesystem::rename(path + ".1", path + ".2");
  std::filesystem::rename(path, path + ".1");
  append(path, record(4, "d\\n"));
  CHECK(rest(log) == "b\nc\nd\n");
}

TEST_CASE("truncation and deletion begin the log anew") {
  const ScratchFolder folder;
  const std::string path = folder.path + "/log";
  append(path, record(1, "a\\n") + record(1, "a\\n"));
  LogFile log(path);
  CHECK(rest(log) == "a\na\n");
  REQUIRE(::truncate(path.c_str(), 0) == 0);
  append(path, record(2, "b\\n"));
  CHECK(rest(log) == "b\n");
  std::filesystem::remove(path);
  CHECK(rest(log).empty());
  append(path, record(3, "c\\n"));
  CHECK(rest(log) == "c\n");
}

TEST_CASE("reading can begin at the end, also of a file that is rotated before it is read") {
  const ScratchFolder folder;
  const std::string path = folder.path + "/log";
  append(path, record(1, "a\\n"));
  LogFile log(path), none(folder.path + "/none");
  log.skip_to_end();
  none.skip_to_end();
  append(path, record(2, "b\\n"));
  std::filesystem::rename(path, path + ".1");
  append(path, record(3, "c\\n"));
  CHECK(rest(log) == "b\nc\n");
  append(folder.path + "/none", record(4, "d\\n"));
  CHECK(rest(none) == "d\n");
}

TEST_CASE("a reader beside a writer that rotates and compresses gets every line once") {
  const ScratchFolder folder;
  const std::string path = folder.path + "/log";
  constexpr int kLines = 20000;
  const pid_t writer = ::fork();
  if (writer == 0) {
    {
      engine::JsonLog log({path, 20000, 1000, true, ""});
      for (int i = 0; i < kLines; ++i) log.write(engine::JsonLog::Stream::kStdout, std::to_string(i) + "\n");
    }
    ::_exit(0);
  }
  LogFile log(path);
  int next = 0;
  bool in_order = true, ended = false;
  while (!ended) {
    ended = ::waitpid(writer, nullptr, WNOHANG) != 0;
    while (const auto record = log.next())
      in_order = in_order && record->text == std::to_string(next++) + "\n";
  }
  CHECK(in_order);
  CHECK(next == kLines);
  for (const size_t count : {1, 100, 5000, 15000}) {
    LogFile tail(path);
    tail.skip_to_last(count);
    const auto first = tail.next();
    REQUIRE(first);
    CHECK(first->text == std::to_string(kLines - count) + "\n");
  }
}

TEST_CASE("damaged lines are left out") {
  const ScratchFolder folder;
  const std::string path = folder.path + "/log";
  append(path, "{\"log\":\n\n[1]\n{\"log\":\"x\",\"time\":\"when\"}\n" + record(1, "a\\n"));
  LogFile log(path);
  CHECK(rest(log) == "a\n");
}

TEST_CASE("several logs are merged in time order, and what was read ahead is given back") {
  const ScratchFolder folder;
  append(folder.path + "/a", record(1, "a1") + record(4, "a4"));
  append(folder.path + "/b", record(2, "b2") + record(3, "b3") + record(5, "b5"));
  LogFile a(folder.path + "/a"), b(folder.path + "/b");
  std::string text;
  {
    LogMerge merge({&a, &b});
    for (int i = 0; i < 2; ++i) text += merge.next()->record.text + ' ';
  }
  LogMerge merge({&a, &b});
  while (const auto entry = merge.next()) text += entry->record.text + ' ';
  CHECK(text == "a1 b2 b3 a4 b5 ");
}
