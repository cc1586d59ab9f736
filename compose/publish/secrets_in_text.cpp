#include "compose/publish/secrets_in_text.h"

#include <algorithm>
#include <cctype>
#include <regex>

namespace compose {
namespace {

struct Pattern {
  const char* kind;
  std::regex expression;
};

const std::vector<Pattern>& patterns() {
  static const std::vector<Pattern> all{
      {"AWS client id",
       std::regex("\\b(A3T[A-Z0-9]|AKIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ASIA)[A-Z0-9]{16}\\b")},
      {"AWS secret key",
       std::regex("aws[^A-Za-z0-9]?[^\"']{0,30}[\"'][0-9a-zA-Z/+]{40}[\"']", std::regex::icase)},
      {"GitHub token", std::regex("\\b(gh[pousr]_[0-9a-zA-Z]{36}|github_pat_[0-9a-zA-Z_]{22,255})")},
      {"JSON web token", std::regex("\\beyJ[A-Za-z0-9_-]{5,}\\.eyJ[A-Za-z0-9_-]{5,}\\.[A-Za-z0-9_-]{5,}")},
      {"private key", std::regex("-----BEGIN [A-Z ]{0,20}PRIVATE KEY( BLOCK)?-----")},
      {"URL with a password", std::regex("\\b[a-z][a-z0-9+.-]{1,20}://[^/\\s:@$]{1,100}:[^/\\s:@$]{1,100}@")},
  };
  return all;
}

// A regular expression takes stack for each character.
constexpr size_t kLongestLine = 2000;
constexpr size_t kShown = 8;

std::string beginning(const std::string& secret) {
  return secret.substr(0, std::min(kShown, secret.size() / 2)) + "...";
}

}  // namespace

std::vector<SuspectedSecret> secrets_in(std::string_view text) {
  std::vector<SuspectedSecret> found;
  int line = 0;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    ++line;
    const std::string part(text.substr(start, std::min(end - start, kLongestLine)));
    for (const Pattern& pattern : patterns()) {
      std::smatch match;
      if (std::regex_search(part, match, pattern.expression))
        found.push_back({pattern.kind, line, beginning(match.str())});
    }
    start = end + 1;
  }
  return found;
}

bool is_secret_name(const std::string& name) {
  std::string letters;  // without separators: API_KEY and apiKey are one
  for (const char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  static constexpr const char* kWords[] = {
      "password",  "passwd",    "passphrase", "secret",    "token",         "apikey",    "authkey",
      "accesskey", "secretkey", "privatekey", "masterkey", "encryptionkey", "credential"};
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&letters](const char* word) { return letters.find(word) != std::string::npos; });
}

bool is_literal(const std::string& written) {
  std::string value;
  for (size_t i = 0; i < written.size(); ++i) {
    const bool dollar = written[i] == '$' && i + 1 < written.size() && written[i + 1] == '$';
    value += dollar ? 'x' : written[i];
    if (dollar) ++i;
  }
  const auto outer = [](char c) { return std::isspace(static_cast<unsigned char>(c)) == 0; };
  return value.size() >= 3 && value.front() != '$' && value.back() != '}' && outer(value.front());
}

}  // namespace compose
