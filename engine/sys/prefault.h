#pragma once
// Memory a program is known to use, with its pages: given by one call they cost half of what they do when
// each is missed by itself, on hosts where the page tables are kept in software; elsewhere not more.
#include <cstddef>

namespace sys {

// The next bytes that malloc(3) will hand out, at most 100 KB below what its top keeps ready (M_TOP_PAD), and
// the next ones of the calling thread's stack. Does what it can.
void prefault(size_t heap, size_t stack) noexcept;

// About so much is going to be allocated in small pieces, for long: it comes in pages of 2 MB, where the
// kernel has them, as it is used. For a megabyte and more, and 30 at most; calls do not add up.
void expect_heap(size_t bytes) noexcept;

}  // namespace sys
