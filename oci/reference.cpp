#include "oci/reference.h"

#include <algorithm>
#include <string_view>

namespace oci {

namespace {

constexpr std::string_view kDefaultRegistry = "docker.io";
constexpr std::string_view kLegacyRegistry = "index.docker.io";
constexpr std::string_view kOfficial = "library/";
constexpr std::string_view kIdPrefix = "sha256:";
constexpr size_t kMaxName = 255, kMaxTag = 128;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower_alnum(char c) {
  return is_lower(c) || is_digit(c);
}
bool is_alnum(char c) {
  return is_lower_alnum(c) || is_upper(c);
}

[[noreturn]] void refuse(const std::string& why) {
  throw ReferenceError(why);
}

bool is_hex_digest(std::string_view text) {
  constexpr size_t kDigits = 64;
  return text.size() == kDigits &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

// Letters and digits with "-" only between them.
bool is_host_label(std::string_view label) {
  return !label.empty() && is_alnum(label.front()) && is_alnum(label.back()) &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_alnum(c) || c == '-'; });
}

bool is_ipv6_literal(std::string_view host) {
  return host.size() > 4 && host.front() == '[' && host.back() == ']' &&
         std::all_of(host.begin() + 1, host.end() - 1, [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':';
         });
}

void check_registry(std::string_view registry) {
  std::string_view host = registry;
  const size_t colon = registry.rfind(':');
  if (colon != std::string_view::npos && registry.back() != ']') {
    const std::string_view port = registry.substr(colon + 1);
    if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), is_digit)) {
      refuse("the registry's port \"" + std::string(port) + "\" is not a number");
    }
    host = registry.substr(0, colon);
  }
  if (is_ipv6_literal(host)) return;
  for (size_t start = 0; start <= host.size();) {
    const size_t dot = std::min(host.find('.', start), host.size());
    if (!is_host_label(host.substr(start, dot - start))) {
      refuse("\"" + std::string(registry) + "\" is not a host name of a registry");
    }
    start = dot + 1;
  }
}

// Alphanumerics joined by one ".", one or two "_" or any number of "-".
void check_component(std::string_view component) {
  if (component.empty()) refuse("a part of the name between slashes is empty");
  if (std::any_of(component.begin(), component.end(), is_upper)) {
    refuse("the repository name must be lower case");
  }
  if (!is_lower_alnum(component.front()) || !is_lower_alnum(component.back())) {
    refuse("\"" + std::string(component) + "\" must begin and end with a letter or digit");
  }
  for (size_t i = 0; i < component.size();) {
    if (is_lower_alnum(component[i])) {
      ++i;
      continue;
    }
    const char separator = component[i];
    size_t run = 0;
    while (!is_lower_alnum(component[i])) {
      if (component[i] != separator) refuse("separators are mixed in \"" + std::string(component) + "\"");
      ++run;
      ++i;
    }
    const bool allowed = (separator == '.' && run == 1) || (separator == '_' && run <= 2) || separator == '-';
    if (!allowed) {
      refuse("\"" + std::string(component) +
             "\" may only hold a-z and 0-9, joined by \".\", \"_\", \"__\" or \"-\"");
    }
  }
}

void check_repository(std::string_view repository) {
  for (size_t start = 0; start <= repository.size();) {
    const size_t slash = std::min(repository.find('/', start), repository.size());
    check_component(repository.substr(start, slash - start));
    start = slash + 1;
  }
}

void check_tag(std::string_view tag) {
  if (tag.empty()) refuse("the tag after \":\" is empty");
  if (tag.size() > kMaxTag) refuse("the tag is longer than 128 characters");
  if (!is_alnum(tag.front()) && tag.front() != '_') {
    refuse("the tag must begin with a letter, a digit or \"_\"");
  }
  const bool valid = std::all_of(tag.begin(), tag.end(),
                                 [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
  if (!valid) refuse("the tag may only hold letters, digits, \"_\", \".\" and \"-\"");
}

// The part before the first slash names a registry when it could not be a repository of Docker Hub.
bool names_registry(std::string_view first) {
  return first == "localhost" || first.find_first_of(".:[") != std::string_view::npos ||
         std::any_of(first.begin(), first.end(), is_upper);
}

}  // namespace

Reference parse_reference(const std::string& text) {
  if (text.empty()) refuse("the name is empty");
  if (text.find("://") != std::string::npos) refuse("it is no URL, it begins with the registry's host");
  if (text.find_first_of(" \t\r\n") != std::string::npos) refuse("it holds white space");
  if (is_hex_digest(text)) refuse("64 hex digits name an image id, not a repository");

  Reference reference;
  std::string_view rest = text;
  if (const size_t at = rest.find('@'); at != std::string_view::npos) {
    reference.digest = rest.substr(at + 1);
    if (reference.digest.compare(0, kIdPrefix.size(), kIdPrefix) != 0 ||
        !is_hex_digest(std::string_view(reference.digest).substr(kIdPrefix.size()))) {
      refuse("the digest after \"@\" must be sha256: and 64 lower-case hex digits");
    }
    rest = rest.substr(0, at);
  }
  if (const size_t slash = rest.find('/');
      slash != std::string_view::npos && names_registry(rest.substr(0, slash))) {
    reference.registry = rest.substr(0, slash);
    rest = rest.substr(slash + 1);
    check_registry(reference.registry);
  }
  if (const size_t colon = rest.rfind(':'); colon != std::string_view::npos) {
    reference.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    check_tag(reference.tag);
  }
  check_repository(rest);
  reference.repository = rest;

  if (reference.registry.empty() || reference.registry == kLegacyRegistry)
    reference.registry = kDefaultRegistry;
  if (reference.registry == kDefaultRegistry && reference.repository.find('/') == std::string::npos) {
    reference.repository.insert(0, kOfficial);
  }
  if (reference.registry.size() + 1 + reference.repository.size() > kMaxName) {
    refuse("the name is longer than 255 characters");
  }
  if (reference.tag.empty() && reference.digest.empty()) reference.tag = "latest";
  return reference;
}

std::string nearest_reference(std::string_view text) {
  constexpr std::string_view kScheme = "://";
  if (const size_t scheme = text.find(kScheme); scheme != std::string_view::npos)
    text.remove_prefix(scheme + kScheme.size());
  constexpr std::string_view kNeverAtTheEnds = " \t\n/:@";
  const size_t first = text.find_first_not_of(kNeverAtTheEnds);
  if (first == std::string_view::npos) return {};
  std::string near(text.substr(first, text.find_last_not_of(kNeverAtTheEnds) + 1 - first));
  // Only a tag may have upper case, and a host.
  const size_t slash = near.find('/');
  const size_t name = slash != std::string::npos && near.find_first_of(".:") < slash ? slash : 0;
  const size_t end = std::min(near.find_first_of(":@", name), near.size());
  std::transform(near.begin() + static_cast<std::ptrdiff_t>(name),
                 near.begin() + static_cast<std::ptrdiff_t>(end),
                 near.begin() + static_cast<std::ptrdiff_t>(name),
                 [](char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; });
  try {
    parse_reference(near);
  } catch (const ReferenceError&) {
    return {};
  }
  return near;
}

bool is_image_id(std::string_view text) {
  if (text.substr(0, kIdPrefix.size()) == kIdPrefix) text.remove_prefix(kIdPrefix.size());
  return is_hex_digest(text);
}

}  // namespace oci
