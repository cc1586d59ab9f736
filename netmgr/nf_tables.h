#pragma once
// The kernel's packet filter by its own protocol (linux/netfilter/nf_tables.h, man 8 nft for what it is
// about): our table, `inet compose`. libnftables, which does more than this from text, takes 11 ms for our
// rules, four fifths of it before the kernel is asked, where a start takes 20.
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

struct nlmsghdr;

namespace netmgr::nf {

// Of a set's element, or what a register is compared with: as it lies in the packet or in the kernel's
// registers, concatenated parts filled up to four bytes each.
using Bytes = std::string;

// A link's name as the kernel compares it.
Bytes link_name(const std::string& name);
// Filled up to four bytes.
Bytes part(const void* data, size_t size);

struct Element {
  Bytes key;
  Bytes end;   // the last key of a range; empty: there is one only
  Bytes data;  // of a map
};

// `type`, `data_type`: those that `nft list` shows them as; see type_of.
struct Set {
  const char* name;
  uint32_t type;
  uint32_t size;
  uint32_t data_type = 0;
  uint32_t data_size = 0;          // 0: no map
  std::vector<uint32_t> ranges{};  // sizes of its concatenated parts; empty: single keys
};

// Numbers of nft's data types, and of several one after the other.
enum DataType : uint32_t { kIpv4 = 7, kIpv6 = 8, kProtocol = 12, kService = 13, kLinkName = 41 };
constexpr uint32_t type_of(std::initializer_list<DataType> parts) {
  uint32_t type = 0;
  for (const DataType part : parts) type = type << 6 | part;
  return type;
}

// A rule's expressions, in the order of their evaluation. `to`, `from`: registers; kFirst is what is read and
// written where none is named.
class Rule {
 public:
  static constexpr uint32_t kFirst = 1;  // 16 bytes, as the second; they lie one after the other
  static constexpr uint32_t kSecond = 2;
  static constexpr uint32_t kPart = 8;  // the first four bytes of the first; kPart + 1 the next, and so on

  explicit Rule(nlmsghdr* message) : message_(message) {}
  Rule& meta(uint32_t key, uint32_t to = kFirst);                                      // NFT_META_*
  Rule& conntrack(uint32_t key);                                                       // NFT_CT_*
  Rule& payload(uint32_t base, uint32_t offset, uint32_t size, uint32_t to = kFirst);  // NFT_PAYLOAD_*
  Rule& destination_type();  // as of the routing tables: RTN_*
  Rule& mask(uint32_t bits);
  Rule& equals(const Bytes& value);
  Rule& differs(const Bytes& value);
  Rule& in(const char* set);
  Rule& not_in(const char* set);
  Rule& lookup(const char* map);
  Rule& destination_nat(uint32_t family, uint32_t address, uint32_t port);  // NFPROTO_*, registers
  Rule& masquerade();
  Rule& count();
  Rule& verdict(int code, const char* chain = nullptr);  // NF_*, NFT_JUMP, NFT_GOTO

 private:
  Rule& expression(const char* name, const std::function<void()>& fill);
  Rule& compare(uint32_t operation, const Bytes& value);
  Rule& find(const char* set, uint32_t flags, std::optional<uint32_t> to);
  void put(uint16_t attribute, uint32_t value);

  nlmsghdr* message_;
};

// A chain of another tool at the forward hook.
struct ForwardChain {
  uint8_t family = 0;  // NFPROTO_*
  std::string table, name, type;
  bool drops = false;  // by policy
};

// Changes of the table that all happen or none. Adding what is there as it is changes nothing; deleting what
// is not there is the error ENOENT, an element that is there with other data EEXIST.
class Transaction {
 public:
  struct Hook {
    const char* type;
    uint32_t number;  // NF_INET_*
    int priority;
  };

  Transaction();
  void add_table();
  void delete_table();
  void add_set(const Set& set);
  void add_chain(const char* name, const std::optional<Hook>& hook = std::nullopt);
  void flush_chain(const char* name);
  void add_rule(const char* chain, const std::function<void(Rule&)>& fill, const std::string& comment = {});
  // At the end of a chain that is not ours.
  void add_rule(const ForwardChain& chain, const std::function<void(Rule&)>& fill,
                const std::string& comment);
  void delete_rule(const ForwardChain& chain, uint64_t handle);
  void add_element(const char* set, const Element& element);
  void delete_element(const char* set, const Element& element);
  bool is_empty() const;

  // In the calling thread's network namespace. Returns 0, or the errno the kernel refused with when it is
  // among `tolerated`; else throws sys::Error with `object`.
  int commit(const std::string& object, std::initializer_list<int> tolerated = {});

 private:
  nlmsghdr* begin(uint16_t type, uint16_t flags);  // NFT_MSG_*; till end()
  nlmsghdr* begin(uint16_t type, uint16_t flags, uint8_t family);
  nlmsghdr* begin_message(uint16_t type, uint16_t flags);
  void end();
  void add_bound(uint16_t type);  // NFNL_MSG_BATCH_*
  void put_rule(nlmsghdr* message, const char* table, const char* chain,
                const std::function<void(Rule&)>& fill, const std::string& comment);
  void change_element(uint16_t type, const char* set, const Element& element);

  std::vector<char> messages_;
  size_t used_ = 0;
};

// What the table holds, in the calling thread's network namespace; nothing when there is no such set. Throw
// sys::Error.
std::optional<std::vector<Element>> elements_of(const char* set);
bool has_element(const char* set, const Bytes& key);
bool has_rules(const char* chain);
bool has_table();
// How often the namespace's rules have been changed, by anybody.
std::optional<uint32_t> generation();

// Those of other tools.
std::vector<ForwardChain> forward_chains();
// The handles of its rules that have this comment; none when the chain is gone.
std::vector<uint64_t> rules_with_comment(const ForwardChain& chain, const std::string& comment);

}  // namespace netmgr::nf
