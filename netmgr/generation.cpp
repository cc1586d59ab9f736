#include "netmgr/generation.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "netmgr/netlink.h"
#include "sys/error.h"
#include "sys/fd.h"
#include "sys/file.h"

namespace netmgr {
namespace {

NetlinkRequest generation_request() {
  NetlinkRequest request(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, 0, "look at the firewall", "nf_tables");
  request.put_header<nfgenmsg>()->version = NFNETLINK_V0;
  return request;
}

std::optional<uint32_t> number_of_last_change() {
  std::optional<uint32_t> number;
  NetlinkSocket netfilter(NETLINK_NETFILTER);
  std::vector<NetlinkRequest> requests;
  requests.push_back(generation_request());
  netfilter.run(std::move(requests), [&](const nlmsghdr* message) {
    each_attribute<nfgenmsg>(message, [&](const nlattr* attribute) {
      if (mnl_attr_get_type(attribute) == NFTA_GEN_ID) number = ntohl(mnl_attr_get_u32(attribute));
    });
  });
  return number;
}

}  // namespace

std::string ruleset_generation() {
  try {
    struct stat space {};
    const std::optional<uint32_t> number = number_of_last_change();
    if (!number || ::stat("/proc/thread-self/ns/net", &space) != 0) return {};
    return std::to_string(space.st_dev) + ':' + std::to_string(space.st_ino) + ' ' + std::to_string(*number);
  } catch (const sys::Error&) {
    return {};
  }
}

bool is_remembered(const std::string& file, const std::string& generation) noexcept {
  if (file.empty() || generation.empty()) return false;
  try {
    return sys::read_file_if_exists(file) == generation;
  } catch (const std::exception&) {
    return false;
  }
}

void remember(const std::string& file, const std::string& generation) noexcept {
  if (file.empty() || generation.empty()) return;
  const sys::Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  // One that is cut short is not the same as any word.
  if (fd && ::write(fd.get(), generation.data(), generation.size()) < 0) ::unlink(file.c_str());
}

}  // namespace netmgr
