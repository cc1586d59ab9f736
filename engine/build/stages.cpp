#include "engine/build/stages.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "engine/build/expand.h"
#include "engine/error.h"
#include "engine/image/reference.h"
#include "engine/letter_case.h"

namespace engine::build {
namespace {

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 6 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

class Planner {
 public:
  Planner(const FindImage& find_image, const Dockerfile& file, const BuildRequest& request, BuildArgs& args)
      : find_image_(find_image), file_(file), request_(request), args_(args) {}

  StagePlan run() {
    declare_globals();
    plan_.target = find_target(request_.target);
    std::set<size_t> todo{plan_.target};
    std::map<size_t, PlannedStage> planned;
    // Dependencies have smaller numbers, so the largest open one is never asked for again.
    while (!todo.empty()) {
      const size_t index = *todo.rbegin();
      todo.erase(index);
      PlannedStage stage = resolve(index);
      if (stage.base_stage) todo.insert(*stage.base_stage);
      for (const size_t other : sources(stage)) todo.insert(other);
      planned.emplace(index, std::move(stage));
    }
    for (auto& [index, stage] : planned) {
      stage.first_id = plan_.total + 1;
      plan_.total += 1 + static_cast<int>(stage.steps.size());
      plan_.stages.push_back(std::move(stage));
    }
    return std::move(plan_);
  }

 private:
  Expander expander() const {
    return Expander(
        [this](const std::string& name) -> std::optional<std::string> {
          const auto arg = plan_.global_args.find(name);
          if (arg != plan_.global_args.end()) return arg->second;
          const auto platform = platform_args().find(name);
          return platform == platform_args().end() ? std::nullopt : std::optional(platform->second);
        },
        file_.escape);
  }

  void declare_globals() {
    for (const Instruction& instruction : file_.global_args) {
      const Expander expand = expander();
      for (const auto& [name, fallback] : std::get<Arg>(instruction.node).names) {
        const auto given = args_.get(name);
        if (given) {
          plan_.global_args[name] = *given;
        } else if (fallback) {
          plan_.global_args[name] = expand.word(*fallback, instruction.place);
        }
      }
    }
  }

  size_t find_target(const std::string& target) const {
    if (target.empty()) return file_.stages.size() - 1;
    std::vector<std::string> names;
    for (size_t i = file_.stages.size(); i-- > 0;) {
      if (file_.stages[i].from().stage == lower_case(target)) return i;
      if (!file_.stages[i].from().stage.empty()) names.push_back(file_.stages[i].from().stage);
    }
    if (is_number(target) && std::stoul(target) < file_.stages.size()) return std::stoul(target);
    throw Error(Error::Kind::kInvalid, file_.stages[0].head.place.file + ": there is no stage '" + target +
                                           "' to build" + did_you_mean(target, names));
  }

  PlannedStage resolve(size_t index) {
    const Stage& stage = file_.stages[index];
    const Place& place = stage.head.place;
    PlannedStage out;
    out.index = index;
    out.head = stage.head;
    if (file_.stages.size() > 1)
      out.name = stage.from().stage.empty() ? "stage-" + std::to_string(index) : stage.from().stage;
    out.fresh = request_.no_cache || is_fresh(index);
    const Expander expand = expander();
    const std::string platform = expand.word(stage.from().platform, place);
    if (!platform.empty() && !is_own_platform(platform)) {
      fail_at(place,
              "FROM --platform=" + platform + ": only " + own_platform() + ", this machine's, can be built");
    }
    const std::string name = expand.word(stage.from().image, place);
    if (name.empty()) fail_at(place, "the image name '" + stage.from().image + "' is empty after expansion");
    const NamedContext* named = find_context(request_.contexts, name);
    for (size_t i = 0; i < index && named == nullptr; ++i) {
      if (file_.stages[i].from().stage == lower_case(name)) out.base_stage = i;
    }
    if (out.base_stage) {
      for (const Instruction& step : file_.stages[*out.base_stage].instructions) {
        if (const auto* on_build = std::get_if<OnBuild>(&step.node))
          add_trigger(out, on_build->trigger, step.place);
      }
    } else if (name != "scratch" || named != nullptr) {
      out.base_image = find_image_(named == nullptr ? name : image_of(*named, name, place), place);
      for (const std::string& trigger : out.base_image->config.on_build) add_trigger(out, trigger, place);
    }
    out.steps.insert(out.steps.end(), stage.instructions.begin(), stage.instructions.end());
    return out;
  }

  static std::string image_of(const NamedContext& context, const std::string& name, const Place& place) {
    if (context.kind == NamedContext::Kind::kImage) return context.value;
    fail_at(place, "FROM " + name + ": the named context of this name is the folder " + context.value +
                       ", and only an image can be built on; COPY --from=" + name + " takes files from it");
  }

  void add_trigger(PlannedStage& stage, const std::string& trigger, const Place& place) const {
    std::vector<std::string> warnings;
    Instruction step = parse_trigger(trigger, place, file_.escape, warnings);
    if (std::holds_alternative<From>(step.node) || std::holds_alternative<OnBuild>(step.node)) {
      fail_at(place, "the base image has the trigger 'ONBUILD " + trigger + "', which ONBUILD cannot hold");
    }
    stage.steps.push_back(std::move(step));
  }

  bool is_fresh(size_t index) const {
    const std::string& name = file_.stages[index].from().stage;
    return std::any_of(request_.no_cache_stages.begin(), request_.no_cache_stages.end(),
                       [&](const std::string& stage) {
                         return lower_case(stage) == name || stage == std::to_string(index);
                       });
  }

  // What a step takes files from, beside the build context and its own stage.
  static std::vector<std::string> origins(const Instruction& step) {
    std::vector<std::string> names;
    if (const auto* copy = std::get_if<Copy>(&step.node)) {
      names.push_back(copy->from);
    } else if (const auto* run = std::get_if<Run>(&step.node)) {
      for (const std::string& text : run->flags.mounts)
        names.push_back(parse_mount(text, step.place, {}).from);
    }
    std::erase_if(names, [](const std::string& name) { return name.empty(); });
    return names;
  }

  std::set<size_t> sources(const PlannedStage& stage) const {
    std::set<size_t> out;
    for (const Instruction& step : stage.steps) {
      for (const std::string& name : origins(step)) {
        if (const NamedContext* named = find_context(request_.contexts, name)) {
          if (named->kind == NamedContext::Kind::kImage) find_image_(named->value, step.place);
          continue;
        }
        if (const auto source = stage_of(file_, name, stage.index, step.place)) {
          out.insert(*source);
        } else {
          find_image_(name, step.place);
        }
      }
    }
    return out;
  }

  const FindImage& find_image_;
  const Dockerfile& file_;
  const BuildRequest& request_;
  BuildArgs& args_;
  StagePlan plan_;
};

}  // namespace

StagePlan plan_stages(const FindImage& find_image, const Dockerfile& file, const BuildRequest& request,
                      BuildArgs& args) {
  return Planner(find_image, file, request, args).run();
}

std::optional<size_t> stage_of(const Dockerfile& file, const std::string& name, size_t current,
                               const Place& place) {
  std::optional<size_t> found;
  // Of several of the name the last one before this stage; a later one is found only to be refused.
  for (size_t i = 0; i < file.stages.size(); ++i) {
    if (file.stages[i].from().stage == lower_case(name) && (i < current || !found)) found = i;
  }
  if (!found && is_number(name)) found = std::stoul(name);
  if (!found) return std::nullopt;
  if (*found >= current) {
    fail_at(place, "from=" + name + ": files can be taken from an earlier stage only");
  }
  return found;
}

StoredImage require_image(ImageStore& store, const std::string& name, const Place& place) {
  std::string reference = name;
  try {
    if (auto image = store.find(name)) return std::move(*image);
    reference = parse_reference(name).familiar();
  } catch (const Error& error) {
    throw Error(error.kind(), place.to_string() + ": " + error.what());
  }
  throw Error(Error::Kind::kNotFound, place.to_string() + ": the image '" + reference +
                                          "' is not in the store; import or build it first");
}

}  // namespace engine::build
