#pragma once
// Changes that come close together are worked on as one: an editor touches a file several times when it
// saves, a switch of branches thousands. Pure: the caller has the clock.
//
// What changed is due when nothing more has come for kQuiet, which is long for programs and too short for a
// person to notice, and at the latest kLongest after the first of it, so that a file that is written to all
// the time does not hold the others up.
#include <chrono>
#include <optional>
#include <set>
#include <string>

#include "compose/watch/changes.h"

namespace compose::watch {

class Batch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds kQuiet{10};
  static constexpr std::chrono::milliseconds kLongest{50};

  void add(const Changes& changes, Time now);
  // Nothing while there is nothing.
  std::optional<Time> due() const;
  // The paths of all that was added, once it is due; else nothing.
  std::set<std::string> take(Time now);

 private:
  Changes changes_;
  Time first_, last_;
};

}  // namespace compose::watch
