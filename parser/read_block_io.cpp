// Shares and limits of block devices. Source: Compose Specification, "blkio_config"; cgroups(7), io.
#include "parser/attribute.h"
#include "parser/units.h"

namespace parser {

namespace {

constexpr int kLeastWeight = 10, kMostWeight = 1000;

void read_path(const Section& section, std::string& into) {
  section.require("path", "without 'path', the device on the host");
  section.text("path", into);
  if (!into.empty() && into[0] != '/')
    section.error_at("path", "'" + into + "' is not an absolute path of the host",
                     "write a device: /dev/sda");
}

int read_weight(const Section& section) {
  const Node* node = section.find("weight");
  if (node == nullptr || node->text == "0") return 0;
  return static_cast<int>(
      section.reader().integer(*node, section.place("weight"), kLeastWeight, kMostWeight));
}

void read_throttles(const Section& section, const char* name, bool bytes,
                    std::vector<BlkioConfig::Throttle>& into) {
  section.each(name, [&](const Section& item) {
    BlkioConfig::Throttle& throttle = into.emplace_back();
    read_path(item, throttle.path);
    item.require("rate", "without 'rate'");
    if (bytes)
      item.bytes("rate", throttle.rate);
    else
      item.integer("rate", throttle.rate, 0, INT64_MAX);
    throttle.extensions = item.extensions();
  });
}

}  // namespace

void read_blkio_config(const At& at) {
  const Section section = at.section();
  BlkioConfig& config = at.service.blkio_config.emplace();
  config.weight = read_weight(section);
  section.each("weight_device", [&](const Section& item) {
    BlkioConfig::WeightDevice& device = config.weight_device.emplace_back();
    read_path(item, device.path);
    item.require("weight", "without 'weight'");
    device.weight = read_weight(item);
    device.extensions = item.extensions();
  });
  read_throttles(section, "device_read_bps", true, config.device_read_bps);
  read_throttles(section, "device_read_iops", false, config.device_read_iops);
  read_throttles(section, "device_write_bps", true, config.device_write_bps);
  read_throttles(section, "device_write_iops", false, config.device_write_iops);
  config.extensions = section.extensions();
}

}  // namespace parser
