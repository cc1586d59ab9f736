#include "parser/published.h"

#include "parser/interpolate.h"
#include "parser/path.h"
#include "parser/paths.h"
#include "parser/report.h"
#include "parser/yaml.h"

namespace parser {

namespace {

class Publication {
 public:
  Publication(const PublishRequest& request, const StringMap& environment, Report& report)
      : request_(request), environment_(environment), report_(report) {}

  PublishedFile run() {
    const Source* source = read_source(report_, request_.path, request_.path);
    report_.throw_if_failed();
    for (const Node& document : load_yaml(*source, report_)) note(document);
    report_.throw_if_failed();
    result_.text = edited(source->text());
    return std::move(result_);
  }

 private:
  struct Edit {
    size_t end;
    std::string text;
  };

  void note(const Node& document) {
    for_each_item(document.find("include"), [this](const Node& item) { note_include(item); });
    for_each_entry(document, "services", [this](const Entry& entry) {
      note_service(entry.value, Path().key("services").key(entry.key), result_.services[entry.key]);
    });
    for_each_entry(document, "configs", [this](const Entry& entry) {
      const Node* content = entry.value.find("content");
      if (content != nullptr && content->is_scalar()) result_.config_contents[entry.key] = content->text;
    });
  }

  template <typename Function>
  static void for_each_entry(const Node& document, const char* section, const Function& function) {
    const Node* entries = document.find(section);
    if (entries == nullptr) return;
    for (const Entry& entry : entries->entries) function(entry);
  }

  // One that stands alone is a list of one.
  template <typename Function>
  static void for_each_item(const Node* list, const Function& function) {
    if (list == nullptr || list->is_null()) return;
    if (!list->is_sequence()) return function(*list);
    for (const Node& item : list->items) function(item);
  }

  void note_include(const Node& item) {
    for_each_item(item.is_map() ? item.find("path") : &item, [this](const Node& path) {
      if (path.is_scalar() && !is_remote(value_of(path).text)) result_.local_includes.push_back(path.text);
    });
  }

  void note_service(const Node& service, const Path& path, PublishedFile::Service& noted) {
    for_each_item(service.find("env_file"), [&](const Node& item) {
      const Node* file = item.is_map() ? item.find("path") : &item;
      if (file == nullptr || !file->is_scalar()) return;
      noted.has_env_file = true;
      if (request_.rename_env_files) rename(*file, path.key("env_file"), ".env", result_.env_files);
    });
    const Node* extends = service.find("extends");
    const Node* file = extends == nullptr ? nullptr : extends->find("file");
    if (file != nullptr && file->is_scalar() && !is_remote(value_of(*file).text))
      rename(*file, path.key("extends").key("file"), ".yaml", result_.extended);
    if (const Node* values = service.find("environment")) note_environment(*values, noted.environment);
  }

  static void note_environment(const Node& values, StringMap& environment) {
    for (const Entry& entry : values.entries)
      if (entry.value.is_scalar()) environment[entry.key] = entry.value.text;
    for (const Node& item : values.items) {
      const size_t equals = item.text.find('=');
      if (equals != std::string::npos)
        environment[item.text.substr(0, equals)] = item.text.substr(equals + 1);
    }
  }

  // With its variables' values. What is wrong with them was told when the project was loaded.
  Node value_of(const Node& written) {
    Node value = written;
    const Report::Silence silence(report_);
    interpolate(value, lookup_in(environment_), report_);
    return value;
  }

  void rename(const Node& written, const Path& where, const char* ending,
              std::map<std::string, std::string>& files) {
    const std::string path =
        resolve_path(value_of(written), where.to_string(), request_.folder, environment_, report_);
    std::string& name = files[path];
    name = request_.name_of(path) + ending;
    const std::string& text = written.at.source->text();
    const size_t begin = begin_of(written);
    const size_t end = end_of(written, begin);
    if (end <= begin || end > text.size())
      report_.error(written.mark(), where.to_string(),
                    "the name of a file that is published too must stand here by itself",
                    "write it out, in one line and without an anchor");
    else
      edits_[begin] = {end, name};
  }

  // Byte offset of the value: its place counts characters.
  static size_t begin_of(const Node& node) {
    const std::string_view line = node.at.source->line(node.at.line);
    size_t byte = 0;
    for (int column = 1; column < node.at.column && byte < line.size(); ++column)
      for (++byte; byte < line.size() && (static_cast<unsigned char>(line[byte]) & 0xC0) == 0x80;) ++byte;
    return node.at.source->offset_of(node.at.line - 1, static_cast<int>(byte));
  }

  // 0: it is not written as one word or quoted one.
  static size_t end_of(const Node& node, size_t begin) {
    const std::string& text = node.at.source->text();
    if (begin >= text.size()) return 0;
    if (text[begin] == '"' || text[begin] == '\'') {
      const size_t close = find_closing_quote(text, begin);
      return close == std::string::npos ? 0 : close + 1;
    }
    return text.compare(begin, node.text.size(), node.text) == 0 ? begin + node.text.size() : 0;
  }

  std::string edited(std::string text) const {
    for (auto edit = edits_.rbegin(); edit != edits_.rend(); ++edit)
      text.replace(edit->first, edit->second.end - edit->first, edit->second.text);
    return text;
  }

  const PublishRequest& request_;
  const StringMap& environment_;
  Report& report_;
  PublishedFile result_;
  std::map<size_t, Edit> edits_;  // by where they begin
};

}  // namespace

PublishedFile publish_file(const PublishRequest& request, const StringMap& environment) {
  Report report;
  return Publication(request, environment, report).run();
}

}  // namespace parser
