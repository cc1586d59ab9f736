#include "compose/watch/batch.h"

#include <catch2/catch.hpp>

using compose::watch::Batch;
using std::chrono::milliseconds;

TEST_CASE("changes that come close together are one batch, due after a short silence") {
  Batch batch;
  const Batch::Time begin{};
  CHECK_FALSE(batch.due());
  batch.add({"/a"}, begin);
  batch.add({}, begin + milliseconds(5));
  batch.add({"/b", "/a"}, begin + milliseconds(6));
  CHECK(batch.take(begin + milliseconds(10)).empty());
  CHECK(*batch.due() == begin + milliseconds(16));
  CHECK(batch.take(begin + milliseconds(16)) == std::set<std::string>{"/a", "/b"});
  CHECK_FALSE(batch.due());
  CHECK(batch.take(begin + milliseconds(100)).empty());
}

TEST_CASE("a file that is written to all the time does not put a batch off for ever") {
  Batch batch;
  const Batch::Time begin{};
  for (int at = 0; at <= 48; at += 4) batch.add({"/log"}, begin + milliseconds(at));
  CHECK(*batch.due() == begin + Batch::kLongest);
  CHECK(batch.take(begin + milliseconds(51)).size() == 1);
}
