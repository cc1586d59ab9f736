#pragma once
// `up` in the foreground: the logs of its containers, followed by a thread of its own, and the rules by which
// the end of a container ends the command.
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "compose/cli/log_follow.h"

namespace compose::cli {

struct AttachRules {
  std::set<std::string> services;  // that belong to this `up`
  std::set<std::string> shown;     // of those: logs are printed
  bool abort_on_exit = false;      // the first end of a container ends all
  bool abort_on_failure = false;   // the first end with a code other than 0 does
  std::string exit_code_from;      // service whose first exit code is the command's
};

class Attachment {
 public:
  // `begun`: see FollowOptions. `write`: see ui::LogOutputs. Nothing is read before `begin`.
  Attachment(engine::Engine& engine, const std::string& project, AttachRules rules, ui::LogStyle style,
             std::map<std::string, std::shared_ptr<ui::LogFile>> begun,
             std::function<void(int fd, std::string_view text)> write);
  ~Attachment();

  void begin();  // starts following; later calls do nothing. From any thread
  // See LogFollow::complete. From any thread.
  void complete(bool is_complete = true);
  // Ends `wait`: the containers are to run on. From any thread.
  void detach();

  enum class Reason { kAllEnded, kAborted, kCancelled, kDetached };
  // Until all have ended, the rules say so, or `cancellation`. Throws what the following thread threw.
  Reason wait(const Cancellation& cancellation);
  // Prints what is left and ends the thread.
  void finish();
  // By the rules; 0 when none applies.
  int exit_code() const;

 private:
  void heard(const engine::ContainerInfo& container, bool restarting);

  AttachRules rules_;
  ui::LogPrinter printer_;
  LogFollow follow_;
  Cancellation stop_;
  sys::Fd over_;  // eventfd: the thread has ended or the rules apply
  std::once_flag begun_;
  std::atomic<bool> complete_{false};
  std::thread thread_;
  mutable std::mutex mutex_;
  std::optional<int> first_code_, chosen_code_;
  bool detached_ = false;
  std::exception_ptr failure_;
};

}  // namespace compose::cli
