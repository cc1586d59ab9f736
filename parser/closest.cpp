#include <algorithm>
#include <cctype>
#include <numeric>

#include "parser/load.h"

namespace parser {

namespace {

bool equal_but_for_case(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours count 1 each.
size_t distance(const std::string& a, const std::string& b) {
  std::vector<size_t> two_back(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], two_back[j - 2] + 1);
    }
    two_back.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string closest(const std::string& word, const std::vector<std::string>& candidates) {
  for (const std::string& candidate : candidates)
    if (equal_but_for_case(word, candidate)) return candidate;
  size_t best = std::max<size_t>(1, word.size() / 3) + 1;
  std::string found;
  for (const std::string& candidate : candidates) {
    const size_t longer = std::max(word.size(), candidate.size());
    if (longer - std::min(word.size(), candidate.size()) >= best) continue;
    const size_t steps = distance(word, candidate);
    // A word all of whose letters change is no typo: "web" is not meant by "db".
    if (steps >= best || steps >= longer) continue;
    best = steps;
    found = candidate;
  }
  return found;
}

}  // namespace parser
