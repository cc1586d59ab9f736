// ISA-L, loaded by the commands that unpack what comes from registries only.
#include <isa-l.h>

#include "sys/late_library.h"

namespace {
constexpr sys::LateLibrary kIsal("libisal.so.2");
}  // namespace

SYS_LATE_FUNCTION(kIsal, void, isal_inflate_init, (inflate_state * state), (state))
SYS_LATE_FUNCTION(kIsal, void, isal_inflate_reset, (inflate_state * state), (state))
SYS_LATE_FUNCTION(kIsal, int, isal_inflate, (inflate_state * state), (state))
