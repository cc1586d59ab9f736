#!/bin/sh
# network.sh [COMPOSE [SECONDS [ROUNDS]]]: throughput of one TCP stream, ours beside Docker's (Debian's docker.io 20.10, where it is
# there), in turns: container to container, host to published port, outside to published port; the median of ROUNDS of
# SECONDS each (3 of 3), and the ratio of ours to Docker's. Then how long a container takes to be on a network of 200.
# Each engine has a network namespace of its own as host, and one that stands for outside. Needs root, iperf3, python3.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
compose=$(realpath "${1:-$here/../../build/release/bin/compose}")
seconds=${2:-3}
rounds=${3:-3}
members=200
[ "$(id -u)" = 0 ] || {
  echo "network.sh: must be run as root, as containers are made" >&2
  exit 1
}
archive=$("$here/../../examples/images/busybox.sh" --archive)
work=$(mktemp -d /tmp/compose-bench-XXXXXX)
holders=
daemon=
finish() {
  cd /
  # shellcheck disable=SC2046
  on ours "$compose" container rm -f $(on ours "$compose" container ls -aq) >/dev/null 2>&1 || true
  on ours "$compose" network rm bench >/dev/null 2>&1 || true
  on ours "$compose" tidy || true
  [ -z "$daemon" ] || {
    on docker /usr/bin/docker rm -f server client || true
    kill "$daemon" || true
    wait "$daemon" || true
  } >/dev/null 2>&1
  # shellcheck disable=SC2086
  kill $holders
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

# hold NAME: a network namespace, by the pid in $work/NAME.
hold() {
  unshare -n sh -c "echo \$\$ >'$work/$1' && exec sleep infinity" &
  holders="$holders $!"
  until [ -s "$work/$1" ]; do sleep 0.05; done
}
# on ENGINE COMMAND...: on its host; outside_of ENGINE COMMAND...
on() {
  of=$1
  shift
  nsenter -t "$(cat "$work/$of")" -n "$@"
}
outside_of() {
  of=$1
  shift
  nsenter -t "$(cat "$work/$of.outside")" -n "$@"
}
host_of() {
  hold "$1"
  hold "$1.outside"
  on "$1" ip link set lo up
  on "$1" ip link add up0 type veth peer name out0 netns "$(cat "$work/$1.outside")"
  on "$1" ip address add 198.51.100.2/24 dev up0
  on "$1" ip link set up0 up
  outside_of "$1" ip address add 198.51.100.1/24 dev out0
  outside_of "$1" ip link set out0 up
  on "$1" ip route add default via 198.51.100.1
}

export COMPOSE_DATA_ROOT="$work/data" COMPOSE_RUN_ROOT="$work/run"
# This machine's own iperf3 with its libraries, in any image.
iperf='/host/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 --library-path /host/usr/lib/x86_64-linux-gnu /host/usr/bin/iperf3'
engines=ours
host_of ours
on ours "$compose" image import "$archive" busybox:latest >/dev/null
on ours "$compose" network create bench >/dev/null
start() { # start ENGINE COMMAND...
  of=$1
  shift
  # shellcheck disable=SC2086
  on "$of" "$@" run -d --name server --network bench -p 5201:5201 -v /usr:/host/usr:ro busybox $iperf -s >/dev/null
  on "$of" "$@" run -d --name client --network bench -v /usr:/host/usr:ro busybox sleep 100000 >/dev/null
}
start ours "$compose" container
if command -v dockerd >/dev/null && [ -x /usr/bin/docker ]; then
  engines='ours docker'
  host_of docker
  export DOCKER_HOST="unix://$work/docker.sock"
  nsenter -t "$(cat "$work/docker")" -n unshare -m --propagation private sh -c "mkdir '$work/docker.d' &&
    mount -t tmpfs -o mode=0711 tmpfs '$work/docker.d' && exec dockerd -H '$DOCKER_HOST' --data-root '$work/docker.d' \
    --exec-root '$work/exec' --pidfile '$work/docker.pid'" >"$work/dockerd.log" 2>&1 &
  daemon=$!
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    /usr/bin/docker version >/dev/null 2>&1 && break
    sleep 0.5
  done
  /usr/bin/docker import "$archive" busybox:latest >/dev/null
  /usr/bin/docker network create bench >/dev/null
  start docker /usr/bin/docker
fi
sleep 1

# stream ENGINE WAY: Gbit/s of one stream.
stream() {
  # shellcheck disable=SC2086
  case $2 in
    container) set -- "$1" in_client "$1" $iperf -c server ;;
    host) set -- "$1" on "$1" iperf3 -c 198.51.100.2 ;;
    outside) set -- "$1" outside_of "$1" iperf3 -c 198.51.100.2 ;;
  esac
  shift
  "$@" -t "$seconds" -J | python3 -c 'import json, sys
print("%.2f" % (json.load(sys.stdin)["end"]["sum_received"]["bits_per_second"] / 1e9))'
}
in_client() {
  of=$1
  shift
  case $of in
    ours) on ours "$compose" container exec client "$@" ;;
    docker) on docker /usr/bin/docker exec client "$@" ;;
  esac
}

for way in container host outside; do
  : >"$work/$way"
  for _ in $(seq "$rounds"); do
    for engine in $engines; do echo "$engine $(stream "$engine" "$way")" >>"$work/$way"; done
  done
  python3 - "$way" "$work/$way" <<'PYTHON'
import os, statistics, sys
values = {}
for line in open(sys.argv[2]):
    engine, value = line.split()
    values.setdefault(engine, []).append(float(value))
medians = {engine: statistics.median(found) for engine, found in values.items()}
text = ", ".join(f"{engine} {value:.2f} Gbit/s" for engine, value in medians.items())
if "BENCH_VALUES" in os.environ:
    with open(os.environ["BENCH_VALUES"] + "/" + sys.argv[1], "w") as file:
        file.writelines(" ".join(map(str, row)) + "\n" for row in zip(*values.values()))
ratio = f", ratio {medians['ours'] / medians['docker']:.2f}" if "docker" in medians else ""
print(f"{sys.argv[1]:10} {text}{ratio}", flush=True)
PYTHON
done

on ours python3 - "$compose" "$members" <<'PYTHON'
import os, statistics, subprocess, sys, time
compose, members = sys.argv[1], int(sys.argv[2])
took = []
for number in range(members):
    before = time.monotonic()
    subprocess.run([compose, "container", "run", "-d", "--network", "bench", "--stop-signal", "SIGKILL", "busybox", "sleep", "100000"],
                   check=True, stdout=subprocess.DEVNULL)
    took.append((time.monotonic() - before) * 1000)
if "BENCH_VALUES" in os.environ:
    with open(os.environ["BENCH_VALUES"] + "/members", "w") as file:
        file.writelines(f"{value}\n" for value in took[-10:])
first, last = statistics.median(took[:10]), statistics.median(took[-10:])
print(f"run -d     {members} containers on one network: the first ten {first:.1f} ms, the last ten {last:.1f} ms, ratio {last / first:.2f}")
PYTHON
