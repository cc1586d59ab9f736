#pragma once
// Variables and quotes in the words of an instruction. Source: the Dockerfile reference, "Environment
// replacement". Forms: $v ${v} ${v:-x} ${v-x} ${v:+x} ${v+x} ${v:?x} ${v?x} ${v#p} ${v##p} ${v%p} ${v%%p}
// ${v/p/x} ${v//p/x};
// \$v and '$v' stand for themselves.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/build/place.h"

namespace engine::build {

class Expander {
 public:
  using Lookup = std::function<std::optional<std::string>(const std::string& name)>;
  // `unset` hears of names without a value that were replaced by nothing; may be empty.
  Expander(Lookup lookup, char escape, std::function<void(const std::string& name)> unset = {})
      : lookup_(std::move(lookup)), escape_(escape), unset_(std::move(unset)) {}

  // Quotes removed, variables replaced. Throws engine::Error(kInvalid) at `place`: unclosed quote or brace,
  // bad form, ${v:?message}.
  std::string word(const std::string& text, const Place& place) const;
  // As word(), but split at blanks outside quotes, also those that come out of a variable.
  std::vector<std::string> words(const std::string& text, const Place& place) const;
  // Variables replaced, quotes kept: the content of a here-document.
  std::string content(const std::string& text, const Place& place) const;

 private:
  Lookup lookup_;
  char escape_;
  std::function<void(const std::string&)> unset_;
};

}  // namespace engine::build
