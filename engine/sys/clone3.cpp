#include "sys/clone3.h"

#include <sys/syscall.h>

#include <cerrno>

namespace sys {

#if defined(__x86_64__)
// The child must not return into the caller's frame, which is still in use.
long clone3_into(clone_args& arguments, void (*main)(const void*), const void* argument) noexcept {
  long result = SYS_clone3;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "mov %[argument], %%rdi\n\t"
      "call *%[main]\n\t"
      "ud2\n"
      "1:"
      : "+a"(result)
      : "D"(&arguments), "S"(sizeof arguments), [main] "r"(main), [argument] "r"(argument)
      : "rcx", "r11", "memory", "cc");
  return result;
}
#else
long clone3_into(clone_args& /*arguments*/, void (* /*main*/)(const void*),
                 const void* /*argument*/) noexcept {
  return -ENOSYS;
}
#endif

}  // namespace sys
