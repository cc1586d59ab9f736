// `compose __complete WORD...`: what may stand in place of the last word. The scripts that `compose
// completion` prints ask it.
//
// A line per candidate: the word, a tab, what it is. The last line says what else: `:done`, `:nospace` (more
// follows in the same word), `:files` or `:folders` (those of the shell as well).
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "compose/cli/command_tree.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/session.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "engine/container/capabilities.h"
#include "engine/image/image_store.h"
#include "engine/image/reference.h"

namespace compose::cli {
namespace {

struct Candidate {
  std::string word, about;
};

struct Offer {
  std::vector<Candidate> candidates;
  const char* mode = "done";
};

// Where in a command line its last word stands.
struct Position {
  const FlagDescription* awaiting = nullptr;  // the word is this flag's value
  Words positionals;
  bool flags_over = false;  // no flag of ours can come any more
};

const FlagDescription* find_flag(const Description& description, const std::string& name) {
  for (const FlagDescription& flag : description.flags) {
    const auto names = flag_names(flag);
    if (std::find(names.begin(), names.end(), name) != names.end()) return &flag;
  }
  return nullptr;
}

// The flag whose value comes as the next word: "--file", "-f", and "-df" of letters.
const FlagDescription* flag_before_value(const Description& description, const std::string& word) {
  if (word.size() < 2 || word[0] != '-' || word.find('=') != std::string::npos) return nullptr;
  if (word[1] == '-') {
    const FlagDescription* flag = find_flag(description, word);
    return flag != nullptr && !flag->value.empty() ? flag : nullptr;
  }
  for (size_t i = 1; i < word.size(); ++i) {
    const FlagDescription* flag = find_flag(description, std::string("-") + word[i]);
    if (flag == nullptr) return nullptr;
    if (!flag->value.empty()) return i + 1 == word.size() ? flag : nullptr;  // else the rest is its value
  }
  return nullptr;
}

Position walk(const Description& description, const Words& words) {
  Position at;
  for (const std::string& word : words) {
    if (at.awaiting != nullptr) {
      at.awaiting = nullptr;
    } else if (at.flags_over || word.size() < 2 || word[0] != '-') {
      at.positionals.push_back(word);
      at.flags_over = at.flags_over || description.stops_at_positional;
    } else if (word == "--") {
      at.flags_over = true;
    } else {
      at.awaiting = flag_before_value(description, word);
    }
  }
  return at;
}

// The words of a line up to the command, and those after it.
struct Split {
  Words globals;
  std::optional<std::string> command;
  Words rest;
};

Split split(const Words& words) {
  Words after = walk(describe_program(), words).positionals;
  Split parts;
  parts.globals.assign(words.begin(), words.end() - static_cast<ptrdiff_t>(after.size()));
  if (after.empty()) return parts;
  parts.command = after.front();
  parts.rest.assign(after.begin() + 1, after.end());
  return parts;
}

// Where names come from. What cannot be read offers nothing: a shell is no place for its error.
class Names {
 public:
  explicit Names(Context& context) : context_(context) {}

  Offer offer(const std::string& kind) {
    if (kind.find('|') != std::string::npos && std::islower(static_cast<unsigned char>(kind[0])) != 0)
      return choices(kind);
    const std::string word = kind.substr(0, kind.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
    const char after = word.size() < kind.size() ? kind[word.size()] : ' ';
    Offer offer;
    if (word == "FILE") offer.mode = "files";
    if (word == "DIR") offer.mode = "folders";
    offer.candidates = names(word);
    if (after == '=' || after == ':') {
      for (Candidate& candidate : offer.candidates) candidate.word += after;
      offer.mode = "nospace";
    }
    if (kind.find("SRC_PATH") != std::string::npos) offer.mode = "files";
    return offer;
  }

 private:
  static Offer choices(const std::string& kind) {
    Offer offer;
    for (size_t begin = 0; begin < kind.size();) {
      const size_t end = std::min(kind.find('|', begin), kind.size());
      const std::string choice = kind.substr(begin, end - begin);
      if (std::isupper(static_cast<unsigned char>(choice[0])) == 0) offer.candidates.push_back({choice, ""});
      begin = end + 1;
    }
    return offer;
  }

  std::vector<Candidate> names(const std::string& word) {
    const std::pair<std::string_view, std::vector<Candidate> (Names::*)()> kSources[] = {
        {"SERVICE", &Names::services}, {"PROFILE", &Names::profiles}, {"CONTAINER", &Names::containers},
        {"IMAGE", &Names::images},     {"NETWORK", &Names::networks}, {"VOLUME", &Names::volumes},
        {"PROJECT", &Names::projects}, {"NAME", &Names::nothing},     {"REPOSITORY", &Names::images},
        {"SOURCE", &Names::images},    {"SIGNAL", &Names::signals},   {"CAPABILITY", &Names::capabilities},
        {"SHELL", &Names::shells},
    };
    for (const auto& [name, source] : kSources) {
      if (name != word) continue;
      try {
        return (this->*source)();
      } catch (const std::exception&) {
        return {};
      }
    }
    return {};
  }

  std::vector<Candidate> nothing() { return {}; }

  parser::LoadOptions everything() {
    parser::LoadOptions options = context_.load_options();
    options.profiles = {"*"};
    return options;
  }

  // As the files say; where there are none, as the labels of containers do.
  std::vector<Candidate> services() {
    std::vector<Candidate> found;
    try {
      for (const auto& [name, service] : parser::load(everything()).project.services)
        found.push_back({name, service.image.empty() ? "built here" : service.image});
    } catch (const std::exception&) {
      std::set<std::string> seen;
      for (const auto& container : context_.engine().containers(context_.project_name())) {
        const std::string name = service_of(container);
        if (seen.insert(name).second) found.push_back({name, container.image});
      }
    }
    return found;
  }

  std::vector<Candidate> profiles() {
    std::set<std::string> seen;
    for (const auto& [name, service] : parser::load(everything()).project.services)
      seen.insert(service.profiles.begin(), service.profiles.end());
    std::vector<Candidate> found;
    found.reserve(seen.size());
    for (const std::string& name : seen) found.push_back({name, "profile"});
    return found;
  }

  std::vector<Candidate> containers() {
    std::vector<Candidate> found;
    for (const auto& container : context_.engine().containers(""))
      found.push_back({container.name, container.image});
    return found;
  }

  std::vector<Candidate> images() {
    std::vector<Candidate> found;
    for (const auto& image : context_.engine().image_store().list())
      for (const std::string& name : image.references)
        found.push_back({engine::parse_reference(name).familiar(), ""});
    return found;
  }

  std::vector<Candidate> networks() {
    std::vector<Candidate> found;
    for (const auto& network : context_.engine().networks()) found.push_back({network.name, network.driver});
    return found;
  }

  std::vector<Candidate> volumes() {
    std::vector<Candidate> found;
    for (const auto& volume : context_.engine().volumes()) found.push_back({volume.name, volume.driver});
    return found;
  }

  std::vector<Candidate> projects() {
    std::set<std::string> seen;
    for (const auto& container : context_.engine().containers(""))
      seen.insert(label_of(container.labels, label::kProject));
    std::vector<Candidate> found;
    for (const std::string& name : seen)
      if (!name.empty()) found.push_back({name, "project"});
    return found;
  }

  static std::vector<Candidate> of_words(std::initializer_list<const char*> words) {
    std::vector<Candidate> found;
    for (const char* word : words) found.push_back({word, ""});
    return found;
  }
  std::vector<Candidate> signals() {
    return of_words({"SIGHUP", "SIGINT", "SIGKILL", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2"});
  }
  std::vector<Candidate> shells() { return of_words({"bash", "zsh", "fish"}); }
  std::vector<Candidate> capabilities() {
    std::vector<Candidate> found{{"ALL", ""}};
    for (const std::string& name : engine::capability_names()) found.push_back({name, ""});
    return found;
  }

  Context& context_;
};

Offer flags_offer(const Description& description) {
  Offer offer;
  for (const FlagDescription& flag : description.flags) {
    if (!flag.refused) offer.candidates.push_back({flag_names(flag).back(), flag.help});
  }
  return offer;
}

Offer commands_offer(const std::vector<CommandEntry>& commands) {
  Offer offer;
  for (const CommandEntry& command : commands) offer.candidates.push_back({command.name, command.summary});
  return offer;
}

Offer positional_offer(Names& names, const Description& description, const Position& at) {
  const std::vector<std::string> kinds = description.arguments();
  if (kinds.empty()) return {};
  size_t index = at.positionals.size();
  if (index >= kinds.size()) {
    if (!kinds.back().ends_with("...")) return {};
    index = kinds.size() - 1;
  }
  Offer offer = names.offer(kinds[index]);
  if (kinds[index].ends_with("..."))  // what stands there already is not offered again
    std::erase_if(offer.candidates, [&](const Candidate& candidate) {
      return std::find(at.positionals.begin(), at.positionals.end(), candidate.word) != at.positionals.end();
    });
  return offer;
}

// `last`: the word to complete, what precedes it is in `words`.
Offer offer_in(Names& names, const Description& description, const Words& words, std::string& last) {
  const Position at = walk(description, words);
  if (at.awaiting != nullptr) return names.offer(at.awaiting->value);
  if (!at.flags_over && last.starts_with('-')) {
    const size_t equals = last.find('=');
    const FlagDescription* flag = find_flag(description, last.substr(0, equals));
    if (equals == std::string::npos || flag == nullptr || flag->value.empty())
      return flags_offer(description);
    Offer offer = names.offer(flag->value);
    for (Candidate& candidate : offer.candidates) candidate.word.insert(0, last.substr(0, equals + 1));
    return offer;
  }
  if (!description.commands.empty() && at.positionals.empty()) return commands_offer(description.commands);
  return positional_offer(names, description, at);
}

Offer offer_for(Context& context, Names& names, const Split& line, std::string& last) {
  if (!line.command) return offer_in(names, describe_program(), line.globals, last);
  if (*line.command == "help") return commands_offer(describe_program().commands);
  std::optional<Description> description = describe_command(context, {*line.command});
  if (!description) return {};
  Words rest = line.rest;
  if (!description->commands.empty() && !rest.empty()) {
    description = describe_command(context, {*line.command, rest.front()});
    if (!description) return {};
    rest.erase(rest.begin());
  }
  return offer_in(names, *description, rest, last);
}

}  // namespace

int complete_command(Context& context, const Words& args) {
  Words words = args;
  std::string last;
  if (!words.empty()) {
    last = words.back();
    words.pop_back();
  }
  const Split line = split(words);
  // The flags before the command choose the files and the roots.
  std::optional<Context> chosen;
  try {
    chosen.emplace(parse_globals(line.globals, {}).globals, context.environment(),
                   context.working_directory());
  } catch (const std::exception&) {  // they are still being written
    chosen.emplace(context.globals(), context.environment(), context.working_directory());
  }
  Names names(*chosen);
  const Offer offer = offer_for(*chosen, names, line, last);
  std::string text;
  for (const Candidate& candidate : offer.candidates)
    if (candidate.word.starts_with(last)) text += candidate.word + '\t' + candidate.about + '\n';
  print(text + ':' + offer.mode + '\n');
  return kExitOk;
}

}  // namespace compose::cli
