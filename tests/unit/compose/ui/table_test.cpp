#include "compose/ui/table.h"

#include <catch2/catch.hpp>

using compose::ui::Table;

TEST_CASE("columns are as wide as their widest cell and three spaces apart") {
  Table table({"NAME", "IMAGE", "PORTS"});
  table.add({"demo-web-1", "busybox", "80/tcp"});
  table.add({"d", "x", ""});
  CHECK(table.to_string() ==
        "NAME         IMAGE     PORTS\n"
        "demo-web-1   busybox   80/tcp\n"
        "d            x\n");
}

TEST_CASE("a table without rows is its header") {
  CHECK(Table({"A", "B"}).to_string() == "A   B\n");
}
