#include "parser/reader.h"
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

}  // namespace

void read_healthcheck(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  HealthCheck check;
  if (const Node* disable = node.find("disable")) check.disable = reader.flag(*disable, path.key("disable"));
  if (const Node* test = node.find("test"))
    reader.guard(*test, path.key("test"), [&] { check.test = read_test(*test); });
  const auto duration = [&](const char* name, std::optional<Duration>& into) {
    if (const Node* value = node.find(name)) into = reader.duration(*value, path.key(name));
  };
  duration("interval", check.interval);
  duration("timeout", check.timeout);
  duration("start_period", check.start_period);
  duration("start_interval", check.start_interval);
  if (const Node* retries = node.find("retries"))
    check.retries = static_cast<int>(reader.integer(*retries, path.key("retries"), 0, INT32_MAX));
  draft.service.healthcheck = std::move(check);
}

}  // namespace parser
