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

// One rule: jumps over its end unless it holds. The type is in r2, what is wanted in r3, major r4, minor r5.
void add_rule(std::vector<bpf_insn>& program, const DeviceRule& rule) {
  constexpr uint8_t kCopy = BPF_ALU64 | BPF_MOV | BPF_X, kAnd = BPF_ALU64 | BPF_AND | BPF_K,
                    kMove = BPF_ALU64 | BPF_MOV | BPF_K, kUnless = BPF_JMP | BPF_JNE | BPF_K;
  std::vector<bpf_insn> tests;
  if (rule.type != 'a')
    tests.push_back(
        instruction(kUnless, BPF_REG_2, 0, 0, rule.type == 'c' ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK));
  if (rule.major >= 0) tests.push_back(instruction(kUnless, BPF_REG_4, 0, 0, rule.major));
  if (rule.minor >= 0) tests.push_back(instruction(kUnless, BPF_REG_5, 0, 0, rule.minor));
  int allowed = 0;
  for (const char letter : rule.access)
    allowed |= letter == 'r' ? BPF_DEVCG_ACC_READ : letter == 'w' ? BPF_DEVCG_ACC_WRITE : BPF_DEVCG_ACC_MKNOD;
  tests.push_back(instruction(kCopy, BPF_REG_1, BPF_REG_3, 0, 0));
  tests.push_back(instruction(kAnd, BPF_REG_1, 0, 0, ~allowed));
  tests.push_back(instruction(kUnless, BPF_REG_1, 0, 0, 0));  // something else is wanted as well
  const size_t end = tests.size() + 2;
  for (size_t i = 0; i < tests.size(); ++i) {
    if (tests[i].code == kUnless) tests[i].off = static_cast<int16_t>(end - i - 1);
  }
  program.insert(program.end(), tests.begin(), tests.end());
  program.push_back(instruction(kMove, BPF_REG_0, 0, 0, 1));
  program.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
}

// The context (struct bpf_cgroup_dev_ctx) holds access_type (device type in the low half, access wanted in
// the high half), major, minor; the program returns 1 to allow.
std::vector<bpf_insn> device_program(const std::vector<DeviceRule>& rules) {
  constexpr uint8_t kLoad = BPF_LDX | BPF_MEM | BPF_W, kMove = BPF_ALU64 | BPF_MOV | BPF_K,
                    kCopy = BPF_ALU64 | BPF_MOV | BPF_X, kAnd = BPF_ALU64 | BPF_AND | BPF_K,
                    kShift = BPF_ALU64 | BPF_RSH | BPF_K;
  std::vector<bpf_insn> program = {
      instruction(kLoad, BPF_REG_2, BPF_REG_1, 0, 0),  // access_type
      instruction(kLoad, BPF_REG_4, BPF_REG_1, 4, 0),  // major
      instruction(kLoad, BPF_REG_5, BPF_REG_1, 8, 0),  // minor
      instruction(kCopy, BPF_REG_3, BPF_REG_2, 0, 0), instruction(kAnd, BPF_REG_2, 0, 0, 0xffff),
      instruction(kShift, BPF_REG_3, 0, 0, 16),
  };
  for (const DeviceRule& rule : rules) add_rule(program, rule);
  program.push_back(instruction(kMove, BPF_REG_0, 0, 0, 0));
  program.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
  return program;
}

bool set(const std::string& folder, const std::string& knob, int64_t value, const std::string& limit) {
  return set_limit(folder, knob, value < 0 ? "max" : std::to_string(value), limit);
}

void apply_memory(const std::string& folder, Resources& rest) {
  // The kernel counts swap alone. That of the default may be missing; what was asked for is refused then.
  const int64_t asked = rest.memory_swap;
  const int64_t swap = asked != 0 ? asked : 2 * rest.memory;
  if (swap != 0 && set(folder, "memory.swap.max", swap < 0 ? -1 : std::max<int64_t>(0, swap - rest.memory),
                       "the limit of memory and swap"))
    rest.memory_swap = 0;
  if (rest.memory != 0 && set(folder, "memory.max", rest.memory, "the memory limit")) rest.memory = 0;
  if (rest.memory_reservation != 0 &&
      set(folder, "memory.low", rest.memory_reservation, "the memory reservation"))
    rest.memory_reservation = 0;
}

void apply_cpu(const std::string& folder, Resources& rest) {
  if (rest.cpus != 0) {
    rest.cpu_period = kPeriod;
    rest.cpu_quota = std::max<int64_t>(1000, std::llround(rest.cpus * kPeriod));
    rest.cpus = 0;
  }
  if (rest.cpu_quota != 0 || rest.cpu_period != 0) {
    const std::string quota = rest.cpu_quota <= 0 ? "max" : std::to_string(rest.cpu_quota);
    const int64_t period = rest.cpu_period != 0 ? rest.cpu_period : kPeriod;
    if (set_limit(folder, "cpu.max", quota + ' ' + std::to_string(period), "the limit of cpus")) {
      rest.cpu_quota = 0;
      rest.cpu_period = 0;
    }
  }
  if (rest.cpu_shares != 0 && set(folder, "cpu.weight", weight_of(rest.cpu_shares), "cpu_shares"))
    rest.cpu_shares = 0;
  if (!rest.cpuset.empty() && set_limit(folder, "cpuset.cpus", rest.cpuset, "cpuset")) rest.cpuset.clear();
}

// v1 weights 10..1000 to v2 weights 1..10000 (kernel, cgroup-v2.rst, IO Interface Files); BFQ's own knob
// takes 1..1000.
std::string io_weight(int weight) {
  return std::to_string(1 + (std::clamp(weight, 10, 1000) - 10) * 9999 / 990);
}

bool apply_weight(const std::string& folder, const std::string& device, int weight) {
  const std::string limit = "blkio_config.weight";
  return set_limit(folder, "io.bfq.weight", device + std::to_string(weight), limit) ||
         set_limit(folder, "io.weight", device + io_weight(weight), limit);
}

void apply_rates(const std::string& folder, const std::string& key, std::vector<DeviceRate>& rates) {
  for (const DeviceRate& device : rates) {
    const std::string line = block_device_number(device.path) + ' ' + key + '=' + std::to_string(device.rate);
    if (!set_limit(folder, "io.max", line, "blkio_config")) return;
  }
  rates.clear();
}

void apply_io(const std::string& folder, Resources& rest) {
  if (rest.blkio_weight != 0 && apply_weight(folder, "", rest.blkio_weight)) rest.blkio_weight = 0;
  std::erase_if(rest.blkio_weight_device, [&](const DeviceRate& device) {
    return apply_weight(folder, block_device_number(device.path) + ' ', static_cast<int>(device.rate));
  });
  apply_rates(folder, "rbps", rest.device_read_bps);
  apply_rates(folder, "wbps", rest.device_write_bps);
  apply_rates(folder, "riops", rest.device_read_iops);
  apply_rates(folder, "wiops", rest.device_write_iops);
}

// Whether `names`, divided by spaces, has the name.
bool lists(const std::string& names, const std::string& name) {
  return (' ' + names).find(' ' + name + ' ') != std::string::npos;
}

std::string names_in(const std::string& file) {
  std::string names = sys::read_file_if_exists(file).value_or("");
  if (!names.empty() && names.back() == '\n') names.back() = ' ';
  return names;
}

// Those that a limit may need, as far as this host has them; a limit that needs another is refused by name
// afterwards.
void hand_down_controllers(const std::string& folder) {
  const std::string there = names_in(folder + "/cgroup.controllers");
  if (there.empty()) return;
  const std::string handed = names_in(folder + "/cgroup.subtree_control");
  for (const std::string controller : {"cpu", "memory", "pids", "io", "cpuset"}) {
    if (!lists(there, controller) || lists(handed, controller)) continue;
    try {
      sys::write_knob(folder + "/cgroup.subtree_control", '+' + controller);
    } catch (const sys::Error&) {
      continue;  // refused, as cpu is where real-time processes run
    }
  }
}

}  // namespace

bool has_controllers(const std::string& mount_point) {
  return sys::read_file_if_exists(mount_point + "/cgroup.controllers").value_or("").size() > 1;
}

void enable_controllers(const std::string& mount_point, const std::string& path) {
  std::string folder = mount_point;
  for (size_t from = 1;;) {
    hand_down_controllers(folder);
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

void apply(const std::string& folder, Resources& rest) {
  apply_memory(folder, rest);
  apply_cpu(folder, rest);
  apply_io(folder, rest);
  if (rest.pids != 0 && set(folder, "pids.max", rest.pids, "the pids limit")) rest.pids = 0;
}

void restrict_devices(const std::string& folder, const std::vector<DeviceRule>& rules) {
  const std::vector<bpf_insn> program = device_program(rules);
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
