#include "netmgr/nf_tables.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <cerrno>

#include "netmgr/nf_message.h"
#include "sys/error.h"

namespace netmgr::nf {
namespace {

constexpr const char* kTable = "compose";
constexpr size_t kMessage = 4096;    // more than any of ours
constexpr uint8_t kKeyOrder = 0;     // NFTNL_UDATA_SET_KEYBYTEORDER, for who lists the set
constexpr uint32_t kHostOrder = 1;   // BYTEORDER_HOST_ENDIAN of nft
constexpr uint8_t kRuleComment = 0;  // NFTNL_UDATA_RULE_COMMENT

constexpr uint16_t message_type(int type) {
  return static_cast<uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type);
}

// A message's header behind nlmsghdr.
void put_family(nlmsghdr* message, uint8_t family, uint16_t resource = 0) {
  auto* header = static_cast<nfgenmsg*>(nl::put_header(message, sizeof(nfgenmsg)));
  header->nfgen_family = family;
  header->version = NFNETLINK_V0;
  header->res_id = htons(resource);
}

NetlinkRequest question(int type, const char* call, const std::string& object,
                        uint8_t family = NFPROTO_INET) {
  NetlinkRequest request(message_type(type), 0, call, object);
  put_family(request.header(), family);
  return request;
}

uint32_t number_in(const nlattr* attribute) {
  return ntohl(nl::u32_of(attribute));
}
Bytes bytes_in(const nlattr* attribute) {
  return {static_cast<const char*>(nl::data_of(attribute)), nl::size_of(attribute)};
}
Bytes value_in(const nlattr* nest) {
  Bytes value;
  each_nested(nest, [&](const nlattr* attribute) {
    if (nl::type_of(attribute) == NFTA_DATA_VALUE) value = bytes_in(attribute);
  });
  return value;
}

Element element_in(const nlattr* nest) {
  Element element;
  each_nested(nest, [&](const nlattr* attribute) {
    const uint16_t type = nl::type_of(attribute);
    if (type == NFTA_SET_ELEM_KEY) element.key = value_in(attribute);
    if (type == NFTA_SET_ELEM_KEY_END) element.end = value_in(attribute);
    if (type == NFTA_SET_ELEM_DATA) element.data = value_in(attribute);
  });
  return element;
}

void put_element(nlmsghdr* message, const char* set, const Element& element) {
  nl::put_string(message, NFTA_SET_ELEM_LIST_TABLE, kTable);
  nl::put_string(message, NFTA_SET_ELEM_LIST_SET, set);
  nest(message, NFTA_SET_ELEM_LIST_ELEMENTS, [&] {
    nest(message, NFTA_LIST_ELEM, [&] {
      put_value(message, NFTA_SET_ELEM_KEY, element.key);
      if (!element.end.empty()) put_value(message, NFTA_SET_ELEM_KEY_END, element.end);
      if (!element.data.empty()) put_value(message, NFTA_SET_ELEM_DATA, element.data);
    });
  });
}

// What a rule's owner keeps with it, as nft has it: kind, size, text with its zero.
Bytes comment_data(const std::string& comment) {
  return Bytes{static_cast<char>(kRuleComment), static_cast<char>(comment.size() + 1)} + comment + '\0';
}

void put_rule_place(nlmsghdr* message, const char* table, const char* chain) {
  nl::put_string(message, NFTA_RULE_TABLE, table);
  nl::put_string(message, NFTA_RULE_CHAIN, chain);
}
void put_rule_place(nlmsghdr* message, const ForwardChain& chain) {
  put_rule_place(message, chain.table.c_str(), chain.name.c_str());
}

// False for ENOENT, which a question gets when what it is about is not there.
template <typename Ask>
bool is_there(Ask ask) {
  try {
    ask();
    return true;
  } catch (const sys::Error& error) {
    if (error.code() != ENOENT) throw;
    return false;
  }
}

ForwardChain chain_in(const nlmsghdr* message, bool& forwards) {
  ForwardChain chain;
  chain.family = static_cast<const nfgenmsg*>(nl::payload_of(message))->nfgen_family;
  each_attribute<nfgenmsg>(message, [&](const nlattr* attribute) {
    switch (nl::type_of(attribute)) {
      case NFTA_CHAIN_TABLE:
        chain.table = nl::string_of(attribute);
        break;
      case NFTA_CHAIN_NAME:
        chain.name = nl::string_of(attribute);
        break;
      case NFTA_CHAIN_TYPE:
        chain.type = nl::string_of(attribute);
        break;
      case NFTA_CHAIN_POLICY:
        chain.drops = number_in(attribute) == NF_DROP;
        break;
      case NFTA_CHAIN_HOOK:
        each_nested(attribute, [&](const nlattr* part) {
          if (nl::type_of(part) == NFTA_HOOK_HOOKNUM) forwards = number_in(part) == NF_INET_FORWARD;
        });
        break;
      default:
        break;
    }
  });
  return chain;
}

}  // namespace

Transaction::Transaction() {
  add_bound(NFNL_MSG_BATCH_BEGIN);
}

nlmsghdr* Transaction::begin_message(uint16_t type, uint16_t flags) {
  messages_.resize(used_ + kMessage);
  nlmsghdr* message = nl::begin(messages_.data() + used_);
  message->nlmsg_type = type;
  message->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
  return message;
}

void Transaction::add_bound(uint16_t type) {
  put_family(begin_message(type, 0), AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
  end();
}

nlmsghdr* Transaction::begin(uint16_t type, uint16_t flags, uint8_t family) {
  nlmsghdr* message = begin_message(message_type(type), flags);
  put_family(message, family);
  return message;
}

nlmsghdr* Transaction::begin(uint16_t type, uint16_t flags) {
  return begin(type, flags, NFPROTO_INET);
}

void Transaction::end() {
  used_ += reinterpret_cast<const nlmsghdr*>(messages_.data() + used_)->nlmsg_len;
  messages_.resize(used_);
}

bool Transaction::is_empty() const {
  return used_ == NLMSG_HDRLEN + sizeof(nfgenmsg);  // the batch's beginning alone
}

void Transaction::add_table() {
  nlmsghdr* message = begin(NFT_MSG_NEWTABLE, NLM_F_CREATE);
  nl::put_string(message, NFTA_TABLE_NAME, kTable);
  put_number(message, NFTA_TABLE_FLAGS, 0);
  end();
}

void Transaction::delete_table() {
  nlmsghdr* message = begin(NFT_MSG_DELTABLE, 0);
  nl::put_string(message, NFTA_TABLE_NAME, kTable);
  end();
}

void Transaction::add_set(const Set& set) {
  nlmsghdr* message = begin(NFT_MSG_NEWSET, NLM_F_CREATE);
  nl::put_string(message, NFTA_SET_TABLE, kTable);
  nl::put_string(message, NFTA_SET_NAME, set.name);
  uint32_t flags = set.data_size > 0 ? NFT_SET_MAP : 0;
  if (!set.ranges.empty()) flags |= NFT_SET_INTERVAL | NFT_SET_CONCAT;
  put_number(message, NFTA_SET_FLAGS, flags);
  put_number(message, NFTA_SET_KEY_TYPE, set.type);
  put_number(message, NFTA_SET_KEY_LEN, set.size);
  if (set.data_size > 0) {
    put_number(message, NFTA_SET_DATA_TYPE, set.data_type);
    put_number(message, NFTA_SET_DATA_LEN, set.data_size);
  }
  put_number(message, NFTA_SET_ID, static_cast<uint32_t>(used_));  // any number of its own
  if (!set.ranges.empty()) {
    nest(message, NFTA_SET_DESC, [&] {
      nest(message, NFTA_SET_DESC_CONCAT, [&] {
        for (const uint32_t size : set.ranges)
          nest(message, NFTA_LIST_ELEM, [&] { put_number(message, NFTA_SET_FIELD_LEN, size); });
      });
    });
  }
  if (set.type == kLinkName) {
    const char order[] = {kKeyOrder, sizeof kHostOrder, kHostOrder, 0, 0, 0};
    nl::put(message, NFTA_SET_USERDATA, sizeof order, order);
  }
  end();
}

void Transaction::add_chain(const char* name, const std::optional<Hook>& hook) {
  nlmsghdr* message = begin(NFT_MSG_NEWCHAIN, NLM_F_CREATE);
  nl::put_string(message, NFTA_CHAIN_TABLE, kTable);
  nl::put_string(message, NFTA_CHAIN_NAME, name);
  if (hook) {
    nest(message, NFTA_CHAIN_HOOK, [&] {
      put_number(message, NFTA_HOOK_HOOKNUM, hook->number);
      put_number(message, NFTA_HOOK_PRIORITY, static_cast<uint32_t>(hook->priority));
    });
    put_number(message, NFTA_CHAIN_POLICY, NF_ACCEPT);
    nl::put_string(message, NFTA_CHAIN_TYPE, hook->type);
  }
  end();
}

void Transaction::flush_chain(const char* name) {
  nlmsghdr* message = begin(NFT_MSG_DELRULE, 0);
  put_rule_place(message, kTable, name);
  end();
}

void Transaction::put_rule(nlmsghdr* message, const char* table, const char* chain,
                           const std::function<void(Rule&)>& fill, const std::string& comment) {
  put_rule_place(message, table, chain);
  nest(message, NFTA_RULE_EXPRESSIONS, [&] {
    Rule rule(message);
    fill(rule);
  });
  if (!comment.empty()) put_bytes(message, NFTA_RULE_USERDATA, comment_data(comment));
  end();
}

void Transaction::add_rule(const char* chain, const std::function<void(Rule&)>& fill,
                           const std::string& comment) {
  put_rule(begin(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND), kTable, chain, fill, comment);
}

void Transaction::add_rule(const ForwardChain& chain, const std::function<void(Rule&)>& fill,
                           const std::string& comment) {
  put_rule(begin(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, chain.family), chain.table.c_str(),
           chain.name.c_str(), fill, comment);
}

void Transaction::delete_rule(const ForwardChain& chain, uint64_t handle) {
  nlmsghdr* message = begin(NFT_MSG_DELRULE, 0, chain.family);
  put_rule_place(message, chain);
  const uint64_t number = htobe64(handle);
  nl::put(message, NFTA_RULE_HANDLE, sizeof number, &number);
  end();
}

void Transaction::change_element(uint16_t type, const char* set, const Element& element) {
  nlmsghdr* message = begin(type, type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0);
  put_element(message, set, element);
  end();
}
void Transaction::add_element(const char* set, const Element& element) {
  change_element(NFT_MSG_NEWSETELEM, set, element);
}
void Transaction::delete_element(const char* set, const Element& element) {
  change_element(NFT_MSG_DELSETELEM, set, {element.key, element.end, {}});
}

int Transaction::commit(const std::string& object, std::initializer_list<int> tolerated) {
  add_bound(NFNL_MSG_BATCH_END);
  int error = NetlinkSocket(NETLINK_NETFILTER).run_batch(messages_);
  if (error == EBUSY) error = EEXIST;  // of kernels before 5.7, for an element with other data
  if (error == 0 || std::find(tolerated.begin(), tolerated.end(), error) != tolerated.end()) return error;
  throw sys::Error(error, "change the firewall", object);
}

std::optional<std::vector<Element>> elements_of(const char* set) {
  std::vector<Element> elements;
  NetlinkRequest request = question(NFT_MSG_GETSETELEM, "read the firewall", set);
  nl::put_string(request.header(), NFTA_SET_ELEM_LIST_TABLE, kTable);
  nl::put_string(request.header(), NFTA_SET_ELEM_LIST_SET, set);
  const bool found = is_there([&] {
    NetlinkSocket(NETLINK_NETFILTER).dump(std::move(request), [&](const nlmsghdr* message) {
      each_attribute<nfgenmsg>(message, [&](const nlattr* attribute) {
        if (nl::type_of(attribute) == NFTA_SET_ELEM_LIST_ELEMENTS)
          each_nested(attribute, [&](const nlattr* element) { elements.push_back(element_in(element)); });
      });
    });
  });
  if (!found) return std::nullopt;
  return elements;
}

bool has_element(const char* set, const Bytes& key) {
  std::vector<NetlinkRequest> requests;
  requests.push_back(question(NFT_MSG_GETSETELEM, "read the firewall", set));
  put_element(requests.back().header(), set, {key, {}, {}});
  return is_there([&] { NetlinkSocket(NETLINK_NETFILTER).run(std::move(requests)); });
}

bool has_rules(const char* chain) {
  bool found = false;
  NetlinkRequest request = question(NFT_MSG_GETRULE, "read the firewall", chain);
  put_rule_place(request.header(), kTable, chain);
  is_there([&] {
    NetlinkSocket(NETLINK_NETFILTER).dump(std::move(request), [&](const nlmsghdr*) { found = true; });
  });
  return found;
}

bool has_table() {
  std::vector<NetlinkRequest> requests;
  requests.push_back(question(NFT_MSG_GETTABLE, "read the firewall", kTable));
  nl::put_string(requests.back().header(), NFTA_TABLE_NAME, kTable);
  return is_there([&] { NetlinkSocket(NETLINK_NETFILTER).run(std::move(requests)); });
}

std::optional<uint32_t> generation() {
  std::optional<uint32_t> number;
  std::vector<NetlinkRequest> requests;
  requests.push_back(question(NFT_MSG_GETGEN, "look at the firewall", "nf_tables", AF_UNSPEC));
  NetlinkSocket(NETLINK_NETFILTER).run(std::move(requests), [&](const nlmsghdr* message) {
    each_attribute<nfgenmsg>(message, [&](const nlattr* attribute) {
      if (nl::type_of(attribute) == NFTA_GEN_ID) number = number_in(attribute);
    });
  });
  return number;
}

std::vector<ForwardChain> forward_chains() {
  std::vector<ForwardChain> chains;
  NetlinkRequest request = question(NFT_MSG_GETCHAIN, "list chains", "nf_tables", AF_UNSPEC);
  NetlinkSocket(NETLINK_NETFILTER).dump(std::move(request), [&](const nlmsghdr* message) {
    bool forwards = false;
    ForwardChain chain = chain_in(message, forwards);
    const bool ours = chain.family == NFPROTO_INET && chain.table == kTable;
    if (forwards && !ours) chains.push_back(std::move(chain));
  });
  return chains;
}

std::vector<uint64_t> rules_with_comment(const ForwardChain& chain, const std::string& comment) {
  std::vector<uint64_t> handles;
  NetlinkRequest request = question(NFT_MSG_GETRULE, "read the firewall", chain.name, chain.family);
  put_rule_place(request.header(), chain);
  is_there([&] {
    NetlinkSocket(NETLINK_NETFILTER).dump(std::move(request), [&](const nlmsghdr* message) {
      uint64_t handle = 0;
      bool found = false;
      each_attribute<nfgenmsg>(message, [&](const nlattr* attribute) {
        if (nl::type_of(attribute) == NFTA_RULE_HANDLE) handle = be64toh(nl::u64_of(attribute));
        if (nl::type_of(attribute) == NFTA_RULE_USERDATA)
          found = bytes_in(attribute) == comment_data(comment);
      });
      if (found && !std::count(handles.begin(), handles.end(), handle)) handles.push_back(handle);
    });
  });
  return handles;
}

}  // namespace netmgr::nf
