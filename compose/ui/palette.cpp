#include "compose/ui/palette.h"

#include <cstdint>

namespace compose::ui {
namespace {

// Red is left to errors.
constexpr const char* kColours[] = {"36", "33", "32", "35", "34", "96", "93", "92", "95", "94"};

size_t home_of(const std::string& service) {
  uint32_t hash = 2166136261U;  // FNV-1a
  for (const char c : service) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash % std::size(kColours);
}

}  // namespace

std::string styled(std::string_view text, Style style, bool enabled) {
  if (!enabled || style == Style::kNone || text.empty()) return std::string(text);
  const char* code = "0";
  switch (style) {
    case Style::kGreen:
      code = "32";
      break;
    case Style::kYellow:
      code = "33";
      break;
    case Style::kRed:
      code = "31";
      break;
    case Style::kBlue:
      code = "34";
      break;
    case Style::kDim:
      code = "2";
      break;
    case Style::kNone:
      break;
  }
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

std::string Palette::paint(const std::string& service, std::string_view text) {
  if (!enabled_) return std::string(text);
  auto found = chosen_.find(service);
  if (found == chosen_.end()) {
    size_t colour = home_of(service);
    if (used_.size() < std::size(kColours)) {
      while (used_.count(colour) != 0) colour = (colour + 1) % std::size(kColours);
    }
    used_.insert(colour);
    found = chosen_.emplace(service, colour).first;
  }
  return "\x1b[" + std::string(kColours[found->second]) + "m" + std::string(text) + "\x1b[0m";
}

}  // namespace compose::ui
