#include "engine/link_environment.h"

#include <algorithm>

#include "engine/letter_case.h"

namespace engine {

namespace {

using Port = std::pair<uint16_t, std::string>;

// tcp first, then by protocol and number.
bool comes_before(const Port& a, const Port& b) {
  if (a.second != b.second) return a.second == "tcp" || (b.second != "tcp" && a.second < b.second);
  return a.first < b.first;
}

bool follows(const Port& port, const Port& before) {
  return port.second == before.second && port.first == before.first + 1;
}

class Variables {
 public:
  explicit Variables(const LinkedContainer& linked) : linked_(linked), prefix_(upper_case(linked.alias)) {
    std::replace(prefix_.begin(), prefix_.end(), '-', '_');
  }

  void add(const std::string& name, const std::string& value) {
    made_.push_back(prefix_ + '_' + name + '=' + value);
  }
  std::string url(const Port& port) const {
    return port.second + "://" + linked_.address + ':' + std::to_string(port.first);
  }

  void add_port(const Port& port) {
    const std::string name = name_of(port);
    add(name, url(port));
    add(name + "_ADDR", linked_.address);
    add(name + "_PORT", std::to_string(port.first));
    add(name + "_PROTO", port.second);
  }

  void add_range(const Port& first, const Port& last) {
    const std::string name = name_of(first);
    add(name + "_START", url(first));
    add(name + "_PORT_START", std::to_string(first.first));
    add(name + "_END", url(last));
    add(name + "_PORT_END", std::to_string(last.first));
  }

  std::vector<std::string> take() { return std::move(made_); }

 private:
  static std::string name_of(const Port& port) {
    return "PORT_" + std::to_string(port.first) + '_' + upper_case(port.second);
  }

  const LinkedContainer& linked_;
  std::string prefix_;
  std::vector<std::string> made_;
};

}  // namespace

std::vector<std::string> link_environment(LinkedContainer linked) {
  std::vector<Port>& ports = linked.ports;
  std::sort(ports.begin(), ports.end(), comes_before);
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  Variables variables(linked);
  if (!ports.empty()) variables.add("PORT", variables.url(ports.front()));
  for (size_t first = 0; first < ports.size();) {
    size_t end = first;
    do variables.add_port(ports[end++]);
    while (end < ports.size() && follows(ports[end], ports[end - 1]));
    if (end - first > 1) variables.add_range(ports[first], ports[end - 1]);
    first = end;
  }
  variables.add("NAME", linked.name);
  for (const std::string& entry : linked.env) {
    const size_t equals = entry.find('=');
    const std::string name = entry.substr(0, equals);
    if (equals == std::string::npos || name == "HOME" || name == "PATH") continue;
    variables.add("ENV_" + name, entry.substr(equals + 1));
  }
  return variables.take();
}

}  // namespace engine
