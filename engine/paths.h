#pragma once
// Where the engine keeps things. See ARCHITECTURE.md, "State on disk".
#include <string>

namespace engine {

struct Paths {
  std::string data_root;  // durable: /var/lib/compose
  std::string run_root;   // volatile, rebuilt after a reboot: /run/compose

  std::string database() const { return data_root + "/state.db"; }
  std::string blobs() const { return data_root + "/images/blobs/sha256"; }  // OCI layout
  std::string layer(const std::string& chain_id) const {                    // chain_id without "sha256:"
    return data_root + "/layers/" + chain_id;                               // holds diff/ (overlay lower)
  }
  std::string container(const std::string& id) const { return data_root + "/containers/" + id; }
  std::string volume(const std::string& name) const {
    return data_root + "/volumes/" + name;
  }                                                                         // holds _data/
  std::string cache_mounts() const { return data_root + "/cache-mounts"; }  // of RUN --mount=type=cache
  std::string build_tmp() const { return data_root + "/tmp"; }
  std::string events() const { return run_root + "/events"; }
  std::string run_container(const std::string& id) const { return run_root + "/c/" + id.substr(0, 12); }
  std::string run_network(const std::string& id) const { return run_root + "/n/" + id.substr(0, 12); }
};

}  // namespace engine
