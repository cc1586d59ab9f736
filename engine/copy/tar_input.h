#pragma once
#include <functional>
#include <string>

#include "engine/copy/tree_sink.h"

namespace engine {

// Puts the entries of a tar, plain or compressed, into `sink`, whose top has to be a folder that is there.
// Absolute names count from it; ".." is refused. `fd` is read from its present position to the end of the
// archive. Throws engine::Error(kInvalid) naming the entry and as TreeSink::add, sys::Error; what `check`
// throws before an entry passes through.
void unpack_into(int fd, const std::string& archive_name, TreeSink& sink, const std::function<void()>& check);

}  // namespace engine
