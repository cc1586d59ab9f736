// Requests for devices: `gpus` and deploy.resources.reservations.devices.
#include "parser/section.h"
#include "parser/units.h"

namespace parser {

namespace {

constexpr int64_t kAll = -1;

int64_t read_count(const std::string& text) {
  if (text == "all" || text == "ALL" || text == "All") return kAll;
  const auto count = read_integer(text);
  if (count && (*count > 0 || *count == kAll) && *count <= INT32_MAX) return *count;
  throw ValueError("invalid count '" + text + "'", "write a number, 1 or more, or 'all'");
}

}  // namespace

DeviceRequest read_device_request(const Section& section) {
  DeviceRequest request;
  request.mark = section.node().mark();
  section.strings("capabilities", request.capabilities);
  section.text("driver", request.driver);
  section.strings("device_ids", request.device_ids);
  section.map("options", request.options);
  const Node* count = section.find("count");
  if (count != nullptr)
    section.reader().guard(*count, section.place("count"), [&] { request.count = read_count(count->text); });
  else if (section.find("device_ids") == nullptr)
    request.count = kAll;
  if (count != nullptr && section.find("device_ids") != nullptr)
    section.error("'count' and 'device_ids' exclude each other");
  request.extensions = section.extensions();
  return request;
}

void read_gpus(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  if (node.is_scalar()) {
    reader.report().error(node.mark(), path.to_string(), "unknown value '" + node.text + "'",
                          "write 'all' or a list of requests");
    return;
  }
  for (size_t i = 0; i < node.items.size(); ++i) {
    const Path place = path.index(i);
    draft.service.gpus.push_back(read_device_request(Section(reader, node.items[i], place)));
  }
}

}  // namespace parser
