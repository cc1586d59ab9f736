// Top-level volumes and models, and the project as a whole.
#include "parser/names.h"
#include "parser/resource.h"
#include "parser/section.h"

namespace parser {

namespace {

void read_services(Reader& reader, const Node& document, Draft& draft) {
  const Node* services = document.find("services");
  if (services == nullptr) return;
  const Path top = Path().key("services");
  for (const Entry& entry : services->entries) {
    const Path path = top.key(entry.key);
    Service& own = draft.project.services[entry.key];
    own.name = entry.key;
    ServiceDraft& service = draft.services.emplace(entry.key, ServiceDraft(own)).first->second;
    read_service(reader, entry.value, path, service);
    own.mark = entry.key_at.mark();
    reader.guard(Node::null(entry.key_at), path, [&] { check_key("service", entry.key); });
  }
}

}  // namespace

void read_volumes(Reader& reader, const Node& document, Draft& draft) {
  const Node* volumes = document.find("volumes");
  if (volumes == nullptr) return;
  const Path top = Path().key("volumes");
  for (const Entry& entry : volumes->entries) {
    const Path path = top.key(entry.key);
    const Section section(reader, entry.value, path);
    Volume volume = read_resource<Volume>(section, entry, "volume", draft.project.name);
    if (!volume.external) section.driver("driver", volume.driver, {"local"});
    volume.driver_given = !volume.driver.empty();
    if (!volume.driver_given) volume.driver = "local";
    section.map("driver_opts", volume.driver_opts);
    draft.project.volumes[entry.key] = std::move(volume);
  }
}

void read_models(Reader& reader, const Node& document, Draft& draft) {
  const Node* models = document.find("models");
  if (models == nullptr) return;
  const Path top = Path().key("models");
  for (const Entry& entry : models->entries) {
    const Path path = top.key(entry.key);
    const Section section(reader, entry.value, path);
    Model& model = draft.project.models[entry.key];
    model.key = entry.key;
    model.mark = entry.key_at.mark();
    reader.guard(Node::null(entry.key_at), path, [&] { check_key("model", entry.key); });
    section.require("model", "without 'model', the language model to run", "model: ai/smollm2");
    section.text("name", model.name);
    section.text("model", model.model);
    section.integer("context_size", model.context_size, 1, INT64_MAX);
    section.strings("runtime_flags", model.runtime_flags);
    model.extensions = section.extensions();
  }
}

Draft read_project(Reader& reader, const Node& document, const std::string& name) {
  Draft draft;
  draft.damaged = document.damaged;
  draft.project.name = name;
  draft.project.environment = reader.environment();
  draft.project.extensions = reader.extensions(document);
  read_networks(reader, document, draft);
  read_volumes(reader, document, draft);
  read_configs(reader, document, draft);
  read_secrets(reader, document, draft);
  read_models(reader, document, draft);
  read_services(reader, document, draft);
  return draft;
}

}  // namespace parser
