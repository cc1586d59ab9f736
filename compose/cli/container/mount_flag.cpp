// --mount: docker's long form of a mount, into the Specification's.
#include <algorithm>

#include "compose/cli/container/flag_forms.h"

namespace compose::cli {
namespace {

using parser::FlagDocument;

struct Option {
  std::string_view name;
  const char* attribute;
  const char* only;  // the type it is for; empty: any
};

constexpr Option kOptions[] = {{"bind-create-src", "bind/create_host_path", "bind"},
                               {"bind-propagation", "bind/propagation", "bind"},
                               {"bind-recursive", "bind/recursive", "bind"},
                               {"consistency", "consistency", ""},
                               {"destination", "target", ""},
                               {"dst", "target", ""},
                               {"image-subpath", "image/subpath", "image"},
                               {"readonly", "read_only", ""},
                               {"ro", "read_only", ""},
                               {"source", "source", ""},
                               {"src", "source", ""},
                               {"target", "target", ""},
                               {"tmpfs-mode", "tmpfs/mode", "tmpfs"},
                               {"tmpfs-size", "tmpfs/size", "tmpfs"},
                               {"type", "type", ""},
                               {"volume-nocopy", "volume/nocopy", "volume"},
                               {"volume-subpath", "volume/subpath", "volume"}};

// The last value of a field, or `otherwise`.
std::string field(const FlagDocument::Fields& fields, const char* name, const char* otherwise) {
  const auto found = std::find_if(fields.rbegin(), fields.rend(),
                                  [&](const auto& candidate) { return candidate.first == name; });
  return found == fields.rend() ? otherwise : found->second;
}

void add_mount(FlagDocument& service, const std::string& attribute, const std::string& flag,
               const std::string& text) {
  FlagDocument::Fields fields;
  const auto given = comma_pairs(text);
  const std::string type = field(given, "type", "volume");
  for (const auto& [name, value] : given) {
    const auto known = std::find_if(std::begin(kOptions), std::end(kOptions),
                                    [&, &name = name](const Option& option) { return option.name == name; });
    if (known == std::end(kOptions)) {
      const bool local = name == "volume-driver" && value == "local";
      if (!local) service.error(flag, "option '" + name + "' of a mount is not supported", "");
    } else if (*known->only != '\0' && type != known->only) {
      service.error(flag, "option '" + name + "' is for mounts of type " + known->only, "");
    } else {
      fields.emplace_back(known->attribute, value);
    }
  }
  if (field(fields, "type", "").empty()) fields.emplace_back("type", type);
  // Unlike -v, it does not make what is to be mounted.
  if (type == "bind" && field(fields, "bind/create_host_path", "").empty())
    fields.emplace_back("bind/create_host_path", "false");
  service.item(attribute, flag, fields);
}

}  // namespace

void mounts_form(FlagDocument& service, const std::string& attribute, const std::string& flag,
                 const std::vector<std::string>& values) {
  for (const std::string& value : values) add_mount(service, attribute, flag, value);
}

}  // namespace compose::cli
