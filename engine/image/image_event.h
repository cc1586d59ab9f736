#pragma once
#include <string>

#include "engine/events/journal.h"
#include "engine/paths.h"

namespace engine {

// Notes in the journal of events what happened to an image: "tag", "untag", "delete". `name`: the reference
// it is about; empty: none.
inline void note_image(const Paths& paths, const std::string& action, const std::string& id,
                       const std::string& name) noexcept {
  append_event(paths.events(), {"image", action, id, {{"name", name.empty() ? id : name}}});
}

}  // namespace engine
