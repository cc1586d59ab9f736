#pragma once
// A file that ADD fetches from a URL. Its content decides about the cache: what was fetched before is asked
// for with the server's own validators, so that an unchanged file is not sent again. Source: the Dockerfile
// reference, "ADD", "Adding files from a URL".
#include <optional>
#include <string>

#include "engine/build/copy_source.h"
#include "engine/build/downloader.h"
#include "engine/image/image_store.h"

namespace engine::build {

class RemoteFile {
 public:
  // `checksum` is "sha256:<hex>" or empty; without `use_memory` nothing fetched before counts. Throws
  // engine::Error(kInvalid) for another kind of checksum, and for a URL whose path has no last component.
  RemoteFile(ImageStore& store, Downloader& downloader, const std::string& url, const std::string& checksum,
             bool use_memory);

  // The last component of the URL's path: its name in a destination that is a folder.
  const std::string& name() const { return name_; }
  // Hex digest of its bytes; with a checksum known without asking. Throws what Downloader::fetch does.
  const std::string& identity(int cancel_fd);
  // The key its memory is kept under in the store's build cache.
  const std::string& memo_key() const { return memo_key_; }
  // A folder that holds nothing but it, for as long as this object lives; fetched when it is not here yet.
  // Throws as identity(); kInvalid when its bytes are not those of the checksum, kUnavailable when they are
  // no longer those of identity().
  std::string folder(int cancel_fd);

 private:
  // False when it is unchanged since `known`.
  bool fetch(const Validators& known, int cancel_fd);

  ImageStore& store_;
  Downloader& downloader_;
  std::string url_, name_, memo_key_;
  std::string checksum_;  // 64 digits or empty
  bool use_memory_;
  std::string identity_, fetched_;          // digests; empty: not known yet
  std::optional<ImageStore::Draft> draft_;  // holds the file once it was fetched
};

}  // namespace engine::build
