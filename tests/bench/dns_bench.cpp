// How long the DNS server takes for a local name, and how much memory it keeps: `dns_bench [endpoints]
// [queries]`. Needs root. Build it static to see what the monitor will see.
#include <arpa/inet.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "netmgr/dns.h"
#include "netmgr/namespace_scope.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/random.h"

namespace {

using Clock = std::chrono::steady_clock;

double microseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

sys::Fd fresh_namespace() {
  const sys::Fd here = netmgr::current_namespace();
  const netmgr::NamespaceScope back(here);
  sys::check(::unshare(CLONE_NEWNET), "unshare", "network namespace");
  if (std::system("ip link set lo up") != 0) throw sys::Error(EINVAL, "ip link set lo up", "");  // NOLINT
  return netmgr::current_namespace();
}

sys::Fd client_in(const sys::Fd& netns) {
  const netmgr::NamespaceScope scope(netns);
  sys::Fd fd(sys::check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket", "client"));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  address.sin_addr.s_addr = htonl(0x7f00000b);
  sys::check(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect",
             "server");
  return fd;
}

void run(int endpoints, int queries) {
  std::string folder = "/tmp/dns-bench-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) sys::fail("mkdtemp", folder);
  for (int index = 0; index < endpoints; ++index) {
    netmgr::register_endpoint(folder, sys::random_hex(64),
                              {"10.0." + std::to_string(index / 250) + '.' + std::to_string(index % 250 + 1)},
                              {"web" + std::to_string(index % 100), "shop-web-" + std::to_string(index)});
  }
  const sys::Fd netns = fresh_namespace();
  netmgr::DnsServer server(netns, {{folder}, {}});
  const sys::Fd client = client_in(netns);
  const std::string query("\x12\x34\x01\0\0\1\0\0\0\0\0\0\4web7\0\0\1\0\1", 22);
  char answer[512];

  Clock::duration serving{};
  const Clock::time_point start = Clock::now();
  for (int index = 0; index < queries; ++index) {
    sys::check(::send(client.get(), query.data(), query.size(), 0), "send", "query");
    const Clock::time_point before = Clock::now();
    server.serve();
    serving += Clock::now() - before;
    sys::check(::recv(client.get(), answer, sizeof answer, 0), "recv", "answer");
  }
  std::printf("%d endpoints: %.2f us in the server, %.2f us with the client's two calls\n", endpoints,
              microseconds(serving) / queries, microseconds(Clock::now() - start) / queries);
  const std::string status = sys::read_file("/proc/self/status");
  const size_t line = status.find("VmRSS:");
  std::printf("%s\n", status.substr(line, status.find('\n', line) - line).c_str());
  sys::remove_tree(folder);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc > 1 ? std::atoi(argv[1]) : 10, argc > 2 ? std::atoi(argv[2]) : 100000);  // NOLINT(cert-err34-c)
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dns_bench: %s\n", error.what());
    return 1;
  }
}
