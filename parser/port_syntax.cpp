#include "parser/port_syntax.h"

#include <algorithm>
#include <cctype>

#include "parser/address.h"
#include "parser/units.h"

namespace parser {

namespace {

const char* const kShape = "write [[ip:]host:]container[/protocol]: \"8080:80\"";

uint16_t parse_number(const std::string& text, const std::string& what) {
  constexpr int kLast = 65535;
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(),
                                                   [](unsigned char c) { return std::isdigit(c) != 0; });
  if (!digits) throw ValueError("invalid " + what + " '" + text + "'", kShape);
  const auto number = read_integer(text);
  if (!number || *number < 1 || *number > kLast)
    throw ValueError(what + " " + text + " is out of range (1 to 65535)");
  return static_cast<uint16_t>(*number);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts{""};
  for (char c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

// Takes the address and the ':' behind it off the front of "ip:host:container".
std::string take_host_ip(std::string& text) {
  const size_t last = text.rfind(':');
  const size_t end = last == std::string::npos || last == 0 ? std::string::npos : text.rfind(':', last - 1);
  if (end == std::string::npos) return "";
  std::string address = text.substr(0, end);
  text.erase(0, end + 1);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']')
    address = address.substr(1, address.size() - 2);
  if (!address.empty()) check_host_ip(address);
  return address;
}

}  // namespace

PortRange parse_port_range(const std::string& text, const std::string& what) {
  const size_t dash = text.find('-');
  if (dash == std::string::npos) {
    const uint16_t port = parse_number(text, what);
    return {port, port};
  }
  const PortRange range{parse_number(text.substr(0, dash), what), parse_number(text.substr(dash + 1), what)};
  if (range.first > range.last) throw ValueError("range '" + text + "' runs backwards");
  return range;
}

void check_host_ip(const std::string& text) {
  if (!read_address(text))
    throw ValueError("invalid host address '" + text + "'",
                     "write an IP address: 127.0.0.1, in short forms [::1]");
}

void check_protocol(const std::string& text) {
  if (text == "tcp" || text == "udp" || text == "sctp") return;
  const std::string hint = did_you_mean(text, {"tcp", "udp", "sctp"});
  throw ValueError("unknown protocol '" + text + "'", hint.empty() ? "known are tcp, udp, sctp" : hint);
}

std::vector<PortForm> parse_port(const std::string& text) {
  std::string rest = text;
  PortForm form;
  form.protocol = "tcp";
  if (const size_t slash = rest.rfind('/'); slash != std::string::npos) {
    form.protocol = rest.substr(slash + 1);
    std::transform(form.protocol.begin(), form.protocol.end(), form.protocol.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    check_protocol(form.protocol);
    rest.erase(slash);
  }
  form.host_ip = take_host_ip(rest);
  const std::vector<std::string> parts = split(rest, ':');
  const PortRange target = parse_port_range(parts.back(), "container port");
  PortRange host;
  const std::string published = parts.size() > 1 ? parts[0] : "";
  if (!published.empty() && published != "0") host = parse_port_range(published, "host port");
  if (host.first != 0 && target.size() > 1 && host.size() != target.size())
    throw ValueError("'" + text + "': " + std::to_string(host.size()) + " host ports for " +
                         std::to_string(target.size()) + " container ports",
                     "the ranges must be of one length");

  std::vector<PortForm> forms;
  for (int i = 0; i < target.size(); ++i) {
    form.target = static_cast<uint16_t>(target.first + i);
    form.published = host;
    if (target.size() > 1 && host.first != 0)
      form.published.first = form.published.last = static_cast<uint16_t>(host.first + i);
    forms.push_back(form);
  }
  return forms;
}

Node port_node(const PortForm& form, Location at) {
  Node node = Node::map(at);
  const auto add = [&](const char* key, const std::string& value) {
    node.set(key, at, Node::scalar(value, at));
  };
  if (!form.host_ip.empty()) add("host_ip", form.host_ip);
  add("target", std::to_string(form.target));
  node.entries.back().value.plain = true;
  if (form.published.first != 0)
    add("published", form.published.size() == 1
                         ? std::to_string(form.published.first)
                         : std::to_string(form.published.first) + "-" + std::to_string(form.published.last));
  add("protocol", form.protocol);
  return node;
}

bool reads_as_base_60(const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0 || text[0] == '0') return false;
  const std::string last = text.substr(colon + 1);
  const auto digits = [](const std::string& part) {
    return !part.empty() &&
           std::all_of(part.begin(), part.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  };
  constexpr size_t kTwoDigits = 2;
  return digits(text.substr(0, colon)) && digits(last) && last.size() <= kTwoDigits && std::stoi(last) < 60;
}

}  // namespace parser
