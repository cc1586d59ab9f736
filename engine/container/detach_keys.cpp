#include "engine/container/detach_keys.h"

#include "engine/error.h"

namespace engine {

namespace {

constexpr std::string_view kControl = "ctrl-";
constexpr std::string_view kControlSigns =
    "@abcdefghijklmnopqrstuvwxyz[\\]^_";  // in the order of their codes
constexpr char kDelete = 127;

// -1: there is no such key.
int code_of(std::string_view key) {
  if (key.size() == 1) return static_cast<unsigned char>(key[0]);
  if (key == "DEL") return kDelete;
  if (key.size() != kControl.size() + 1 || key.substr(0, kControl.size()) != kControl) return -1;
  const size_t code = kControlSigns.find(key.back());
  return code == std::string_view::npos ? -1 : static_cast<int>(code);
}

}  // namespace

std::string parse_detach_keys(const std::string& text) {
  if (text.empty()) return parse_detach_keys(kDefaultDetachKeys);
  std::string keys;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    const std::string key = text.substr(at, end - at);
    const int code = code_of(key);
    if (code < 0) {
      throw Error(Error::Kind::kInvalid, "invalid detach keys '" + text + "': '" + key + "' at character " +
                                             std::to_string(at + 1) +
                                             " is no key; write single characters, ctrl-a to ctrl-z, ctrl-@, "
                                             "ctrl-[, ctrl-\\, ctrl-], ctrl-^, ctrl-_ or DEL, with commas "
                                             "between");
    }
    keys += static_cast<char>(code);
    at = end + 1;
  }
  return keys;
}

bool DetachKeys::take(std::string_view typed, std::string& out) {
  if (keys_.empty()) {
    out += typed;
    return false;
  }
  for (const char byte : typed) {
    while (byte != keys_[matched_] && matched_ > 0) {
      // The longest end of what is held back that begins the keys anew stays; the rest was meant for the
      // program.
      const std::string_view held = std::string_view(keys_).substr(0, matched_);
      size_t keep = matched_ - 1;
      while (keep > 0 && held.substr(matched_ - keep) != held.substr(0, keep)) --keep;
      out += held.substr(0, matched_ - keep);
      matched_ = keep;
    }
    if (byte != keys_[matched_]) {
      out += byte;
    } else if (++matched_ == keys_.size()) {
      return true;
    }
  }
  return false;
}

void DetachKeys::finish(std::string& out) {
  out.append(keys_, 0, matched_);
  matched_ = 0;
}

}  // namespace engine
