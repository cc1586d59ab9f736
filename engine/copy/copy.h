#pragma once
// What `docker cp` does, between two trees that may change meanwhile: the rules on names, folders and links.
// Source: Docker's documentation of `docker container cp`.
//   source a file    -> nothing there: a file of that name; with a final "/" an error
//                       a file: replaced    a folder: into it
//   source a folder  -> nothing there: a folder of that name    a file: an error
//                       a folder: into it; "dir/." only what is in it
// A link at the end of the destination is followed, one at the end of the source only when asked for. Folders
// that are there already keep their modes and owners.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/copy/tree_sink.h"
#include "engine/image/layer_tar.h"

namespace engine {

// A path in a tree. `shown` is how messages call it: "web:/etc", "./file".
struct CopySide {
  int root = -1;
  std::string path;
  std::string shown;
};

struct CopyResult {
  int64_t objects = 0, bytes = 0;
  std::vector<std::string> left_out;  // a line each: what, and why
};

struct CopyOptions {
  CopyPolicy policy;
  bool follow_link = false;           // of the source
  std::function<bool()> cancelled{};  // engine::Error(kUnavailable) is thrown when it says so
};

// All throw engine::Error(kNotFound, kConflict, kInvalid), sys::Error.
CopyResult copy_tree(const CopySide& from, const CopySide& to, const CopyOptions& options);
// As a tar; what `sink` throws passes through.
CopyResult copy_to_tar(const CopySide& from, const ByteSink& sink, const CopyOptions& options);
// From a tar, into a folder that is there.
CopyResult copy_from_tar(int archive, const CopySide& to, const CopyOptions& options);

}  // namespace engine
