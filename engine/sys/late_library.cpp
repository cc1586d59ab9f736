#include "sys/late_library.h"

#include <dlfcn.h>

#include <cerrno>

#include "sys/error.h"

namespace sys {

void* LateLibrary::find(const char* function) const {
  // Loading what is loaded already only counts it once more.
  void* library = ::dlopen(file_, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) throw Error(ENOENT, "dlopen", file_);
  void* address = ::dlsym(library, function);
  if (address == nullptr) throw Error(ENOENT, "dlsym", std::string(function) + " in " + file_);
  return address;
}

}  // namespace sys
