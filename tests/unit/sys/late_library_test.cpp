#include "sys/late_library.h"

#include <catch2/catch.hpp>
#include <cerrno>

#include "sys/error.h"

TEST_CASE("a late library gives its functions and says what is missing") {
  constexpr sys::LateLibrary kMath("libm.so.6");
  const auto cosine = reinterpret_cast<double (*)(double)>(kMath.find("cos"));
  CHECK(cosine(0) == 1.0);
  CHECK_THROWS_WITH(kMath.find("no_such_function"), Catch::Contains("no_such_function in libm.so.6"));
  constexpr sys::LateLibrary kNone("libno-such.so.1");
  CHECK_THROWS_WITH(kNone.find("f"), Catch::Contains("libno-such.so.1"));
}
