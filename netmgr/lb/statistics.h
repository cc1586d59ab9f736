#pragma once
// The statistics: what frontends, backends and servers have counted, in HAProxy's columns (management.txt of
// HAProxy 2.6, 9.1), as CSV, as JSON, for Prometheus (names of HAProxy's own exporter), and as a page.
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "netmgr/lb/session.h"

namespace netmgr::lb {

// Values by the names of columns; a column that has no meaning for the line is not there.
using StatRow = std::map<std::string_view, std::string>;

struct Snapshot {
  uint64_t uptime_s = 0;
  uint64_t connections = 0;
  uint64_t max_connections = 0;
  std::vector<StatRow> rows;  // frontends, then for each backend its servers and itself
};

Snapshot take_snapshot(const std::vector<const Frontend*>& frontends,
                       const std::vector<const Backend*>& backends, const SessionContext& context,
                       uint64_t started);

std::string to_csv(const Snapshot& snapshot);
// {"version": 1, "uptime_s": ..., "connections": ..., "max_connections": ..., "rows": [{"pxname": ...}]};
// values are numbers where they are numbers.
std::string to_json(const Snapshot& snapshot);
std::string to_prometheus(const Snapshot& snapshot);

// Which of them a target asks for: ";csv" and ";json" anywhere in it as in HAProxy, /metrics, and the page at
// /.
enum class StatsView { kNone, kPage, kCsv, kJson, kPrometheus };
StatsView stats_view(std::string_view target);

// statistics_page.html, which shows them by itself, with a table for who has no JavaScript.
std::string to_page(const Snapshot& snapshot);
std::string_view statistics_page();

}  // namespace netmgr::lb
