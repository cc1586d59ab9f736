// libnftables is loaded by the commands that change or read rules only.
#include <nftables/libnftables.h>

#include "sys/late_library.h"

namespace {
constexpr sys::LateLibrary kNftables("libnftables.so.1");
}  // namespace

SYS_LATE_FUNCTION(kNftables, nft_ctx*, nft_ctx_new, (uint32_t flags), (flags))
SYS_LATE_FUNCTION(kNftables, void, nft_ctx_free, (nft_ctx * context), (context))
SYS_LATE_FUNCTION(kNftables, int, nft_ctx_buffer_output, (nft_ctx * context), (context))
SYS_LATE_FUNCTION(kNftables, int, nft_ctx_buffer_error, (nft_ctx * context), (context))
SYS_LATE_FUNCTION(kNftables, const char*, nft_ctx_get_output_buffer, (nft_ctx * context), (context))
SYS_LATE_FUNCTION(kNftables, const char*, nft_ctx_get_error_buffer, (nft_ctx * context), (context))
SYS_LATE_FUNCTION(kNftables, void, nft_ctx_output_set_flags, (nft_ctx * context, unsigned flags),
                  (context, flags))
SYS_LATE_FUNCTION(kNftables, int, nft_run_cmd_from_buffer, (nft_ctx * context, const char* commands),
                  (context, commands))
