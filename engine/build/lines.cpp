#include "engine/build/lines.h"
#include "engine/letter_case.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

namespace engine::build {
namespace {

constexpr const char* kBlanks = " \t\r\f\v";

bool is_blank(char c) {
  return std::string_view(kBlanks).find(c) != std::string_view::npos;
}

std::string trim_left(const std::string& text) {
  const size_t start = text.find_first_not_of(kBlanks);
  return start == std::string::npos ? "" : text.substr(start);
}

std::string trim(const std::string& text) {
  const size_t end = text.find_last_not_of(kBlanks);
  return end == std::string::npos ? "" : trim_left(text.substr(0, end + 1));
}

std::vector<std::string> physical_lines(const std::string& text) {
  std::vector<std::string> lines;
  size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  while (at < text.size()) {
    size_t end = text.find('\n', at);
    if (end == std::string::npos) end = text.size();
    size_t length = end - at;
    if (length > 0 && text[end - 1] == '\r') --length;
    lines.push_back(text.substr(at, length));
    at = end + 1;
  }
  return lines;
}

// Removes a trailing escape (and blanks after it); true when there was one, so that the next line belongs to
// it.
bool trim_continuation(std::string& line, char escape) {
  const size_t last = line.find_last_not_of(" \t");
  if (last == std::string::npos || line[last] != escape) return false;
  if (last > 0 && line[last - 1] == escape) return false;
  line.resize(last);
  return true;
}

// `3<<-"EOF"` as a here-document's opening, or nothing.
std::optional<Heredoc> opening(const std::string& word) {
  size_t at = 0;
  while (at < word.size() && std::isdigit(static_cast<unsigned char>(word[at])) != 0) ++at;
  if (word.compare(at, 2, "<<") != 0) return std::nullopt;
  at += 2;
  Heredoc doc;
  if (at < word.size() && word[at] == '-') {
    doc.strip_tabs = true;
    ++at;
  }
  const std::string name = word.substr(at);
  if (name.empty() || name.find('<') != std::string::npos) return std::nullopt;
  for (const char c : name) {
    if (c == '"' || c == '\'' || c == '\\') {
      doc.expand = false;
    } else {
      doc.name += c;
    }
  }
  if (doc.name.empty()) return std::nullopt;
  return doc;
}

// The here-documents that an instruction's text opens; only RUN, COPY and ADD (also below ONBUILD) can.
std::vector<Heredoc> openings(const std::string& text, const Place& place, char escape) {
  std::vector<Heredoc> docs;
  if (text.find("<<") == std::string::npos) return docs;
  std::string rest = text;
  std::string keyword;
  do {
    const size_t end = rest.find_first_of(kBlanks);
    if (end == std::string::npos) return docs;
    keyword = lower_case(rest.substr(0, end));
    rest = trim_left(rest.substr(end));
  } while (keyword == "onbuild");
  if (keyword != "run" && keyword != "copy" && keyword != "add") return docs;
  std::vector<std::string> json;
  if (rest.starts_with('[') && parse_json_words(rest, place, json)) return docs;
  for (const std::string& word : raw_words(rest, escape)) {
    if (auto doc = opening(word)) docs.push_back(std::move(*doc));
  }
  return docs;
}

class Splitter {
 public:
  Splitter(const std::string& text, std::string file, int fixed_line)
      : physical_(physical_lines(text)), file_(std::move(file)), fixed_line_(fixed_line) {
    const size_t nul = text.find('\0');
    if (nul != std::string::npos) {
      fail_at({file_,
               static_cast<int>(std::count(text.begin(), text.begin() + static_cast<long>(nul), '\n')) + 1},
              "the file has a NUL byte; it is not a text file");
    }
  }

  void directives(Lines& out) {
    std::set<std::string> seen;
    for (; next_ < physical_.size(); ++next_) {
      const std::string line = trim(physical_[next_]);
      if (!line.starts_with('#')) return;
      const size_t equals = line.find('=');
      if (equals == std::string::npos) return;
      const std::string name = lower_case(trim(line.substr(1, equals - 1)));
      const std::string value = trim(line.substr(equals + 1));
      if (name != "syntax" && name != "escape" && name != "check") return;
      if (!seen.insert(name).second) fail_at(here(), "the directive '" + name + "' is given twice");
      apply_directive(out, name, value);
    }
  }

  std::vector<Line> lines(char escape, std::vector<Place>& empty_continuations) {
    std::vector<Line> out;
    while (next_ < physical_.size()) {
      Line line;
      line.place = here();
      line.text = trim_left(physical_[next_]);
      if (line.text.empty() || line.text[0] == '#') {
        ++next_;
        continue;
      }
      join(line, escape, empty_continuations);
      if (line.text.find_first_not_of(kBlanks) == std::string::npos) continue;
      line.heredocs = openings(line.text, line.place, escape);
      for (Heredoc& doc : line.heredocs) read_heredoc(doc, line.place);
      out.push_back(std::move(line));
    }
    return out;
  }

 private:
  Place here() const { return {file_, fixed_line_ > 0 ? fixed_line_ : static_cast<int>(next_) + 1}; }

  void apply_directive(Lines& out, const std::string& name, const std::string& value) {
    if (name == "escape") {
      if (value != "\\" && value != "`") fail_at(here(), "escape must be \\ or `, not '" + value + "'");
      out.escape = value[0];
    } else if (name == "syntax") {
      const bool ours =
          value.starts_with("docker/dockerfile") || value.starts_with("docker.io/docker/dockerfile");
      if (!ours) {
        fail_at(here(), "the Dockerfile frontend '" + value +
                            "' cannot be loaded; only docker/dockerfile, which is built in, is supported");
      }
      out.syntax = value;
    } else {
      out.check = value;
    }
  }

  void join(Line& line, char escape, std::vector<Place>& empty_continuations) {
    ++next_;
    bool more = trim_continuation(line.text, escape);
    bool told = false;
    while (more && next_ < physical_.size()) {
      std::string part = physical_[next_];
      const std::string bare = trim_left(part);
      if (bare.empty() && !told) {
        empty_continuations.push_back(here());
        told = true;
      }
      ++next_;
      if (bare.empty() || bare[0] == '#') continue;
      more = trim_continuation(part, escape);
      line.text += part;
    }
  }

  void read_heredoc(Heredoc& doc, const Place& place) {
    while (next_ < physical_.size()) {
      std::string part = physical_[next_++];
      if (doc.strip_tabs) part.erase(0, std::min(part.find_first_not_of('\t'), part.size()));
      if (part == doc.name) return;
      doc.content += part + "\n";
    }
    fail_at(place, "the here-document '" + doc.name + "' is not closed; a line with just " + doc.name +
                       " must end it");
  }

  std::vector<std::string> physical_;
  std::string file_;
  int fixed_line_;
  size_t next_ = 0;
};

}  // namespace

Lines split_lines(const std::string& text, const std::string& file) {
  Lines out;
  Splitter splitter(text, file, 0);
  splitter.directives(out);
  out.lines = splitter.lines(out.escape, out.empty_continuations);
  return out;
}

std::vector<Line> split_trigger(const std::string& text, const Place& place, char escape) {
  std::vector<Place> empty_continuations;
  return Splitter(text, place.file, place.line).lines(escape, empty_continuations);
}

std::vector<std::string> blank_separated(const std::string& text) {
  std::vector<std::string> words;
  size_t at = text.find_first_not_of(kBlanks);
  while (at != std::string::npos) {
    const size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(kBlanks, end);
  }
  return words;
}

std::vector<std::string> raw_words(const std::string& text, char escape) {
  std::vector<std::string> words;
  std::string word;
  bool inside = false;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == 0 && is_blank(c)) {
      if (inside) words.push_back(std::move(word));
      word.clear();
      inside = false;
      continue;
    }
    inside = true;
    word += c;
    if (c == escape && quote != '\'' && i + 1 < text.size()) {
      word += text[++i];
    } else if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    }
  }
  if (inside) words.push_back(std::move(word));
  return words;
}

bool parse_json_words(const std::string& text, const Place& place, std::vector<std::string>& words) {
  const nlohmann::json array = nlohmann::json::parse(text, nullptr, false);
  if (!array.is_array()) return false;
  for (const auto& element : array) {
    if (!element.is_string()) fail_at(place, "the elements of the JSON array must be strings: " + text);
    words.push_back(element.get<std::string>());
  }
  return true;
}

}  // namespace engine::build
