#include "compose/cli/label_filter.h"

#include <catch2/catch.hpp>

#include "compose/cli/failure.h"
#include "compose/cli/name_values.h"

using namespace compose::cli;

TEST_CASE("filters with one key hold when any does, labels when all do") {
  const engine::Labels labels{{"tier", "db"}, {"env", "test"}};
  const auto holds = [&](const KeyFilters& filters) {
    return filters.hold([&](const std::string& key, const std::string& value) {
      return key == "label" ? has_label(labels, value) : value == "bridge";
    });
  };
  CHECK(holds(KeyFilters({}, {"label"})));
  CHECK(holds(KeyFilters({"driver=bridge", "driver=other"}, {"driver", "label"})));
  CHECK_FALSE(holds(KeyFilters({"driver=other"}, {"driver", "label"})));
  CHECK(holds(KeyFilters({"label=tier", "label=env=test"}, {"driver", "label"})));
  CHECK_FALSE(holds(KeyFilters({"label=tier", "label=env=live"}, {"driver", "label"})));
}

TEST_CASE("a filter that is not known, or whose value cannot be, is an error that names it") {
  CHECK_THROWS_AS(KeyFilters({"nonsense=1"}, {"driver"}), CommandError);
  CHECK_THROWS_AS(KeyFilters({"driver"}, {"driver"}), CommandError);
  CHECK_THROWS_AS(KeyFilters({"type=odd"}, {"type"}).check("type", {"builtin", "custom"}), CommandError);
  CHECK_THROWS_AS(truth_of("dangling", "perhaps"), CommandError);
}

TEST_CASE("names with values are read, the last of a name counts") {
  CHECK(name_values("--label", {"a=1", "b", "a=2"}, false) ==
        std::map<std::string, std::string>{{"a", "2"}, {"b", ""}});
  CHECK_THROWS_AS(name_values("--opt", {"b"}, true), CommandError);
  CHECK_THROWS_AS(name_values("--label", {"=x"}, false), CommandError);
}
