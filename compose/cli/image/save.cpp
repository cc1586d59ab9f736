#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"
#include "compose/cli/image/subcommands.h"
#include "compose/cli/image_rows.h"
#include "compose/ui/terminal.h"
#include "engine/image/image_event.h"
#include "engine/image/image_save.h"
#include "sys/error.h"
#include "sys/fd.h"
#include "sys/process.h"

namespace compose::cli {
namespace {

// The file appears when it is whole. What is no file (a pipe, a device) is written to as it is.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path) : path_(path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
      fd_ = sys::open(path, O_WRONLY);
      return;
    }
    const size_t slash = path.rfind('/');
    draft_ = (slash == std::string::npos ? "" : path.substr(0, slash + 1)) + sys::own_name(".compose-save-");
    fd_ = sys::open(draft_, O_WRONLY | O_CREAT | O_EXCL, 0600);
  }
  ~OutputFile() {
    if (!draft_.empty()) ::unlink(draft_.c_str());
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  int fd() const { return fd_.get(); }
  void finish() {
    if (draft_.empty()) return;
    sys::check(::rename(draft_.c_str(), path_.c_str()), "rename", path_);
    draft_.clear();
  }

 private:
  std::string path_, draft_;
  sys::Fd fd_;
};

}  // namespace

int image_save(Context& context, const Words& args) {
  std::string output, platform;
  Arguments arguments(
      "image save [OPTIONS] IMAGE...",
      "Write images to an archive that `image load`, docker, skopeo and umoci read. A repository "
      "without a tag means all its tags.");
  arguments.option("-o,--output", output, "File to write to instead of standard output");
  arguments.option("--platform", platform, "Which of an image's platforms; it must be this machine's");
  arguments.positionals(1, -1, "IMAGE");
  const Words names = arguments.parse(args);
  check_own_platform(platform);
  if (output.empty() && ui::is_terminal(STDOUT_FILENO))
    throw CommandError("an archive is not for a terminal: give a file with -o, or redirect the output");

  engine::ImageStore& store = context.engine().image_store();
  const std::vector<engine::ImageToSave> images = engine::images_to_save(store, names);
  std::optional<OutputFile> file;
  if (!output.empty()) file.emplace(output);
  const int fd = file ? file->fd() : STDOUT_FILENO;
  engine::save_images(store, images, [fd](const char* data, size_t size) { sys::write_all(fd, data, size); });
  if (file) file->finish();
  for (const engine::ImageToSave& image : images)
    engine::note_image(context.engine().paths(), "save", image.id, "");
  return 0;
}

}  // namespace compose::cli
