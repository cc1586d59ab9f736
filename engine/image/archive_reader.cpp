#include "engine/image/archive_reader.h"

#include <cerrno>

#include "engine/error.h"
#include "engine/image/entry_path.h"

namespace engine {

namespace {

constexpr size_t kBuffer = 256 * 1024;
// A map of a million holes is half of it.
constexpr int64_t kLargestHeader = 16 << 20;

}  // namespace

Utf8Locale::Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
  if (locale_ == nullptr)
    throw Error(Error::Kind::kUnavailable, "the locale C.UTF-8 is missing (package libc-bin)");
  before_ = ::uselocale(locale_);
}

Utf8Locale::~Utf8Locale() {
  ::uselocale(before_);
  ::freelocale(locale_);
}

TarReader::TarReader(ByteSource source, std::string name, Format format)
    : source_(std::move(source)), name_(std::move(name)), buffer_(kBuffer), reader_(archive_read_new()) {
  if (!reader_) throw Error(Error::Kind::kInternal, "cannot read archives: out of memory");
  archive* a = reader_.get();
  archive_read_support_format_tar(a);
  if (format == Format::kTarOrCpio) archive_read_support_format_cpio(a);
  if (archive_read_open(a, this, nullptr, &TarReader::read, nullptr) == ARCHIVE_OK) return;
  check_source();
  refuse_archive(a, name_);
}

// Nothing may be thrown through libarchive: kept for later.
la_ssize_t TarReader::read(archive* a, void* self, const void** data) {
  auto* reader = static_cast<TarReader*>(self);
  try {
    const size_t n = reader->source_(reader->buffer_.data(), reader->buffer_.size());
    if (reader->header_bytes_ >= 0 && (reader->header_bytes_ += static_cast<int64_t>(n)) > kLargestHeader) {
      throw Error(Error::Kind::kInvalid, "archive " + reader->name_ +
                                             ": an entry has a header of more than " +
                                             std::to_string(kLargestHeader) + " bytes");
    }
    *data = reader->buffer_.data();
    return static_cast<la_ssize_t>(n);
  } catch (...) {
    reader->failure_ = std::current_exception();
    archive_set_error(a, ECANCELED, "%s", "the source failed");
    return -1;
  }
}

void TarReader::check_source() {
  if (failure_) std::rethrow_exception(failure_);
}

bool TarReader::is_readable() {
  header_bytes_ = 0;
  archive_entry* entry = nullptr;
  const int result = archive_read_next_header(reader_.get(), &entry);
  return result == ARCHIVE_OK || result == ARCHIVE_WARN;  // a warning: unpacking tells what is wrong with it
}

archive_entry* TarReader::next() {
  archive* a = reader_.get();
  if (in_entry_ && archive_read_data_skip(a) == ARCHIVE_FATAL) check_source();
  header_bytes_ = 0;
  archive_entry* entry = nullptr;
  const int result = archive_read_next_header(a, &entry);
  header_bytes_ = -1;
  check_source();
  if (result == ARCHIVE_EOF) return nullptr;
  // A warning means that libarchive could not keep something of the header, such as a name that is not UTF-8.
  if (result != ARCHIVE_OK) refuse_archive(a, name_);
  in_entry_ = true;
  return entry;
}

bool TarReader::next_block(const std::string& entry, const void** data, size_t* size, la_int64_t* offset) {
  const int result = archive_read_data_block(reader_.get(), data, size, offset);
  if (result == ARCHIVE_OK) return true;
  check_source();
  if (result == ARCHIVE_EOF) return false;
  const char* why = archive_error_string(reader_.get());
  refuse_entry(entry, why != nullptr ? why : "its content cannot be read");
}

void refuse_archive(archive* a, const std::string& name) {
  const char* why = archive_error_string(a);
  throw Error(Error::Kind::kInvalid, "archive " + name + ": " + (why != nullptr ? why : "cannot be read") +
                                         "; is it a whole tar archive?");
}

void ArchiveGuard::admit(archive_entry* entry, const std::string& name) {
  constexpr int64_t kInodeCost = 1024;  // an entry without content takes room too
  if (++entries_ > limits_.entries) {
    refuse_entry(name, "the archive has more than " + std::to_string(limits_.entries) + " entries");
  }
  const int64_t size = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : 0;
  if (size < 0 || size > limits_.total_bytes - total_) {
    refuse_entry(name, "the archive unpacks to more than " + std::to_string(limits_.total_bytes) + " bytes");
  }
  total_ += size + kInodeCost;
  if (total_ - limits_.slack_bytes > raw_bytes_() * limits_.ratio) {
    refuse_entry(name, "the archive unpacks to more than " + std::to_string(limits_.ratio) +
                           " times its size; it looks like a decompression bomb");
  }
}

}  // namespace engine
