#!/bin/sh
# container_run.sh [COMPOSE [ROUNDS]]: how long `container run --rm busybox true` takes, the whole process, everything warm; beside
# it, where they are there, `runc run` of the same files and `docker run --rm` (Debian's docker.io, daemon warm). In a data
# root, run root and network namespace of its own; needs root and hyperfine. ROUNDS: 30. The run roots of all are on a tmpfs, as
# /run is on every machine with systemd.
# Docker has no bridge here, so it is measured with --network none, and ours both ways.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
compose=$(realpath "${1:-$here/../../build/release/bin/compose}")
rounds=${2:-30}
[ "$(id -u)" = 0 ] || {
  echo "container_run.sh: must be run as root, as containers are made" >&2
  exit 1
}
if [ -z "${BENCH_RUN_INSIDE:-}" ]; then
  BENCH_RUN_INSIDE=1 exec unshare -nm "$0" "$compose" "$rounds"
fi
ip link set lo up
archive=$("$here/../../examples/images/busybox.sh" --archive)
work=$(mktemp -d /tmp/compose-bench-XXXXXX)
daemon=
finish() {
  cd /
  [ -z "$daemon" ] || { kill "$daemon" && wait "$daemon" || true; } 2>/dev/null
  "$compose" tidy || true
  umount "$work/docker" "$work/run" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

export COMPOSE_DATA_ROOT="$work/data" COMPOSE_RUN_ROOT="$work/run"
mkdir "$work/run"
mount -t tmpfs tmpfs "$work/run"
"$compose" image import "$archive" busybox:latest >/dev/null
set -- --command-name 'compose, default network' "$compose container run --rm busybox true" \
  --command-name 'compose, --network none' "$compose container run --rm --network none busybox true"

if command -v runc >/dev/null; then
  mkdir -p "$work/bundle/rootfs"
  tar -C "$work/bundle/rootfs" -xf "$archive"
  # Without a terminal, and without limits that root may lack the right to raise.
  (cd "$work/bundle" && runc spec && python3 -c '
import json
config = json.load(open("config.json"))
config["process"].update(terminal=False, args=["true"])
config["process"].pop("rlimits")
json.dump(config, open("config.json", "w"))')
  set -- "$@" --command-name 'runc run' "runc --root $work/run/runc run --bundle $work/bundle bench"
fi
if command -v dockerd >/dev/null && [ -x /usr/bin/docker ]; then
  mkdir -p "$work/docker"
  mount -t tmpfs tmpfs "$work/docker"
  dockerd -H "unix://$work/docker.sock" --data-root "$work/docker" --exec-root "$work/run/docker" --pidfile "$work/docker.pid" \
    --iptables=false --ip-masq=false --bridge=none >"$work/dockerd.log" 2>&1 &
  daemon=$!
  export DOCKER_HOST="unix://$work/docker.sock"
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    /usr/bin/docker version >/dev/null 2>&1 && break
    sleep 0.5
  done
  /usr/bin/docker import "$archive" busybox:latest >/dev/null
  set -- "$@" --command-name 'docker run --rm --network none' '/usr/bin/docker run --rm --network none busybox true'
fi
cd "$work"
hyperfine --style basic -N --warmup 3 --runs "$rounds" "$@"
