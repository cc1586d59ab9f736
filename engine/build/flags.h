#pragma once
// The `--name=value` words between an instruction and its arguments.
#include <optional>
#include <string>
#include <vector>

#include "engine/build/place.h"

namespace engine::build {

class Flags {
 public:
  // Takes the flags off the front of `rest`. `known` are the ones the instruction supports, `later` those of
  // the Dockerfile reference that this builder refuses by name. Throws engine::Error(kInvalid) at `place`.
  Flags(std::string& rest, const std::string& keyword, const std::vector<std::string>& known,
        const std::vector<std::string>& later, const Place& place, char escape);

  std::string get(const std::string& name) const;  // "" when not given
  std::optional<int64_t> duration_ms(const std::string& name) const;
  std::optional<int> count(const std::string& name) const;

 private:
  struct Flag {
    std::string name, value;
  };
  const Flag* find(const std::string& name) const;
  Place place_;
  std::vector<Flag> flags_;
};

// The first word of `rest`, quotes and escapes resolved, taken off together with the blanks behind it.
std::string take_flag_word(std::string& rest, char escape);

// Go's notation: "1h30m", "5s", "100ms", "1.5s". Nothing when malformed.
std::optional<int64_t> parse_duration_ms(const std::string& text);

}  // namespace engine::build
