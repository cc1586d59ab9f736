#pragma once
// DNS messages for tests, built byte by byte and independently of the code under test.
#include <cstdint>
#include <string>
#include <vector>

namespace netmgr::test {

using Message = std::vector<uint8_t>;

inline void put16(Message& message, unsigned value) {
  message.push_back(static_cast<uint8_t>(value >> 8));
  message.push_back(static_cast<uint8_t>(value));
}

inline void put_name(Message& message, const std::string& name) {
  size_t start = 0;
  while (start < name.size()) {
    const size_t dot = std::min(name.find('.', start), name.size());
    message.push_back(static_cast<uint8_t>(dot - start));
    message.insert(message.end(), name.begin() + static_cast<long>(start),
                   name.begin() + static_cast<long>(dot));
    start = dot + 1;
  }
  message.push_back(0);
}

constexpr unsigned kTypeA = 1, kTypeMx = 15, kTypePtr = 12, kTypeTxt = 16, kTypeAaaa = 28, kTypeAny = 255;

// A query with recursion desired; with an OPT record when `udp_size` is not 0.
inline Message make_query(unsigned id, const std::string& name, unsigned type = kTypeA,
                          unsigned udp_size = 0) {
  Message message;
  put16(message, id);
  put16(message, 0x0100);
  put16(message, 1);
  put16(message, 0);
  put16(message, 0);
  put16(message, udp_size == 0 ? 0 : 1);
  put_name(message, name);
  put16(message, type);
  put16(message, 1);
  if (udp_size != 0) {
    message.push_back(0);
    put16(message, 41);
    put16(message, udp_size);
    put16(message, 0);
    put16(message, 0);
    put16(message, 0);
  }
  return message;
}

// A response to `query` with one A record when `address` has four bytes; its records follow the question.
inline Message make_answer(const Message& query, const std::vector<uint8_t>& address, unsigned code = 0) {
  Message message(query.begin(), query.end());
  message[2] |= 0x80;
  message[3] = static_cast<uint8_t>(0x80 | code);
  message[11] = 0;
  size_t end = 12;
  while (message[end] != 0) end += message[end] + 1U;
  message.resize(end + 5);
  if (address.empty()) return message;
  message[7] = 1;
  put16(message, 0xc00c);
  put16(message, 1);
  put16(message, 1);
  put16(message, 0);
  put16(message, 60);
  put16(message, 4);
  message.insert(message.end(), address.begin(), address.end());
  return message;
}

inline unsigned get16(const Message& message, size_t offset) {
  return message.at(offset) << 8 | message.at(offset + 1);
}

struct Parsed {
  unsigned id = 0;
  unsigned code = 0;
  bool response = false;
  bool truncated = false;
  bool recursion_available = false;
  unsigned answers = 0;
  unsigned additional = 0;
  unsigned ttl = 0;
  std::vector<std::string> data;  // addresses or names
};

inline std::string read_name(const Message& message, size_t offset) {
  std::string name;
  while (message.at(offset) != 0) {
    const size_t length = message.at(offset++);
    name += (name.empty() ? "" : ".") + std::string(message.begin() + static_cast<long>(offset),
                                                    message.begin() + static_cast<long>(offset + length));
    offset += length;
  }
  return name;
}

inline Parsed parse(const Message& message) {
  Parsed parsed;
  parsed.id = get16(message, 0);
  parsed.response = (message.at(2) & 0x80) != 0;
  parsed.truncated = (message.at(2) & 0x02) != 0;
  parsed.recursion_available = (message.at(3) & 0x80) != 0;
  parsed.code = message.at(3) & 0xf;
  parsed.answers = get16(message, 6);
  parsed.additional = get16(message, 10);
  size_t offset = 12;
  if (get16(message, 4) == 1) {
    while (message.at(offset) != 0) offset += message.at(offset) + 1U;
    offset += 5;
  }
  for (unsigned index = 0; index < parsed.answers; ++index) {
    const unsigned type = get16(message, offset + 2);
    parsed.ttl = get16(message, offset + 6) << 16 | get16(message, offset + 8);
    const size_t length = get16(message, offset + 10);
    const size_t data = offset + 12;
    if (type == kTypeA) {
      parsed.data.push_back(std::to_string(message.at(data)) + '.' + std::to_string(message.at(data + 1)) +
                            '.' + std::to_string(message.at(data + 2)) + '.' +
                            std::to_string(message.at(data + 3)));
    } else {
      parsed.data.push_back(read_name(message, data));
    }
    offset = data + length;
  }
  return parsed;
}

}  // namespace netmgr::test
