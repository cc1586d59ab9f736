#pragma once
// An HTTP server on loopback that does what a test wants: answers as told, cuts connections, remembers what
// it was asked. One thread, one connection at a time kept no longer than one request.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sys/fd.h"

struct Ask {
  std::string method, path, query;             // path without query
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

struct Answer {
  int status = 200;
  std::vector<std::string> headers;
  std::string body;
  long cut_after = -1;  // of the body: the connection ends there
  bool slam = false;    // the connection ends without an answer
  bool hang = false;    // the connection stays open after the body, until the client ends it
};

class FakeServer {
 public:
  using Handler = std::function<Answer(const Ask&)>;
  explicit FakeServer(Handler handler) : handler_(std::move(handler)), stop_(sys::pipe()) {
    listener_ = sys::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_.get(), 64) == 0);
    REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeServer() {
    stop_.write.reset();
    thread_.join();
    for (std::thread& connection : connections_) connection.join();
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "http://" + host(); }
  std::vector<Ask> asked() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return asked_;
  }
  std::vector<Ask> asked(const std::string& method, const std::string& path) {
    std::vector<Ask> list;
    for (Ask& ask : asked()) {
      if (ask.method == method && ask.path == path) list.push_back(ask);
    }
    return list;
  }

 private:
  void serve() {
    for (;;) {
      pollfd fds[2] = {{listener_.get(), POLLIN, 0}, {stop_.read.get(), POLLIN, 0}};
      ::poll(fds, 2, -1);
      if (fds[1].revents != 0) return;
      const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) connections_.emplace_back([this, fd] { talk(sys::Fd(fd)); });
    }
  }

  // More bytes of the request; false at the end of the connection or of the test.
  bool more(int fd, std::string& text) {
    pollfd fds[2] = {{fd, POLLIN, 0}, {stop_.read.get(), POLLIN, 0}};
    ::poll(fds, 2, -1);
    if (fds[1].revents != 0) return false;
    char buffer[65536];
    const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n > 0) text.append(buffer, static_cast<size_t>(n));
    return n > 0;
  }

  bool read_chunked(int fd, std::string& text, size_t at, std::string& body) {
    for (;;) {
      size_t end = 0;
      while ((end = text.find("\r\n", at)) == std::string::npos) {
        if (!more(fd, text)) return false;
      }
      const size_t length = std::stoul(text.substr(at, end - at), nullptr, 16);
      while (text.size() < end + 2 + length + 2) {
        if (!more(fd, text)) return false;
      }
      body.append(text, end + 2, length);
      at = end + 2 + length + 2;
      if (length == 0) return true;
    }
  }

  void talk(sys::Fd fd) {
    std::string text;
    size_t end = 0;
    while ((end = text.find("\r\n\r\n")) == std::string::npos) {
      if (!more(fd.get(), text) || text[0] == '\x16') return;  // the hello of TLS
    }
    Ask ask;
    const size_t first = text.find(' '), second = text.find(' ', first + 1);
    if (first == std::string::npos || second == std::string::npos) return;
    ask.method = text.substr(0, first);
    const std::string target = text.substr(first + 1, second - first - 1);
    ask.path = target.substr(0, target.find('?'));
    if (target.find('?') != std::string::npos) ask.query = target.substr(target.find('?') + 1);
    for (size_t at = text.find("\r\n") + 2; at < end;) {
      const size_t line_end = text.find("\r\n", at), colon = text.find(':', at);
      std::string name = text.substr(at, colon - at);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      ask.headers[name] = text.substr(colon + 2, line_end - colon - 2);
      at = line_end + 2;
    }
    if (ask.header("transfer-encoding") == "chunked") {
      if (!read_chunked(fd.get(), text, end + 4, ask.body)) return;
    } else if (!ask.header("content-length").empty()) {
      const size_t size = std::stoul(ask.header("content-length"));
      while (text.size() < end + 4 + size) {
        if (!more(fd.get(), text)) return;
      }
      ask.body = text.substr(end + 4, size);
    }
    reply(fd.get(), ask);
  }

  void reply(int fd, const Ask& ask) {
    Answer answer;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      asked_.push_back(ask);
      answer = handler_(ask);
    }
    if (answer.slam) return;
    std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " X\r\nConnection: close\r\n";
    bool has_length = answer.status == 204;
    for (const std::string& header : answer.headers) {
      text += header + "\r\n";
      has_length = has_length || header.rfind("Content-Length:", 0) == 0 || header.rfind("Transfer-", 0) == 0;
    }
    if (!has_length) text += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
    text += "\r\n";
    if (ask.method != "HEAD")
      text +=
          answer.cut_after >= 0 ? answer.body.substr(0, static_cast<size_t>(answer.cut_after)) : answer.body;
    for (size_t at = 0; at < text.size();) {
      const ssize_t n = ::send(fd, text.data() + at, text.size() - at, MSG_NOSIGNAL);
      if (n <= 0) return;
      at += static_cast<size_t>(n);
    }
    std::string ignored;
    while (answer.hang && more(fd, ignored)) {
    }
  }

  Handler handler_;
  sys::Pipe stop_;
  sys::Fd listener_;
  int port_ = 0;
  std::mutex mutex_;
  std::vector<Ask> asked_;
  std::thread thread_;
  std::vector<std::thread> connections_;
};
