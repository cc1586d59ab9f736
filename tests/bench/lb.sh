#!/bin/bash
# compose-lb beside HAProxy, one thread each, over two nginx servers on loopback: requests per second and the 99th
# percentile with 32 and 512 kept connections, and memory of 1,000 idle ones. Rounds alternate between the two and the
# medians of their ratios count, as a busy machine slows both.
# usage: lb.sh [COMPOSE-LB [ROUNDS [SECONDS]]]     needs the packages haproxy, nginx-light, wrk, python3
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
lb=${1:-$root/build/release/bin/compose-lb}
rounds=${2:-5}
seconds=${3:-4}
for program in haproxy nginx wrk python3; do
  command -v "$program" >/dev/null || { echo "lb.sh: $program is missing" >&2; exit 77; }
done

work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

base=$((20000 + $$ % 20000))
one=$((base + 1)) two=$((base + 2)) ours=$((base + 3)) theirs=$((base + 4))

mkdir -p "$work/www" "$work/tmp"
chmod 755 "$work" "$work/www"
head -c 256 /dev/zero | tr '\0' x >"$work/www/index.html"
cat >"$work/nginx.conf" <<EOF
worker_processes 1;
pid $work/nginx.pid;
error_log $work/error.log;
daemon off;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 100000000;
  client_body_temp_path $work/tmp; proxy_temp_path $work/tmp; fastcgi_temp_path $work/tmp;
  uwsgi_temp_path $work/tmp; scgi_temp_path $work/tmp;
  server { listen 127.0.0.1:$one; root $work/www; }
  server { listen 127.0.0.1:$two; root $work/www; }
}
EOF
cat >"$work/haproxy.cfg" <<EOF
global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 50s
  timeout server 50s
  option forwardfor
frontend front
  bind 127.0.0.1:$theirs
  default_backend web
backend web
  balance roundrobin
  http-reuse always
  server one 127.0.0.1:$one
  server two 127.0.0.1:$two
EOF
cat >"$work/lb.json" <<EOF
{"frontends": [{"name": "front", "bind": "127.0.0.1:$ours", "backend": "web"}],
 "backends": [{"name": "web", "servers": [{"name": "one", "address": "127.0.0.1:$one"},
                                          {"name": "two", "address": "127.0.0.1:$two"}]}],
 "max_connections": 8192}
EOF
nginx -p "$work" -c "$work/nginx.conf" & pids+=($!)
haproxy -db -f "$work/haproxy.cfg" & haproxy_pid=$! pids+=($!)
"$lb" "$work/lb.json" 2>"$work/lb.err" & lb_pid=$! pids+=($!)
sleep 1

# prints requests per second and the 99th percentile in milliseconds
measure() {
  wrk -t 1 -c "$2" -d "${seconds}s" --latency "http://127.0.0.1:$1/" >"$work/wrk"
  if grep -q 'Non-2xx\|Socket errors' "$work/wrk"; then grep 'Non-2xx\|Socket errors' "$work/wrk" >&2; fi
  awk '/Requests\/sec/ {rate = $2}
       $1 == "99%" {p = $2; f = p ~ /us$/ ? 0.001 : p ~ /ms$/ ? 1 : 1000; sub(/[a-z]+$/, "", p); p99 = p * f}
       END {print rate, p99}' "$work/wrk"
}

for connections in 32 512; do
  : >"$work/rows"
  for _ in $(seq "$rounds"); do
    a=$(measure "$ours" "$connections")
    b=$(measure "$theirs" "$connections")
    echo "$a $b" >>"$work/rows"
  done
  python3 - "$work/rows" "$connections" <<'EOF'
import statistics, sys
rows = [[float(x) for x in line.split()] for line in open(sys.argv[1])]
middle = statistics.median
print(f"{sys.argv[2]:>4} connections: compose-lb {middle(r[0] for r in rows):8.0f} req/s p99 {middle(r[1] for r in rows):7.2f} ms"
      f" | haproxy {middle(r[2] for r in rows):8.0f} req/s p99 {middle(r[3] for r in rows):7.2f} ms"
      f" | req/s ratio {middle(r[0] / r[2] for r in rows):.2f} (least {min(r[0] / r[2] for r in rows):.2f}),"
      f" p99 ratio {middle(r[1] / r[3] for r in rows):.2f}")
EOF
done

# resident memory gained by 1,000 connections that have had one answer each
idle() {
  python3 - "$1" "$2" <<'EOF'
import socket, sys
def resident():
    for line in open(f"/proc/{sys.argv[2]}/status"):
        if line.startswith("VmRSS"): return int(line.split()[1])
before = resident()
kept = []
for _ in range(1000):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    s.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    s.recv(4096)
    kept.append(s)
print(resident() - before, resident())
EOF
}
# Fresh ones: what the load before has left would hide it.
kill "$lb_pid" "$haproxy_pid"
wait "$lb_pid" "$haproxy_pid" 2>/dev/null || true
haproxy -db -f "$work/haproxy.cfg" & haproxy_pid=$! pids+=($!)
"$lb" "$work/lb.json" 2>"$work/lb.err" & lb_pid=$! pids+=($!)
sleep 1
read -r gained total <<<"$(idle "$ours" "$lb_pid")"
echo "1,000 idle connections: compose-lb +$gained KiB (in all $total)"
read -r gained total <<<"$(idle "$theirs" "$haproxy_pid")"
echo "1,000 idle connections: haproxy    +$gained KiB (in all $total)"
