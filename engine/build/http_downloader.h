#pragma once
// Downloads from the web, as engine/http does them. User and password in a URL are told to its server, to no
// other that it redirects to, and not in errors. Any thread.
#include "engine/build/downloader.h"

namespace engine::build {

class HttpDownloader final : public Downloader {
 public:
  Downloaded fetch(const std::string& url, const Validators& known, int to, int cancel_fd) override;
};

}  // namespace engine::build
