#include "engine/build/run_flags.h"

#include <catch2/catch.hpp>

#include "engine/build/dockerfile.h"
#include "engine/error.h"

using engine::build::MountFlag;
using engine::build::parse_mount;
using engine::build::RunFlags;
using engine::build::take_run_flags;

namespace {

const engine::build::Place kPlace{"Dockerfile", 7};

RunFlags take(std::string text) {
  return take_run_flags(text, kPlace, '\\');
}

MountFlag mount(const std::string& text) {
  return parse_mount(text, kPlace, [](const std::string& value) { return value; });
}

std::string refusal(const std::string& text) {
  try {
    take(text);
  } catch (const engine::Error& error) {
    return error.what();
  }
  return "<none>";
}

}  // namespace

TEST_CASE("RUN takes several mounts and one network and security each") {
  std::string rest =
      "--mount=type=tmpfs,target=/a --mount=target=/b --network=none --security=insecure make --x";
  const RunFlags flags = take_run_flags(rest, kPlace, '\\');
  CHECK(flags.mounts == std::vector<std::string>{"type=tmpfs,target=/a", "target=/b"});
  CHECK(flags.network == "none");
  CHECK(flags.security == "insecure");
  CHECK(rest == "make --x");
  CHECK(take("make").network == "default");
  CHECK(take("make").security == "sandbox");
}

TEST_CASE("a mount knows the reference's keys and their short forms") {
  const MountFlag bind = mount("dst=/t,src=/s,from=other,rw");
  CHECK(bind.type == MountFlag::Type::kBind);
  CHECK(bind.target == "/t");
  CHECK(bind.source == "/s");
  CHECK(bind.from == "other");
  CHECK(bind.read_only == false);
  CHECK(mount("type=bind,destination=/t").read_only == std::nullopt);
  CHECK(mount("type=bind,target=/t,readonly=true").read_only == true);

  const MountFlag cache = mount("type=cache,id=x,target=/c,sharing=locked,uid=1,gid=2,mode=0700,ro");
  CHECK(cache.type == MountFlag::Type::kCache);
  CHECK(cache.id == "x");
  CHECK(cache.sharing == MountFlag::Sharing::kLocked);
  CHECK(cache.uid == 1U);
  CHECK(cache.gid == 2U);
  CHECK(cache.mode == 0700U);
  CHECK(cache.read_only == true);

  CHECK(mount("type=tmpfs,target=/t,size=1.5k").size == 1536);
  CHECK(mount("type=tmpfs,target=/t,size=64MiB").size == 64 << 20);
  CHECK(mount("type=secret,id=a,env=TOKEN,required").env == "TOKEN");
  CHECK(mount("type=secret,id=a,required").required);
  CHECK_FALSE(mount("type=ssh").required);
}

TEST_CASE("a field of a mount in quotes may hold a comma") {
  CHECK(mount("type=bind,\"source=/a,b\",target=/t").source == "/a,b");
  CHECK(mount("type=bind,\"source=/a\"\"b\",target=/t").source == "/a\"b");
}

TEST_CASE("what is wrong with a flag of RUN is told with its place") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"--mount=type=bnd,target=/x", "there is no mount type 'bnd'"},
      {"--mount=type=bind", "it needs a target"},
      {"--mount=type=cache", "it needs a target"},
      {"--mount=type=tmpfs", "it needs a target"},
      {"--mount=type=secret", "it needs an id or a target"},
      {"--mount=type=tmpfs,target=/x,id=a", "a mount of type tmpfs has no key 'id'"},
      {"--mount=type=cache,target=/x,shraing=locked", "Did you mean 'sharing'?"},
      {"--mount=type=cache,target=/x,sharing=all", "'sharing' is shared, private or locked, not 'all'"},
      {"--mount=type=cache,target=/x,uid=me", "'uid' is a whole number, not 'me'"},
      {"--mount=type=cache,target=/x,mode=9", "'mode' is an octal mode such as 0600, not '9'"},
      {"--mount=type=tmpfs,target=/x,size=big", "'size' is a number of bytes such as 64m, not 'big'"},
      {"--mount=type=bind,target=/x,from=$STAGE", "variables are not possible in 'from'"},
      {"--mount=type=bind,target=/x,ro=perhaps", "'ro' is true or false, not 'perhaps'"},
      {"--mount=type=bind,\\\"target=/x", "a quote is not closed"},
      {"--mount=type=cache,target=/x,source=/y", "there is no 'from'"},
      {"--mount", "RUN --mount needs a value"},
      {"--device=x", "RUN --device is not supported"},
      {"--netwrok=none", "RUN has no flag --netwrok. Did you mean 'network'?"},
      {"--network=none --network=host", "RUN --network is given twice"},
      {"--security=none", "RUN --security=none: there are sandbox, insecure"},
  };
  for (const auto& [text, message] : rows) {
    CHECK_THAT(refusal(text), Catch::StartsWith("Dockerfile:7: "));
    CHECK_THAT(refusal(text), Catch::Contains(message));
  }
}

TEST_CASE("a mount whose values hold variables is judged once they have values") {
  CHECK(take("--mount=type=cache,target=$DIR,uid=$USER_ID make").mounts.size() == 1);
  const auto expand = [](const std::string& value) { return value == "$N" ? std::string("x") : value; };
  CHECK_THROWS_WITH(parse_mount("type=cache,target=/a,uid=$N", kPlace, expand),
                    Catch::Contains("'uid' is a whole number, not 'x'"));
}
