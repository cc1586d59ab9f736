#include "engine/image/reference.h"

#include <algorithm>
#include <string_view>

#include "engine/error.h"
#include "engine/image/digest.h"

namespace engine {

namespace {

constexpr std::string_view kDefaultRegistry = "docker.io";
constexpr std::string_view kLegacyRegistry = "index.docker.io";
constexpr std::string_view kOfficial = "library/";
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

[[noreturn]] void refuse(const std::string& text, const std::string& why) {
  throw Error(Error::Kind::kInvalid, "image reference \"" + text + "\": " + why);
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

void check_registry(const std::string& text, std::string_view registry) {
  std::string_view host = registry;
  const size_t colon = registry.rfind(':');
  if (colon != std::string_view::npos && registry.back() != ']') {
    const std::string_view port = registry.substr(colon + 1);
    if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), is_digit)) {
      refuse(text, "the registry's port \"" + std::string(port) + "\" is not a number");
    }
    host = registry.substr(0, colon);
  }
  if (is_ipv6_literal(host)) return;
  for (size_t start = 0; start <= host.size();) {
    const size_t dot = std::min(host.find('.', start), host.size());
    if (!is_host_label(host.substr(start, dot - start))) {
      refuse(text, "\"" + std::string(registry) + "\" is not a host name of a registry");
    }
    start = dot + 1;
  }
}

// Alphanumerics joined by one ".", one or two "_" or any number of "-".
void check_component(const std::string& text, std::string_view component) {
  if (component.empty()) refuse(text, "a part of the name between slashes is empty");
  if (std::any_of(component.begin(), component.end(), is_upper)) {
    refuse(text, "the repository name must be lower case");
  }
  if (!is_lower_alnum(component.front()) || !is_lower_alnum(component.back())) {
    refuse(text, "\"" + std::string(component) + "\" must begin and end with a letter or digit");
  }
  for (size_t i = 0; i < component.size();) {
    if (is_lower_alnum(component[i])) {
      ++i;
      continue;
    }
    const char separator = component[i];
    size_t run = 0;
    while (!is_lower_alnum(component[i])) {
      if (component[i] != separator)
        refuse(text, "separators are mixed in \"" + std::string(component) + "\"");
      ++run;
      ++i;
    }
    const bool allowed = (separator == '.' && run == 1) || (separator == '_' && run <= 2) || separator == '-';
    if (!allowed) {
      refuse(text, "\"" + std::string(component) +
                       "\" may only hold a-z and 0-9, joined by \".\", \"_\", \"__\" or \"-\"");
    }
  }
}

void check_repository(const std::string& text, std::string_view repository) {
  for (size_t start = 0; start <= repository.size();) {
    const size_t slash = std::min(repository.find('/', start), repository.size());
    check_component(text, repository.substr(start, slash - start));
    start = slash + 1;
  }
}

void check_tag(const std::string& text, std::string_view tag) {
  if (tag.empty()) refuse(text, "the tag after \":\" is empty");
  if (tag.size() > kMaxTag) refuse(text, "the tag is longer than 128 characters");
  if (!is_alnum(tag.front()) && tag.front() != '_') {
    refuse(text, "the tag must begin with a letter, a digit or \"_\"");
  }
  const bool valid = std::all_of(tag.begin(), tag.end(),
                                 [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
  if (!valid) refuse(text, "the tag may only hold letters, digits, \"_\", \".\" and \"-\"");
}

// The part before the first slash names a registry when it could not be a repository of Docker Hub.
bool names_registry(std::string_view first) {
  return first == "localhost" || first.find_first_of(".:[") != std::string_view::npos ||
         std::any_of(first.begin(), first.end(), is_upper);
}

}  // namespace

std::string Reference::to_string() const {
  std::string text = registry + '/' + repository;
  if (!tag.empty()) text += ':' + tag;
  if (!digest.empty()) text += '@' + digest;
  return text;
}

std::string Reference::familiar_repository() const {
  if (registry != kDefaultRegistry) return registry + '/' + repository;
  const bool official = repository.compare(0, kOfficial.size(), kOfficial) == 0 &&
                        repository.find('/', kOfficial.size()) == std::string::npos;
  return official ? repository.substr(kOfficial.size()) : repository;
}

std::string Reference::familiar() const {
  std::string text = familiar_repository();
  if (!tag.empty()) text += ':' + tag;
  if (!digest.empty()) text += '@' + digest;
  return text;
}

Reference parse_reference(const std::string& text) {
  if (text.empty()) throw Error(Error::Kind::kInvalid, "image reference: the name is empty");
  if (is_sha256_hex(text)) refuse(text, "64 hex digits name an image id, not a repository");

  Reference reference;
  std::string_view rest = text;
  if (const size_t at = rest.find('@'); at != std::string_view::npos) {
    reference.digest = rest.substr(at + 1);
    if (digest_hex(reference.digest).empty()) {
      refuse(text, "the digest after \"@\" must be sha256: and 64 lower-case hex digits");
    }
    rest = rest.substr(0, at);
  }
  if (const size_t slash = rest.find('/');
      slash != std::string_view::npos && names_registry(rest.substr(0, slash))) {
    reference.registry = rest.substr(0, slash);
    rest = rest.substr(slash + 1);
    check_registry(text, reference.registry);
  }
  if (const size_t colon = rest.rfind(':'); colon != std::string_view::npos) {
    reference.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    check_tag(text, reference.tag);
  }
  check_repository(text, rest);
  reference.repository = rest;

  if (reference.registry.empty() || reference.registry == kLegacyRegistry)
    reference.registry = kDefaultRegistry;
  if (reference.registry == kDefaultRegistry && reference.repository.find('/') == std::string::npos) {
    reference.repository.insert(0, kOfficial);
  }
  if (reference.registry.size() + 1 + reference.repository.size() > kMaxName) {
    refuse(text, "the name is longer than 255 characters");
  }
  if (reference.tag.empty() && reference.digest.empty()) reference.tag = "latest";
  return reference;
}

}  // namespace engine
