// What `inspect` asks of a container beside what listings show.
#include "engine/local_engine.h"
#include "sys/folder.h"

namespace engine {

ContainerConfig LocalEngine::configuration_of(const std::string& id) {
  ContainerConfig config = need_container(id).config;
  // By the id of whom it is, as Docker tells it: a name may have come to another.
  constexpr std::string_view kContainer = "container:";
  db_.read([&] {
    for (std::string* mode : {&config.network_mode, &config.ipc_mode, &config.pid_mode, &config.uts_mode}) {
      if (!mode->starts_with(kContainer)) continue;
      const auto lender = find_container_record(db_, mode->substr(kContainer.size()));
      if (!lender) continue;
      *mode = std::string(kContainer) + lender->id;
      if (mode == &config.network_mode && config.uts_mode.empty()) {
        const std::string& theirs = lender->config.hostname;
        config.hostname = theirs.empty() ? lender->id.substr(0, 12) : theirs;
        config.domainname = lender->config.domainname;
      }
    }
  });
  return config;
}

int64_t LocalEngine::written_bytes(const std::string& id) {
  return sys::bytes_below(paths_.container(need_container(id).id) + "/upper");
}

}  // namespace engine
