#include "netmgr/foreign_chains.h"

#include <fmt/format.h>
#include <linux/netfilter.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <vector>

#include "netmgr/nf_tables.h"
#include "netmgr/nft.h"
#include "sys/error.h"

namespace netmgr {
namespace {

using nlohmann::json;

struct Chain {
  std::string where;   // "ip filter FORWARD"
  bool drops = false;  // by policy
};

// The objects of one kind in a listing.
std::vector<json> objects(const std::string& text, const char* kind) {
  std::vector<json> found;
  if (text.empty()) return found;
  try {
    const json answer = json::parse(text);
    for (const json& entry : answer.at("nftables")) {
      if (entry.contains(kind)) found.push_back(entry.at(kind));
    }
  } catch (const json::exception& error) {
    throw sys::Error(EBADMSG, fmt::format("read rules ({})", error.what()), "forward chains");
  }
  return found;
}

// Names that need no quoting in a command.
bool is_plain(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](unsigned char character) {
    return std::isalnum(character) != 0 || character == '_' || character == '-';
  });
}

const char* family_name(uint8_t family) {
  return family == NFPROTO_IPV4 ? "ip" : family == NFPROTO_IPV6 ? "ip6" : "inet";
}

// Of these families, and of those that stand for both.
std::vector<Chain> forward_chains(bool v4, bool v6) {
  std::vector<Chain> chains;
  for (const nf::ForwardChain& chain : nf::forward_chains()) {
    const bool asked = (chain.family == NFPROTO_IPV4 && v4) || (chain.family == NFPROTO_IPV6 && v6) ||
                       chain.family == NFPROTO_INET;
    if (!asked || chain.type != "filter" || !is_plain(chain.table) || !is_plain(chain.name)) continue;
    chains.push_back(
        {fmt::format("{} {} {}", family_name(chain.family), chain.table, chain.name), chain.drops});
  }
  return chains;
}

std::string comment_for(const std::string& bridge) {
  return "compose " + bridge;
}

std::vector<int> our_rules(const Chain& chain, const std::string& bridge) {
  std::vector<int> handles;
  for (const json& rule : objects(nft::list("list chain " + chain.where, chain.where), "rule")) {
    if (rule.value("comment", "") == comment_for(bridge)) handles.push_back(rule.at("handle").get<int>());
  }
  return handles;
}

}  // namespace

void pass_foreign_policies(const FirewallLock&, const std::string& bridge, bool v6) {
  std::string text;
  for (const Chain& chain : forward_chains(true, v6)) {
    if (!chain.drops || !our_rules(chain, bridge).empty()) continue;
    for (const char* direction : {"iifname", "oifname"}) {
      text += fmt::format("add rule {} {} \"{}\" counter accept comment \"{}\"\n", chain.where, direction,
                          bridge, comment_for(bridge));
    }
  }
  if (!text.empty()) nft::run(text, "forward chains");
}

void remove_foreign_rules(const FirewallLock&, const std::string& bridge) {
  for (const Chain& chain : forward_chains(true, true)) {
    for (const int handle : our_rules(chain, bridge)) {
      nft::run(fmt::format("delete rule {} handle {}", chain.where, handle), chain.where, {ENOENT});
    }
  }
}

std::vector<std::string> chains_that_drop(const std::string& bridge, bool v6) {
  std::vector<std::string> found;
  for (const Chain& chain : forward_chains(true, v6))
    if (chain.drops && our_rules(chain, bridge).empty()) found.push_back(chain.where);
  return found;
}

bool others_filter_forwarding(bool v6) {
  return !forward_chains(!v6, v6).empty();
}

}  // namespace netmgr
