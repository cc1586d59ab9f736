#pragma once
// COPY and ADD: what goes where. Source: the Dockerfile reference, "COPY", "ADD".
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/build/copy_source.h"
#include "engine/build/exclusion.h"
#include "engine/build/layer_writer.h"
#include "engine/build/mode_change.h"

namespace engine::build {

struct CopyOptions {
  std::optional<Owner> owner;      // --chown
  std::optional<ModeChange> mode;  // --chmod
  std::string destination;         // absolute; `into_folder` tells of a slash at the end
  bool into_folder = false;        // the destination is a folder, made when missing
  bool parents = false;            // --parents: each source keeps the folders above it
  Exclusion exclude;
};

// Sources of one origin.
struct CopyPart {
  std::shared_ptr<const CopySource> source;
  std::vector<CopySource::Item> items;
  bool unpack = false;  // archives are unpacked
};

struct InlineFile {
  std::string name, content;
};

// Copies into `writer`: what archives hold keeps its owners and modes, also under --chown and --chmod, as
// with Docker. `scratch` is an empty folder on the same file system for unpacking archives. Throws
// engine::Error(kInvalid) without a place.
void copy_items(const std::vector<CopyPart>& parts, const std::vector<InlineFile>& inline_files,
                const CopyOptions& options, LayerWriter& writer, const std::string& scratch);

}  // namespace engine::build
