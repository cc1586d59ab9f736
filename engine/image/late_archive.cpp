// libarchive brings a dozen libraries along: it is loaded by the commands that read archives only.
#include <archive.h>
#include <archive_entry.h>

#include <cstdarg>

#include "sys/late_library.h"

namespace {
constexpr sys::LateLibrary kArchive("libarchive.so.13");
}  // namespace

SYS_LATE_FUNCTION(kArchive, int, archive_entry_acl_next,
                  (archive_entry * entry, int first, int* second, int* third, int* fourth, int* fifth,
                   const char** sixth),
                  (entry, first, second, third, fourth, fifth, sixth))
SYS_LATE_FUNCTION(kArchive, int, archive_entry_acl_reset, (archive_entry * entry, int first), (entry, first))
SYS_LATE_FUNCTION(kArchive, int, archive_entry_acl_types, (archive_entry * entry), (entry))
SYS_LATE_FUNCTION(kArchive, mode_t, archive_entry_filetype, (archive_entry * entry), (entry))
SYS_LATE_FUNCTION(kArchive, la_int64_t, archive_entry_gid, (archive_entry * entry), (entry))
SYS_LATE_FUNCTION(kArchive, const char*, archive_entry_hardlink, (archive_entry * entry), (entry))
SYS_LATE_FUNCTION(kArchive, time_t, archive_entry_mtime, (archive_entry * entry), (entry))
SYS_LATE_FUNCTION(kArchive, long, archive_entry_mtime_nsec, (archive_entry * entry), (entry))
SYS_LATE_FUNCTION(kArchive, const char*, archive_entry_pathname, (archive_entry * entry), (entry))
SYS_LATE_FUNCTION(kArchive, mode_t, archive_entry_perm, (archive_entry * entry), (entry))
SYS_LATE_FUNCTION(kArchive, dev_t, archive_entry_rdevmajor, (archive_entry * entry), (entry))
SYS_LATE_FUNCTION(kArchive, dev_t, archive_entry_rdevminor, (archive_entry * entry), (entry))
SYS_LATE_FUNCTION(kArchive, la_int64_t, archive_entry_size, (archive_entry * entry), (entry))
SYS_LATE_FUNCTION(kArchive, int, archive_entry_size_is_set, (archive_entry * entry), (entry))
SYS_LATE_FUNCTION(kArchive, const char*, archive_entry_symlink, (archive_entry * entry), (entry))
SYS_LATE_FUNCTION(kArchive, la_int64_t, archive_entry_uid, (archive_entry * entry), (entry))
SYS_LATE_FUNCTION(kArchive, int, archive_entry_xattr_next,
                  (archive_entry * entry, const char** first, const void** second, size_t* third),
                  (entry, first, second, third))
SYS_LATE_FUNCTION(kArchive, int, archive_entry_xattr_reset, (archive_entry * entry), (entry))
SYS_LATE_FUNCTION(kArchive, const char*, archive_error_string, (archive * reader), (reader))
SYS_LATE_FUNCTION(kArchive, la_int64_t, archive_filter_bytes, (archive * reader, int first), (reader, first))
SYS_LATE_FUNCTION(kArchive, int, archive_read_data_block,
                  (archive * reader, const void** first, size_t* second, la_int64_t* third),
                  (reader, first, second, third))
SYS_LATE_FUNCTION(kArchive, int, archive_read_data_skip, (archive * reader), (reader))
SYS_LATE_FUNCTION(kArchive, int, archive_read_free, (archive * reader), (reader))
SYS_LATE_FUNCTION(kArchive, archive*, archive_read_new, (), ())
SYS_LATE_FUNCTION(kArchive, int, archive_read_next_header, (archive * reader, archive_entry** first),
                  (reader, first))
SYS_LATE_FUNCTION(kArchive, int, archive_read_open,
                  (archive * reader, void* data, archive_open_callback* first, archive_read_callback* second,
                   archive_close_callback* third),
                  (reader, data, first, second, third))
SYS_LATE_FUNCTION(kArchive, int, archive_read_open_fd, (archive * reader, int first, size_t second),
                  (reader, first, second))
SYS_LATE_FUNCTION(kArchive, int, archive_read_support_filter_bzip2, (archive * reader), (reader))
SYS_LATE_FUNCTION(kArchive, int, archive_read_support_filter_compress, (archive * reader), (reader))
SYS_LATE_FUNCTION(kArchive, int, archive_read_support_filter_gzip, (archive * reader), (reader))
SYS_LATE_FUNCTION(kArchive, int, archive_read_support_filter_lz4, (archive * reader), (reader))
SYS_LATE_FUNCTION(kArchive, int, archive_read_support_filter_lzma, (archive * reader), (reader))
SYS_LATE_FUNCTION(kArchive, int, archive_read_support_filter_xz, (archive * reader), (reader))
SYS_LATE_FUNCTION(kArchive, int, archive_read_support_filter_zstd, (archive * reader), (reader))
SYS_LATE_FUNCTION(kArchive, int, archive_read_support_format_cpio, (archive * reader), (reader))
SYS_LATE_FUNCTION(kArchive, int, archive_read_support_format_tar, (archive * reader), (reader))
SYS_LATE_FUNCTION(kArchive, int, archive_read_support_format_raw, (archive * reader), (reader))

// Its arguments after the format are one text here, always.
extern "C" void archive_set_error(archive* reader, int number, const char* format, ...) {
  static const auto kFunction =
      reinterpret_cast<decltype(&archive_set_error)>(kArchive.find("archive_set_error"));
  va_list arguments;
  va_start(arguments, format);
  kFunction(reader, number, format, va_arg(arguments, const char*));
  va_end(arguments);
}
