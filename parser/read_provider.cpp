// What a service has instead of a container, or asks of outside programs: `provider` and `models`.
#include "parser/section.h"

namespace parser {

void read_provider(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  const Section section(reader, node, path);
  Provider provider;
  section.require("type", "without 'type', the name of the provider's program");
  section.text("type", provider.type);
  section.sub("options", [&](const Section& options) {
    for (const Entry& entry : options.node().entries) {
      std::vector<std::string>& values = provider.options[entry.key];
      if (entry.value.is_sequence())
        values = reader.strings(entry.value);
      else
        values.push_back(entry.value.text);
    }
  });
  provider.extensions = section.extensions();
  draft.service.provider = std::move(provider);
}

void read_service_models(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  for (const Entry& entry : node.entries) {
    const Path place = path.key(entry.key);
    const Section section(reader, entry.value, place);
    ServiceModel& model = draft.service.models[entry.key];
    model.mark = entry.key_at.mark();
    section.text("endpoint_var", model.endpoint_variable);
    section.text("model_var", model.model_variable);
    model.extensions = section.extensions();
  }
}

}  // namespace parser
