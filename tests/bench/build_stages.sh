#!/bin/sh
# build_stages.sh [COMPOSE [ROUNDS]]: a build of two independent stages beside the same stages one after the other, medians of the times
# and of the processors each used. In a data root, a run root and namespaces of its own; needs root, python3. ROUNDS: 3.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
bin=$here/../../build/release/bin
compose=$(realpath "${1:-$bin/compose}")
rounds=${2:-3}
[ "$(id -u)" = 0 ] || {
  echo "build_stages.sh: must be run as root, as containers are made" >&2
  exit 1
}
if [ -z "${BENCH_STAGES_INSIDE:-}" ]; then
  BENCH_STAGES_INSIDE=1 exec unshare -nm "$0" "$compose" "$rounds"
fi
ip link set lo up
archive=$("$here/../../examples/images/busybox.sh" --archive)
work=$(mktemp -d "${BENCH_FOLDER:-/tmp}/compose-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

export COMPOSE_DATA_ROOT="$work/data" COMPOSE_RUN_ROOT="$work/run" COMPOSE_PROJECT_NAME=bench
"$compose" image import "$archive" busybox:latest >/dev/null

# Two stages that each keep one processor busy.
mkdir -p "$work/two" "$work/sequence"
# shellcheck disable=SC2016
busy='i=0; while [ $i -lt 1000000 ]; do i=$((i+1)); done; echo $i'
printf 'FROM busybox AS a\nRUN %s > /a\nFROM busybox AS b\nRUN %s > /b\nFROM busybox\nCOPY --from=a /a /\nCOPY --from=b /b /\n' \
  "$busy" "$busy" >"$work/two/Dockerfile"
printf 'FROM busybox AS a\nRUN %s > /a\nFROM a AS b\nRUN %s > /b\nFROM busybox\nCOPY --from=a /a /\nCOPY --from=b /b /\n' \
  "$busy" "$busy" >"$work/sequence/Dockerfile"
printf 'services:\n  two:\n    build: %s/two\n  sequence:\n    build: %s/sequence\n' "$work" "$work" >"$work/compose.yaml"

python3 - "$compose" "$work" "$rounds" <<'PY'
import resource, statistics, subprocess, sys, time
compose, work, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])

def cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

def run(service):
    """Seconds it took, and processors it used meanwhile."""
    used, start = cpu(), time.monotonic()
    subprocess.run([compose, "-f", work + "/compose.yaml", "build", "-q", "--no-cache", service], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    wall = time.monotonic() - start
    return wall, (cpu() - used) / wall

pairs = {"two": [], "sequence": []}
for _ in range(rounds):
    for service, found in pairs.items():
        found.append(run(service))
for service, name in (("two", "two independent stages"), ("sequence", "the same, one after the other")):
    walls, used = ([run[part] for run in pairs[service]] for part in (0, 1))
    print("%-32s median %5.2f s   %5.2f - %.2f   processors used %.2f, at most %.2f" %
          (name, statistics.median(walls), min(walls), max(walls), statistics.median(used), max(used)))
PY
