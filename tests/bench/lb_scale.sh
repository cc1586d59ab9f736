#!/usr/bin/env bash
# lb_scale.sh: requests through the bundled load balancer while what is behind it changes, and how many of them fail:
# web is scaled 1 -> 5 -> 2 -> 3, a replica is killed with SIGKILL, and the balancer's settings are changed under it.
# Fails when one failed that was not under way on the killed replica, or when there were fewer than 200,000.
#
# usage: lb_scale.sh [COMPOSE [SECONDS]]       as root; needs the packages wrk and curl, and the image busybox or its archive
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
compose=${1:-$here/../../build/release/bin/compose}
seconds=${2:-75}
for program in wrk curl; do
  command -v "$program" >/dev/null || {
    echo "lb_scale.sh: $program is missing: apt-get install $program" >&2
    exit 2
  }
done
if [ "${LB_SCALE_INSIDE:-}" != yes ]; then  # in namespaces of its own, which go with it
  LB_SCALE_INSIDE=yes exec unshare --net --mount "$0" "$compose" "$seconds"
fi
ip link set lo up

work=$(mktemp -d)
export COMPOSE_DATA_ROOT=$work/data COMPOSE_RUN_ROOT=$work/run
project=$work/shop
compose() { "$compose" --progress quiet --project-directory "$project" -f "$project/compose.yaml" "$@"; }
trap 'compose down -t 0 >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
mkdir "$project"
"$compose" image import "$("$here"/../../examples/images/busybox.sh --archive)" busybox:latest >/dev/null
cat >"$project/compose.yaml" <<'YAML'
services:
  web:
    image: busybox
    command: sh -c 'mkdir /www && hostname > /www/index.html && exec httpd -f -p 80 -h /www'
    expose: [80]
    stop_signal: SIGKILL
    x-load-balancer: {port: 8080, balance: "${BALANCE:-roundrobin}"}
YAML

compose up -d
until curl -sf -o /dev/null http://127.0.0.1:8080/; do sleep 0.05; done
balancer=$(compose ps --format '{{.Service}} {{.ID}}' | grep '^web-lb ')
wrk -t 1 -c 32 --timeout 15s -d "${seconds}s" http://127.0.0.1:8080/ >"$work/wrk" &
load=$!
pause=$((seconds / 7))
note() { printf '%6s s  %s\n' "$SECONDS" "$*"; }
SECONDS=0
step() {
  sleep "$pause"
  note "$*"
  "$@"
}
step compose up -d --scale web=5
step compose up -d --scale web=2
step compose up -d --scale web=3
step "$compose" container kill shop-web-2
export BALANCE=leastconn
step compose up -d --scale web=3
[ "$(compose ps --format '{{.Service}} {{.ID}}' | grep '^web-lb ')" = "$balancer" ] || {
  echo "lb_scale.sh: the balancer was made anew, not told" >&2
  exit 1
}
wait "$load"
cat "$work/wrk"
compose lb
awk '
  /requests in/ { requests = $1 }
  /Non-2xx/ { failed += $NF }
  /Socket errors/ { gsub(",", ""); failed += $4 + $6 + $8 + $10 }
  END {
    printf "%d requests, %d failed\n", requests, failed
    exit !(requests >= 200000 && failed == 0)
  }' "$work/wrk"
