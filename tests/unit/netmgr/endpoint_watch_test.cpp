#include "netmgr/endpoint_watch.h"

#include <poll.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "netmgr/dns.h"
#include "unit/netmgr/folder.h"

using netmgr::EndpointWatch;
using netmgr::Leave;
using netmgr::test::Folder;

namespace {

const std::string kWatcher(64, 'a'), kOther(64, 'c'), kContainer(64, 'b');

bool is_readable(int fd) {
  pollfd poll{fd, POLLIN, 0};
  return ::poll(&poll, 1, 0) == 1;
}

}  // namespace

TEST_CASE("who watches a folder is told of what changes in it, and who does not is not") {
  const Folder run, first, second;
  EndpointWatch watch(run.path, kWatcher);
  watch.watch({first.path});
  CHECK_FALSE(is_readable(watch.fd()));
  netmgr::register_endpoint(second.path, kContainer, {"10.0.0.2"}, {"web"});
  CHECK_FALSE(is_readable(watch.fd()));
  netmgr::register_endpoint(first.path, kContainer, {"10.0.0.2"}, {"web"});
  REQUIRE(is_readable(watch.fd()));
  CHECK(watch.receive().empty());
  CHECK_FALSE(is_readable(watch.fd()));
  netmgr::unregister_endpoint(first.path, kContainer);
  CHECK(is_readable(watch.fd()));
  watch.receive();
  netmgr::unregister_endpoint(first.path, kContainer);  // it was not there
  CHECK_FALSE(is_readable(watch.fd()));
  watch.watch({second.path});
  netmgr::register_endpoint(first.path, kContainer, {"10.0.0.2"}, {"web"});
  CHECK_FALSE(is_readable(watch.fd()));
  netmgr::unregister_endpoint(second.path, kContainer);
  CHECK(is_readable(watch.fd()));
}

TEST_CASE("who leaves is let go when all who watch have answered, once each") {
  const Folder run, other_run, first, second;
  EndpointWatch watch(run.path, kWatcher);
  EndpointWatch other(other_run.path, kOther);
  watch.watch({first.path, second.path});
  other.watch({second.path});
  Leave leave;
  leave.ask({first.path, second.path}, kContainer);
  CHECK_FALSE(leave.granted());
  const auto leavers = watch.receive();
  REQUIRE(leavers.size() == 1);  // though it watches both
  CHECK(leavers[0].endpoint == kContainer.substr(0, 12));
  watch.answer(leavers[0]);
  leave.receive();
  CHECK_FALSE(leave.granted());
  other.answer(other.receive().at(0));
  REQUIRE(is_readable(leave.fd()));
  leave.receive();
  CHECK(leave.granted());
}

TEST_CASE("a watcher that has no room for another question is asked again, so nobody goes unnoticed") {
  const Folder run, folder;
  EndpointWatch watch(run.path, kWatcher);
  watch.watch({folder.path});
  std::vector<Leave> leavers;
  while (leavers.empty() || leavers.back().all_asked()) {
    REQUIRE(leavers.size() < 10'000);
    leavers.emplace_back().ask({folder.path}, kContainer);
  }
  CHECK_FALSE(leavers.back().granted());
  size_t came = 0;
  while (is_readable(watch.fd())) {
    const auto some = watch.receive();
    CHECK(some.size() <= 256);  // what comes without end lets others have their turn
    came += some.size();
  }
  CHECK(came == leavers.size() - 1);
  leavers.back().ask_again();
  CHECK(leavers.back().all_asked());
  CHECK_FALSE(leavers.back().granted());
  watch.answer(watch.receive().at(0));
  leavers.back().receive();
  CHECK(leavers.back().granted());
}

TEST_CASE("a watcher that has gone, or left its links behind, holds nobody up") {
  const Folder run, folder;
  CHECK_FALSE(netmgr::is_watched({folder.path}));
  {
    EndpointWatch watch(run.path, kWatcher);
    watch.watch({folder.path});
    CHECK(netmgr::is_watched({folder.path}));
  }
  Leave after;
  after.ask({folder.path}, kContainer);
  CHECK(after.granted());
  // Killed: its link is there, its socket too, but nobody has it open.
  const std::string link = folder.path + "/watchers/" + kWatcher.substr(0, 12);
  { EndpointWatch watch(run.path, kOther); }
  REQUIRE(::symlink((run.path + "/watch").c_str(), link.c_str()) == 0);
  Leave lonely;
  lonely.ask({folder.path}, kContainer);
  CHECK(lonely.granted());
  netmgr::tell_watchers(folder.path);
}
