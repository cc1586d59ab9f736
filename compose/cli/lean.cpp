#include "compose/cli/lean.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <string_view>

#include "compose/cli/context.h"
#include "engine/container/installed_program.h"
#include "sys/error.h"
#include "sys/late_library.h"

namespace compose::cli::lean {
namespace {

// What a command may want libraries for:
enum class Wants {
  kAnything,    // it says so nowhere
  kToRead,      // at most the project's files (include: oci://...)
  kToBeginWith  // for images too, and that is known before it changes anything (want_libraries)
};

struct Known {
  std::string_view command;
  Wants wants;
};
constexpr std::array kKnown = {
    Known{"__complete", Wants::kToRead},
    Known{"config", Wants::kToBeginWith},
    Known{"container attach", Wants::kToRead},
    Known{"container create", Wants::kToBeginWith},
    Known{"container exec", Wants::kToRead},
    Known{"container inspect", Wants::kToRead},
    Known{"container kill", Wants::kToRead},
    Known{"container logs", Wants::kToRead},
    Known{"container ls", Wants::kToRead},
    Known{"container pause", Wants::kToRead},
    Known{"container port", Wants::kToRead},
    Known{"container rename", Wants::kToRead},
    Known{"container restart", Wants::kToRead},
    Known{"container rm", Wants::kToRead},
    Known{"container run", Wants::kToBeginWith},
    Known{"container start", Wants::kToRead},
    Known{"container stop", Wants::kToRead},
    Known{"container unpause", Wants::kToRead},
    Known{"container wait", Wants::kToRead},
    Known{"convert", Wants::kToBeginWith},
    Known{"create", Wants::kToBeginWith},
    Known{"down", Wants::kToRead},
    Known{"events", Wants::kToRead},
    Known{"exec", Wants::kToRead},
    Known{"image inspect", Wants::kToRead},
    Known{"image ls", Wants::kToRead},
    Known{"images", Wants::kToRead},
    Known{"kill", Wants::kToRead},
    Known{"logs", Wants::kToRead},
    Known{"ls", Wants::kToRead},
    Known{"network create", Wants::kToRead},
    Known{"network inspect", Wants::kToRead},
    Known{"network ls", Wants::kToRead},
    Known{"network rm", Wants::kToRead},
    Known{"pause", Wants::kToRead},
    Known{"port", Wants::kToRead},
    Known{"ps", Wants::kToRead},
    Known{"restart", Wants::kToRead},
    Known{"rm", Wants::kToRead},
    Known{"run", Wants::kToBeginWith},
    Known{"scale", Wants::kToBeginWith},
    Known{"start", Wants::kToRead},
    Known{"stats", Wants::kToRead},
    Known{"stop", Wants::kToRead},
    Known{"tidy", Wants::kToRead},
    Known{"unpause", Wants::kToRead},
    Known{"up", Wants::kToBeginWith},
    Known{"version", Wants::kToRead},
    Known{"volume create", Wants::kToRead},
    Known{"volume inspect", Wants::kToRead},
    Known{"volume ls", Wants::kToRead},
    Known{"volume rm", Wants::kToRead},
    Known{"volumes", Wants::kToRead},
    Known{"wait", Wants::kToRead},
    Known{"why", Wants::kToBeginWith},
};

Wants wants_of(const std::vector<std::string>& words) {
  if (words.empty()) return Wants::kToRead;  // the help
  const auto known = [](std::string_view command) {
    const auto found = std::find_if(kKnown.begin(), kKnown.end(),
                                    [&](const Known& entry) { return entry.command == command; });
    return found == kKnown.end() ? Wants::kAnything : found->wants;
  };
  const Wants wants = known(words[0]);
  return wants == Wants::kAnything && words.size() > 1 ? known(words[0] + ' ' + words[1]) : wants;
}

// A pipe's text is gone once it has been read.
bool is_read_once(const std::string& file) {
  struct stat status {};
  return file == "-" ||
         (::stat(file.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode));
}

bool names_one(std::string_view text, std::string_view between) {
  for (size_t from = 0; from <= text.size();) {
    const size_t to = std::min(text.find_first_of(between, from), text.size());
    if (to > from && is_read_once(std::string(text.substr(from, to - from)))) return true;
    from = to + 1;
  }
  return false;
}

bool reads_once(char** words) {
  for (char** word = words; *word != nullptr; ++word) {
    const std::string_view text = *word;
    const bool short_flag = text.size() > 2 && text[0] == '-' && text[1] != '-';  // -f/dev/stdin
    if (names_one(text, "=") || (short_flag && names_one(text.substr(2), "="))) return true;
  }
  for (const char* variable : {"COMPOSE_FILE", "COMPOSE_ENV_FILES"}) {
    const char* files = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nothing sets variables
    if (files != nullptr && names_one(files, ":,")) return true;
  }
  return false;
}

char** arguments = nullptr;
sigset_t mask_at_begin;
Wants wants = Wants::kToBeginWith;  // of this command
std::atomic<bool> settled = true;   // as compose-full is from the beginning
std::mutex told_mutex;
bool keeping = false;
std::string told;

void start_over() {
  if (settled) return;
  const std::string program = engine::installed_program(engine::kFullProgram, engine::kFullVariable);
  ::pthread_sigmask(SIG_SETMASK, &mask_at_begin, nullptr);
  ::execv(program.c_str(), arguments);
  throw sys::Error(errno, "exec", program + ", which this command takes and which belongs beside compose");
}

}  // namespace

void begin(char** argv) {
  arguments = argv;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask_at_begin);
  settled = false;
  sys::instead_of_libraries(start_over);
}

void choose(const std::vector<std::string>& words) {
  if (settled) return;
  wants = wants_of(words);
  keeping = wants == Wants::kToBeginWith;
  if (wants == Wants::kAnything || reads_once(arguments + 1)) start_over();
}

void after_reading() {
  if (wants == Wants::kToRead) settle();
}

void settle() {
  settled = true;
  show();
}

void show() {
  std::string text;
  {
    const std::lock_guard lock(told_mutex);
    keeping = false;
    text.swap(told);
  }
  if (!text.empty()) tell(text);
}

bool keep(const std::string& text) {
  const std::lock_guard lock(told_mutex);
  if (keeping) told += text;
  return keeping;
}

}  // namespace compose::cli::lean
