// Devices of the host that the container gets. Source: Compose Specification, "devices",
// "device_cgroup_rules"; Container Device Interface, "qualified device names".
#include <algorithm>
#include <cctype>

#include "parser/attribute.h"
#include "parser/units.h"

namespace parser {

namespace {

// "vendor.com/class=name"
bool is_cdi_name(const std::string& text) {
  const size_t slash = text.find('/');
  const size_t equals = text.find('=');
  return slash != std::string::npos && slash > 0 && equals != std::string::npos && equals > slash + 1 &&
         equals + 1 < text.size() && std::isalpha(static_cast<unsigned char>(text[0])) != 0;
}

void check_permissions(const std::string& text) {
  const bool good = !text.empty() && std::all_of(text.begin(), text.end(), [&text](char c) {
    return std::string_view("rwm").find(c) != std::string_view::npos &&
           std::count(text.begin(), text.end(), c) == 1;
  });
  if (!good)
    throw ValueError("invalid device permissions '" + text + "'", "of r (read), w (write), m (mknod): rwm");
}

Device read_device(const Section& section) {
  Device device;
  device.mark = section.node().mark();
  device.permissions = "rwm";
  section.require("source", "device without 'source', the path on the host");
  section.text("source", device.source);
  section.text("target", device.target);
  const bool by_path = !is_cdi_name(device.source);
  if (by_path && !device.source.empty() && device.source[0] != '/')
    section.error_at("source",
                     "'" + device.source + "' is neither an absolute path of the host nor a CDI name",
                     "write /dev/ttyUSB0 or vendor.com/class=name");
  if (device.target.empty()) device.target = device.source;
  if (by_path && !device.target.empty() && device.target[0] != '/' && device.target != device.source)
    section.error_at("target", "'" + device.target + "' is not an absolute path of the container");
  if (const Node* permissions = section.find("permissions"))
    section.reader().guard(*permissions, section.place("permissions"), [&] {
      check_permissions(permissions->text);
      device.permissions = permissions->text;
    });
  device.extensions = section.extensions();
  return device;
}

bool is_device_number(const std::string& text) {
  return text == "*" || (!text.empty() && std::all_of(text.begin(), text.end(),
                                                      [](unsigned char c) { return std::isdigit(c) != 0; }));
}

// "c 1:3 rwm": type (all, char, block), major:minor, access.
void check_rule(const std::string& rule) {
  constexpr size_t kNumbers = 2;  // where they begin
  const size_t blank = rule.find(' ', kNumbers);
  const size_t colon = rule.find(':');
  const bool parts = rule.size() > kNumbers &&
                     std::string_view("abc").find(rule[0]) != std::string_view::npos && rule[1] == ' ' &&
                     blank != std::string::npos && colon < blank;
  if (!parts || !is_device_number(rule.substr(kNumbers, colon - kNumbers)) ||
      !is_device_number(rule.substr(colon + 1, blank - colon - 1)))
    throw ValueError("invalid device rule '" + rule + "'",
                     "write type major:minor access: 'c 1:3 rwm', 'a *:* r'");
  check_permissions(rule.substr(blank + 1));
}

}  // namespace

void read_host_devices(const At& at) {
  for (size_t i = 0; i < at.node.items.size(); ++i) {
    const Path path = at.path.index(i);
    at.service.devices.push_back(read_device(Section(at.reader, at.node.items[i], path)));
  }
}

void read_device_cgroup_rules(const At& at) {
  at.each([&](const Node& item) {
    check_rule(item.text);
    at.service.device_cgroup_rules.push_back(item.text);
  });
}

}  // namespace parser
