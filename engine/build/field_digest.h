#pragma once
// SHA-256 of a sequence of fields. Each field goes in with its length, so that no two sequences are alike by
// where their fields join.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/image/digest.h"

namespace engine::build {

class FieldDigest {
 public:
  FieldDigest& add(uint64_t number) {
    hash_.update(&number, sizeof number);
    return *this;
  }
  FieldDigest& add(std::string_view field) {
    add(uint64_t{field.size()});
    hash_.update(field.data(), field.size());
    return *this;
  }
  // 64 hex digits; ends the computation.
  std::string hex() { return hash_.hex(); }

 private:
  Sha256 hash_;
};

}  // namespace engine::build
