#pragma once
// Layers as registries and archives carry them: blobs. A layer that was made here needs none, as its tar can
// be made again at any time (layer_tar.h). Of one that came from elsewhere the tar cannot be made again to
// the byte, so the blob it came in is kept in Paths::blobs, as it was, compressed or not.
//
// The same table remembers in which blobs a layer has travelled and which repositories hold them, so that a
// push need not compress or send them again.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/image/image_store.h"
#include "engine/image/layer_tar.h"
#include "engine/paths.h"

namespace engine {

class Database;

// Thread and process safe, as ImageStore.
class LayerBlobs {
 public:
  LayerBlobs(Database& database, Paths paths) : database_(database), paths_(std::move(paths)) {}

  // The known blobs of the layer, kept ones first.
  std::vector<LayerBlob> of(const std::string& diff_id);
  // Remembers that `blob` carries the layer; its bytes are not kept. What is known to be kept stays so.
  void record(const std::string& diff_id, const LayerBlob& blob);
  // Moves `file` into the store; see ImageStore::commit_unpacked_layers, which calls it with the store
  // locked.
  void keep(const std::string& file, const std::string& diff_id, const LayerBlob& blob);
  std::string path(const std::string& digest) const;

  // The layer's tar: bytes whose SHA-256 is its diff id. Throws engine::Error(kUnavailable) when a kept blob
  // is damaged (told at the end: `sink` has had bytes by then) or the folder does not give that diff id any
  // more; what `sink` throws passes through.
  void write_tar(const ImageStore::Layer& layer, const ByteSink& sink);

  // Repositories ("docker.io/library/busybox") known to hold the blob.
  std::vector<std::string> repositories(const std::string& digest);
  void record_repository(const std::string& digest, const std::string& repository);
  void forget_repository(const std::string& digest, const std::string& repository);

  // Forgets the blobs of layers that are in the store no more and removes the files of blobs and
  // configurations that nothing names. To be called with the store locked, outside of a transaction.
  void remove_unused();
  // Whether there is something for remove_unused. Without a lock.
  bool has_unused();

 private:
  std::vector<std::string> unnamed_files();

  Database& database_;
  Paths paths_;
};

}  // namespace engine
