#!/bin/sh
# up_down.sh [COMPOSE]: how long `up -d` and `down` of ten busybox services take when everything is warm (image in the
# store, filter compiled, files cached). In a data root and run root of its own; needs root and hyperfine.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
compose=${1:-$here/../../build/release/bin/compose}
[ "$(id -u)" = 0 ] || {
  echo "up_down.sh: must be run as root, as containers are made" >&2
  exit 1
}

work=$(mktemp -d /tmp/compose-bench-XXXXXX)
export COMPOSE_DATA_ROOT="$work/data" COMPOSE_RUN_ROOT="$work/run" COMPOSE_PROJECT_NAME=bench
finish() {
  cd /
  "$compose" -f "$work/compose.yaml" down -v -t 0 >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

{
  echo 'services:'
  for n in 1 2 3 4 5 6 7 8 9 10; do
    printf '  s%s:\n    image: busybox\n    command: ["sleep", "100000"]\n    stop_grace_period: 0s\n' "$n"
  done
} >"$work/compose.yaml"
"$compose" image import "$("$here/../../examples/images/busybox.sh" --archive)" busybox:latest --change 'CMD ["sh"]' >/dev/null

cd "$work"
# The first run of each fills the caches.
hyperfine --warmup 1 --runs 10 --prepare "$compose down" --command-name 'up -d, 10 services' "$compose up -d"
hyperfine --warmup 1 --runs 10 --prepare "$compose up -d" --command-name 'down, 10 services' "$compose down"
hyperfine --warmup 1 --runs 20 --command-name 'up -d, nothing to do' --setup "$compose up -d" "$compose up -d"
hyperfine --warmup 1 --runs 20 --command-name 'ps' "$compose ps"
