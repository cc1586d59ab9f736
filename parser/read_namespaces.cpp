// Namespaces: the container's own, the host's, or those of a service or another container.
// Source: Compose Specification; `docker run --network, --ipc, --pid, --uts, --cgroupns, --userns`.
#include <algorithm>

#include "parser/attribute.h"
#include "parser/load.h"
#include "parser/names.h"
#include "parser/units.h"

namespace parser {

namespace {

// "service:x" and "container:x": true when `word` is one of them.
bool read_shared(const At& at, const std::string& word) {
  const size_t colon = word.find(':');
  const std::string kind = word.substr(0, colon);
  if (colon == std::string::npos || (kind != "service" && kind != "container")) return false;
  const std::string name = word.substr(colon + 1);
  if (name.empty()) throw ValueError("'" + word + "' names no " + kind);
  if (kind == "service")
    at.draft.needs.push_back({name, Need::Kind::kNamespace, at.node.mark(), at.path.to_string()});
  return true;
}

void check_not_bare(const std::string& what, const std::string& word) {
  if (word == "service" || word == "container")
    throw ValueError(what + " '" + word + "' names no " + word, "write " + word + ":<name>");
}

std::string read_mode(const At& at, const std::string& what, std::vector<std::string> own) {
  const std::string& word = at.node.text;
  if (word.empty() || read_shared(at, word)) return word;
  own.insert(own.end(), {"service", "container"});
  std::string known;
  for (const std::string& mode : own)
    known += (known.empty() ? "known are " : ", ") + mode + (&mode >= &own[own.size() - 2] ? ":<name>" : "");
  check_word(what, word, own, known);
  check_not_bare(what, word);
  return word;
}

}  // namespace

// Any other word is the engine's name of a network that is there already.
void read_network_mode(const At& at) {
  const std::string& word = at.node.text;
  const std::vector<std::string> own = {"none", "host", "bridge", "default"};
  std::string& mode = at.service.network_mode;
  mode = word == "default" ? "bridge" : word;
  if (word.empty() || read_shared(at, word) || std::find(own.begin(), own.end(), word) != own.end()) return;
  check_not_bare("network_mode", word);
  check_engine_name("network_mode", word);
  if (const std::string meant = did_you_mean(word, own); !meant.empty())
    at.reader.report().warning(at.node.mark(), at.path.to_string(),
                               "network_mode '" + word + "' is taken for the name of a network", meant);
}

void read_ipc(const At& at) {
  at.service.ipc = read_mode(at, "ipc mode", {"none", "host", "private", "shareable"});
}

void read_pid(const At& at) {
  at.service.pid = read_mode(at, "pid mode", {"host", "private"});
}

void read_uts(const At& at) {
  at.service.uts = read_mode(at, "uts mode", {"host", "private"});
}

void read_cgroup(const At& at) {
  if (!at.node.text.empty()) check_word("cgroup mode", at.node.text, {"host", "private"});
  at.service.cgroup = at.node.text;
}

void read_userns_mode(const At& at) {
  if (!at.node.text.empty()) check_word("userns_mode", at.node.text, {"host", "private"});
  at.service.userns_mode = at.node.text;
}

}  // namespace parser
