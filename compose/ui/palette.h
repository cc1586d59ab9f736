#pragma once
// Colours. A service keeps its colour whatever other services are shown beside it, unless two would get the
// same.
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace compose::ui {

enum class Style { kNone, kGreen, kYellow, kRed, kBlue, kDim };

// `text` in the style; as it is when `enabled` is false.
std::string styled(std::string_view text, Style style, bool enabled);

class Palette {
 public:
  explicit Palette(bool enabled) : enabled_(enabled) {}
  // The service's colour code put around `text`.
  std::string paint(const std::string& service, std::string_view text);

 private:
  bool enabled_;
  std::map<std::string, size_t> chosen_;
  std::set<size_t> used_;
};

}  // namespace compose::ui
