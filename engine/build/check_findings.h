#pragma once
// The findings of one run of the build checks, and the two passes that make them.
#include <set>
#include <string>

#include "engine/build/checks.h"

namespace engine::build {

class CheckFindings {
 public:
  // `settings`: "skip=A,B;error=true;experimental=C". Throws engine::Error(kInvalid) that begins with
  // `origin`.
  CheckFindings(const std::string& settings, const std::string& origin);

  // Is left out when the rule is.
  void add(const std::string& rule, const Place& place, const std::string& message);
  bool experimental(const std::string& rule) const;
  CheckReport finish() &&;

 private:
  std::set<std::string> skip_, experimental_;  // lower case
  CheckReport report_;
};

// check_words.cpp: what can be seen from the words alone.
void check_words(const Dockerfile& file, CheckFindings& findings);

// check_values.cpp: what depends on which variables there are and what they hold.
void check_values(const Dockerfile& file, const BuildRequest& request, const IgnoreRules& rules,
                  const FindConfig& find_config, CheckFindings& findings);

}  // namespace engine::build
