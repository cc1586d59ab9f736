#pragma once
// From nodes of the merged tree to typed values; a bad value is reported at its place and the default
// returned.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "parser/draft.h"
#include "parser/node.h"
#include "parser/path.h"
#include "parser/report.h"

namespace parser {

class Section;

class Reader {
 public:
  // `environment` and `file_variables` (Documents::keep_file_variable) must outlive the reader.
  // `working_directory` is absolute.
  Reader(Report& report, const StringMap& environment, const StringMap& file_variables,
         std::string working_directory);

  bool flag(const Node& node, const Path& path);
  int64_t integer(const Node& node, const Path& path, int64_t least, int64_t most);
  double number(const Node& node, const Path& path);  // above 0
  int64_t bytes(const Node& node, const Path& path);
  std::optional<Duration> duration(const Node& node, const Path& path);
  // Permissions of a file: octal, but a number without quotes that does not begin with 0 is decimal, as in
  // JSON and for docker compose.
  uint32_t mode(const Node& node, const Path& path);
  std::vector<std::string> strings(const Node& node);  // of a list
  StringMap string_map(const Node& node);              // of a canonical map
  OptionalMap optional_map(const Node& node);
  // command, entrypoint: a list as it is, a string split into words.
  std::vector<std::string> words(const Node& node, const Path& path);
  // What messages call a file: relative to the working directory when it is below.
  std::string shown(const std::string& path) const;
  StringMap extensions(const Node& map);  // the x-* of a map, as JSON text

  // Runs `read`; a ValueError is reported at `node`.
  void guard(const Node& node, const Path& path, const std::function<void()>& read);

  Report& report() { return report_; }
  const StringMap& environment() const { return environment_; }
  // What `variable` holds for the config or secret `object` ("secrets.token").
  std::optional<std::string> file_variable(const std::string& object, const std::string& variable) const;

 private:
  Report& report_;
  const StringMap& environment_;
  const StringMap& file_variables_;
  std::string working_directory_;
};

void read_service(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft);
void read_build(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft);
void read_deploy(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft);
void read_develop(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft);
void read_pre_start(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft);
void read_post_start(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft);
void read_pre_stop(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft);
void read_provider(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft);
void read_service_models(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft);
void read_service_configs(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft);
void read_service_secrets(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft);
void read_gpus(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft);
// Brings what stands both at the service and under deploy together: scale, limits, restart.
void settle_deploy(Reader& reader, const Path& path, ServiceDraft& draft);

// Parts that several attributes share.
std::vector<FileGrant> read_grants(Reader& reader, const Node& node, const Path& path);
std::map<std::string, Ulimit> read_ulimits(Reader& reader, const Node& node, const Path& path);

DeviceRequest read_device_request(const Section& section);

// The top level.
void read_networks(Reader& reader, const Node& document, Draft& draft);
void read_volumes(Reader& reader, const Node& document, Draft& draft);
void read_configs(Reader& reader, const Node& document, Draft& draft);
void read_secrets(Reader& reader, const Node& document, Draft& draft);
void read_models(Reader& reader, const Node& document, Draft& draft);
Draft read_project(Reader& reader, const Node& document, const std::string& name);

}  // namespace parser
