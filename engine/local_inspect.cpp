// What `inspect` asks of a container beside what listings show.
#include "engine/local_engine.h"
#include "sys/folder.h"

namespace engine {

ContainerConfig LocalEngine::configuration_of(const std::string& id) {
  return need_container(id).config;
}

int64_t LocalEngine::written_bytes(const std::string& id) {
  return sys::bytes_below(paths_.container(need_container(id).id) + "/upper");
}

}  // namespace engine
