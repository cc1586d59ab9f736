#pragma once
// The tutorial's first image.
#include "sandbox.h"

namespace it {

// Builds yindong/hello-world, a static program in an image from scratch.
inline void build_hello_world(Sandbox& sandbox) {
  sandbox.file("hello.c", "#include <stdio.h>\n\nint main() {\n    printf(\"hello world\\n\");\n}\n");
  const std::string folder = sandbox.directory() + '/';
  REQUIRE(run({"gcc", "-static", folder + "hello.c", "-o", folder + "hello"}).code == 0);
  sandbox.file("Dockerfile", "FROM scratch\nADD hello /\nCMD [\"/hello\"]\n");
  sandbox.compose_file("services:\n  hello:\n    build: .\n    image: yindong/hello-world\n");
  sandbox.ok({"build"});
}

}  // namespace it
