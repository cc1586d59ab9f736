// Nearly all the time that a large project takes goes into the YAML library, so that its file is read by
// several threads. Where to cut it is guessed from the text; whether the guess was right is seen from the
// trees.
#include "parser/yaml.h"

#include <algorithm>
#include <future>
#include <optional>
#include <system_error>
#include <thread>
#include <unordered_set>

#include "parser/yaml_stretch.h"

namespace parser {

namespace {

constexpr std::string_view kServices = "services";

bool is_blank_or_comment(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t\r");
  return first == std::string_view::npos || line[first] == '#';
}

// A line such as "services:" or "  web:", of `indentation` spaces and a plain word.
bool opens_map(std::string_view line, size_t indentation) {
  const size_t last = line.find_last_not_of(" \r");
  if (last == std::string_view::npos || last <= indentation || line[last] != ':') return false;
  if (line.find_first_not_of(' ') != indentation) return false;
  const std::string_view name = line.substr(indentation, last - indentation);
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  return name[0] != '-' && name[0] != '.' && name.find_first_not_of(kPlain) == std::string_view::npos;
}

// Where the lines of services begin, as far as can be told from how they look.
std::vector<size_t> find_services(std::string_view text) {
  std::vector<size_t> found;
  bool below = false;  // the line of `services`
  size_t indentation = 0;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = text.substr(start, end - start);
    if (!below) {
      below = line.substr(0, kServices.size()) == kServices && opens_map(line, 0);
    } else if (!is_blank_or_comment(line)) {
      if (indentation == 0) indentation = line.find_first_not_of(' ');
      if (line[0] != ' ') break;
      if (opens_map(line, indentation)) found.push_back(start);
    }
    start = end + 1;
  }
  return found;
}

std::vector<Stretch> cut(std::string_view text, size_t parts) {
  std::vector<Stretch> stretches{{}};
  // An anchor can be meant by an alias in another part.
  if (parts < 2 || text.find('&') != std::string_view::npos) return stretches;
  const std::vector<size_t> services = find_services(text);
  for (size_t part = 1; part < parts; ++part) {
    const auto next = std::lower_bound(services.begin(), services.end(), text.size() / parts * part);
    if (next == services.end() || *next <= stretches.back().begin) break;
    // With the line of the next part's first service: what comes before it ends as it does in the whole.
    stretches.back().end = std::min(text.find('\n', *next), text.size());
    stretches.push_back({*next, std::string::npos, kServices});
  }
  return stretches;
}

struct Part {
  Reading reading;
  bool failed = false;
};

Part read_part(const Source& source, const Stretch& stretch) {
  Report report;
  Part part{read_stretch(source, stretch, report)};
  part.failed = report.failed();
  return part;
}

// Of every part but the first by a thread of its own. Nothing when there is none to be had.
std::optional<std::vector<Part>> read_parts(const Source& source, const std::vector<Stretch>& stretches) {
  std::vector<std::future<Part>> others;
  try {
    for (size_t i = 1; i < stretches.size(); ++i)
      others.push_back(std::async(std::launch::async, read_part, std::cref(source), std::cref(stretches[i])));
  } catch (const std::system_error&) {
    return std::nullopt;
  }
  std::vector<Part> parts;
  parts.push_back(read_part(source, stretches[0]));
  for (std::future<Part>& other : others) parts.push_back(other.get());
  return parts;
}

// The map `services` that is the last value of the document.
Node* last_services(Node& document) {
  if (!document.is_map() || document.entries.empty() || document.entries.back().key != kServices)
    return nullptr;
  Node& services = document.entries.back().value;
  return services.is_map() && !services.entries.empty() ? &services : nullptr;
}

// Moves the entries of `from` behind those of `into`. False: both have one of the same name.
bool append(Node& into, std::vector<Entry> from) {
  std::unordered_set<std::string_view> names;
  for (const Entry& entry : into.entries) names.insert(entry.key);
  for (const Entry& entry : from)
    if (!names.insert(entry.key).second) return false;
  into.entries.insert(into.entries.end(), std::make_move_iterator(from.begin()),
                      std::make_move_iterator(from.end()));
  return true;
}

// Puts a document that begins with services behind one that ends with the line of the first of them. False:
// that line is something else there, so that the cut was at a wrong place, or the two do not go together.
bool append_document(Node& into, Node from) {
  Node* services = last_services(into);
  if (services == nullptr || !from.is_map() || from.entries.empty()) return false;
  std::vector<Entry> rest(std::make_move_iterator(from.entries.begin() + 1),
                          std::make_move_iterator(from.entries.end()));
  from.entries.erase(from.entries.begin() + 1, from.entries.end());
  Node* others = last_services(from);
  if (others == nullptr) return false;
  const Location& cut = services->entries.back().key_at;
  const Location& begin = others->entries.front().key_at;
  if (cut.line != begin.line || cut.column != begin.column) return false;
  services->entries.pop_back();
  return append(*services, std::move(others->entries)) && append(into, std::move(rest));
}

// The documents of the parts as one reading. Nothing when there are errors, which are to be told of the
// whole.
std::optional<std::vector<Node>> join(std::vector<Part> parts) {
  size_t values = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    const Reading& reading = parts[i].reading;
    const bool last = i + 1 == parts.size();
    if (parts[i].failed || reading.documents.empty() || (!last && reading.documents.size() > 1))
      return std::nullopt;
    values += reading.values;
  }
  if (values > kMaxNodes) return std::nullopt;
  std::vector<Node> result = std::move(parts[0].reading.documents);
  for (size_t i = 1; i < parts.size(); ++i) {
    std::vector<Node>& documents = parts[i].reading.documents;
    if (!append_document(result[0], std::move(documents[0]))) return std::nullopt;
    result.insert(result.end(), std::make_move_iterator(documents.begin() + 1),
                  std::make_move_iterator(documents.end()));
  }
  return result;
}

}  // namespace

std::optional<std::vector<Node>> read_in_parts(const Source& source, size_t parts) {
  const std::vector<Stretch> stretches = cut(source.text(), parts);
  if (stretches.size() < 2) return std::nullopt;
  auto read = read_parts(source, stretches);
  return read ? join(std::move(*read)) : std::nullopt;
}

std::vector<Node> load_yaml(const Source& source, Report& report) {
  constexpr size_t kMostParts = 4;
  const size_t parts = std::min(kMostParts, source.text().size() / kLeastPart);
  if (parts > 1)
    if (auto read = read_in_parts(source, std::min<size_t>(parts, std::thread::hardware_concurrency())))
      return std::move(*read);
  return read_stretch(source, {}, report).documents;
}

}  // namespace parser
