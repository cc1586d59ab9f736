#!/bin/sh
# images.sh [COMPOSE [TRANSFER [ROUNDS]]]: how long images take, a table of medians:
#   a build of 20 steps that finds everything in the cache, the whole process, beside docker build (docker.io's own classic
#     builder and BuildKit, daemon warm);
#   a build of two independent stages beside the same stages one after the other, with the processors each used;
#   a pull: what pull.sh prints.
# In data roots, run roots and namespaces of its own; needs root, python3; dockerd and pull.sh's programs are left out where
# they are missing. ROUNDS: 11.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
bin=$here/../../build/release/bin
compose=$(realpath "${1:-$bin/compose}")
transfer=$(realpath "${2:-$bin/registry_transfer}")
rounds=${3:-11}
[ "$(id -u)" = 0 ] || {
  echo "images.sh: must be run as root, as containers are made" >&2
  exit 1
}
if [ -z "${BENCH_IMAGES_INSIDE:-}" ]; then
  BENCH_IMAGES_INSIDE=1 exec unshare -nm "$0" "$compose" "$transfer" "$rounds"
fi
ip link set lo up
archive=$("$here/../../examples/images/busybox.sh" --archive)
work=$(mktemp -d "${BENCH_FOLDER:-/tmp}/compose-bench-XXXXXX")
daemon=
finish() {
  cd /
  [ -z "$daemon" ] || { kill "$daemon" && wait "$daemon" || true; } 2>/dev/null
  umount "$work/docker" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

export COMPOSE_DATA_ROOT="$work/data" COMPOSE_RUN_ROOT="$work/run" COMPOSE_PROJECT_NAME=bench
"$compose" image import "$archive" busybox:latest >/dev/null

# ---- the contexts: twenty steps, some of them copies; two stages that each keep one processor busy
mkdir -p "$work/twenty/files" "$work/two" "$work/sequence" "$work/docker"
for n in 1 2 3 4 5 6 7 8; do head -c 200000 /dev/urandom >"$work/twenty/files/$n"; done
{
  echo 'FROM busybox'
  for n in 1 2 3 4 5; do
    printf 'RUN echo %s > /step%s\nCOPY files/%s /copied%s\nENV V%s=%s\nWORKDIR /work%s\n' $n $n $n $n $n $n $n
  done
} | head -n 20 >"$work/twenty/Dockerfile"
busy='i=0; while [ $i -lt 1000000 ]; do i=$((i+1)); done; echo $i'
printf 'FROM busybox AS a\nRUN %s > /a\nFROM busybox AS b\nRUN %s > /b\nFROM busybox\nCOPY --from=a /a /\nCOPY --from=b /b /\n' \
  "$busy" "$busy" >"$work/two/Dockerfile"
printf 'FROM busybox AS a\nRUN %s > /a\nFROM a AS b\nRUN %s > /b\nFROM busybox\nCOPY --from=a /a /\nCOPY --from=b /b /\n' \
  "$busy" "$busy" >"$work/sequence/Dockerfile"
printf 'services:\n  twenty:\n    build: %s/twenty\n  two:\n    build: %s/two\n  sequence:\n    build: %s/sequence\n' \
  "$work" "$work" "$work" >"$work/compose.yaml"

if command -v dockerd >/dev/null && [ -x /usr/bin/docker ]; then
  mount -t tmpfs tmpfs "$work/docker"
  dockerd -H "unix://$work/docker.sock" --data-root "$work/docker" --exec-root "$work/exec" --pidfile "$work/docker.pid" \
    --iptables=false --ip-masq=false --bridge=none >"$work/dockerd.log" 2>&1 &
  daemon=$!
  tries=0
  until /usr/bin/docker -H "unix://$work/docker.sock" version >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] || {
      tail -n 5 "$work/dockerd.log" >&2
      exit 1
    }
    sleep 0.1
  done
  /usr/bin/docker -H "unix://$work/docker.sock" import "$archive" busybox >/dev/null
fi

python3 - "$compose" "$work" "$rounds" "${daemon:+docker}" <<'PY'
import os, resource, statistics, subprocess, sys, time
compose, work, rounds, docker = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
ours = [compose, "-f", work + "/compose.yaml", "build", "-q"]
theirs = ["/usr/bin/docker", "-H", "unix://" + work + "/docker.sock", "build", "-q", "--network", "none", work + "/twenty"]

def cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

def run(command, **env):
    """Seconds it took, and processors it used meanwhile."""
    used, start = cpu(), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **env})
    wall = time.monotonic() - start
    return wall, (cpu() - used) / wall

def row(name, runs, processors=False):
    walls = [wall * 1000 for wall, _ in runs]
    text = "%-46s median %8.1f ms   %8.1f - %.1f" % (name, statistics.median(walls), min(walls), max(walls))
    if processors:
        used = [used for _, used in runs]
        text += "   processors used %.2f, at most %.2f" % (statistics.median(used), max(used))
    print(text, flush=True)

jobs = {"20 steps, nothing changed: compose": (ours + ["twenty"], {})}
if docker:
    jobs["20 steps, nothing changed: docker, classic"] = (theirs, {"DOCKER_BUILDKIT": "0"})
    jobs["20 steps, nothing changed: docker, BuildKit"] = (theirs, {"DOCKER_BUILDKIT": "1"})
for command, env in jobs.values():
    run(command, **env)  # fills the cache
runs = {name: [] for name in jobs}
for _ in range(rounds):
    for name, (command, env) in jobs.items():
        runs[name].append(run(command, **env))
for name in jobs:
    row(name, runs[name])
pairs = {"two independent stages": [], "the same, one after the other": []}
for _ in range(max(3, rounds // 3)):
    for name, service in zip(pairs, ("two", "sequence")):
        pairs[name].append(run(ours + ["--no-cache", service]))
for name, found in pairs.items():
    row(name, found, processors=True)
PY

if [ -x "$transfer" ] && command -v docker-registry >/dev/null && command -v skopeo >/dev/null; then
  [ -z "$daemon" ] || { kill "$daemon" && wait "$daemon" || true; } 2>/dev/null
  daemon=
  "$here/pull.sh" "$transfer" 5
else
  echo "pull: left out, it needs $transfer, docker-registry and skopeo"
fi
