// Top-level configs and secrets: exactly one attribute says where the bytes are.
#include "parser/resource.h"
#include "parser/section.h"

namespace parser {

namespace {

using Names = std::vector<const char*>;

std::string quoted(const Names& names) {
  std::string text;
  for (const char* name : names) text += (text.empty() ? "'" : ", '") + std::string(name) + "'";
  return text;
}

void read_source(const Section& section, FileObject& object, const Names& sources) {
  Names given;
  for (const char* name : sources)
    if (section.find(name) != nullptr) given.push_back(name);
  for (size_t i = 1; i < given.size(); ++i)
    section.error_at(given[i], "only one of " + quoted(given) + " can say where the bytes are");
  if (!given.empty()) object.source_mark = section.find(given.front())->mark();
  section.text("file", object.file);
  section.text("environment", object.environment);
  object.environment_value = section.reader().file_variable(section.path().to_string(), object.environment);
  if (const Node* content = section.find("content")) object.content = content->text;
  for (const char* name : {"file", "environment"})
    if (const Node* value = section.find(name); value != nullptr && value->text.empty())
      section.error_at(name, "is empty");
  const bool elsewhere = object.external || !object.driver.empty() || section.node().damaged;
  if (given.empty() && !elsewhere)
    section.reader().report().error(object.mark, section.path().to_string(), "has no source of its bytes",
                                    "give it one of " + quoted(sources) + " or 'external: true'");
}

void read_all(Reader& reader, const Node& document, const std::string& top, const std::string& what,
              const Names& sources, const std::string& project, std::map<std::string, FileObject>& into) {
  const Node* objects = document.find(top);
  if (objects == nullptr) return;
  for (const Entry& entry : objects->entries) {
    const Path path = Path().key(top).key(entry.key);
    const Section section(reader, entry.value, path);
    FileObject object = read_resource<FileObject>(section, entry, what, project);
    section.text("driver", object.driver);
    section.map("driver_opts", object.driver_opts);
    section.text("template_driver", object.template_driver);
    read_source(section, object, sources);
    into[entry.key] = std::move(object);
  }
}

}  // namespace

void read_configs(Reader& reader, const Node& document, Draft& draft) {
  read_all(reader, document, "configs", "config", {"file", "content", "environment"}, draft.project.name,
           draft.project.configs);
}

void read_secrets(Reader& reader, const Node& document, Draft& draft) {
  read_all(reader, document, "secrets", "secret", {"file", "environment"}, draft.project.name,
           draft.project.secrets);
}

}  // namespace parser
