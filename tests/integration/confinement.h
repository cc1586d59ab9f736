#pragma once
// What tests/parity/probe tells from inside a container of ours.
#include <map>
#include <string>

#include "sandbox.h"

namespace it {

class Confinement {
 public:
  // A service with these attributes (lines of YAML, indented by four) is started and runs the probe.
  Confinement(Sandbox& sandbox, const std::string& attributes);
  // A row's value; the test fails when there is none.
  std::string operator[](const std::string& row) const;
  bool has(const std::string& row) const { return rows_.contains(row); }
  const std::map<std::string, std::string>& rows() const { return rows_; }
  std::map<std::string, std::string> below(const std::string& prefix) const;

 private:
  std::map<std::string, std::string> rows_;
};

// The probe's arguments: what it cannot know of the host.
std::vector<std::string> outside_of_container();
std::map<std::string, std::string> rows_of(const std::string& output);

}  // namespace it
