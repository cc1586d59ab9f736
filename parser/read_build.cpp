#include <algorithm>

#include "parser/remote_context.h"
#include "parser/section.h"
#include "parser/units.h"

namespace parser {

namespace {

void read_dockerfile(const Section& section, Build& build) {
  const Node* dockerfile = section.find("dockerfile");
  const Node* inline_text = section.find("dockerfile_inline");
  if (dockerfile != nullptr && inline_text != nullptr)
    section.reader().report().error(inline_text->mark(), section.path().to_string(),
                                    "'dockerfile' and 'dockerfile_inline' exclude each other");
  if (dockerfile != nullptr) build.dockerfile_mark = dockerfile->mark();
  if (inline_text != nullptr)
    build.dockerfile_inline = inline_text->text;
  else
    build.dockerfile = dockerfile != nullptr ? dockerfile->text : "Dockerfile";
}

void read_contexts(const Section& section, Build& build) {
  section.sub("additional_contexts", [&](const Section& contexts) {
    for (const Entry& entry : contexts.node().entries) {
      const Path path = contexts.path().key(entry.key);
      if (entry.value.text.empty()) {
        section.reader().report().error(entry.key_at.mark(), path.to_string(), "has no value",
                                        "give it a folder, a URL or service:NAME");
        continue;
      }
      build.additional_contexts[entry.key] = entry.value.text;
      build.additional_context_marks[entry.key] = entry.value.mark();
    }
  });
}

void read_ssh(const Section& section, Build& build) {
  section.sub("ssh", [&](const Section& keys) {
    for (const Entry& entry : keys.node().entries) {
      const Path path = keys.path().key(entry.key);
      SshKey key{entry.key, ""};
      if (!entry.value.text.empty())
        key.path = entry.value.text;
      else if (entry.key != "default")
        section.reader().report().error(entry.key_at.mark(), path.to_string(),
                                        "ssh key '" + entry.key + "' without a path",
                                        "write " + entry.key + "=PATH; only 'default' stands for the agent");
      build.ssh.push_back(std::move(key));
    }
  });
}

void read_entitlements(const Section& section, Build& build) {
  section.strings("entitlements", build.entitlements);
  const std::vector<std::string> known = {"network.host", "security.insecure", "device"};
  for (size_t i = 0; i < build.entitlements.size(); ++i) {
    const std::string& word = build.entitlements[i];
    if (word.rfind("device=", 0) == 0 || std::find(known.begin(), known.end(), word) != known.end()) continue;
    const std::string hint = did_you_mean(word, known);
    section.reader().report().error(
        section.find("entitlements")->items[i].mark(), section.place("entitlements").index(i).to_string(),
        "unknown entitlement '" + word + "'",
        hint.empty() ? "known are network.host, security.insecure, device" : hint);
  }
}

}  // namespace

void read_build(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  const Section section(reader, node, path);
  Build build;
  Node context = Node::scalar(".", node.at);
  if (const Node* given = section.find("context")) context = *given;
  build.mark = build.dockerfile_mark = context.mark();
  build.context = context.text;
  read_dockerfile(section, build);
  read_entitlements(section, build);
  section.map("args", build.args);
  // What has no value anywhere keeps the default of the Dockerfile.
  std::erase_if(build.args, [](const auto& arg) { return !arg.second; });
  section.text("provenance", build.provenance);
  section.text("sbom", build.sbom);
  read_ssh(section, build);
  section.map("labels", build.labels);
  section.strings("cache_from", build.cache_from);
  section.strings("cache_to", build.cache_to);
  section.flag("no_cache", build.no_cache);
  section.strings("no_cache_filter", build.no_cache_filter);
  read_contexts(section, build);
  section.flag("pull", build.pull);
  section.strings("extra_hosts", build.extra_hosts);
  section.text("isolation", build.isolation);
  section.text("network", build.network);
  section.text("target", build.target);
  if (const Node* secrets = section.find("secrets"))
    build.secrets = read_grants(reader, *secrets, section.place("secrets"));
  section.bytes("shm_size", build.shm_size);
  section.strings("tags", build.tags);
  if (const Node* ulimits = section.find("ulimits"))
    build.ulimits = read_ulimits(reader, *ulimits, section.place("ulimits"));
  section.strings("platforms", build.platforms);
  section.flag("privileged", build.privileged);
  build.extensions = section.extensions();
  draft.service.build = std::move(build);
}

}  // namespace parser
