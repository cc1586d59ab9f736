#include "compose/cli/attachment.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "compose/plan/inventory.h"
#include "sys/error.h"

namespace compose::cli {
namespace {

FollowOptions follow_options(const std::string& project, const AttachRules& rules,
                             std::map<std::string, std::shared_ptr<ui::LogFile>> begun) {
  FollowOptions options;
  options.project = project;
  options.watched = [services = rules.services](const engine::ContainerInfo& container) {
    return !is_one_off(container) && services.count(service_of(container)) != 0;
  };
  options.shown = [shown = rules.shown](const engine::ContainerInfo& container) {
    return shown.count(service_of(container)) != 0;
  };
  options.begun = std::move(begun);
  return options;
}

}  // namespace

Attachment::Attachment(engine::Engine& engine, const std::string& project, AttachRules rules,
                       ui::LogStyle style, std::map<std::string, std::shared_ptr<ui::LogFile>> begun,
                       std::function<void(int fd, std::string_view text)> write)
    : rules_(std::move(rules)),
      printer_(style, {STDOUT_FILENO, STDERR_FILENO, STDOUT_FILENO, std::move(write)}),
      follow_(engine, follow_options(project, rules_, std::move(begun)), printer_),
      over_(sys::check(::eventfd(0, EFD_CLOEXEC), "eventfd")) {}

Attachment::~Attachment() {
  stop_.cancel();
  if (thread_.joinable()) thread_.join();
}

void Attachment::begin() {
  std::call_once(begun_, [this] {
    thread_ = std::thread([this] {
      try {
        follow_.follow(stop_, [this](const engine::ContainerInfo& container, bool restarting) {
          heard(container, restarting);
          return true;
        });
      } catch (...) {
        const std::scoped_lock lock(mutex_);
        failure_ = std::current_exception();
      }
      const uint64_t one = 1;
      sys::write_all(over_.get(), &one, sizeof one);
    });
  });
}

void Attachment::complete(bool is_complete) {
  complete_ = is_complete;
  follow_.complete(is_complete);
}

void Attachment::detach() {
  {
    const std::scoped_lock lock(mutex_);
    detached_ = true;
  }
  const uint64_t one = 1;
  sys::write_all(over_.get(), &one, sizeof one);
}

void Attachment::heard(const engine::ContainerInfo& container, bool restarting) {
  const int code = container.status.exit_code;
  bool abort = false;
  {
    const std::scoped_lock lock(mutex_);
    // Those that the plan itself stops, to put others in their place, end nothing.
    const bool replaced = !complete_ && container.status.stopped_by_user;
    if (!chosen_code_ && !replaced && service_of(container) == rules_.exit_code_from) chosen_code_ = code;
    const bool counts = !replaced && (rules_.abort_on_failure ? code != 0 : rules_.abort_on_exit);
    abort = counts && !restarting && !first_code_;
    if (abort) first_code_ = code;
  }
  const uint64_t one = 1;
  if (abort) sys::write_all(over_.get(), &one, sizeof one);
}

Attachment::Reason Attachment::wait(const Cancellation& cancellation) {
  pollfd fds[] = {{cancellation.fd(), POLLIN, 0}, {over_.get(), POLLIN, 0}};
  while (::poll(fds, 2, -1) < 0) {
    if (errno != EINTR) sys::fail("poll");
  }
  if (fds[0].revents != 0) return Reason::kCancelled;
  const std::scoped_lock lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
  if (detached_) return Reason::kDetached;
  return first_code_ ? Reason::kAborted : Reason::kAllEnded;
}

void Attachment::finish() {
  // Everything of ours has ended by now: the thread reads to the end and leaves by itself.
  follow_.complete();
  pollfd over{over_.get(), POLLIN, 0};
  constexpr int kAtMostMs = 2000;
  ::poll(&over, 1, kAtMostMs);
  stop_.cancel();
  if (thread_.joinable()) thread_.join();
}

int Attachment::exit_code() const {
  const std::scoped_lock lock(mutex_);
  if (!rules_.exit_code_from.empty()) return chosen_code_.value_or(0);
  return first_code_.value_or(0);
}

}  // namespace compose::cli
