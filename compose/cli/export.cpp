#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "compose/cli/arguments.h"
#include "compose/cli/container.h"
#include "compose/cli/failure.h"
#include "compose/cli/selection.h"
#include "compose/cli/session.h"
#include "sys/error.h"
#include "sys/fd.h"
#include "sys/process.h"

namespace compose::cli {
namespace {

constexpr size_t kBufferSize = 1 << 20;

// Where an archive goes: a descriptor, or a file that has its name only once the archive is whole. A device
// or a pipe that is named is written to as it is.
class ArchiveFile {
 public:
  explicit ArchiveFile(int fd) : fd_(sys::dup(fd)) {}
  explicit ArchiveFile(const std::string& path) : path_(path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
      if (!S_ISREG(status.st_mode)) {
        fd_ = sys::open(path, O_WRONLY);
        return;
      }
      path_ = std::filesystem::canonical(path).string();  // a link stays a link
    }
    const std::filesystem::path folder = std::filesystem::path(path_).parent_path();
    draft_ = (folder / sys::own_name(".compose-export-")).string();
    try {
      fd_ = sys::open(draft_, O_WRONLY | O_CREAT | O_EXCL, 0600);
    } catch (const sys::Error& error) {
      draft_.clear();
      throw CommandError("cannot write the archive " + path + ": " + error.what());
    }
  }
  ~ArchiveFile() {
    if (!draft_.empty()) ::unlink(draft_.c_str());
  }
  ArchiveFile(const ArchiveFile&) = delete;
  ArchiveFile& operator=(const ArchiveFile&) = delete;

  bool is_draft() const { return !draft_.empty(); }

  void write(const char* data, size_t size) {
    buffer_.append(data, size);
    if (buffer_.size() >= kBufferSize) flush();
  }
  // It is whole.
  void finish() {
    flush();
    if (draft_.empty()) return;
    sys::check(::rename(draft_.c_str(), path_.c_str()), "rename", path_);
    draft_.clear();
  }

 private:
  void flush() {
    sys::write_all(fd_.get(), buffer_);
    buffer_.clear();
  }

  std::string path_, draft_, buffer_;
  sys::Fd fd_;
};

int export_to(Context& context, const engine::ContainerInfo& container, ArchiveFile& file) {
  // Who waits for a pipe is ended by a signal as usual; a file is to be taken away again.
  std::optional<Signals> signals;
  if (file.is_draft()) signals.emplace();
  const auto cancelled = [&] { return signals && signals->first().cancelled(); };
  try {
    const auto shrunk = context.engine().export_container(container.id, [&](const char* data, size_t size) {
      if (cancelled()) throw CommandError("cancelled", kExitCancelled);
      file.write(data, size);
    });
    file.finish();
    for (const std::string& path : shrunk) {
      context.log(LogLevel::kWarn,
                  path + " became shorter while it was read: its end is zeros in the archive");
    }
  } catch (const CommandError&) {
    if (cancelled()) return kExitCancelled;
    throw;
  }
  return kExitOk;
}

int export_container(Context& context, const engine::ContainerInfo& container, const std::string& output,
                     const std::string& refusal) {
  if (output.empty() && ::isatty(STDOUT_FILENO) == 1) throw CommandError(refusal);
  if (context.globals().dry_run) {
    print("Export Container " + container.name + " to " + (output.empty() ? "standard output" : output) +
          ": asked for\n");
    return kExitOk;
  }
  const auto file =
      output.empty() ? std::make_unique<ArchiveFile>(STDOUT_FILENO) : std::make_unique<ArchiveFile>(output);
  return export_to(context, container, *file);
}

}  // namespace

int export_command(Context& context, const Words& args) {
  std::string output;
  std::optional<int64_t> index;
  Arguments arguments("export [OPTIONS] SERVICE",
                      "Write a container's file system as a tar archive; volumes are not in it.");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be written, and do nothing");
  arguments.option("-o,--output", output, "File to write to, instead of standard output");
  arguments.option("--index", index, "Number of the container");
  arguments.positionals(1, 1, "SERVICE");
  const std::string service = arguments.parse(args).front();
  return export_container(context, replica(context, context.project_name(), service, index), output,
                          "output option is required when exporting to terminal: use -o FILE");
}

int container_export(Context& context, const Words& args) {
  std::string output;
  Arguments arguments("container export [OPTIONS] CONTAINER",
                      "Write a container's file system as a tar archive; volumes are not in it.");
  arguments.option("-o,--output", output, "File to write to, instead of standard output");
  arguments.positionals(1, 1, "CONTAINER");
  return export_container(context, named_container(context, arguments.parse(args).front()), output,
                          "cowardly refusing to save to a terminal: use the -o flag or redirect");
}

}  // namespace compose::cli
