#include "engine/volume/server_address.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>

#include <array>
#include <memory>

#include "engine/container/installed_program.h"
#include "engine/error.h"
#include "sys/file.h"
#include "sys/late_library.h"
#include "sys/spawn.h"

namespace engine {
namespace {

bool is_address(const std::string& text) {
  in6_addr room{};
  return ::inet_pton(AF_INET, text.c_str(), &room) == 1 || ::inet_pton(AF_INET6, text.c_str(), &room) == 1;
}

pid_t start(const std::string& program, const std::string& server, const sys::Fd answer) {
  sys::Spawn child(3);
  child.open(0, "/dev/null", O_RDONLY);
  child.give(answer.get(), 1);
  child.open(2, "/dev/null", O_WRONLY);
  return child.start(program, {kFullProgram, "__address", server});
}

// `compose-full __address SERVER` writes the address, or why there is none and ends with 1.
std::string ask_full_program(const std::string& server) {
  const std::string program = installed_program(kFullProgram, kFullVariable);
  sys::Pipe answer = sys::pipe();
  const pid_t pid = start(program, server, std::move(answer.write));
  std::string text = sys::read_all(answer.read.get());
  const int status = sys::wait_for(pid);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (status != 0) throw Error(Error::Kind::kUnavailable, text.empty() ? program + " failed" : text);
  return text;
}

}  // namespace

std::string server_address(const std::string& server) {
  if (is_address(server)) return server;
  if (sys::has_no_libraries()) return ask_full_program(server);
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (const int result = ::getaddrinfo(server.c_str(), nullptr, &hints, &found); result != 0)
    throw Error(Error::Kind::kUnavailable, ::gai_strerror(result));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int failed =
      ::getnameinfo(found->ai_addr, found->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
  if (failed != 0) throw Error(Error::Kind::kUnavailable, ::gai_strerror(failed));
  return text.data();
}

}  // namespace engine
