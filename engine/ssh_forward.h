#pragma once
// A socket that leads to an ssh agent, for one RUN step. Only what using a key needs gets through: the list
// of identities and signatures. Adding, removing and locking keys is answered with a failure, so that a step
// cannot change its user's agent. Source: draft-ietf-sshm-ssh-agent.
#include <sys/types.h>

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sys/fd.h"

namespace engine {

// An ssh-agent of our own that holds keys from files; ended with it.
class KeyAgent {
 public:
  // `folder`: an existing one that takes its socket. Throws engine::Error naming the file or program.
  KeyAgent(const std::string& folder, const std::vector<std::string>& key_files);
  ~KeyAgent();
  KeyAgent(const KeyAgent&) = delete;
  KeyAgent& operator=(const KeyAgent&) = delete;
  const std::string& socket() const { return socket_; }

 private:
  std::string socket_;
  pid_t pid_ = -1;
};

// Serves from construction to destruction, by threads of its own.
class SshForward {
 public:
  struct Place {
    std::string folder, name;  // of the socket; the folder exists
    uid_t uid = 0;
    gid_t gid = 0;
    mode_t mode = 0600;
  };
  // `agents`: the path of an agent's socket, or paths of private keys. Throws engine::Error, sys::Error.
  SshForward(const Place& place, const std::vector<std::string>& agents);
  ~SshForward();
  SshForward(const SshForward&) = delete;
  SshForward& operator=(const SshForward&) = delete;

 private:
  void accept_all();
  void serve(const sys::Fd& client);
  bool pass_one(int client, int agent);
  bool read_message(int fd, std::string& message);
  bool wait_readable(int fd);

  std::unique_ptr<KeyAgent> keys_;
  std::string agent_;
  sys::Fd listener_, stop_;
  std::mutex mutex_;
  std::list<std::jthread> connections_;
  std::jthread acceptor_;
};

}  // namespace engine
