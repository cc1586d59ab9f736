#include "tmux_session.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "sys/file.h"

namespace it {
namespace {

// No line of tmux's own on the screen, and a pane stays after its command. Keys are the command's: none is a
// prefix of ours.
constexpr char kSettings[] = R"(
set -g status off
set -g remain-on-exit on
set -g remain-on-exit-format ""
set -g default-terminal tmux-256color
set -g history-limit 20000
set -g prefix None
set -g escape-time 0
)";

std::string number(int value) {
  return std::to_string(value);
}

}  // namespace

TmuxSession::TmuxSession() {
  char folder[] = "/tmp/compose-tmux-XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  folder_ = folder;
}

TmuxSession::TmuxSession(Sandbox& sandbox, const std::vector<std::string>& args, ScreenSize size)
    : TmuxSession(sandbox, Program{sandbox.command(args)}, size) {}

TmuxSession::TmuxSession(Sandbox& sandbox, const Program& program, ScreenSize size) : TmuxSession() {
  sys::write_file_atomic(folder_ + "/settings", kSettings);
  // The server must not have the sandbox's folder among its words: it would count as a process left over.
  tmux({"-f", folder_ + "/settings", "new-session", "-d", "-x", number(size.columns), "-y", number(size.rows),
        "cat"});
  std::vector<std::string> words{"respawn-pane", "-k", "-c", sandbox.directory()};
  for (const auto& [name, value] : sandbox.options().env) {
    words.emplace_back("-e");
    words.push_back(name + '=' + value);
  }
  // tmux knows the code of a command too, but not always. A shell that has a trap for them outlives its
  // command's signals, and the command has none of it.
  for (const char* word :
       {"--", "sh", "-c", "trap : INT QUIT; code=$1; shift; \"$@\"; echo $? >\"$code\"", "sh"})
    words.emplace_back(word);
  words.push_back(folder_ + "/code");
  words.insert(words.end(), program.words.begin(), program.words.end());
  tmux(std::move(words));
}

TmuxSession::~TmuxSession() {
  run({"tmux", "-S", folder_ + "/socket", "kill-server"});
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string TmuxSession::tmux(std::vector<std::string> words) const {
  words.insert(words.begin(), {"tmux", "-S", folder_ + "/socket"});
  RunOptions options;
  options.env["LC_ALL"] = "C.UTF-8";
  const Output output = run(words, options);
  INFO("tmux: " << output.err);
  REQUIRE(output.code == 0);
  return output.out;
}

std::string TmuxSession::screen() const {
  return tmux({"capture-pane", "-p"});
}

std::string TmuxSession::all() const {
  return tmux({"capture-pane", "-p", "-J", "-S", "-"});
}

std::string TmuxSession::coloured() const {
  return tmux({"capture-pane", "-p", "-J", "-e", "-S", "-"});
}

bool TmuxSession::shows(const std::string& text) const {
  if (eventually([&] { return all().find(text) != std::string::npos; }, std::chrono::seconds(30)))
    return true;
  UNSCOPED_INFO("the screen, without '" << text << "':\n" << all());
  return false;
}

bool TmuxSession::no_longer_shows(const std::string& text) const {
  if (eventually([&] { return screen().find(text) == std::string::npos; }, std::chrono::seconds(30)))
    return true;
  UNSCOPED_INFO("the screen, still with '" << text << "':\n" << screen());
  return false;
}

void TmuxSession::type(const std::string& text) {
  tmux({"send-keys", "-l", "--", text});
}

void TmuxSession::key(const std::string& name) {
  tmux({"send-keys", "--", name});
}

void TmuxSession::resize(ScreenSize size) {
  tmux({"resize-window", "-x", number(size.columns), "-y", number(size.rows)});
}

int TmuxSession::wait() const {
  std::string code;
  const bool ended = eventually(
      [&] {
        code = sys::read_file_if_exists(folder_ + "/code").value_or("");
        return code.ends_with('\n');
      },
      std::chrono::seconds(60));
  INFO("the screen of a command that does not end:\n" << screen());
  REQUIRE(ended);
  return std::stoi(code);
}

}  // namespace it
