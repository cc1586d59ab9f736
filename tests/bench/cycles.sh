#!/bin/sh
# cycles.sh [COMPOSE [ROUNDS]]: 100 times `up -d` and `down -v` of five services on three networks with published ports and a
# volume; then links, addresses, routes, firewall rules, cgroups, mounts, processes and files are as before, or it fails.
# In a data root, run root and network namespace of its own; needs root. Prints how long a round took.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
compose=$(realpath "${1:-$here/../../build/release/bin/compose}")
rounds=${2:-100}
[ "$(id -u)" = 0 ] || {
  echo "cycles.sh: must be run as root, as containers are made" >&2
  exit 1
}
if [ -z "${BENCH_CYCLES_INSIDE:-}" ]; then
  BENCH_CYCLES_INSIDE=1 exec unshare -nm "$0" "$compose" "$rounds"
fi
ip link set lo up
archive=$("$here/../../examples/images/busybox.sh" --archive)
work=$(mktemp -d /tmp/compose-bench-XXXXXX)
cd "$work"
trap 'cd / && rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
export COMPOSE_DATA_ROOT="$work/data" COMPOSE_RUN_ROOT="$work/run"
cat >compose.yaml <<'YAML'
name: bench-cycles
x-service: &service {image: busybox, command: sleep 100000, stop_signal: SIGKILL}
services:
  web: {<<: *service, networks: [front, shared], ports: ["8080:80", "127.0.0.1:8081:81", "53:53/udp"]}
  api: {<<: *service, networks: [front, back, shared], depends_on: [db]}
  db: {<<: *service, networks: [back], volumes: ["data:/data"]}
  cache: {<<: *service, networks: {back: {aliases: [memory]}}}
  worker: {<<: *service, networks: [shared], depends_on: [cache, db]}
networks: {front: , back: {internal: true}, shared: }
volumes: {data: }
YAML
"$compose" image import "$archive" busybox:latest >/dev/null

state() {
  ip -o link | sed 's/^[0-9]*: //'
  ip -o address | sed 's/^[0-9]*: //'
  ip route show table all
  nft list ruleset
  cat /proc/sys/net/ipv4/ip_forward
  # Those of this run: names of our cgroups hold the container's id, which no row claims any more.
  [ ! -f "$work/ids" ] || while read -r id; do find /sys/fs/cgroup -name "*$id*"; done <"$work/ids"
  grep -c "$work" /proc/self/mounts || true
  pgrep -f "$work/run" || true
  find "$work/data" "$work/run" -mindepth 1 ! -path '*/layers/*' ! -path '*/blobs/*' ! -name 'state.db*' ! -path '*/events*' \
    ! -path '*/locks*' ! -path '*/seccomp*' | sort
}

round() {
  "$compose" up -d >/dev/null 2>&1 || {
    echo "cycles.sh: up failed:" >&2
    "$compose" up -d >&2
    exit 1
  }
  "$compose" ps -q >>"$work/ids"
  "$compose" down -v >/dev/null 2>&1
}
# The kernel takes the namespaces of containers that have ended away in its own time, and their links with them.
settled() {
  "$compose" tidy
  for _ in $(seq 50); do
    ip -o link | grep -q 'alias compose endpoint' || break
    sleep 0.1
  done
  state
}
round # what the first makes for good is there before
settled >"$work/before"
start=$(date +%s%N)
for _ in $(seq "$rounds"); do
  began=$(date +%s%N)
  round
  echo $((($(date +%s%N) - began) / 1000000)) >>"$work/took"
done
end=$(date +%s%N)
settled >"$work/after"
[ -z "${BENCH_VALUES:-}" ] || cat "$work/took" >"$BENCH_VALUES/cycles"
echo "$rounds rounds of up and down, five services on three networks: $(((end - start) / rounds / 1000000)) ms each"
if cmp -s "$work/before" "$work/after"; then
  echo "links, addresses, routes, rules, cgroups, mounts, processes and files are as before"
else
  echo "cycles.sh: something is left:" >&2
  diff "$work/before" "$work/after" >&2
  exit 1
fi
