#pragma once
// A shared library that is loaded when the first of its functions is called. For libraries that most commands
// do without and that bring many others along: the dynamic loader takes about 0.1 ms for each, on every
// start. Source: man 3 dlopen.
#include <string>

namespace sys {

class LateLibrary {
 public:
  // `file`: the soname ("libarchive.so.13"), as a program that links with it asks for.
  explicit constexpr LateLibrary(const char* file) : file_(file) {}

  // The address of a function; loads the library, which stays until the program ends. Throws sys::Error
  // (ENOENT) when the library or the function is not there, and as want_libraries. Any thread.
  void* find(const char* function) const;

 private:
  const char* file_;
};

// To be called before what only a dynamically linked program can do: nothing there. Of a static one it calls
// what instead_of_libraries was given, which either does not return, as the process goes on as another
// program, or returns: then sys::Error (ENOTSUP) is thrown. Any thread.
void want_libraries();
bool has_no_libraries();  // it is such a program
void instead_of_libraries(void (*start_over)());

}  // namespace sys

// Defines the C function `name` as one that calls its namesake in `library`, a sys::LateLibrary: the program
// then does not link with that library. The header of the library must be included before, so that the
// compiler compares the two.
#define SYS_LATE_FUNCTION(library, result, name, parameters, arguments)                     \
  extern "C" result name parameters {                                                       \
    static const auto kFunction = reinterpret_cast<decltype(&name)>((library).find(#name)); \
    return kFunction arguments;                                                             \
  }
