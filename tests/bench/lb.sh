#!/bin/bash
# compose-lb beside HAProxy, one thread each, over two nginx servers on loopback: requests per second and the 99th
# percentile with 32 and 512 kept connections, bytes per second in TCP mode (HAProxy as it is by default and with
# splice-auto), and memory of 1,000 idle connections. Rounds alternate between the two and the medians of their ratios
# count, as a busy machine slows both; what each takes of the processor for a request, or a megabyte, is told too, as
# that hardly depends on what else runs. Then, of compose-lb alone, what fails while its servers change ten times a second.
# usage: lb.sh [COMPOSE-LB [ROUNDS [SECONDS]]]     needs the packages haproxy, nginx-light, wrk, python3; the values of each round go
# into the folder BENCH_VALUES too, where that is set
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

base=$((20000 + $$ % 12000))  # below the ports that the kernel gives to connections
one=$((base + 1)) two=$((base + 2)) ours=$((base + 3)) theirs=$((base + 4))
ours_tcp=$((base + 5)) theirs_tcp=$((base + 6)) theirs_splice=$((base + 7))

mkdir -p "$work/www" "$work/tmp"
chmod 755 "$work" "$work/www"
head -c 1048576 /dev/zero >"$work/www/big"
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
  maxconn 6000
defaults
  mode http
  timeout connect 5s
  timeout client 50s
  timeout server 50s
  option forwardfor
frontend front
  bind 127.0.0.1:$theirs
  default_backend web
listen tcp
  mode tcp
  bind 127.0.0.1:$theirs_tcp
  server one 127.0.0.1:$one
listen splice
  mode tcp
  option splice-auto
  bind 127.0.0.1:$theirs_splice
  server one 127.0.0.1:$one
backend web
  balance roundrobin
  http-reuse always
  server one 127.0.0.1:$one
  server two 127.0.0.1:$two
EOF
# config SERVERS: writes it as who runs the balancer does
server_one="{\"name\": \"one\", \"address\": \"127.0.0.1:$one\"}"
server_two="{\"name\": \"two\", \"address\": \"127.0.0.1:$two\"}"
config() {
  cat >"$work/lb.new" <<EOF
{"frontends": [{"name": "front", "bind": "127.0.0.1:$ours", "backend": "web"},
               {"name": "tcp", "bind": "127.0.0.1:$ours_tcp", "mode": "tcp", "backend": "raw"}],
 "backends": [{"name": "web", "servers": [$1]},
              {"name": "raw", "mode": "tcp", "servers": [$server_one]}],
 "max_connections": 6000}
EOF
  mv "$work/lb.new" "$work/lb.json"
}
config "$server_one, $server_two"
nginx -p "$work" -c "$work/nginx.conf" & pids+=($!)
haproxy -db -f "$work/haproxy.cfg" & haproxy_pid=$! pids+=($!)
"$lb" "$work/lb.json" 2>"$work/lb.err" & lb_pid=$! pids+=($!)
sleep 1

# The processor's time that a process has had, in microseconds.
spent() { awk -v tick="$(getconf CLK_TCK)" '{sub(/.*\) /, ""); printf "%d\n", ($12 + $13) * 1000000 / tick}' "/proc/$1/stat"; }

# measure PORT CONNECTIONS PID: prints requests per second, the 99th percentile in milliseconds, and microseconds of the
# processor for a request
measure() {
  before=$(spent "$3")
  wrk -t 1 -c "$2" -d "${seconds}s" --latency "http://127.0.0.1:$1/" >"$work/wrk"
  if grep -q 'Non-2xx\|Socket errors' "$work/wrk"; then grep 'Non-2xx\|Socket errors' "$work/wrk" >&2; fi
  awk -v spent="$(($(spent "$3") - before))" '
       /Requests\/sec/ {rate = $2}
       /requests in/ {answered = $1}
       $1 == "99%" {p = $2; f = p ~ /us$/ ? 0.001 : p ~ /ms$/ ? 1 : 1000; sub(/[a-z]+$/, "", p); p99 = p * f}
       END {print rate, p99, (answered > 0 ? spent / answered : 0)}' "$work/wrk"
}

for connections in 32 512; do
  : >"$work/rows"
  for _ in $(seq "$rounds"); do
    a=$(measure "$ours" "$connections" "$lb_pid")
    b=$(measure "$theirs" "$connections" "$haproxy_pid")
    echo "$a $b" >>"$work/rows"
  done
  [ -z "${BENCH_VALUES:-}" ] || cp "$work/rows" "$BENCH_VALUES/lb-$connections"
  python3 - "$work/rows" "$connections" <<'EOF'
import statistics, sys
rows = [[float(x) for x in line.split()] for line in open(sys.argv[1])]
middle = statistics.median
print(f"{sys.argv[2]:>4} connections: compose-lb {middle(r[0] for r in rows):8.0f} req/s p99 {middle(r[1] for r in rows):7.2f} ms"
      f" {middle(r[2] for r in rows):5.1f} us/req | haproxy {middle(r[3] for r in rows):8.0f} req/s"
      f" p99 {middle(r[4] for r in rows):7.2f} ms {middle(r[5] for r in rows):5.1f} us/req"
      f" | req/s ratio {middle(r[0] / r[3] for r in rows):.2f} (least {min(r[0] / r[3] for r in rows):.2f}),"
      f" p99 ratio {middle(r[1] / r[4] for r in rows):.2f}, processor ratio {middle(r[2] / r[5] for r in rows):.2f}")
EOF
done

# transfer PORT PID: megabytes per second, and microseconds of the processor for one
transfer() {
  before=$(spent "$2")
  wrk -t 1 -c 8 -d "${seconds}s" "http://127.0.0.1:$1/big" >"$work/wrk"
  awk -v spent="$(($(spent "$2") - before))" '
    /requests in/ {answered = $1}
    /Transfer\/sec/ {t = $2; f = t ~ /GB$/ ? 1024 : t ~ /KB$/ ? 1 / 1024 : 1; sub(/[A-Z]+$/, "", t); print t * f, (answered > 0 ? spent / answered : 0)}' \
    "$work/wrk"
}
: >"$work/rows"
for _ in $(seq "$rounds"); do
  a=$(transfer "$ours_tcp" "$lb_pid")
  b=$(transfer "$theirs_tcp" "$haproxy_pid")
  c=$(transfer "$theirs_splice" "$haproxy_pid")
  echo "$a $b $c" >>"$work/rows"
done
[ -z "${BENCH_VALUES:-}" ] || cp "$work/rows" "$BENCH_VALUES/lb-tcp"
python3 - "$work/rows" <<'EOF'
import statistics, sys
rows = [[float(x) for x in line.split()] for line in open(sys.argv[1])]
middle = statistics.median
for name, rate, cost in (("", 2, 3), (" with splice-auto", 4, 5)):
    print(f"TCP mode: compose-lb {middle(r[0] for r in rows):6.0f} MB/s {middle(r[1] for r in rows):5.0f} us/MB"
          f" | haproxy{name} {middle(r[rate] for r in rows):6.0f} MB/s {middle(r[cost] for r in rows):5.0f} us/MB"
          f" | ratio {middle(r[0] / r[rate] for r in rows):.2f}, processor ratio {middle(r[1] / r[cost] for r in rows):.2f}")
EOF

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

# What fails while servers come and go.
wrk -t 1 -c 64 -d "$((seconds * 2))s" "http://127.0.0.1:$ours/" >"$work/wrk" & wrk_pid=$!
changes=0
while kill -0 "$wrk_pid" 2>/dev/null; do
  case $((changes % 4)) in
    0) config "$server_one" ;;
    1) config "$server_one, $server_two" ;;
    2) config "$server_two" ;;
    3) config "${server_one%\}}, \"drain\": true}, $server_two" ;;
  esac
  changes=$((changes + 1))
  sleep 0.1
done
wait "$wrk_pid"
answered=$(awk '/requests in/ {print $1}' "$work/wrk")
failed=$(awk '/Non-2xx/ {sum += $NF} /Socket errors/ {gsub(",", ""); sum += $4 + $6 + $8 + $10} END {print sum + 0}' "$work/wrk")
echo "$changes changes of the servers during $answered requests: $failed failed"
