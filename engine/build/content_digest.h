#pragma once
// What the content of copied files is, for the build cache: path, type, mode, owner, attributes, bytes. Times
// do not matter.
#include <map>
#include <string>

#include "engine/build/copy_source.h"
#include "engine/build/exclusion.h"

namespace engine::build {

// Digests of files seen before, by device, inode, size and both times, so that a build need not read files
// that have not changed. A file that was changed within the last moments is not remembered: it could change
// again within the same tick of the clock.
class DigestMemo {
 public:
  DigestMemo() = default;
  // One line a file: "<32 hex of the key> <64 hex>". Lines that are none are passed over, so that a damaged
  // memo costs time and nothing else.
  explicit DigestMemo(const std::string& text);
  // Only the files asked for since it was made.
  std::string to_text() const;
  bool changed() const { return changed_; }

  // The digest of a regular file's bytes and attributes.
  std::string file(const CopySource& source, const LayeredView::Node& node);

 private:
  std::map<std::string, std::string> known_, used_;
  bool changed_ = false;
};

// 64 hex digits over an item, the folders above it that go along, and everything below it that is not
// excluded. Owners count for images only (see CopySource::is_context).
std::string digest_item(const CopySource& source, const CopySource::Item& item, const Exclusion& exclude,
                        DigestMemo& memo);

}  // namespace engine::build
