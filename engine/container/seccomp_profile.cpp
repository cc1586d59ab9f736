#include "engine/container/seccomp_profile.h"

#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "engine/container/capabilities.h"
#include "engine/error.h"

namespace engine {

namespace {

using nlohmann::json;

constexpr int64_t kMostErrno = 4095;  // what the kernel hands on
constexpr int64_t kArguments = 6;

constexpr std::array<std::pair<std::string_view, uint32_t>, 8> kActions = {
    {{"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD},
     {"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
     {"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
     {"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
     {"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0)},
     {"SCMP_ACT_TRACE", SCMP_ACT_TRACE(0)},
     {"SCMP_ACT_LOG", SCMP_ACT_LOG},
     {"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW}}};

constexpr std::array<std::pair<std::string_view, scmp_compare>, 7> kOperators = {
    {{"SCMP_CMP_NE", SCMP_CMP_NE},
     {"SCMP_CMP_LT", SCMP_CMP_LT},
     {"SCMP_CMP_LE", SCMP_CMP_LE},
     {"SCMP_CMP_EQ", SCMP_CMP_EQ},
     {"SCMP_CMP_GE", SCMP_CMP_GE},
     {"SCMP_CMP_GT", SCMP_CMP_GT},
     {"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ}}};

constexpr std::array<std::pair<std::string_view, uint32_t>, 3> kFlags = {
    {{"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
     {"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
     {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW}}};

// As `arches` calls this machine.
std::string_view native_name() {
  switch (::seccomp_arch_native()) {
    case SCMP_ARCH_X86_64:
      return "amd64";
    case SCMP_ARCH_AARCH64:
      return "arm64";
    case SCMP_ARCH_X86:
      return "386";
    case SCMP_ARCH_ARM:
      return "arm";
    case SCMP_ARCH_PPC64LE:
      return "ppc64le";
    case SCMP_ARCH_S390X:
      return "s390x";
    case SCMP_ARCH_RISCV64:
      return "riscv64";
    default:
      return "";
  }
}

[[noreturn]] void fail(const std::string& place, const std::string& what) {
  throw Error(Error::Kind::kInvalid, (place.empty() ? "" : place + ": ") + what);
}

template <typename Table>
auto look_up(const Table& table, const std::string& place, const char* kind, const std::string& name) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.first == name; });
  if (found != table.end()) return found->second;
  std::string known;
  for (const auto& row : table) known.append(known.empty() ? "" : ", ").append(row.first);
  fail(place, std::string("unknown ") + kind + " '" + name + "'; known are " + known);
}

// An object of the profile. A member that is null counts as missing.
class Section {
 public:
  Section(const json& value, std::string place, std::initializer_list<std::string_view> known)
      : value_(value), place_(std::move(place)) {
    if (!value.is_object()) fail(place_, std::string("an object is expected, not ") + value.type_name());
    for (const auto& [key, unused] : value.items()) {
      const bool remark = key == "comment" || key.empty() || key[0] == '$' || key[0] == '_';
      if (!remark && std::find(known.begin(), known.end(), key) == known.end())
        fail(at(key), "there is no such key in a seccomp profile");
    }
  }

  std::string at(const std::string& key) const { return place_.empty() ? key : place_ + '.' + key; }

  const json* find(const char* key) const {
    const auto found = value_.find(key);
    return found == value_.end() || found->is_null() ? nullptr : &*found;
  }
  const json* array(const char* key) const {
    const json* member = find(key);
    if (member != nullptr && !member->is_array())
      fail(at(key), std::string("a list is expected, not ") + member->type_name());
    return member;
  }
  std::string text(const char* key) const {
    const json* member = find(key);
    return member == nullptr ? "" : text_of(*member, at(key));
  }
  std::vector<std::string> texts(const char* key) const {
    std::vector<std::string> list;
    if (const json* members = array(key))
      for (const json& member : *members)
        list.push_back(text_of(member, at(key) + '[' + std::to_string(list.size()) + ']'));
    return list;
  }
  std::optional<uint64_t> number(const char* key) const {
    const json* member = find(key);
    if (member == nullptr) return std::nullopt;
    if (!member->is_number_unsigned()) fail(at(key), "a whole number that is not negative is expected");
    return member->get<uint64_t>();
  }
  std::string required(const char* key) const {
    std::string value = text(key);
    if (value.empty()) fail(place_, std::string("'") + key + "' is missing");
    return value;
  }

 private:
  static std::string text_of(const json& value, const std::string& place) {
    if (!value.is_string()) fail(place, std::string("a string is expected, not ") + value.type_name());
    return value.get<std::string>();
  }

  const json& value_;
  std::string place_;
};

uint32_t action_of(const Section& section, const char* action_key, const char* errno_key) {
  const std::string name = section.required(action_key);
  if (name == "SCMP_ACT_NOTIFY")
    fail(section.at(action_key),
         "SCMP_ACT_NOTIFY is not supported: no program is there that could answer for the container");
  const uint32_t action = look_up(kActions, section.at(action_key), "action", name);
  const auto number = section.number(errno_key);
  const bool takes_errno = action == SCMP_ACT_ERRNO(0) || action == SCMP_ACT_TRACE(0);
  if (number && !takes_errno) fail(section.at(errno_key), "action " + name + " has no error number");
  if (number && *number > kMostErrno)
    fail(section.at(errno_key), std::to_string(*number) + " is no error number; the highest is 4095");
  return takes_errno ? action | static_cast<uint32_t>(number.value_or(EPERM)) : action;
}

bool holds_kernel(const Section& section) {
  const std::string text = section.text("minKernel");
  int major = 0, minor = 0, length = 0;
  if (std::sscanf(text.c_str(), "%d.%d%n", &major, &minor, &length) != 2 ||
      static_cast<size_t>(length) != text.size())
    fail(section.at("minKernel"), "'" + text + "' is no kernel version; write 4.8");
  return is_kernel_at_least(major, minor);
}

class Reader {
 public:
  Reader(const json& profile, const std::vector<std::string>& capabilities)
      : capabilities_(capability_mask(capabilities)),
        top_(profile, "",
             {"defaultAction", "defaultErrnoRet", "architectures", "archMap", "flags", "listenerPath",
              "listenerMetadata", "syscalls"}) {}

  SeccompFilter read() {
    SeccompFilter filter;
    filter.default_action = action_of(top_, "defaultAction", "defaultErrnoRet");
    for (const char* key : {"listenerPath", "listenerMetadata"})
      if (!top_.text(key).empty()) fail(top_.at(key), "it goes with SCMP_ACT_NOTIFY, which is not supported");
    read_architectures(filter);
    // Without the flag kernels before 5.16 slow every filtered process down against Spectre v4; a profile
    // that gives flags has thought of it.
    filter.flags = top_.find("flags") == nullptr ? SECCOMP_FILTER_FLAG_SPEC_ALLOW : 0;
    size_t number = 0;
    for (const std::string& flag : top_.texts("flags"))
      filter.flags |= look_up(kFlags, "flags[" + std::to_string(number++) + "]", "flag", flag);
    filter.flags &= ~SECCOMP_FILTER_FLAG_TSYNC;  // it is loaded by a process of one thread
    if (const json* calls = top_.array("syscalls"))
      for (const json& call : *calls) read_rule(call, "syscalls[" + std::to_string(rule_++) + "]", filter);
    return filter;
  }

 private:
  static uint32_t architecture(const std::string& name, const std::string& place, bool required) {
    constexpr std::string_view kPrefix = "SCMP_ARCH_";
    uint32_t arch = 0;
    if (name.starts_with(kPrefix)) {
      std::string lower = name.substr(kPrefix.size());
      std::transform(lower.begin(), lower.end(), lower.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      arch = ::seccomp_arch_resolve_name(lower.c_str());
    }
    if (arch == 0 && (required || !name.starts_with(kPrefix)))
      fail(place, "unknown architecture '" + name + "'");
    return arch;
  }

  void read_architectures(SeccompFilter& filter) {
    const std::vector<std::string> names = top_.texts("architectures");
    const json* map = top_.array("archMap");
    if (!names.empty() && map != nullptr && !map->empty())
      fail("archMap", "a profile has either 'architectures' or 'archMap'");
    for (size_t i = 0; i < names.size(); ++i)
      filter.architectures.push_back(
          architecture(names[i], "architectures[" + std::to_string(i) + "]", true));
    for (size_t i = 0; map != nullptr && i < map->size(); ++i) {
      const std::string place = "archMap[" + std::to_string(i) + "]";
      const Section entry(map->at(i), place, {"architecture", "subArchitectures"});
      // Those of other machines may be newer than this libseccomp.
      if (architecture(entry.required("architecture"), entry.at("architecture"), false) !=
          ::seccomp_arch_native())
        continue;
      size_t number = 0;
      for (const std::string& name : entry.texts("subArchitectures"))
        filter.architectures.push_back(
            architecture(name, entry.at("subArchitectures") + '[' + std::to_string(number++) + ']', true));
    }
  }

  bool has(const std::string& capability, const std::string& place) const {
    try {
      return (capabilities_ & capability_mask({capability})) != 0;
    } catch (const Error& error) {
      fail(place, error.what());
    }
  }

  // Every condition of `includes` must hold, none of `excludes` may.
  bool is_meant(const Section& rule) const {
    const std::initializer_list<std::string_view> known{"caps", "arches", "minKernel"};
    bool meant = true;
    const auto names_native = [](const Section& section) {
      const std::vector<std::string> arches = section.texts("arches");
      return std::find(arches.begin(), arches.end(), native_name()) != arches.end();
    };
    if (const json* given = rule.find("excludes")) {
      const Section excludes(*given, rule.at("excludes"), known);
      if (names_native(excludes)) meant = false;
      for (const std::string& capability : excludes.texts("caps"))
        if (has(capability, excludes.at("caps"))) meant = false;
      if (excludes.find("minKernel") != nullptr && holds_kernel(excludes)) meant = false;
    }
    if (const json* given = rule.find("includes")) {
      const Section includes(*given, rule.at("includes"), known);
      if (!includes.texts("arches").empty() && !names_native(includes)) meant = false;
      for (const std::string& capability : includes.texts("caps"))
        if (!has(capability, includes.at("caps"))) meant = false;
      if (includes.find("minKernel") != nullptr && !holds_kernel(includes)) meant = false;
    }
    return meant;
  }

  static scmp_arg_cmp argument(const json& value, const std::string& place) {
    const Section section(value, place, {"index", "value", "valueTwo", "op"});
    const auto index = section.number("index");
    if (!index || *index >= kArguments)
      fail(section.at("index"), "a system call's arguments are numbered 0 to 5");
    return {static_cast<unsigned>(*index),
            look_up(kOperators, section.at("op"), "operator", section.required("op")),
            section.number("value").value_or(0), section.number("valueTwo").value_or(0)};
  }

  void read_rule(const json& value, const std::string& place, SeccompFilter& filter) const {
    const Section section(value, place,
                          {"name", "names", "action", "errnoRet", "args", "includes", "excludes"});
    SeccompRule rule;
    rule.calls = section.texts("names");
    if (const std::string name = section.text("name"); !name.empty()) {
      if (!rule.calls.empty()) fail(section.at("name"), "a rule has either 'name' or 'names'");
      rule.calls.push_back(name);
    }
    rule.action = action_of(section, "action", "errnoRet");
    if (const json* arguments = section.array("args"))
      for (const json& one : *arguments)
        rule.arguments.push_back(
            argument(one, section.at("args") + '[' + std::to_string(rule.arguments.size()) + ']'));
    // All is read before, so that what is wrong is told wherever the profile is first tried.
    if (is_meant(section)) filter.rules.push_back(std::move(rule));
  }

  CapabilityMask capabilities_;
  Section top_;
  size_t rule_ = 0;
};

}  // namespace

SeccompFilter read_seccomp_profile(const std::string& text, const std::vector<std::string>& capabilities) {
  try {
    return Reader(json::parse(text), capabilities).read();
  } catch (const json::exception& error) {
    throw Error(Error::Kind::kInvalid, std::string("it is not JSON: ") + error.what());
  }
}

}  // namespace engine
