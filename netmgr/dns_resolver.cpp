#include "netmgr/dns_resolver.h"

#include "netmgr/endpoint_file.h"

namespace netmgr::dns {
namespace {

constexpr uint32_t kTtl = 600;

bool asks(const Query& query, Type type) {
  return query.type == static_cast<uint16_t>(type);
}

size_t write_code(Bytes message, const Query& query, Code code, std::span<uint8_t> buffer) {
  return Response(buffer, message, query, code, kClassicUdpSize).finish();
}

}  // namespace

Resolver::Resolver(std::vector<std::string> directories, const std::map<std::string, std::string>& links)
    : table_(std::move(directories)) {
  for (const auto& [alias, name] : links) links_[to_lower(alias)] = to_lower(name);
}

const Table::Addresses* Resolver::addresses_of(std::string_view name) const {
  if (!links_.empty()) {
    const auto link = links_.find(name);
    if (link != links_.end()) {
      const Table::Addresses* linked = table_.addresses(link->second);
      if (linked != nullptr) return linked;
    }
  }
  return table_.addresses(name);
}

Resolver::Outcome Resolver::resolve(Bytes message, Transport transport, std::span<uint8_t> buffer,
                                    size_t& size) {
  Query query;
  const Reading reading = read_query(message, query);
  if (reading == Reading::kIgnore) return Outcome::kDrop;
  if (reading == Reading::kFormErr || query.opcode != 0) {
    query.question_end = 0;
    query.has_edns = false;
    size = write_code(message, query, query.opcode != 0 ? Code::kNotImp : Code::kFormErr, buffer);
    return Outcome::kAnswered;
  }
  if (query.klass != kClassIn) return Outcome::kForward;

  table_.refresh();
  const Table::Addresses* addresses = addresses_of(query.name.view());
  const std::optional<Address> reverse = parse_reverse(query.name.view());
  const std::string_view pointer = reverse ? table_.name(*reverse) : std::string_view{};
  if (addresses == nullptr && pointer.empty()) return Outcome::kForward;
  const size_t limit = transport == Transport::kUdp ? query.udp_size : kMaxMessageSize;
  size = answer(message, query, addresses, pointer, buffer, limit);
  return Outcome::kAnswered;
}

// A name that is ours without what was asked for is answered with no record and no error (RFC 2308
// section 2.2).
size_t Resolver::answer(Bytes message, const Query& query, const Table::Addresses* addresses,
                        std::string_view pointer, std::span<uint8_t> buffer, size_t limit) {
  Response response(buffer, message, query, Code::kNoError, limit);
  const bool asks_address = asks(query, Type::kA) || asks(query, Type::kAaaa);
  if (query.edns_version == 0 && asks_address && addresses != nullptr) {
    const std::vector<Address>& all = asks(query, Type::kA) ? addresses->v4 : addresses->v6;
    const size_t first = all.empty() ? 0 : rotation_++;
    for (size_t index = 0; index < all.size(); ++index) {
      if (!response.add_address(all[(first + index) % all.size()], kTtl)) break;
    }
  }
  if (query.edns_version == 0 && asks(query, Type::kPtr) && !pointer.empty())
    response.add_pointer(pointer, kTtl);
  return response.finish();
}

size_t Resolver::write_failure(Bytes message, std::span<uint8_t> buffer) {
  Query query;
  read_query(message, query);
  return write_code(message, query, Code::kServFail, buffer);
}

}  // namespace netmgr::dns
