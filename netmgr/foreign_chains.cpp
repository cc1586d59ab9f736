#include "netmgr/foreign_chains.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include <cerrno>

#include "netmgr/nf_tables.h"

namespace netmgr {
namespace {

const char* family_name(uint8_t family) {
  return family == NFPROTO_IPV4 ? "ip" : family == NFPROTO_IPV6 ? "ip6" : "inet";
}

// "ip filter FORWARD"
std::string place_of(const nf::ForwardChain& chain) {
  return std::string(family_name(chain.family)) + ' ' + chain.table + ' ' + chain.name;
}

// Of these families, and of those that stand for both.
std::vector<nf::ForwardChain> forward_chains(bool v4, bool v6) {
  std::vector<nf::ForwardChain> chains = nf::forward_chains();
  std::erase_if(chains, [&](const nf::ForwardChain& chain) {
    const bool asked = (chain.family == NFPROTO_IPV4 && v4) || (chain.family == NFPROTO_IPV6 && v6) ||
                       chain.family == NFPROTO_INET;
    return !asked || chain.type != "filter";
  });
  return chains;
}

std::string comment_for(const std::string& bridge) {
  return "compose " + bridge;
}

std::vector<uint64_t> our_rules(const nf::ForwardChain& chain, const std::string& bridge) {
  return nf::rules_with_comment(chain, comment_for(bridge));
}

}  // namespace

void pass_foreign_policies(const FirewallLock&, const std::string& bridge, bool v6) {
  nf::Transaction transaction;
  for (const nf::ForwardChain& chain : forward_chains(true, v6)) {
    if (!chain.drops || !our_rules(chain, bridge).empty()) continue;
    for (const uint32_t direction : {NFT_META_IIFNAME, NFT_META_OIFNAME}) {
      const auto accept = [&](nf::Rule& rule) {
        rule.meta(direction).equals(nf::link_name(bridge)).count().verdict(NF_ACCEPT);
      };
      transaction.add_rule(chain, accept, comment_for(bridge));
    }
  }
  if (!transaction.is_empty()) transaction.commit("forward chains");
}

void remove_foreign_rules(const FirewallLock&, const std::string& bridge) {
  for (const nf::ForwardChain& chain : forward_chains(true, true)) {
    for (const uint64_t handle : our_rules(chain, bridge)) {
      nf::Transaction transaction;
      transaction.delete_rule(chain, handle);
      transaction.commit(place_of(chain), {ENOENT});
    }
  }
}

std::vector<std::string> chains_that_drop(const std::string& bridge, bool v6) {
  std::vector<std::string> found;
  for (const nf::ForwardChain& chain : forward_chains(true, v6))
    if (chain.drops && our_rules(chain, bridge).empty()) found.push_back(place_of(chain));
  return found;
}

bool others_filter_forwarding(bool v6) {
  return !forward_chains(!v6, v6).empty();
}

}  // namespace netmgr
