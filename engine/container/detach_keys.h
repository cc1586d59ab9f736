#pragma once
// The keys by which who is attached to a terminal lets go of it and the program runs on. Pure.
#include <string>
#include <string_view>

namespace engine {

inline constexpr char kDefaultDetachKeys[] = "ctrl-p,ctrl-q";

// Docker's notation, keys with commas between: a letter or sign itself, "ctrl-" with a letter or one of
// @ [ \ ] ^ _, or DEL. Gives the bytes they send; those of the default for "". Throws engine::Error(kInvalid)
// that names the key and its place.
std::string parse_detach_keys(const std::string& text);

// Finds them in what is typed.
class DetachKeys {
 public:
  // The bytes; empty: nothing is ever found.
  explicit DetachKeys(std::string keys) : keys_(std::move(keys)) {}

  // Appends to `out` what is for the program. What may be the beginning of the keys is held back until it is
  // known. True when the keys are complete: they and what follows are for nobody.
  bool take(std::string_view typed, std::string& out);
  // No more will be typed: what is held back is for the program.
  void finish(std::string& out);

 private:
  std::string keys_;
  size_t matched_ = 0;  // so many of the keys are held back
};

}  // namespace engine
