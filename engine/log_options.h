#pragma once
// Logging drivers and their options, as Docker has them: json-file and local, which are one store here, since
// what differs is the file's format, that nobody but `logs` reads; and none. Source: Docker Engine manual,
// "Configure logging drivers".
//   max-size   when a file is full: bytes, or with k, m, g, powers of 1000; json-file: no limit, local: 20
//   MiB max-file   how many files there are; json-file: 1, local: 5 compress   the full ones are gzipped;
//   json-file: no, local: yes labels, env, labels-regex, env-regex, tag   what every line carries as `attrs`
#include "engine/container/spec.h"
#include "engine/image/image_store.h"
#include "engine/model.h"

namespace engine {

// Throws kInvalid naming the option.
void check_log(const ContainerConfig& config);
// `spec.id`, `spec.state_dir` and `spec.env` are set already.
void set_log(Spec& spec, const ContainerConfig& config, const StoredImage& image);

}  // namespace engine
