#include "engine/registry/credential_helper.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/image/bounded_json.h"
#include "engine/image/entry_path.h"
#include "sys/error.h"
#include "sys/fd.h"
#include "sys/spawn.h"

extern char** environ;

namespace engine::registry {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{30};
constexpr size_t kLongestOutput = 1 << 20;
constexpr char kTokenUser[] = "<token>";  // the secret is a refresh token then

// A child that is waited for, whatever happens.
class Child {
 public:
  Child(const std::string& program, const std::string& verb, int input, int output) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    std::string name = program, word = verb;
    char* arguments[] = {name.data(), word.data(), nullptr};
    error_ = ::posix_spawnp(&pid_, program.c_str(), &actions, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error_ != 0) pid_ = -1;
  }
  ~Child() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int error() const { return error_; }
  int wait() {
    const int status = sys::wait_for(pid_);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  int error_ = 0;
};

// A helper that does not read must not end this program.
void write_input(int fd, const std::string& text) {
  sigset_t pipe_signal, before;
  ::sigemptyset(&pipe_signal);
  ::sigaddset(&pipe_signal, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const ssize_t written = ::write(fd, text.data(), text.size());  // a pipe takes it at once: below 64 KiB
  const timespec now{};
  if (written < 0 && errno == EPIPE) ::sigtimedwait(&pipe_signal, nullptr, &now);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

// What it prints until its end; nothing when that takes too long.
std::optional<std::string> read_output(int fd) {
  std::string output;
  const Clock::time_point end = Clock::now() + kPatience;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd readable{fd, POLLIN, 0};
    const int ready = left <= 0 ? 0 : ::poll(&readable, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return std::nullopt;
    char buffer[4096];
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n <= 0) return output;
    output.append(buffer, static_cast<size_t>(n));
    if (output.size() > kLongestOutput) return std::nullopt;
  }
}

bool says_not_found(const std::string& output) {
  return output.find("credentials not found") != std::string::npos;
}

}  // namespace

CredentialHelper::CredentialHelper(const std::string& name) : program_("docker-credential-" + name) {
  if (name.empty() || name.find('/') != std::string::npos)
    throw Error(Error::Kind::kInvalid, "credential helper " + engine::quoted(name) + ": not a helper's name");
}

void CredentialHelper::fail(const std::string& verb, const std::string& why) const {
  throw Error(Error::Kind::kUnavailable,
              "credential helper " + program_ + ' ' + verb + ": " + why +
                  "; it is named in Docker's config.json (credsStore, credHelpers)");
}

CredentialHelper::Outcome CredentialHelper::run(const std::string& verb, const std::string& input) const {
  if (input.size() > 60'000) fail(verb, "the credentials are longer than 60 kB");
  sys::Pipe in = sys::pipe(), out = sys::pipe();
  Child child(program_, verb, in.read.get(), out.write.get());
  if (child.error() != 0) fail(verb, std::strerror(child.error()));
  in.read.reset();
  out.write.reset();
  write_input(in.write.get(), input);
  in.write.reset();
  const std::optional<std::string> output = read_output(out.read.get());
  if (!output) fail(verb, "no end of its answer within 30 s");
  return {child.wait(), *output};
}

std::optional<Credential> CredentialHelper::get(const std::string& server) const {
  const Outcome outcome = run("get", server + '\n');
  if (outcome.status != 0 && says_not_found(outcome.output)) return std::nullopt;
  if (outcome.status != 0) fail("get", engine::quoted(outcome.output));
  const nlohmann::json answer = parse_object(outcome.output, "the answer of " + program_ + " get");
  Credential credential;
  credential.user = text_member(answer, "Username");
  const std::string secret = text_member(answer, "Secret");
  if (credential.user.empty() && secret.empty()) return std::nullopt;
  (credential.user == kTokenUser ? credential.identity_token : credential.password) = secret;
  return credential;
}

void CredentialHelper::store(const std::string& server, const Credential& credential) const {
  const bool token = !credential.identity_token.empty();
  const nlohmann::json order = {{"ServerURL", server},
                                {"Username", token ? kTokenUser : credential.user},
                                {"Secret", token ? credential.identity_token : credential.password}};
  const Outcome outcome =
      run("store", order.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n');
  if (outcome.status != 0) fail("store", engine::quoted(outcome.output));
}

bool CredentialHelper::erase(const std::string& server) const {
  if (!get(server)) return false;
  const Outcome outcome = run("erase", server + '\n');
  if (outcome.status != 0 && !says_not_found(outcome.output)) fail("erase", engine::quoted(outcome.output));
  return true;
}

}  // namespace engine::registry
