#include "parser/attribute.h"
#include "parser/units.h"

namespace parser {

namespace {

std::vector<std::string> read_test(const Node& node) {
  if (node.is_scalar()) return {"CMD-SHELL", node.text};
  std::vector<std::string> test;
  for (const Node& item : node.items) test.push_back(item.text);
  if (test.empty()) return test;
  const std::string& kind = test.front();
  if (kind != "NONE" && kind != "CMD" && kind != "CMD-SHELL") {
    const std::string hint = did_you_mean(kind, {"NONE", "CMD", "CMD-SHELL"});
    throw ValueError("a test that is a list starts with CMD, CMD-SHELL or NONE, not '" + kind + "'", hint);
  }
  if (kind != "NONE" && test.size() == 1) throw ValueError(kind + " without a command");
  constexpr size_t kShellTest = 2;
  if (kind == "CMD-SHELL" && test.size() > kShellTest)
    throw ValueError("CMD-SHELL takes one string", "use CMD for a list of words");
  return test;
}

// 0 stands for the default.
void read_period(const Section& section, const char* name, std::optional<Duration>& into) {
  using namespace std::chrono_literals;
  section.duration(name, into);
  if (into && *into != 0s && *into < 1ms)
    section.error_at(name, "'" + section.find(name)->text + "' is shorter than a millisecond");
}

}  // namespace

void read_healthcheck(const At& at) {
  const Section section = at.section();
  HealthCheck check;
  section.flag("disable", check.disable);
  if (const Node* test = section.find("test"))
    at.reader.guard(*test, section.place("test"), [&] { check.test = read_test(*test); });
  read_period(section, "interval", check.interval);
  read_period(section, "timeout", check.timeout);
  read_period(section, "start_period", check.start_period);
  read_period(section, "start_interval", check.start_interval);
  section.integer("retries", check.retries, 0, INT32_MAX);
  check.extensions = section.extensions();
  at.service.healthcheck = std::move(check);
}

}  // namespace parser
