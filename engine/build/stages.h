#pragma once
// Which stages a build needs and what each is based on.
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/build/builder.h"
#include "engine/build/dockerfile.h"
#include "engine/build/variables.h"
#include "engine/image/image_store.h"

namespace engine::build {

struct PlannedStage {
  size_t index = 0;  // in the Dockerfile; stages only depend on those with a smaller one
  Instruction head;
  std::optional<size_t> base_stage;
  std::optional<StoredImage> base_image;  // neither: scratch
  std::vector<Instruction> steps;         // triggers of the base first
};

struct StagePlan {
  std::vector<PlannedStage> stages;  // the needed ones by index; independent ones could run at the same time
  size_t target = 0;                 // index in the Dockerfile
  int total = 0;                     // steps, FROM included
  std::map<std::string, std::string> global_args;
};

// Throws engine::Error with the place: kNotFound for an image that is not in the store, kInvalid for the
// rest.
StagePlan plan_stages(ImageStore& store, const Dockerfile& file, const BuildRequest& request, BuildArgs& args,
                      const std::function<void(const std::string&)>& warn);

// The stage that COPY --from=`name` means in stage `current`; nothing: an image. Throws
// engine::Error(kInvalid).
std::optional<size_t> stage_of(const Dockerfile& file, const std::string& name, size_t current,
                               const Place& place);

// The image `name`. Throws engine::Error(kNotFound) with the place.
StoredImage require_image(ImageStore& store, const std::string& name, const Place& place);

}  // namespace engine::build
