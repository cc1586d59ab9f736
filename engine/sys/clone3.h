#pragma once
// man 2 clone3 for a child that shares the caller's memory.
#include <linux/sched.h>

namespace sys {

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
constexpr bool kSharesMemory = true;
#else
constexpr bool kSharesMemory = false;
#endif

// Makes a child with a stack of its own (arguments.stack), on which it calls `main(argument)`, which must not
// return. Returns the child's number, or the negative errno. Only where kSharesMemory.
long clone3_into(clone_args& arguments, void (*main)(const void*), const void* argument) noexcept;

}  // namespace sys
