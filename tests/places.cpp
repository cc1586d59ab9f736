#include "places.h"

namespace places {

std::string source(const std::string& path) {
  return SOURCE_DIR "/" + path;
}

std::string program(const std::string& name) {
  return PROGRAM_DIR "/" + name;
}

}  // namespace places
