#!/bin/sh
# pull.sh TRANSFER [ROUNDS [MB]]: how long a pull of an image of 500 MB in eight layers from a registry on this machine takes: we,
# dockerd, and skopeo copy to a container storage. Alternating, medians. The image is made of the machine's own files, so
# it compresses as programs do. In a network and mount namespace of its own; needs root, docker-registry and skopeo; dockerd
# is left out where it is missing. The values go into the folder BENCH_VALUES too, where that is set.
set -eu

transfer=$1
rounds=${2:-5}
size=${3:-500}
[ "$(id -u)" = 0 ] || {
  echo "pull.sh: must be run as root, as layers are unpacked" >&2
  exit 1
}
if [ -z "${BENCH_INSIDE:-}" ]; then
  BENCH_INSIDE=1 exec unshare -nm "$0" "$@"
fi
ip link set lo up
work=$(mktemp -d "${BENCH_FOLDER:-/tmp}/compose-bench-XXXXXX")
pids=
finish() {
  for pid in $pids; do
    kill "$pid" 2>/dev/null || continue
    wait "$pid" 2>/dev/null || true
  done
  for mounted in "$work"/*/root/overlay; do umount "$mounted" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

site=127.0.0.1:5000
cat >"$work/registry.yml" <<YML
version: 0.1
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: $site}
YML
docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
pids="$pids $!"

# An OCI layout of eight layers of files, pushed by skopeo.
python3 - "$work/oci" "$size" <<'PY'
import gzip, hashlib, io, json, os, sys, tarfile
target, each = sys.argv[1], int(sys.argv[2]) // 8
blobs = target + "/blobs/sha256"
os.makedirs(blobs)
def put(data):
    digest = hashlib.sha256(data).hexdigest()
    open(blobs + "/" + digest, "wb").write(data)
    return {"digest": "sha256:" + digest, "size": len(data)}
def files():
    for top in ("/usr/lib", "/usr/share", "/usr/bin"):
        for folder, folders, names in os.walk(top):
            folders.sort()
            for name in sorted(names):
                path = folder + "/" + name
                if os.path.isfile(path) and not os.path.islink(path) and os.path.getsize(path) < 20 << 20:
                    yield path
source, layers, diff_ids = files(), [], []
for number in range(8):
    buffer, total = io.BytesIO(), 0
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        while total < each << 20:
            path = next(source, None)
            if path is None:
                source = files()
                continue
            data = open(path, "rb").read()
            info = tarfile.TarInfo("l%d%s" % (number, path))
            info.size, info.mtime, info.mode = len(data), 1000, 0o644
            tar.addfile(info, io.BytesIO(data))
            total += len(data)
    diff_ids.append("sha256:" + hashlib.sha256(buffer.getvalue()).hexdigest())
    layers.append(dict(put(gzip.compress(buffer.getvalue(), 6, mtime=0)),
                       mediaType="application/vnd.oci.image.layer.v1.tar+gzip"))
config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": diff_ids}})
manifest = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": layers,
                       "config": dict(put(config.encode()), mediaType="application/vnd.oci.image.config.v1+json")})
entry = dict(put(manifest.encode()), mediaType="application/vnd.oci.image.manifest.v1+json",
             annotations={"org.opencontainers.image.ref.name": "1"})
json.dump({"schemaVersion": 2, "manifests": [entry]}, open(target + "/index.json", "w"))
json.dump({"imageLayoutVersion": "1.0.0"}, open(target + "/oci-layout", "w"))
print("image: %d MB in eight layers, %d MB compressed" % (each * len(layers), sum(l["size"] for l in layers) >> 20))
PY
skopeo copy -q --dest-tls-verify=false "oci:$work/oci:1" "docker://$site/bench:1"
rm -rf "$work/oci"

tools="ours skopeo"
command -v dockerd >/dev/null && [ -x /usr/bin/docker ] && tools="ours docker skopeo"

# Every pull goes to a folder of its own, and nothing is removed before the end: ext4 is slow for minutes where many
# files have been removed, whoever writes next.
here() { echo "$work/$1-$round"; }
pull_ours() { "$transfer" "$(here ours)" pull "$site/bench:1" >/dev/null; }
pull_docker() { /usr/bin/docker -H "unix://$work/docker.sock" pull -q "$site/bench:1" >/dev/null; }
pull_skopeo() {
  skopeo copy -q --src-tls-verify=false "docker://$site/bench:1" \
    "containers-storage:[overlay@$(here skopeo)/root+$(here skopeo)/run]bench:1"
}

start_docker() {
  dockerd -H "unix://$work/docker.sock" --data-root "$(here docker)" --exec-root "$work/exec" --pidfile "$work/docker.pid" \
    --iptables=false --ip-masq=false --bridge=none >"$work/dockerd.log" 2>&1 &
  docker_pid=$!
  pids="$pids $docker_pid"
  tries=0
  until /usr/bin/docker -H "unix://$work/docker.sock" version >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] || exit 1
    sleep 0.1
  done
}
stop_docker() {
  kill "$docker_pid"
  wait "$docker_pid" 2>/dev/null || true
  umount "$(here docker)" 2>/dev/null || true
}
# Until the disks rest, or five seconds where they never do.
settle() {
  sync
  quiet=0
  before=
  for _ in $(seq 20); do
    [ $quiet -lt 4 ] || break
    sleep 0.25
    now=$(cat /proc/diskstats)
    if [ "$now" = "$before" ]; then quiet=$((quiet + 1)); else quiet=0; fi
    before=$now
  done
}
echo "rounds: $rounds"
round=0
while [ $round -lt "$rounds" ]; do
  round=$((round + 1))
  for tool in $tools; do
    mkdir "$(here "$tool")"
    [ "$tool" != docker ] || start_docker
    settle
    start=$(date +%s%N)
    "pull_$tool"
    end=$(date +%s%N)
    echo $(((end - start) / 1000000)) >>"$work/$tool.ms"
    [ "$tool" != docker ] || stop_docker
  done
done
if [ -n "${BENCH_VALUES:-}" ]; then
  # shellcheck disable=SC2046
  paste $(for tool in ours skopeo docker; do ! [ -f "$work/$tool.ms" ] || echo "$work/$tool.ms"; done) >"$BENCH_VALUES/pull"
fi
for tool in $tools; do
  printf '%-7s median %5d ms   (%s)\n' "$tool" "$(sort -n "$work/$tool.ms" | sed -n "$(((rounds + 1) / 2))p")" \
    "$(sort -n "$work/$tool.ms" | tr '\n' ' ' | sed 's/ $//')"
done
