#include "parser/source.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "parser/report.h"

namespace parser {

namespace {

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

int count_characters(std::string_view bytes) {
  return static_cast<int>(
      std::count_if(bytes.begin(), bytes.end(), [](char c) { return !is_continuation(c); }));
}

// How many bytes of `text` are ASCII, from its beginning. Most files are nothing else.
size_t ascii_prefix(std::string_view text) {
  size_t i = 0;
  for (uint64_t block = 0; i + sizeof block <= text.size(); i += sizeof block) {
    std::memcpy(&block, text.data() + i, sizeof block);
    if ((block & 0x8080808080808080U) != 0) break;
  }
  while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) ++i;
  return i;
}

// Length of the UTF-8 sequence that `lead` opens; 0 for a byte that opens none.
size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

uint32_t code_point(std::string_view sequence) {
  if (sequence.size() == 1) return static_cast<unsigned char>(sequence[0]);
  uint32_t value = static_cast<unsigned char>(sequence[0]) & (0xFFU >> (sequence.size() + 1));
  for (char c : sequence.substr(1)) value = (value << 6) | (static_cast<unsigned char>(c) & 0x3FU);
  return value;
}

// Unicode East Asian Width W and F, in whole blocks: enough to put a caret under the right character.
bool is_wide(uint32_t c) {
  static constexpr struct {
    uint32_t first, last;
  } kWide[] = {{0x1100, 0x115F}, {0x2E80, 0xA4CF}, {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
               {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}};
  return std::any_of(std::begin(kWide), std::end(kWide),
                     [c](const auto& range) { return c >= range.first && c <= range.last; });
}

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) static_cast<void>(std::fclose(file));
  }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

std::string too_large() {
  return "is larger than " + std::to_string(kMaxFileSize >> 20) + " MiB, which no Compose file needs";
}

// Empty on success, else what is wrong.
std::string read_bytes(const std::string& path, std::string& bytes) {
  File file(path == "-" ? stdin : std::fopen(path.c_str(), "re"));
  if (!file) return errno == ENOENT ? "no such file" : std::strerror(errno);
  struct stat status {};
  if (fstat(fileno(file.get()), &status) != 0) return std::strerror(errno);
  if (S_ISDIR(status.st_mode)) return "is a directory, not a file";
  if (S_ISREG(status.st_mode) && static_cast<size_t>(status.st_size) > kMaxFileSize) return too_large();
  char block[65536];
  for (size_t got = 0; (got = std::fread(block, 1, sizeof block, file.get())) > 0;) {
    if (bytes.size() + got > kMaxFileSize) return too_large();
    bytes.append(block, got);
  }
  return std::ferror(file.get()) ? std::strerror(errno) : "";
}

bool looks_like_utf16(std::string_view bytes) {
  if (bytes.substr(0, 2) == "\xFF\xFE" || bytes.substr(0, 2) == "\xFE\xFF") return true;
  // Without a byte order mark: ASCII text in UTF-16 has a NUL in one byte of each pair.
  return bytes.size() >= 4 && ((bytes[0] == 0) != (bytes[1] == 0)) && ((bytes[2] == 0) != (bytes[3] == 0)) &&
         (bytes[0] == 0) == (bytes[2] == 0);
}

}  // namespace

Source::Source(std::string name, std::string text, std::vector<Origin> chain)
    : name_(std::move(name)), text_(std::move(text)), chain_(std::move(chain)) {
  if (text_.rfind("\xEF\xBB\xBF", 0) == 0) text_.erase(0, 3);
  ascii_ = ascii_prefix(text_) == text_.size();
  starts_.push_back(0);
  for (size_t end = 0; (end = text_.find('\n', end)) != std::string::npos;) starts_.push_back(++end);
}

std::string_view Source::line(int number) const {
  if (number < 1 || number > line_count()) return {};
  const size_t start = starts_[number - 1];
  size_t end = number == line_count() ? text_.size() : starts_[number] - 1;
  if (end > start && text_[end - 1] == '\r') --end;
  return std::string_view(text_).substr(start, end - start);
}

Mark Source::mark_at(size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const int line = static_cast<int>(next - starts_.begin());
  const size_t start = starts_[line - 1];
  return {name_, line, count_characters(std::string_view(text_).substr(start, offset - start)) + 1};
}

size_t Source::offset_of(int line, int byte_column) const {
  if (line < 0) return 0;
  if (line >= line_count()) return text_.size();
  return std::min(starts_[line] + static_cast<size_t>(std::max(0, byte_column)), text_.size());
}

Location Source::locate(int line, int byte_column) const {
  // Counting characters for each node of one endless line would take quadratic time.
  constexpr int kCounted = 1000;
  if (byte_column > kCounted) return {this, line + 1, byte_column + 1};
  const size_t end = offset_of(line, byte_column);
  line = std::clamp(line, 0, line_count() - 1);  // the scanner may be past the end
  const size_t start = offset_of(line, 0);
  if (ascii_) return {this, line + 1, static_cast<int>(end - start) + 1};
  return {this, line + 1, count_characters(std::string_view(text_).substr(start, end - start)) + 1};
}

Mark Location::mark() const {
  return source == nullptr ? Mark{} : Mark{source->name(), line, column};
}

std::vector<Origin> Location::chain_to(Origin::Kind kind) const {
  std::vector<Origin> chain{{kind, mark()}};
  if (source != nullptr) chain.insert(chain.end(), source->chain().begin(), source->chain().end());
  return chain;
}

const Source* read_source(Report& report, const std::string& path, const std::string& name) {
  return read_source(report, path, name, Mark{name, 0, 0}, "");
}

const Source* read_source(Report& report, const std::string& path, const std::string& name, const Mark& place,
                          const std::string& where, std::vector<Origin> chain) {
  std::string bytes;
  if (const std::string problem = read_bytes(path, bytes); !problem.empty()) {
    report.error(place, where, place.file == name ? problem : name + ": " + problem);
    return nullptr;
  }
  if (looks_like_utf16(bytes)) {
    report.add_source(name, "", std::move(chain));
    report.error({name, 1, 1}, "", "the file is in UTF-16", "save it as UTF-8");
    return nullptr;
  }
  const Source& source = report.add_source(name, std::move(bytes), std::move(chain));
  if (const size_t nul = source.text().find('\0'); nul != std::string::npos) {
    report.error(source.mark_at(nul), "", "NUL byte: this is not a text file");
    return nullptr;
  }
  if (const size_t bad = find_invalid_utf8(source.text()); bad != std::string::npos) {
    report.error(source.mark_at(bad), "", "byte that is not valid UTF-8", "save the file as UTF-8");
    return nullptr;
  }
  return &source;
}

std::string blank_up_to(std::string_view line, int column) {
  std::string blank;
  for (size_t i = 0; i < line.size() && column > 1; --column) {
    const size_t length = std::max<size_t>(1, sequence_length(static_cast<unsigned char>(line[i])));
    if (line[i] == '\t')
      blank += '\t';
    else
      blank += is_wide(code_point(line.substr(i, length))) ? "  " : " ";
    i += length;
  }
  return blank;
}

size_t find_invalid_utf8(std::string_view text) {
  for (size_t i = ascii_prefix(text); i < text.size();) {
    const size_t length = sequence_length(static_cast<unsigned char>(text[i]));
    if (length == 0 || i + length > text.size()) return i;
    for (size_t k = 1; k < length; ++k)
      if (!is_continuation(text[i + k])) return i;
    const uint32_t c = code_point(text.substr(i, length));
    // Overlong forms, surrogates and values past Unicode (RFC 3629, section 3).
    if ((length == 3 && c < 0x800) || (length == 4 && (c < 0x10000 || c > 0x10FFFF)) ||
        (c >= 0xD800 && c < 0xE000))
      return i;
    i += length;
  }
  return std::string::npos;
}

}  // namespace parser
