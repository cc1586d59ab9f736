#!/bin/sh
# build.sh [COMPOSE]: how long a build of 20 steps takes in which nothing has changed, by us and by dockerd, and whether
# two stages that do not need each other use two cores: the same work in two stages and in one. In a data root and run
# root of its own and a network and mount namespace of its own; needs root and hyperfine; dockerd is left out where it is
# missing.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
compose=${1:-$here/../../build/release/bin/compose}
[ "$(id -u)" = 0 ] || {
  echo "build.sh: must be run as root, as containers are made" >&2
  exit 1
}
if [ -z "${BENCH_INSIDE:-}" ]; then
  BENCH_INSIDE=1 exec unshare -nm "$0" "$@"
fi
ip link set lo up
work=$(mktemp -d /tmp/compose-bench-XXXXXX)
export COMPOSE_DATA_ROOT="$work/data" COMPOSE_RUN_ROOT="$work/run" COMPOSE_PROJECT_NAME=bench
docker_pid=
finish() {
  cd /
  [ -z "$docker_pid" ] || { kill "$docker_pid" && wait "$docker_pid" 2>/dev/null || true; }
  umount "$work/docker" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

busybox=$("$here/../../examples/images/busybox.sh" --archive)
"$compose" image import "$busybox" busybox:latest --change 'CMD ["sh"]' >/dev/null

mkdir "$work/steps" "$work/branches" "$work/line"
{
  echo 'FROM busybox'
  n=0
  while [ $n -lt 10 ]; do
    n=$((n + 1))
    printf 'COPY file-%s /files/\nRUN echo %s >/made-%s\n' $n $n $n
    echo $n >"$work/steps/file-$n"
  done
} >"$work/steps/Dockerfile"
count='i=0; while [ $i -lt 2000000 ]; do i=$((i+1)); done; echo $i'
cat >"$work/branches/Dockerfile" <<DOCKERFILE
FROM busybox AS one
RUN $count >/one
FROM busybox AS two
RUN $count >/two
FROM busybox
COPY --from=one /one /
COPY --from=two /two /
DOCKERFILE
cat >"$work/line/Dockerfile" <<DOCKERFILE
FROM busybox
RUN $count >/one
RUN $count >/two
DOCKERFILE
for name in steps branches line; do
  printf 'services:\n  it:\n    image: bench-%s\n    build: .\n' $name >"$work/$name/compose.yaml"
done

cd "$work/steps"
"$compose" build >/dev/null 2>&1
hyperfine --warmup 3 --runs 50 --command-name 'compose build, 20 steps, nothing to do' "$compose build -q"
if command -v dockerd >/dev/null; then
  dockerd -H "unix://$work/docker.sock" --data-root "$work/docker" --exec-root "$work/exec" --pidfile "$work/docker.pid" \
    --iptables=false --ip-masq=false --bridge=none >"$work/dockerd.log" 2>&1 &
  docker_pid=$!
  docker="docker -H unix://$work/docker.sock"
  tries=0
  until $docker version >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] || exit 1
    sleep 0.1
  done
  $docker import "$busybox" busybox:latest >/dev/null
  for kit in 0 1; do
    export DOCKER_BUILDKIT=$kit
    $docker build --network none -q -t bench-steps . >/dev/null
    hyperfine --warmup 3 --runs 10 --command-name "docker build, DOCKER_BUILDKIT=$kit" "$docker build --network none -q -t bench-steps ."
  done
fi

for name in line branches; do
  cd "$work/$name"
  hyperfine --warmup 1 --runs 5 --command-name "compose build --no-cache, $name" "$compose build -q --no-cache"
done
