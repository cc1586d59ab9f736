#pragma once
// A Dockerfile as a tree. Words stand as written, with quotes and variables; the solver expands them where
// the reference says so. Every instruction knows its line.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/build/copy_syntax.h"
#include "engine/build/lines.h"
#include "engine/build/place.h"
#include "engine/build/run_flags.h"

namespace engine::build {

// What RUN, CMD, ENTRYPOINT, SHELL and HEALTHCHECK CMD carry.
struct Command {
  bool shell_form = false;         // words[0] is a script for the SHELL
  std::vector<std::string> words;  // exec form: argv
};

struct From {
  std::string image;  // image, stage or "scratch"
  std::string platform;
  std::string stage;              // lower case; empty when not named
  std::string as, written_stage;  // as written
};
struct Run {
  RunFlags flags;
  Command command;
  std::vector<Heredoc> heredocs;
};
struct Env {
  std::vector<std::pair<std::string, std::string>> pairs;
  bool legacy = false;  // ENV KEY value
};
struct Label {
  std::vector<std::pair<std::string, std::string>> pairs;
  bool legacy = false;
};
struct Arg {
  std::vector<std::pair<std::string, std::optional<std::string>>> names;
};
struct Workdir {
  std::string path;
};
struct User {
  std::string name;
};
struct StopSignal {
  std::string signal;
};
struct Maintainer {
  std::string name;
};
struct Expose {
  std::vector<std::string> ports;
};
struct Volume {
  std::vector<std::string> paths;
};
struct Cmd {
  Command command;
};
struct Entrypoint {
  Command command;
};
struct Shell {
  std::vector<std::string> words;
};
struct Health {
  bool none = false;
  Command test;
  std::optional<int64_t> interval_ms, timeout_ms, start_period_ms, start_interval_ms;
  std::optional<int> retries;
};
struct OnBuild {
  std::string trigger;  // an instruction with its here-documents
};

struct Instruction {
  Place place;
  std::string keyword;  // as written
  std::string text;     // "RUN make", as written but the keyword, blanks at the ends removed; here-documents
                        // follow on own lines
  std::variant<From, Run, Copy, Env, Label, Arg, Workdir, User, StopSignal, Maintainer, Expose, Volume, Cmd,
               Entrypoint, Shell, Health, OnBuild>
      node;
};

struct Stage {
  Instruction head;  // holds From
  std::vector<Instruction> instructions;

  const From& from() const { return std::get<From>(head.node); }
};

struct Dockerfile {
  char escape = '\\';
  std::vector<Instruction> global_args;  // ARG before the first FROM
  std::vector<Stage> stages;             // at least one
  std::vector<std::string> warnings;     // with file:line
  std::string check;                     // value of `# check=`
  std::vector<Place> empty_continuations;
};

// Throws engine::Error(kInvalid) for everything that is wrong or not supported: "<file>:<line>: ...", a line
// for each mistake.
Dockerfile parse_dockerfile(const std::string& text, const std::string& file);

// Parses one instruction that stands alone (an ONBUILD trigger).
Instruction parse_trigger(const std::string& text, const Place& place, char escape,
                          std::vector<std::string>& warnings);

}  // namespace engine::build
