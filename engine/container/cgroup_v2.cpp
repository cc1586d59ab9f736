// Controllers of cgroup v2: Documentation/admin-guide/cgroup-v2.rst of the kernel.
#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "engine/container/cgroup.h"
#include "engine/error.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine::cgroup_v2 {

namespace {

constexpr int64_t kPeriod = 100000;  // microseconds

// False when the controller is not enabled here: the knob is missing.
bool set(const std::string& folder, const std::string& knob, const std::string& value) {
  if (!sys::read_file_if_exists(folder + '/' + knob)) return false;
  sys::write_knob(folder + '/' + knob, value);
  return true;
}

// v1 shares 2..262144 (1024 the middle) to v2 weights 1..10000 (100 the middle); both ends meet.
int64_t weight_of(int64_t shares) {
  return 1 + (std::clamp<int64_t>(shares, 2, 262144) - 2) * 9999 / 262142;
}

bpf_insn instruction(uint8_t code, uint8_t to, uint8_t from, int16_t jump, int32_t value) {
  bpf_insn made{};
  made.code = code;
  made.dst_reg = to & 15;
  made.src_reg = from & 15;
  made.off = jump;
  made.imm = value;
  return made;
}

// The context (struct bpf_cgroup_dev_ctx) holds access_type (device type in the low half, access wanted in
// the high half), major, minor; the program returns 1 to allow.
std::vector<bpf_insn> device_program() {
  constexpr uint8_t kLoad = BPF_LDX | BPF_MEM | BPF_W, kMove = BPF_ALU64 | BPF_MOV | BPF_K,
                    kCopy = BPF_ALU64 | BPF_MOV | BPF_X, kAnd = BPF_ALU64 | BPF_AND | BPF_K,
                    kShift = BPF_ALU64 | BPF_RSH | BPF_K, kUnless = BPF_JMP | BPF_JNE | BPF_K;
  std::vector<bpf_insn> program = {
      instruction(kLoad, BPF_REG_2, BPF_REG_1, 0, 0),  // access_type
      instruction(kLoad, BPF_REG_4, BPF_REG_1, 4, 0),  // major
      instruction(kLoad, BPF_REG_5, BPF_REG_1, 8, 0),  // minor
      instruction(kCopy, BPF_REG_3, BPF_REG_2, 0, 0),
      instruction(kAnd, BPF_REG_2, 0, 0, 0xffff),
      instruction(kShift, BPF_REG_3, 0, 0, 16),
      // Making nodes is harmless without the right to open them; package managers and tar do it.
      instruction(kUnless, BPF_REG_3, 0, 2, BPF_DEVCG_ACC_MKNOD),
      instruction(kMove, BPF_REG_0, 0, 0, 1),
      instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
  };
  for (const DeviceAllowed& device : standard_devices()) {
    const bool any_minor = device.minor < 0;
    program.push_back(instruction(kUnless, BPF_REG_2, 0, any_minor ? 3 : 4, BPF_DEVCG_DEV_CHAR));
    program.push_back(instruction(kUnless, BPF_REG_4, 0, any_minor ? 2 : 3, device.major));
    if (!any_minor) program.push_back(instruction(kUnless, BPF_REG_5, 0, 2, device.minor));
    program.push_back(instruction(kMove, BPF_REG_0, 0, 0, 1));
    program.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
  }
  program.push_back(instruction(kMove, BPF_REG_0, 0, 0, 0));
  program.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
  return program;
}

}  // namespace

void enable_controllers(const std::string& mount_point, const std::string& path) {
  std::string folder = mount_point;
  for (size_t from = 1;;) {
    for (const char* controller : {"+cpu", "+memory", "+pids", "+io", "+cpuset"}) {
      try {
        sys::write_knob(folder + "/cgroup.subtree_control", controller);
      } catch (const sys::Error&) {
        continue;  // not on this host; a limit that needs it is refused by name afterwards
      }
    }
    const size_t end = path.find('/', from);
    if (end == std::string::npos) return;
    folder = mount_point + path.substr(0, end);
    sys::make_dirs(folder);
    from = end + 1;
  }
}

void keep_controllers(const std::string& folder) noexcept {
  try {
    const std::string knob = folder + "/cgroup.subtree_control";
    const std::string given = sys::read_file_if_exists(knob).value_or("");
    for (size_t from = 0; from < given.size();) {
      const size_t end = std::min(given.find_first_of(" \n", from), given.size());
      if (end > from) sys::write_knob(knob, '-' + given.substr(from, end - from));
      from = end + 1;
    }
  } catch (const std::exception&) {
    return;  // a sub-group is still there; whoever is to enter the group hears of it
  }
}

void apply(const std::string& folder, SpecResources& rest) {
  if (rest.memory_swap != 0) {
    const std::string swap =
        rest.memory_swap < 0 ? "max" : std::to_string(std::max<int64_t>(0, rest.memory_swap - rest.memory));
    if (set(folder, "memory.swap.max", swap)) rest.memory_swap = 0;
  }
  if (rest.memory != 0 && set(folder, "memory.max", std::to_string(rest.memory))) rest.memory = 0;
  if (rest.cpus != 0) {
    const int64_t quota = std::max<int64_t>(1000, std::llround(rest.cpus * kPeriod));
    if (set(folder, "cpu.max", std::to_string(quota) + ' ' + std::to_string(kPeriod))) rest.cpus = 0;
  }
  if (rest.cpu_shares != 0 && set(folder, "cpu.weight", std::to_string(weight_of(rest.cpu_shares)))) {
    rest.cpu_shares = 0;
  }
  if (rest.pids != 0 && set(folder, "pids.max", rest.pids < 0 ? "max" : std::to_string(rest.pids)))
    rest.pids = 0;
}

void restrict_devices(const std::string& folder) {
  const std::vector<bpf_insn> program = device_program();
  static const char license[] = "GPL";
  bpf_attr load{};
  load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.insns = reinterpret_cast<uintptr_t>(program.data());
  load.insn_cnt = static_cast<uint32_t>(program.size());
  load.license = reinterpret_cast<uintptr_t>(license);
  const sys::Fd loaded(static_cast<int>(
      sys::check(::syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load), "bpf", "device program")));
  const sys::Fd group = sys::open(folder, O_RDONLY | O_DIRECTORY);
  bpf_attr attach{};
  attach.target_fd = static_cast<uint32_t>(group.get());
  attach.attach_bpf_fd = static_cast<uint32_t>(loaded.get());
  attach.attach_type = BPF_CGROUP_DEVICE;
  attach.attach_flags = BPF_F_ALLOW_MULTI;
  sys::check(::syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach), "bpf attach", folder);
}

}  // namespace engine::cgroup_v2
