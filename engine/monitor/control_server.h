#pragma once
// The monitor's control socket, <run folder>/control, SOCK_SEQPACKET, one JSON object a message:
//   {"op":"kill","signal":15}                    -> {"running":true}
//   {"op":"stop","signal":15,"grace_ms":10000}   -> {"stopped":true} when the container is dead and recorded
//   {"op":"watch"}                               -> the status now and at each change, then the end of the
//   stream
//   {"op":"thaw after me","mark":"/path"}        -> {"ok":true}; whoever asks has paused the container. When
//   the connection ends and the file is still there, it has died: the container goes on, the file goes.
//   {"op":"paused"}                              -> {"ok":true}; whoever asks has halted what is inside
//   {"op":"resume"}                              -> {"ok":true}; it goes on
//   {"op":"reload networks"}                     -> {"ok":true}; spec.json names other networks than before:
//   the container has been put on one while it runs, or taken off one.
//   {"op":"attach","stream":"stdout"} with a pipe's write end, then the same with "stderr" -> {"ok":true}
//   with what the program's input can be written to, if there is any. From then on the pipes get what the
//   program writes. When this run of it ends: {"exit":0}; when it was not taken for too long:
//   {"too_slow":true}, and the end of the stream. Whoever closes the connection is not attached any more.
// A message that cannot be understood is answered by {"error":"..."}.
#include <poll.h>

#include <cstdint>
#include <string>
#include <vector>

#include "sys/fd.h"

namespace monitor {

class ControlHandler {
 public:
  virtual ~ControlHandler() = default;
  virtual bool kill(int signal) = 0;  // false: not running
  virtual void stop(int signal, int64_t grace_ms) = 0;
  virtual std::string status_json() = 0;
  virtual void reload_networks() = 0;
  virtual void thaw(const std::string& mark) noexcept = 0;  // as for "thaw after me"
  // Throw engine::Error(kConflict) when it is not running, or not paused.
  virtual void note_pause() = 0;
  virtual void resume() = 0;
  virtual void attach(int client, bool is_error, sys::Fd pipe) = 0;  // throws engine::Error, sys::Error
  virtual void detach(int client) noexcept = 0;                      // whatever it was before
  virtual sys::Fd input() = 0;                                       // empty: it takes none
};

class ControlServer {
 public:
  // Replaces a socket left behind. Throws sys::Error.
  ControlServer(const std::string& run_dir, ControlHandler& handler);

  // Appends what to wait for; `serve` takes the same entries back.
  void add_to(std::vector<pollfd>& fds) const;
  void serve(const pollfd* fds, size_t count);
  // Sends the present status to all watchers. One that reads slowly gets the newest later and misses some
  // between.
  void publish();
  // A run of the container has ended: for who is attached.
  void tell_attached(int exit_code);
  // The client with this number is not attached any more.
  void let_go(int number);
  // The container has ended for good: answers who waits for that, and closes. `unlink_socket` comes before.
  void finish();
  void unlink_socket();

 private:
  struct Client {
    sys::Fd fd;
    int number = 0;
    enum class Waits { kRequest, kStop, kStatus, kEnd } waits = Waits::kRequest;
    std::string mark;     // "thaw after me"
    bool behind = false;  // a watcher that has not got the newest status
  };
  void accept_client();
  bool serve_client(Client& client);  // false: close it
  bool send_status(Client& client);

  std::string path_;
  ControlHandler& handler_;
  sys::Fd listener_;
  std::vector<Client> clients_;
  int next_number_ = 0;
};

}  // namespace monitor
