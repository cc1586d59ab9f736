#include "parser/paths.h"
#include "parser/reader.h"

namespace parser {

void read_build(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  Build build;
  Node context = Node::scalar(".", node.at);
  if (const Node* given = node.find("context")) context = *given;
  build.mark = build.dockerfile_mark = context.mark();
  if (is_remote(context.text))
    reader.report().error(context.mark(), path.key("context").to_string(),
                          "build context '" + context.text + "': remote contexts are not supported yet");
  else
    build.context = context.text;

  const Node* dockerfile = node.find("dockerfile");
  const Node* inline_text = node.find("dockerfile_inline");
  if (dockerfile != nullptr && inline_text != nullptr)
    reader.report().error(inline_text->mark(), path.to_string(),
                          "'dockerfile' and 'dockerfile_inline' exclude each other");
  if (dockerfile != nullptr) build.dockerfile_mark = dockerfile->mark();
  if (inline_text != nullptr)
    build.dockerfile_inline = inline_text->text;
  else
    build.dockerfile = dockerfile != nullptr ? dockerfile->text : "Dockerfile";

  if (const Node* args = node.find("args")) build.args = reader.optional_map(*args);
  if (const Node* labels = node.find("labels")) build.labels = reader.string_map(*labels);
  if (const Node* target = node.find("target")) build.target = target->text;
  if (const Node* tags = node.find("tags")) build.tags = reader.strings(*tags);
  if (const Node* no_cache = node.find("no_cache"))
    build.no_cache = reader.flag(*no_cache, path.key("no_cache"));
  if (const Node* pull = node.find("pull")) build.pull = reader.flag(*pull, path.key("pull"));
  draft.service.build = std::move(build);
}

}  // namespace parser
