#pragma once
// What the tests of `compose run` share.
#include <string>

#include "sandbox.h"

namespace it {

inline constexpr char kApp[] = R"(
services:
  app:
    image: busybox
    command: ["echo", "from the file"]
    environment: {GREETING: file, KEPT: kept}
    restart: always
    ports: ["8123:80"]
    container_name: the-app
    stop_grace_period: 0s
    depends_on: [db]
  db:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
  off:
    image: busybox
    command: ["echo", "off"]
    profiles: [never]
)";

}  // namespace it
