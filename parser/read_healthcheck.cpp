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
  // Docker takes it, and for `pg_isready -U me` the first word alone often does.
  constexpr size_t kShellTest = 2;
  if (check.test.size() > kShellTest && check.test.front() == "CMD-SHELL")
    section.warning_at(
        "test", "the shell of CMD-SHELL runs '" + check.test[1] + "' alone, what follows is $0, $1, ...",
        "write one string, or CMD with a list of words");
  read_period(section, "interval", check.interval);
  read_period(section, "timeout", check.timeout);
  read_period(section, "start_period", check.start_period);
  read_period(section, "start_interval", check.start_interval);
  section.integer("retries", check.retries, 0, INT32_MAX);
  check.extensions = section.extensions();
  at.service.healthcheck = std::move(check);
}

}  // namespace parser
