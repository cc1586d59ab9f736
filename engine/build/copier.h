#pragma once
// COPY and ADD: what goes where. Source: the Dockerfile reference, "COPY", "ADD".
#include <string>
#include <vector>

#include "engine/build/copy_source.h"
#include "engine/build/dockerfile.h"
#include "engine/build/layer_writer.h"

namespace engine::build {

struct CopyOptions {
  std::optional<Owner> owner;  // --chown
  std::optional<mode_t> mode;  // --chmod
  std::string destination;     // absolute; `into_folder` tells of a slash at the end
  bool into_folder = false;    // the destination is a folder, made when missing
  bool unpack = false;         // ADD: archives are unpacked
};

struct InlineFile {
  std::string name, content;
};

// Copies into `writer`. `scratch` is an empty folder on the same file system for unpacking archives. Throws
// engine::Error(kInvalid) without a place.
void copy_items(const CopySource& source, const std::vector<CopySource::Item>& items,
                const std::vector<InlineFile>& inline_files, const CopyOptions& options, LayerWriter& writer,
                const std::string& scratch);

}  // namespace engine::build
