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
  std::string name;                       // as progress shows it; empty when the file has one stage
  int first_id = 0;                       // BuildStep::id of FROM; those of `steps` follow
  bool fresh = false;                     // nothing comes from the cache
};

struct StagePlan {
  std::vector<PlannedStage> stages;  // the needed ones by index; independent ones could run at the same time
  size_t target = 0;                 // index in the Dockerfile
  int total = 0;                     // steps, FROM included
  std::map<std::string, std::string> global_args;
};

// The image a stage is based on or takes files from; throws engine::Error with the place.
using FindImage = std::function<StoredImage(const std::string& name, const Place& place)>;

// Every image that a needed stage names is asked for. Throws engine::Error with the place: what `find_image`
// throws, kInvalid for the rest.
StagePlan plan_stages(const FindImage& find_image, const Dockerfile& file, const BuildRequest& request,
                      BuildArgs& args);

// The stage that --from=`name` of a COPY, or from=`name` of a mount, means in stage `current`; nothing: an
// image. Throws engine::Error(kInvalid).
std::optional<size_t> stage_of(const Dockerfile& file, const std::string& name, size_t current,
                               const Place& place);

// The image `name`. Throws engine::Error(kNotFound) with the place.
StoredImage require_image(ImageStore& store, const std::string& name, const Place& place);

}  // namespace engine::build
