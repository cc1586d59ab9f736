// Subnets of one project lie side by side: the engine could not route to two of one range.
#include <algorithm>
#include <tuple>

#include "parser/address.h"
#include "parser/check.h"
#include "parser/profiles.h"
#include "parser/units.h"

namespace parser {

namespace {

struct Taken {
  Subnet subnet;
  const IpamPool* pool = nullptr;
  const Network* network = nullptr;
};

std::optional<Subnet> subnet_of(const IpamPool& pool) {
  try {
    return parse_subnet(pool.subnet);
  } catch (const ValueError&) {
    return std::nullopt;  // reported when it was read, or the engine's choice
  }
}

bool earlier(const Mark& a, const Mark& b) {
  return a.line != b.line ? a.line < b.line : a.column < b.column;
}

void report_overlap(const Taken& a, const Taken& b, Report& report) {
  const bool in_order = a.pool->mark.file != b.pool->mark.file || earlier(a.pool->mark, b.pool->mark);
  const Taken& first = in_order ? a : b;
  const Taken& second = in_order ? b : a;
  report.error(second.pool->mark, "networks." + second.network->key + ".ipam.config",
               "subnet '" + second.pool->subnet + "' overlaps with '" + first.pool->subnet +
                   "' of network '" + first.network->key + "', line " +
                   std::to_string(first.pool->mark.line));
}

// Those of one family together, each after the ones it lies in.
bool in_address_order(const Taken& a, const Taken& b) {
  const auto key = [](const Taken& taken) {
    return std::tie(taken.subnet.address.v6, taken.subnet.address.bytes, taken.subnet.prefix);
  };
  return key(a) < key(b);
}

}  // namespace

void check_subnets(const Draft& draft, Report& report) {
  const Used used = used_by(draft.project, wanted_services(draft.project, {}));
  std::vector<Taken> all;
  for (const auto& [key, network] : draft.project.networks) {
    if (network.external || used.networks.count(key) == 0) continue;
    for (const IpamPool& pool : network.ipam)
      if (const auto subnet = subnet_of(pool)) all.push_back({*subnet, &pool, &network});
  }
  std::stable_sort(all.begin(), all.end(), in_address_order);
  // Two subnets are apart, or one lies in the other.
  const Taken* widest = nullptr;
  for (const Taken& taken : all) {
    if (widest != nullptr && contains(widest->subnet, taken.subnet))
      report_overlap(*widest, taken, report);
    else
      widest = &taken;
  }
}

}  // namespace parser
