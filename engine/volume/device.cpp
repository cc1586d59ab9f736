#include "engine/volume/device.h"

#include <algorithm>
#include <array>

#include "engine/container/mount_source.h"
#include "engine/error.h"
#include "engine/volume/server_address.h"

namespace engine {

namespace {

std::string value_of(const VolumeConfig& config, const char* name) {
  const auto found = config.driver_opts.find(name);
  return found == config.driver_opts.end() ? "" : found->second;
}

// The network's file systems take the server as an address, and want it as an option as well.
void add_server(VolumeDevice& device) {
  if (device.type != "nfs" && device.type != "nfs4") return;
  const auto named = [](const std::string& option) { return option.starts_with("addr="); };
  if (std::any_of(device.options.begin(), device.options.end(), named)) return;
  const size_t colon = device.device.find(":/");
  if (colon != std::string::npos) device.options.push_back("addr=" + device.device.substr(0, colon));
}

}  // namespace

std::optional<VolumeDevice> volume_device(const VolumeConfig& config) {
  if (config.driver_opts.empty()) return std::nullopt;
  VolumeDevice device;
  device.type = value_of(config, "type");
  device.device = value_of(config, "device");
  const std::string all = value_of(config, "o");
  for (size_t from = 0; from < all.size();) {
    const size_t end = std::min(all.find(',', from), all.size());
    const std::string option = all.substr(from, end - from);
    from = end + 1;
    if (option == "bind" || option == "rbind") {
      device.bind = true;
      device.recursive = option == "rbind";
    } else if (!option.empty()) {
      device.options.push_back(option);
    }
  }
  // As Docker has it, "addr=,..." leaves the server to the device.
  std::erase(device.options, "addr=");
  add_server(device);
  return device;
}

VolumeDevice with_address(VolumeDevice device) {
  for (std::string& option : device.options) {
    if (!option.starts_with("addr=")) continue;
    const std::string server = option.substr(5);
    try {
      option = "addr=" + server_address(server);
    } catch (const Error& error) {
      throw Error(error.kind(),
                  "the server " + server + " of " + device.device + " has no address: " + error.what());
    }
  }
  return device;
}

sys::Fd mount_device(const VolumeDevice& device) {
  SpecMount mount;
  mount.fs_type = device.type;
  mount.source = device.device;
  mount.options = device.options;
  return open_device(mount);
}

void check_volume_device(const VolumeConfig& config) {
  const auto invalid = [&](const std::string& what) {
    throw Error(Error::Kind::kInvalid, "volume " + config.name + ": " + what);
  };
  constexpr std::array kKnown = {"type", "o", "device"};
  for (const auto& [name, value] : config.driver_opts) {
    if (name == "size")
      invalid(
          "driver option 'size' is not supported: quotas belong to the file system; for a volume in memory "
          "give type: tmpfs, device: tmpfs, o: size=" +
          value);
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end())
      invalid("the local driver has no option '" + name + "'; it knows type, o and device");
  }
  const std::optional<VolumeDevice> device = volume_device(config);
  if (!device) return;
  if (device->device.empty()) invalid("missing required option 'device'");
  if (device->bind && device->device.front() != '/')
    invalid("device '" + device->device + "' is not an absolute path, as o=bind needs it");
  if (!device->bind && (device->type.empty() || device->type == "none"))
    invalid("missing required option 'type', the file system on " + device->device);
}

}  // namespace engine
