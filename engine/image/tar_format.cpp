#include "engine/image/tar_format.h"

#include <algorithm>
#include <cstring>

namespace engine {

namespace {

// Layout of a ustar header block, all fields text.
struct Ustar {
  char name[100];
  char mode[8];
  char uid[8];
  char gid[8];
  char size[12];
  char mtime[12];
  char checksum[8];
  char type;
  char link[100];
  char magic[6];
  char version[2];
  char user[32];
  char group[32];
  char device_major[8];
  char device_minor[8];
  char prefix[155];
  char unused[12];
};
static_assert(sizeof(Ustar) == kTarBlock);

// Octal digits that fill the field up to its final NUL; false when the value needs more.
template <size_t N>
bool put_octal(char (&field)[N], int64_t value) {
  if (value < 0 || value >= (int64_t{1} << (3 * (N - 1)))) return false;
  for (size_t i = N - 1; i-- > 0; value >>= 3) field[i] = static_cast<char>('0' + (value & 7));
  return true;
}

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

// False when only a pax record can carry the text whole.
template <size_t N>
bool put_text(char (&field)[N], const std::string& text) {
  std::memcpy(field, text.data(), std::min(N, text.size()));
  return text.size() <= N && is_ascii(text);
}

void put_checksum(Ustar& header) {
  std::memset(header.checksum, ' ', sizeof header.checksum);
  unsigned sum = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(&header);
  for (size_t i = 0; i < sizeof header; ++i) sum += bytes[i];
  for (int i = 5; i >= 0; --i, sum >>= 3) header.checksum[i] = static_cast<char>('0' + (sum & 7));
  header.checksum[6] = '\0';
}

// "<length> <key>=<value>\n", where length counts itself.
std::string pax_record(const std::string& key, const std::string& value) {
  const size_t body = key.size() + value.size() + 3;
  size_t length = body + std::to_string(body).size();
  length = body + std::to_string(length).size();
  return std::to_string(length) + ' ' + key + '=' + value + '\n';
}

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(const std::string& text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t at) { return static_cast<unsigned char>(at < text.size() ? text[at] : 0); };
    const unsigned char lead = byte(i);
    size_t tail = 0;
    unsigned char low = 0x80, high = 0xbf;
    if (lead < 0x80) {
      tail = 0;
    } else if (lead >= 0xc2 && lead <= 0xdf) {
      tail = 1;
    } else if ((lead & 0xf0) == 0xe0) {
      tail = 2;
      if (lead == 0xe0) low = 0xa0;
      if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      tail = 3;
      if (lead == 0xf0) low = 0x90;
      if (lead == 0xf4) high = 0x8f;
    } else {
      return false;
    }
    for (size_t k = 1; k <= tail; ++k, low = 0x80, high = 0xbf) {
      if (byte(i + k) < low || byte(i + k) > high) return false;
    }
    i += tail + 1;
  }
  return true;
}

std::string as_block(const Ustar& header) {
  return {reinterpret_cast<const char*>(&header), sizeof header};
}

std::string pax_header(const std::string& records) {
  Ustar header{};
  put_text(header.name, "PaxHeaders/entry");
  put_octal(header.mode, 0644);
  put_octal(header.uid, 0);
  put_octal(header.gid, 0);
  put_octal(header.size, static_cast<int64_t>(records.size()));
  put_octal(header.mtime, 0);
  header.type = 'x';
  std::memcpy(header.magic, "ustar", 6);
  std::memcpy(header.version, "00", 2);
  put_checksum(header);
  return as_block(header) + records + std::string(tar_padding(static_cast<int64_t>(records.size())), '\0');
}

}  // namespace

TarEntry tar_entry(const std::string& name, const struct stat& status) {
  TarEntry entry;
  entry.name = name;
  entry.mode = status.st_mode & 07777;
  entry.uid = status.st_uid;
  entry.gid = status.st_gid;
  entry.mtime = status.st_mtim.tv_sec;
  return entry;
}

std::string tar_header(const TarEntry& entry) {
  Ustar header{};
  std::string records;  // keys in byte order, so that there is one form only
  const auto number = [&](auto& field, const char* key, int64_t value) {
    if (put_octal(field, value)) return;
    put_octal(field, 0);
    records += pax_record(key, std::to_string(value));
  };
  std::string xattr_records;
  for (const auto& [name, value] : entry.xattrs) xattr_records += pax_record("SCHILY.xattr." + name, value);

  records += xattr_records;
  number(header.gid, "gid", entry.gid);
  const bool long_name = !put_text(header.name, entry.name), long_link = !put_text(header.link, entry.link);
  if ((long_name && !is_utf8(entry.name)) || (long_link && !is_utf8(entry.link))) {
    records += pax_record("hdrcharset", "BINARY");
  }
  if (long_link) records += pax_record("linkpath", entry.link);
  number(header.mtime, "mtime", entry.mtime);
  if (long_name) records += pax_record("path", entry.name);
  number(header.size, "size", entry.size);
  number(header.uid, "uid", entry.uid);

  put_octal(header.mode, entry.mode & 07777);
  header.type = static_cast<char>(entry.type);
  std::memcpy(header.magic, "ustar", 6);
  std::memcpy(header.version, "00", 2);
  put_octal(header.device_major, entry.device_major);
  put_octal(header.device_minor, entry.device_minor);
  put_checksum(header);
  return records.empty() ? as_block(header) : pax_header(records) + as_block(header);
}

size_t tar_padding(int64_t size) {
  const size_t over = static_cast<size_t>(size) % kTarBlock;
  return over == 0 ? 0 : kTarBlock - over;
}

std::string tar_trailer() {
  return std::string(2 * kTarBlock, '\0');
}

}  // namespace engine
