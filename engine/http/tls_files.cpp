#include "engine/http/tls_files.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "engine/error.h"
#include "sys/file.h"

namespace engine {

namespace {

std::vector<std::filesystem::path> entries(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  std::error_code failed;
  for (std::filesystem::directory_iterator it(folder, failed), end; !failed && it != end;
       it.increment(failed))
    paths.push_back(it->path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::filesystem::path counterpart(std::filesystem::path path, const char* extension) {
  path.replace_extension(extension);
  if (!std::filesystem::exists(path))
    throw Error(Error::Kind::kInvalid, path.string() +
                                           " is missing: a client's certificate (.cert) and key (.key) "
                                           "go together; an authority's certificate ends in .crt");
  return path;
}

}  // namespace

TlsFiles tls_files(const std::vector<std::string>& folders, const std::string& host_and_port) {
  TlsFiles files;
  for (const std::string& folder : folders) {
    const std::vector<std::filesystem::path> paths = entries(folder + '/' + host_and_port);
    for (const std::filesystem::path& path : paths) {
      if (path.extension() == ".crt") files.authorities += sys::read_file(path) + '\n';
      if (path.extension() == ".key") counterpart(path, ".cert");
      if (path.extension() == ".cert" && files.certificate.empty()) {
        files.key = counterpart(path, ".key");
        files.certificate = path;
      }
    }
    if (!paths.empty()) break;
  }
  return files;
}

}  // namespace engine
