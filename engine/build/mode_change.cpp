#include "engine/build/mode_change.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>

namespace engine::build {
namespace {

constexpr mode_t kPermissions = 07777;
constexpr mode_t kUmask = 022;
constexpr mode_t kAnyExecute = 0111;

std::optional<mode_t> parse_octal(const std::string& text) {
  unsigned mode = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, mode, 8);
  if (error != std::errc() || stop != end || mode > kPermissions) return std::nullopt;
  return mode;
}

// The bits that belong to a class; u has the set-user-id bit, g the set-group-id bit, a all and sticky.
mode_t class_mask(char who) {
  switch (who) {
    case 'u':
      return S_ISUID | S_IRWXU;
    case 'g':
      return S_ISGID | S_IRWXG;
    case 'o':
      return S_ISVTX | S_IRWXO;
    case 'a':
      return kPermissions;
    default:
      return 0;
  }
}

mode_t permission_bits(char permission) {
  switch (permission) {
    case 'r':
      return 0444;
    case 'w':
      return 0222;
    case 'x':
      return kAnyExecute;
    case 's':
      return S_ISUID | S_ISGID;
    case 't':
      return S_ISVTX;
    default:
      return 0;
  }
}

// The rwx bits of one class, spread over all three.
mode_t spread(mode_t mode, char from) {
  const unsigned shift = from == 'u' ? 6 : from == 'g' ? 3 : 0;
  return ((mode >> shift) & 7) * kAnyExecute;
}

}  // namespace

std::optional<ModeChange> ModeChange::parse(const std::string& text) {
  ModeChange change;
  change.text_ = text;
  if (text.empty()) return std::nullopt;
  if (std::isdigit(static_cast<unsigned char>(text[0])) != 0) {
    change.fixed_ = parse_octal(text);
    if (!change.fixed_) return std::nullopt;
    change.text_ = std::to_string(*change.fixed_);
    return change;
  }
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    if (!parse_clause(text.substr(at, comma - at), change.clauses_)) return std::nullopt;
    at = comma + 1;
  }
  return change;
}

// "ug+rX-w": who, then any number of operations.
bool ModeChange::parse_clause(const std::string& text, std::vector<Clause>& clauses) {
  size_t at = 0;
  mode_t who = 0;
  while (at < text.size() && class_mask(text[at]) != 0) who |= class_mask(text[at++]);
  // chmod(1): without a class the umask's bits stay as they are.
  if (at == 0) who = kPermissions & ~kUmask;
  if (at >= text.size()) return false;
  while (at < text.size()) {
    Clause clause;
    clause.who = who;
    clause.operation = text[at++];
    if (std::string_view("+-=").find(clause.operation) == std::string_view::npos) return false;
    if (at < text.size() && std::string_view("ugo").find(text[at]) != std::string_view::npos) {
      clause.copy_from = text[at++];
    }
    for (; clause.copy_from == 0 && at < text.size(); ++at) {
      if (text[at] == 'X') {
        clause.execute_if_any = true;
      } else if (const mode_t bits = permission_bits(text[at])) {
        clause.bits |= bits;
      } else {
        break;
      }
    }
    clauses.push_back(clause);
  }
  return true;
}

mode_t ModeChange::apply(mode_t mode, bool is_dir) const {
  mode &= kPermissions;
  if (fixed_) return *fixed_;
  for (const Clause& clause : clauses_) {
    mode_t bits = clause.copy_from != 0 ? spread(mode, clause.copy_from) : clause.bits;
    if (clause.execute_if_any && (is_dir || (mode & kAnyExecute) != 0)) bits |= kAnyExecute;
    bits &= clause.who;
    if (clause.operation == '+') mode |= bits;
    if (clause.operation == '-') mode &= ~bits;
    if (clause.operation == '=') mode = (mode & ~clause.who) | bits;
  }
  return mode;
}

}  // namespace engine::build
