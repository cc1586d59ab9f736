#pragma once
// The `--name=value` words between an instruction and its arguments. Source: the Dockerfile reference.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/build/place.h"

namespace engine::build {

// The flags an instruction has.
struct FlagNames {
  std::vector<std::string> values = {};    // --name=value, once
  std::vector<std::string> lists = {};     // --name=value, any number of times
  std::vector<std::string> switches = {};  // --name, --name=true, --name=false
  // Those of the Dockerfile reference that this builder refuses: name, and what to do instead (empty: not
  // yet).
  std::vector<std::pair<std::string, std::string>> refused = {};
};

class Flags {
 public:
  // Takes the flags off the front of `rest`. Throws engine::Error(kInvalid) at `place`.
  Flags(std::string& rest, const std::string& keyword, const FlagNames& names, const Place& place,
        char escape);

  std::string get(const std::string& name) const;  // "" when not given
  std::vector<std::string> all(const std::string& name) const;
  std::optional<bool> is_on(const std::string& name) const;  // of a switch; nothing when not given
  std::optional<int64_t> duration_ms(const std::string& name) const;
  std::optional<int> count(const std::string& name) const;

 private:
  struct Flag {
    std::string name, value;
  };
  const Flag* find(const std::string& name) const;
  void add(const std::string& word, const FlagNames& names);

  std::string keyword_;
  Place place_;
  std::vector<Flag> flags_;
};

// The first word of `rest`, quotes and escapes resolved, taken off together with the blanks behind it.
std::string take_flag_word(std::string& rest, char escape);

// Go's notation: "1h30m", "5s", "100ms", "1.5s". Nothing when malformed.
std::optional<int64_t> parse_duration_ms(const std::string& text);

}  // namespace engine::build
