#pragma once
// A line of a Dockerfile, and errors that point at it.
#include <string>

namespace engine::build {

struct Place {
  std::string file;  // as the user named it
  int line = 0;      // from 1

  std::string to_string() const { return file + ":" + std::to_string(line); }
};

// Throws engine::Error(kInvalid) "<file>:<line>: <message>".
[[noreturn]] void fail_at(const Place& place, const std::string& message);

// ". Did you mean 'COPY'?" when one of `known` is near enough to `word` by edit distance (case does not
// count), else "".
template <typename Names>
std::string did_you_mean(const std::string& word, const Names& known);

// Edit distance with transpositions, without regard to case.
size_t edit_distance(const std::string& a, const std::string& b);

template <typename Names>
std::string did_you_mean(const std::string& word, const Names& known) {
  std::string best;
  size_t best_distance = word.size() <= 3 ? 2 : 3;  // exclusive
  for (const auto& name : known) {
    const size_t distance = edit_distance(word, name);
    if (distance < best_distance) {
      best_distance = distance;
      best = name;
    }
  }
  return best.empty() ? "" : ". Did you mean '" + best + "'?";
}

}  // namespace engine::build
