#pragma once
// Downloads with libcurl, which is loaded by the first of them. Proxies as the environment says (http_proxy,
// https_proxy, no_proxy), certificates as the system has them. Any thread. Source: man 3 libcurl-easy.
#include "engine/build/downloader.h"

namespace engine::build {

class CurlDownloader final : public Downloader {
 public:
  Downloaded fetch(const std::string& url, const Validators& known, int to, int cancel_fd) override;
};

}  // namespace engine::build
