#include "engine/image/posix_acl.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <vector>

#include "engine/image/entry_path.h"

namespace engine {

namespace {

constexpr uint32_t kVersion = 2, kNoId = 0xffffffff;

using Ace =
    std::tuple<uint16_t, uint32_t, uint16_t>;  // tag, id, permissions; sorted as the kernel wants them

uint16_t kernel_tag(int tag) {
  switch (tag) {
    case ARCHIVE_ENTRY_ACL_USER_OBJ:
      return 0x01;
    case ARCHIVE_ENTRY_ACL_USER:
      return 0x02;
    case ARCHIVE_ENTRY_ACL_GROUP_OBJ:
      return 0x04;
    case ARCHIVE_ENTRY_ACL_GROUP:
      return 0x08;
    case ARCHIVE_ENTRY_ACL_MASK:
      return 0x10;
    case ARCHIVE_ENTRY_ACL_OTHER:
      return 0x20;
    default:
      return 0;
  }
}

template <typename T>
void put_little_endian(std::string& bytes, T value) {
  for (size_t i = 0; i < sizeof value; ++i, value = static_cast<T>(value >> 8)) {
    bytes += static_cast<char>(value & 0xff);
  }
}

std::string encode(std::vector<Ace> list) {
  std::sort(list.begin(), list.end());
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>((kVersion >> shift) & 0xff);
  for (const auto& [tag, id, permissions] : list) {
    put_little_endian(bytes, tag);
    put_little_endian(bytes, permissions);
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>((id >> shift) & 0xff);
  }
  return bytes;
}

std::string read_list(archive_entry* entry, int wanted, const std::string& name) {
  if (archive_entry_acl_reset(entry, wanted) == 0) return {};
  std::vector<Ace> list;
  int type = 0, permset = 0, tag = 0, qualifier = 0;
  const char* who = nullptr;
  while (archive_entry_acl_next(entry, wanted, &type, &permset, &tag, &qualifier, &who) == ARCHIVE_OK) {
    const uint16_t kernel = kernel_tag(tag);
    const bool named = kernel == 0x02 || kernel == 0x08;
    if (kernel == 0 || (named && qualifier < 0)) refuse_entry(name, "its access control list cannot be kept");
    list.emplace_back(kernel, named ? static_cast<uint32_t>(qualifier) : kNoId,
                      static_cast<uint16_t>(permset & 7));
  }
  return encode(std::move(list));
}

}  // namespace

Xattrs acl_xattrs(archive_entry* entry, const std::string& name) {
  Xattrs xattrs;
  const int types = archive_entry_acl_types(entry);
  if (types == 0) return xattrs;
  if ((types & ~(ARCHIVE_ENTRY_ACL_TYPE_ACCESS | ARCHIVE_ENTRY_ACL_TYPE_DEFAULT)) != 0) {
    refuse_entry(name, "NFSv4 access control lists cannot be kept");
  }
  const std::string access = read_list(entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, name);
  const std::string fallback = read_list(entry, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, name);
  if (!access.empty()) xattrs["system.posix_acl_access"] = access;
  if (!fallback.empty()) xattrs["system.posix_acl_default"] = fallback;
  return xattrs;
}

}  // namespace engine
