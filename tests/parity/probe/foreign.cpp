// The other ways into an x86-64 kernel: int 0x80 with the numbers of i386, and those of x32. A filter that
// forgets them lets through there what it refuses here.
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "probe.h"

namespace probe {

#ifdef __x86_64__

namespace {

long i386(long number, uint32_t a = 0, uint32_t b = 0, uint32_t c = 0, uint32_t d = 0, uint32_t e = 0) {
  long result = 0;
  // NOLINTNEXTLINE(hicpp-no-assembler): there is no other way to this entry
  asm volatile("int $0x80"
               : "=a"(result)
               : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
               : "memory", "r8", "r9", "r10", "r11");
  const int told = static_cast<int>(result);
  if (told < 0 && told > -4096) {
    errno = -told;
    return -1;
  }
  return told;
}

// Pointers have to fit in 32 bits.
uint32_t low(const void* bytes, size_t size) {
  void* const page =
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  if (page == MAP_FAILED) return 0;
  std::memcpy(page, bytes, size);
  return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(page));
}

uint32_t low(const char* text) {
  return low(text, std::strlen(text) + 1);
}

long socketcall(uint32_t family, uint32_t type) {
  const uint32_t arguments[3] = {family, type, 0};
  return i386(102, 1, low(arguments, sizeof arguments));
}

long reaped(long pid) {
  if (pid == 0) ::_exit(0);
  return pid;
}

void try_i386() {
  attempt("i386.getpid", [] { return i386(20); });
  attempt("i386.mount", [] { return i386(21, low("none"), low("/tmp"), low("tmpfs"), 0, 0); });
  attempt("i386.stime", [] { return i386(25, 0); });
  attempt("i386.umount", [] { return i386(22, low("/.no-such-file")); });
  attempt("i386.chroot", [] { return i386(61, low("/")); });
  attempt("i386.iopl", [] { return i386(110, 3); });
  attempt("i386.vm86old", [] { return i386(113, 0); });
  attempt("i386.clone.user", [] { return reaped(i386(120, 0x10000000 | 17)); });
  attempt("i386.modify_ldt", [] { return i386(123, 0, low(""), 16); });
  attempt("i386.personality.40000", [] { return i386(136, 0x40000); });
  attempt("i386.personality.query", [] { return i386(136, 0xffffffff); });
  attempt("i386.vm86", [] { return i386(166, 0, 0); });
  attempt("i386.keyctl", [] { return i386(288, 0, static_cast<uint32_t>(-3), 0, 0, 0); });
  attempt("i386.unshare.user", [] { return i386(310, 0x10000000); });
  attempt("i386.setns", [] { return i386(346, static_cast<uint32_t>(-1), 0); });
  attempt("i386.bpf", [] { return i386(357, 0, 0, 0); });
  attempt("i386.open_by_handle_at", [] { return i386(342, static_cast<uint32_t>(-100), 0, 0); });
  attempt("i386.clock_settime64", [] { return i386(404, 1, 0); });
  attempt("i386.clone3", [] { return reaped(i386(435, 0, 0)); });
  attempt("i386.io_uring_setup", [] { return i386(425, 1, 0); });
  attempt("i386.socketcall.inet", [] { return socketcall(2, 1); });
  attempt("i386.socketcall.alg", [] { return socketcall(38, 5); });
  attempt("i386.socketcall.vsock", [] { return socketcall(40, 1); });
  attempt("i386.socket.inet", [] { return i386(359, 2, 1, 0); });
  attempt("i386.socket.alg", [] { return i386(359, 38, 5, 0); });
  attempt("i386.socket.vsock", [] { return i386(359, 40, 1, 0); });
  attempt("i386.statx", [] { return i386(383, static_cast<uint32_t>(-1), 0, 0, 0, 0); });
  attempt("i386.clock_gettime64", [] { return i386(403, 0, low("0123456789abcdef")); });
  attempt("i386.futex_waitv", [] { return i386(449); });
  attempt("i386.fchmodat2",
          [] { return i386(452, static_cast<uint32_t>(-100), low("/.no-such-file"), 0644, 0x100); });
  attempt("i386.unknown", [] { return i386(700); });
}

constexpr long kX32 = 0x40000000;

void try_x32() {
  attempt("x32.getpid", [] { return ::syscall(kX32 | 39); });
  attempt("x32.mount", [] { return ::syscall(kX32 | 165, "none", "/tmp", "tmpfs", 0UL, nullptr); });
  attempt("x32.unshare.user", [] { return ::syscall(kX32 | 272, 0x10000000UL); });
  attempt("x32.ptrace", [] { return ::syscall(kX32 | 521, 0, 0, 0, 0); });
  attempt("x32.keyctl", [] { return ::syscall(kX32 | 250, 0, -3, 0, 0, 0); });
  attempt("x32.unknown", [] { return ::syscall(kX32 | 700); });
}

}  // namespace

void try_foreign_calls() {
  try_i386();
  try_x32();
}

#else

void try_foreign_calls() {}

#endif

}  // namespace probe
