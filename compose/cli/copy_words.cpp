#include "compose/cli/copy_words.h"

#include <unistd.h>

#include <optional>

#include "compose/cli/failure.h"
#include "compose/cli/session.h"
#include "compose/cli/signals.h"

namespace compose::cli {

CopyWord parse_copy_word(const std::string& text) {
  const size_t colon = text.find(':');
  // A leading "/" or "." says that it is a local path, whatever comes after.
  if (text.starts_with('/') || text.starts_with('.') || colon == std::string::npos) return {"", text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

CopyWords parse_copy_words(const std::string& source, const std::string& destination,
                           const std::string& kind) {
  if (source.empty()) throw CommandError("source can not be empty");
  if (destination.empty()) throw CommandError("destination can not be empty");
  const CopyWord from = parse_copy_word(source), to = parse_copy_word(destination);
  if (from.owner.empty() && to.owner.empty()) {
    throw CommandError("one of the two must be in a " + kind + ", as " + kind + ":/path; neither '" + source +
                       "' nor '" + destination + "' is");
  }
  if (!from.owner.empty() && !to.owner.empty())
    throw CommandError("copying between " + kind + "s is not supported");
  CopyWords words;
  words.into = from.owner.empty();
  words.owner = words.into ? to.owner : from.owner;
  words.copy.container_path = words.into ? to.path : from.path;
  words.copy.local_path = words.into ? from.path : to.path;
  if (words.copy.local_path == "-") words.copy.stream = words.into ? STDIN_FILENO : STDOUT_FILENO;
  if (words.copy.stream == STDOUT_FILENO && ::isatty(STDOUT_FILENO) == 1)
    throw CommandError("an archive is not written to a terminal: redirect the output");
  if (words.copy.stream == STDIN_FILENO && ::isatty(STDIN_FILENO) == 1)
    throw CommandError("an archive is not read from a terminal: redirect the input");
  return words;
}

std::pair<std::string, std::string> copy_ends(const CopyWords& words, const std::string& container) {
  const std::string there = container + ':' + words.copy.container_path;
  return words.into ? std::pair(words.copy.local_path, there) : std::pair(there, words.copy.local_path);
}

engine::CopyResult copy_files(Context& context, const CopyWords& words, const std::string& container_id) {
  engine::ContainerCopy copy = words.copy;
  // Who waits for a pipe is ended by a signal as usual; half a file is to be taken away again.
  std::optional<Signals> signals;
  if (copy.stream < 0) signals.emplace();
  const auto cancelled = [&] { return signals && signals->first().cancelled(); };
  copy.cancelled = cancelled;
  engine::CopyResult result;
  try {
    result = words.into ? context.engine().copy_into(container_id, copy)
                        : context.engine().copy_out_of(container_id, copy);
  } catch (const engine::Error&) {
    if (cancelled()) throw CommandError("cancelled", kExitCancelled);
    throw;
  }
  for (const std::string& line : result.left_out) context.log(LogLevel::kWarn, "not copied: " + line);
  return result;
}

}  // namespace compose::cli
