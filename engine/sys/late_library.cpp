#include "sys/late_library.h"

#include <dlfcn.h>

#include <atomic>
#include <cerrno>

#include "sys/error.h"

namespace sys {
namespace {

std::atomic<void (*)()> start_over_instead = nullptr;

}  // namespace

void* LateLibrary::find(const char* function) const {
  want_libraries();
  // Loading what is loaded already only counts it once more.
  void* library = ::dlopen(file_, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) throw Error(ENOENT, "dlopen", file_);
  void* address = ::dlsym(library, function);
  if (address == nullptr) throw Error(ENOENT, "dlsym", std::string(function) + " in " + file_);
  return address;
}

void want_libraries() {
  const auto start_over = start_over_instead.load();
  if (start_over == nullptr) return;
  start_over();
  throw Error(ENOTSUP, "load a library", "this command has changed something already; please report it");
}

bool has_no_libraries() {
  return start_over_instead.load() != nullptr;
}

void instead_of_libraries(void (*start_over)()) {
  start_over_instead = start_over;
}

}  // namespace sys
