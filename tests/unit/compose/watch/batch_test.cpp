#include "compose/watch/batch.h"

#include <catch2/catch.hpp>

using compose::watch::Batch;
using compose::watch::Change;
using std::chrono::milliseconds;

TEST_CASE("changes that come close together are one batch, due after a short silence") {
  Batch batch;
  const Batch::Time begin{};
  CHECK_FALSE(batch.due());
  batch.add({{"/a", Change::kChanged}}, begin);
  batch.add({}, begin + milliseconds(5));
  batch.add({{"/b", Change::kCame}, {"/a", Change::kWent}}, begin + milliseconds(6));
  CHECK(batch.take(begin + milliseconds(10)).empty());
  CHECK(*batch.due() == begin + milliseconds(16));
  CHECK(batch.take(begin + milliseconds(16)) == std::set<std::string>{"/a", "/b"});
  CHECK_FALSE(batch.due());
  CHECK(batch.take(begin + milliseconds(100)).empty());
}

TEST_CASE("a file that is written to all the time does not put a batch off for ever") {
  Batch batch;
  const Batch::Time begin{};
  for (int at = 0; at <= 48; at += 4) batch.add({{"/log", Change::kChanged}}, begin + milliseconds(at));
  CHECK(*batch.due() == begin + Batch::kLongest);
  CHECK(batch.take(begin + milliseconds(51)).size() == 1);
}

TEST_CASE("a file that came and went within a batch is nothing, one that was exchanged has changed") {
  Batch batch;
  const Batch::Time begin{};
  batch.add({{"/temporary", Change::kCame}, {"/replaced", Change::kWent}, {"/made", Change::kCame}}, begin);
  batch.add({{"/temporary", Change::kWent}, {"/replaced", Change::kCame}, {"/made", Change::kChanged}},
            begin);
  CHECK(batch.take(begin + milliseconds(20)) == std::set<std::string>{"/made", "/replaced"});
  batch.add({{"/made", Change::kCame}}, begin);
  batch.add({{"/made", Change::kWent}}, begin);
  CHECK_FALSE(batch.due());

  compose::watch::Changes changes;
  note(changes, "/x", Change::kWent);
  note(changes, "/x", Change::kCame);
  CHECK(changes.at("/x") == Change::kChanged);
  note(changes, "/x", Change::kWent);
  CHECK(changes.at("/x") == Change::kWent);
}
