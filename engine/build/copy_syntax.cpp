#include "engine/build/copy_syntax.h"

#include "engine/build/flags.h"
#include "engine/letter_case.h"

namespace engine::build {
namespace {

FlagNames flag_names(bool add) {
  FlagNames names;
  names.values = {"chown", "chmod"};
  names.lists = {"exclude"};
  names.switches = {"link"};
  if (add) {
    names.values.emplace_back("checksum");
    names.switches.emplace_back("unpack");
    names.refused = {{"keep-git-dir", "git repositories cannot be added; clone them in a RUN"},
                     {"from", "use COPY --from"},
                     {"parents", "use COPY --parents"}};
  } else {
    names.values.emplace_back("from");
    names.switches.emplace_back("parents");
    names.refused = {{"checksum", "it is for what ADD downloads"}, {"unpack", "use ADD, which unpacks"}};
  }
  return names;
}

void read_flags(Copy& copy, const Flags& flags, const Place& place) {
  copy.chown = flags.get("chown");
  copy.chmod = flags.get("chmod");
  copy.exclude = flags.all("exclude");
  copy.link = flags.is_on("link").value_or(false);
  if (copy.add) {
    copy.checksum = flags.get("checksum");
    copy.unpack = flags.is_on("unpack").value_or(true);
    copy.unpack_remote = flags.is_on("unpack").value_or(false);
    return;
  }
  copy.from = flags.get("from");
  copy.parents = flags.is_on("parents").value_or(false);
  if (copy.from.find('$') != std::string::npos) {
    fail_at(place, "COPY --from=" + copy.from +
                       ": variables are not possible here; name a stage instead: FROM " + copy.from +
                       " AS name, with an ARG before the first FROM");
  }
}

bool opens_heredoc(const std::string& word, const std::vector<Heredoc>& files) {
  return !files.empty() && word.find("<<") != std::string::npos;
}

}  // namespace

Copy parse_copy(const std::string& keyword, std::string rest, std::vector<Heredoc> heredocs,
                const Place& place, char escape) {
  Copy copy;
  copy.add = keyword == "ADD";
  read_flags(copy, Flags(rest, keyword, flag_names(copy.add), place, escape), place);
  std::vector<std::string> words;
  if (!rest.starts_with('[') || !parse_json_words(rest, place, words)) words = blank_separated(rest);
  if (words.size() < 2) {
    fail_at(place, keyword + " needs at least one source and a destination: " + keyword + " file /folder/");
  }
  copy.destination = words.back();
  words.pop_back();
  copy.files = std::move(heredocs);
  if (opens_heredoc(copy.destination, copy.files)) {
    fail_at(place, keyword + " has a here-document in the place of its destination, which comes last");
  }
  for (std::string& word : words) {
    if (word.empty()) fail_at(place, keyword + " has an empty source");
    if (!opens_heredoc(word, copy.files)) copy.sources.push_back(std::move(word));
  }
  if (!copy.from.empty() && !copy.files.empty()) {
    fail_at(place, "COPY --from cannot be combined with here-documents; use a second COPY for them");
  }
  return copy;
}

SourceKind source_kind(const std::string& source) {
  const std::string text = lower_case(source);
  const bool http = text.starts_with("http://") || text.starts_with("https://");
  const std::string address = text.substr(0, text.find('#'));
  const size_t colon = text.find(':');
  const bool git = text.starts_with("git://") || text.starts_with("ssh://") ||
                   (text.starts_with("git@") && colon != std::string::npos) ||
                   (http && address.ends_with(".git"));
  if (git) return SourceKind::kGit;
  return http ? SourceKind::kUrl : SourceKind::kPath;
}

}  // namespace engine::build
