#pragma once
// What a container runs with: its image's configuration under its own. Pure.
#include <map>
#include <string>
#include <vector>

#include "engine/image/config.h"
#include "engine/model.h"

namespace engine {

// The image's environment, laid over by the container's.
std::vector<std::string> merged_env(const std::vector<std::string>& image,
                                    const std::map<std::string, std::string>& container);

// The whole as an image's configuration: what an image made from the container says, but for its layers. As
// Docker: ports that are published or exposed and anonymous volumes are in it, ONBUILD and SHELL of the image
// are not.
ImageConfig effective_config(const ImageConfig& image, const ContainerConfig& container);

// All names that the container `id` answers to on a network, each once: its aliases there, its own name, the
// beginning of its id, and its hostname when it has been given one. Not the hostname on kDefaultNetwork,
// where the containers of all projects meet.
std::vector<std::string> names_on(const std::string& network, const std::vector<std::string>& aliases,
                                  const ContainerConfig& container, const std::string& id);

}  // namespace engine
