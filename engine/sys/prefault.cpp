#include "sys/prefault.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace sys {

namespace {

constexpr uintptr_t kPage = 4096;

void populate(uintptr_t begin, uintptr_t end) noexcept {
  begin &= ~(kPage - 1);
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_WRITE);
}

}  // namespace

void prefault(size_t heap, size_t stack) noexcept {
  if (heap > 0) {
    constexpr size_t kFromTop = 100000;  // no piece that was freed is that large yet
    void* const top = std::malloc(kFromTop);
    const auto begin = reinterpret_cast<uintptr_t>(top);
    const auto limit = reinterpret_cast<uintptr_t>(::sbrk(0));
    if (top != nullptr && begin < limit) populate(begin, std::min<uintptr_t>(begin + heap, limit));
    std::free(top);
  }
  if (stack > 0) {
    const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    populate(here - stack, here);
  }
}

void expect_heap(size_t bytes) noexcept {
  constexpr size_t kLeast = 1 << 20, kMost = 30 << 20;  // what malloc takes for M_MMAP_THRESHOLD is 32 MB
  if (bytes < kLeast) return;
  const size_t size = std::min(bytes, kMost);
  // In one piece at the top, which stays when it is freed.
  ::mallopt(M_MMAP_THRESHOLD, static_cast<int>(size + kPage));
  ::mallopt(M_TOP_PAD, static_cast<int>(size));
  void* const top = std::malloc(size);
  if (top == nullptr) return;
  const auto begin = (reinterpret_cast<uintptr_t>(top) + kPage - 1) & ~(kPage - 1);
  const auto limit = reinterpret_cast<uintptr_t>(::sbrk(0)) & ~(kPage - 1);
  if (begin < limit) ::madvise(reinterpret_cast<void*>(begin), limit - begin, MADV_HUGEPAGE);
  std::free(top);
}

}  // namespace sys
