#pragma once
// Values written as text: booleans, numbers, durations, byte sizes. Functions named read_ give nothing when
// the text is no such value; those named parse_ throw ValueError, which says what is allowed.
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "parser/project.h"

namespace parser {

class ValueError : public std::runtime_error {
 public:
  explicit ValueError(const std::string& message, std::string hint = "")
      : std::runtime_error(message), hint_(std::move(hint)) {}
  const std::string& hint() const noexcept { return hint_; }

 private:
  std::string hint_;
};

// true false yes no on off y n, in any case.
std::optional<bool> read_boolean(std::string_view text);
// Decimal, with sign.
std::optional<int64_t> read_integer(std::string_view text);
std::optional<double> read_number(std::string_view text);

// "1m30s", "500ms", "1.5h": units us, ms, s, m, h, d, w.
Duration parse_duration(const std::string& text);
// The way Go prints it: "1m30s", "500ms", "0s".
std::string format_duration(Duration duration);

// "512m", "1.5gb", "64KiB", "100": units b, k, m, g, t, p of 1024.
int64_t parse_bytes(const std::string& text);

// Permissions in octal: "0700", "1777", "0o700".
uint32_t parse_octal_mode(const std::string& text);

// "did you mean 'x'?" for the closest candidate, or for the only one of whose parts ("service_healthy") the
// word is one; else empty.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace parser
