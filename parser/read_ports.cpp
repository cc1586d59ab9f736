#include <algorithm>
#include <cctype>

#include "parser/attribute.h"
#include "parser/names.h"
#include "parser/port_syntax.h"
#include "parser/units.h"

namespace parser {

namespace {

Port read_port(const Section& section) {
  Port port;
  port.mark = section.node().mark();
  const auto with = [&](const char* name, const auto& read) {
    if (const Node* node = section.find(name))
      section.reader().guard(*node, section.place(name), [&] { read(node->text); });
  };
  with("target", [&](const std::string& text) {
    const PortRange range = parse_port_range(text, "container port");
    if (range.size() > 1)
      throw ValueError("'target' is one port, '" + text + "' is a range", "ranges are for the short form");
    port.target = range.first;
  });
  with("published", [&](const std::string& text) {
    if (text.empty() || text == "0") return;
    const PortRange range = parse_port_range(text, "host port");
    port.published = range.first;
    port.published_end = range.last;
  });
  with("host_ip", [&](const std::string& text) {
    if (!text.empty()) check_host_ip(text);
    port.host_ip = text;
  });
  with("protocol", [&](const std::string& text) {
    std::string lower = text;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    check_protocol(lower);
    port.protocol = lower;
  });
  section.choice("mode", "mode", port.mode, {"ingress", "host"});
  section.text("name", port.name);
  section.text("app_protocol", port.app_protocol);
  section.require("target", "port without 'target', the port in the container");
  port.extensions = section.extensions();
  return port;
}

}  // namespace

void read_ports(const At& at) {
  for (size_t i = 0; i < at.node.items.size(); ++i) {
    const Path path = at.path.index(i);
    at.service.ports.push_back(read_port(Section(at.reader, at.node.items[i], path)));
  }
}

}  // namespace parser
