#include "compose/cli/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <functional>
#include <set>
#include <string_view>
#include <utility>

#include "compose/cli/failure.h"
#include "compose/cli/flag_values.h"
#include "parser/load.h"

namespace compose::cli {

namespace {

// What may be flags among the arguments; values that look like them are among it.
struct Mentioned {
  explicit Mentioned(const std::vector<std::string>& args) {
    for (const std::string_view arg : args) {
      if (arg.starts_with("--"))
        longer.insert(arg.substr(0, arg.find('=')));
      else if (arg.starts_with('-'))
        letters += arg.substr(1);
    }
  }
  bool has(std::string_view name) const {
    return name.starts_with("--") ? longer.contains(name) : letters.find(name.substr(1)) != std::string::npos;
  }
  bool has_any(std::string_view names) const {
    bool found = false;
    each_name(names, [&](std::string_view name) { found = found || has(name); });
    return found;
  }

  std::set<std::string_view> longer;  // with their dashes
  std::string letters;
};

}  // namespace

struct Arguments::Impl {
  // CLI11 compares each flag with all others it has, and some commands have a hundred. So it gets those that
  // the arguments mention.
  struct Declaration {
    FlagDescription flag;
    std::function<void()> add;
  };
  std::vector<Declaration> declared;

  CLI::App app;
  Description description;  // but for the flags
  std::string command;
  bool short_help = true;  // -h too
  int min = 0, max = -1;
  std::string what = "SERVICE";
  std::vector<std::string> refused;               // used ones
  std::vector<std::function<void()>> converters;  // run after parsing

  CLI::Option* value_option(const std::string& names) {
    return app.add_option(names)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  // `Value`: what a string can be given to.
  template <typename Value>
  void text_option(const std::string& names, Value& value) {
    CLI::Option* option = value_option(names);
    converters.emplace_back([option, &value] {
      if (option->count() > 0) value = option->results().back();
    });
  }
  Description described() const;
  bool takes_next(const std::string& arg) const;
  void spell_out(std::vector<std::string>& args) const;
  std::string unknown_flag(const std::string& given) const;
  std::string missing_value(const std::string& told) const;
  void check_count(const std::vector<std::string>& rest) const;
};

// The flags in order of their names, --help last.
Description Arguments::Impl::described() const {
  Description whole = description;
  for (const Declaration& one : declared) {
    FlagDescription flag = one.flag;
    if (const std::string name = value_name(command, flag); !flag.value.empty() && !name.empty())
      flag.value = name;
    whole.flags.push_back(std::move(flag));
  }
  const auto key = [](const FlagDescription& flag) { return flag.names.substr(flag.names.find("--")); };
  std::stable_sort(whole.flags.begin(), whole.flags.end(),
                   [&](const FlagDescription& a, const FlagDescription& b) { return key(a) < key(b); });
  whole.flags.push_back({short_help ? "-h,--help" : "--help", "Show this help"});
  return whole;
}

Arguments::Arguments(const std::string& usage, const std::string& summary) : impl_(std::make_unique<Impl>()) {
  impl_->description.usage = usage;
  impl_->description.summary = summary;
  impl_->command = impl_->description.command();
  impl_->app.allow_extras();
  impl_->app.set_help_flag("-h,--help");
}

Arguments::~Arguments() = default;

void Arguments::declare(FlagDescription flag, std::function<void()> add) {
  impl_->declared.push_back({std::move(flag), std::move(add)});
}

void Arguments::flag(const std::string& names, bool& value, const std::string& help) {
  declare({names, help}, [this, names, &value] {
    impl_->app.add_flag(names, value)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  });
}

void Arguments::flag(const std::string& names, std::optional<bool>& value, const std::string& help) {
  declare({names, help}, [this, names, &value] {
    CLI::Option* option = impl_->app.add_flag(names)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    impl_->converters.emplace_back([option, &value] {
      if (option->count() > 0) value = option->as<bool>();
    });
  });
}

void Arguments::option(const std::string& names, std::string& value, const std::string& help) {
  declare({names, help, "VALUE"}, [this, names, &value] { impl_->text_option(names, value); });
}

void Arguments::option(const std::string& names, std::optional<std::string>& value, const std::string& help) {
  declare({names, help, "VALUE"}, [this, names, &value] { impl_->text_option(names, value); });
}

void Arguments::option(const std::string& names, std::optional<int64_t>& value, const std::string& help) {
  declare({names, help, "NUMBER"}, [this, names, &value] {
    CLI::Option* option = impl_->value_option(names);
    impl_->converters.emplace_back([option, &value] {
      if (option->count() > 0) value = whole_number(option->results().back(), option->get_name());
    });
  });
}

void Arguments::list(const std::string& names, std::vector<std::string>& values, const std::string& help) {
  declare({names, help, "VALUE", true}, [this, names, &values] {
    CLI::Option* option = impl_->app.add_option(names);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->expected(1)->allow_extra_args(false);
    impl_->converters.emplace_back([option, &values] {
      if (option->count() > 0) values = option->results();
    });
  });
}

void Arguments::refuse_flag(const std::string& names) {
  declare({names, "", "", false, true}, [this, names] {
    CLI::Option* option = impl_->app.add_flag(names)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    impl_->converters.emplace_back([this, option, names] {
      // --menu=false asks for what is done anyway
      if (option->count() > 0 && option->results().back() != "false")
        impl_->refused.push_back(names.substr(names.rfind(',') + 1));
    });
  });
}

void Arguments::refuse_option(const std::string& names) {
  declare({names, "", "VALUE", false, true}, [this, names] {
    CLI::Option* option = impl_->value_option(names);
    impl_->converters.emplace_back([this, option, names] {
      if (option->count() > 0) impl_->refused.push_back(names.substr(names.rfind(',') + 1));
    });
  });
}

void Arguments::free_short_help() {
  impl_->short_help = false;
  impl_->app.set_help_flag("--help");
}

void Arguments::stop_at_positional() {
  impl_->description.stops_at_positional = true;
  impl_->app.prefix_command();
}

void Arguments::positionals(int min, int max, const std::string& what) {
  impl_->min = min;
  impl_->max = max;
  impl_->what = what;
}

void Arguments::commands(std::vector<CommandEntry> entries) {
  impl_->description.commands = std::move(entries);
}

// "-e" and "--env", but not "-eA=1" or "--env=A=1": the word after it is its value.
bool Arguments::Impl::takes_next(const std::string& arg) const {
  const auto options = app.get_options();
  return std::any_of(options.begin(), options.end(), [&](const CLI::Option* option) {
    return option->get_items_expected_min() > 0 && option->check_name(arg);
  });
}

// "-H=false", which docker's flags take and CLI11 does not, as "--human=false".
void Arguments::Impl::spell_out(std::vector<std::string>& args) const {
  bool next_is_value = false;
  for (std::string& arg : args) {
    const bool is_value = std::exchange(next_is_value, !next_is_value && takes_next(arg));
    if (is_value) continue;
    if (arg == "--" || (description.stops_at_positional && (arg.empty() || arg[0] != '-'))) return;
    if (arg.size() < 3 || arg[0] != '-' || arg[1] == '-' || arg[2] != '=') continue;
    for (const CLI::Option* option : app.get_options()) {
      if (option->check_sname(arg.substr(1, 1)) && !option->get_lnames().empty()) {
        arg = "--" + option->get_lnames().front() + arg.substr(2);
        break;
      }
    }
  }
}

std::string Arguments::Impl::unknown_flag(const std::string& given) const {
  const std::string name = given.substr(0, given.find('='));
  std::vector<std::string> known;
  for (const Declaration& one : declared)
    each_name(one.flag.names, [&](std::string_view one_name) {
      if (one_name.starts_with("--")) known.emplace_back(one_name);
    });
  const std::string near = name.rfind("--", 0) == 0 ? parser::closest(name, known) : "";
  return fmt::format("unknown flag: {}{}", name, near.empty() ? "" : ", did you mean '" + near + "'?");
}

// `told`: by CLI11, "--file: 1 required  missing".
std::string Arguments::Impl::missing_value(const std::string& told) const {
  const std::string name = told.substr(0, told.find(':'));
  const Description all = described();
  for (const FlagDescription& flag : all.flags) {
    const std::vector<std::string> names = flag_names(flag);
    if (std::find(names.begin(), names.end(), name) != names.end())
      return fmt::format("{} needs a value: {}", name, flag.value.empty() ? "true or false" : flag.value);
  }
  return told;
}

void Arguments::Impl::check_count(const std::vector<std::string>& rest) const {
  const auto given = static_cast<int>(rest.size());
  const std::string name = command.empty() ? "compose" : "compose " + command;
  if (given < min) throw UsageError(fmt::format("{} needs {}", name, what));
  if (max >= 0 && given > max) {
    throw UsageError(fmt::format("{} takes {}, '{}' is too much", name, max == 0 ? "no arguments" : what,
                                 rest[static_cast<size_t>(max)]));
  }
}

std::vector<std::string> Arguments::parse(std::vector<std::string> args) {
  bool help = false;
  const Mentioned mentioned(args);
  for (const Impl::Declaration& one : impl_->declared)
    if (mentioned.has_any(one.flag.names)) one.add();
  impl_->spell_out(args);
  try {
    std::reverse(args.begin(), args.end());  // CLI11 takes them from the back
    impl_->app.parse(args);
  } catch (const CLI::CallForHelp&) {
    help = true;
  } catch (const CLI::ArgumentMismatch& error) {
    throw UsageError(impl_->missing_value(error.what()));
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  if (help) throw HelpWanted(impl_->described());
  for (const auto& convert : impl_->converters) convert();
  if (!impl_->refused.empty()) throw CommandError(impl_->refused.front() + " is not supported yet");

  std::vector<std::string> rest = impl_->app.remaining();
  bool ours = true;  // flags may still come
  std::vector<std::string> positional;
  for (size_t i = 0; i < rest.size(); ++i) {
    if (ours && rest[i] == "--") {
      ours = false;
      continue;
    }
    if (ours && rest[i].size() > 1 && rest[i][0] == '-') throw UsageError(impl_->unknown_flag(rest[i]));
    positional.push_back(rest[i]);
    if (impl_->description.stops_at_positional) ours = false;
  }
  impl_->check_count(positional);
  return positional;
}

int64_t whole_number(const std::string& text, const std::string& flag) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    throw UsageError(fmt::format("invalid value '{}' for {}: it must be a whole number", text, flag));
  return value;
}

}  // namespace compose::cli
