#pragma once
// A program that tells how the container it runs in is confined: one line `name=value` a row, always in the
// same order, and nothing in a value that differs from one run to the next. Run in Docker's container and in
// ours, the two outputs say where they differ; run in ours alone, it says whether reference/engine.md holds.
//
//   confinement_probe [KEY=VALUE...]
//
// What only the outside can know comes as arguments: `ns.mnt=INODE` and so on of the host's namespaces, and
// `keyring=SERIAL`, the host's session keyring. Statically linked, so that it runs in any image.
#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace probe {

using Outside = std::map<std::string, std::string>;

void row(const std::string& name, const std::string& value);

// "EPERM"; "errno 524" for one without a name.
std::string error_name(int error);

// What becomes of a call: "ok", the error's name, or the signal that ended it. Each is made in a process of
// its own, so it may change whatever it likes. One that does not return "waits". `call` returns what the
// system call does: -1 and errno, or anything else.
std::string outcome(const std::function<long()>& call);
void attempt(const std::string& name, const std::function<long()>& call);

std::string read_text(const std::string& path);  // empty when it cannot be read

// The parts of the output, in their order.
void show_process(const Outside& outside);
void show_files();
void show_mounts();
void show_devices();
void try_calls();          // with arguments that mean something
void try_new_calls();      // those that came after Linux 5.10
void try_namespaces();     // clone, unshare, setns with each flag
void try_foreign_calls();  // by the entries of i386 and x32
void try_all_calls();      // each number, with arguments that are wrong

}  // namespace probe
