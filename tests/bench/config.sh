#!/bin/sh
# config.sh [COMPOSE]: how long `config --quiet` takes for a file of ten services with what is usual in them, and for a
# generated one of 1,000 services with ten attributes each. Needs hyperfine.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
compose=$(realpath "${1:-$here/../../build/release/bin/compose}")
work=$(mktemp -d /tmp/compose-bench-XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# services COUNT
services() {
  echo 'services:'
  n=0
  while [ "$n" -lt "$1" ]; do
    cat <<YAML
  s$n:
    image: "registry.example/app:\${TAG:-1.2}"
    command: ["serve", "--port", "80"]
    environment: {MODE: production, LEVEL: "3", NUMBER: "$n"}
    ports: ["$((10000 + n)):80"]
    volumes: ["data:/data", "./config:/etc/app:ro"]
    networks: [back]
    restart: unless-stopped
    labels: {team: a}
    healthcheck: {test: [CMD, "true"], interval: 5s}
    user: "1000"
YAML
    n=$((n + 1))
  done
  printf 'networks: {back: {}}\nvolumes: {data: {}}\n'
}

services 10 >"$work/ten.yaml"
services 1000 >"$work/thousand.yaml"
cd "$work"
hyperfine -N --warmup 5 --runs 100 --command-name 'config --quiet, 10 services' "$compose -f ten.yaml config --quiet"
hyperfine -N --warmup 2 --runs 20 --command-name 'config --quiet, 1000 services' "$compose -f thousand.yaml config --quiet"
