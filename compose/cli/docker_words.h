#pragma once
// The program under another name: `docker-compose`, `docker`, and as a plug-in of the docker program.
#include <optional>
#include <string>
#include <vector>

namespace compose::cli {

// What the program was called as decides what its words mean. `name`: the last part of argv[0].
//   docker-compose [compose] ...   as compose; the plug-in is called with its own name first
//   docker compose ...             as compose
//   docker run, ps, images, ...    container run, container ls, image ls, ...
// Throws CommandError for a word of docker's that has no counterpart here.
std::vector<std::string> in_own_words(const std::string& name, std::vector<std::string> args);

// What the docker program asks a plug-in for (`docker-compose docker-cli-plugin-metadata`): the answer, or
// nothing when it is not asked.
std::optional<std::string> plugin_metadata(const std::vector<std::string>& args);

}  // namespace compose::cli
