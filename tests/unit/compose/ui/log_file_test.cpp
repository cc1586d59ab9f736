#include "compose/ui/log_file.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "compose/ui/log_merge.h"
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

TEST_CASE("reading can begin at a byte") {
  const ScratchFolder folder;
  const std::string path = folder.path + "/log";
  append(path, record(1, "a\\n"));
  const int64_t end = LogFile::end_offset(path);
  append(path, record(2, "b\\n"));
  LogFile log(path);
  log.skip_to_offset(end);
  CHECK(rest(log) == "b\n");
  CHECK(LogFile::end_offset(folder.path + "/none") == 0);
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
