#!/bin/sh
# registry.sh TRANSFER COMPOSE: images go between us, Docker's registry, dockerd, skopeo and umoci, in both directions and
# with a login. In a network and mount namespace of its own; needs root. Exits with 77 when a tool is missing.
# TRANSFER: the program registry_transfer of the build.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
transfer=$1
compose=$2
for tool in docker-registry dockerd docker skopeo umoci unshare ip python3 openssl; do
  command -v "$tool" >/dev/null || {
    echo "registry.sh: skipped, there is no $tool here"
    exit 77
  }
done
[ "$(id -u)" = 0 ] || {
  echo "registry.sh: skipped, needs root"
  exit 77
}
if [ -z "${PARITY_INSIDE:-}" ]; then
  PARITY_INSIDE=1 exec unshare -nm "$0" "$@"
fi
ip link set lo up

archive=$("$here/../../examples/images/busybox.sh" --archive)
work=$(mktemp -d /tmp/compose-parity-XXXXXX)
pids=
finish() {
  for pid in $pids; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
  umount "$work/docker" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM
fail() {
  echo "registry.sh: $*" >&2
  exit 1
}
say() { echo "ok: $*"; }

# ---- a registry with a login
site=127.0.0.1:5000
python3 -W ignore -c "import crypt; print('me:' + crypt.crypt('secret', crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))" >"$work/htpasswd"
cat >"$work/registry.yml" <<YML
version: 0.1
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: $site}
auth: {htpasswd: {realm: parity, path: $work/htpasswd}}
YML
docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
pids="$pids $!"
mkdir -p "$work/config" "$work/docker"
dockerd -H "unix://$work/docker.sock" --data-root "$work/docker" --exec-root "$work/exec" --pidfile "$work/docker.pid" \
  --iptables=false --ip-masq=false --bridge=none >"$work/dockerd.log" 2>&1 &
pids="$pids $!"
docker="docker --config $work/config -H unix://$work/docker.sock"
tries=0
until $docker version >/dev/null 2>&1 && python3 -c "import socket; socket.create_connection(('127.0.0.1', 5000)).close()" 2>/dev/null; do
  tries=$((tries + 1))
  [ $tries -lt 300 ] || {
    tail -n 5 "$work/dockerd.log" "$work/registry.log" >&2
    fail "dockerd or the registry did not come up"
  }
  sleep 0.1
done

export DOCKER_CONFIG=$work/config
ours() { "$transfer" "$work/ours" "$@"; }
other() { "$transfer" "$work/other" "$@"; }
mkdir -p "$work/ours" "$work/other"
image_id() { sed -n 's/^image \(sha256:[0-9a-f]*\) .*/\1/p'; }
names() { tar -tf - | sed 's,^\./,,; s,/$,,' | grep -vE '^$|^(dev|etc|proc|sys)(/|$)|^\.dockerenv$' | sort; }

id=$(ours import "$site/team/ours:1" "$archive")
if ours push "$site/team/ours:1" >"$work/out" 2>&1; then fail "a push without a login went through"; fi
grep -q 'compose login' "$work/out" || fail "a push without a login does not name the way out: $(cat "$work/out")"
say "a push without a login is refused"
printf '{"auths":{"%s":{"auth":"%s"}}}' "$site" "$(printf 'me:secret' | base64)" >"$work/config/config.json"
ours push "$site/team/ours:1" >"$work/out" || fail "push: $(cat "$work/out")"
digest=$(sed -n 's/^pushed \(sha256:[0-9a-f]*\) .*/\1/p' "$work/out")
say "pushed $digest"

# ---- read by others
[ "$(skopeo inspect --tls-verify=false --creds me:secret --format '{{.Digest}}' "docker://$site/team/ours:1")" = "$digest" ] ||
  fail "skopeo sees another digest"
skopeo copy -q --src-tls-verify=false --src-creds me:secret "docker://$site/team/ours:1" "oci:$work/oci:1"
umoci unpack --image "$work/oci:1" "$work/bundle" >/dev/null 2>&1
tar -tf "$archive" >/dev/null
tar -C "$work/bundle/rootfs" -cf - . | names >"$work/umoci"
names <"$archive" >"$work/expected"
diff "$work/expected" "$work/umoci" >&2 || fail "umoci unpacks other files"
say "skopeo and umoci read it"
$docker pull -q "$site/team/ours:1" >/dev/null
[ "$($docker image inspect --format '{{.Id}}' "$site/team/ours:1")" = "$id" ] || fail "dockerd has another image id"
container=$($docker create --network none "$site/team/ours:1" /bin/true)
$docker export "$container" | names >"$work/docker-names"
diff "$work/expected" "$work/docker-names" >&2 || fail "dockerd unpacks other files"
say "dockerd reads it"

# ---- written by others
printf 'FROM %s/team/ours:1\nCOPY file /file\nCMD ["/bin/cat", "/file"]\n' "$site" >"$work/Dockerfile"
mkdir "$work/context"
echo "made by docker" >"$work/context/file"
DOCKER_BUILDKIT=0 $docker build -q --network none -t "$site/docker:1" -f "$work/Dockerfile" "$work/context" >/dev/null
$docker push -q "$site/docker:1" >/dev/null
docker_id=$($docker image inspect --format '{{.Id}}' "$site/docker:1")
[ "$(other pull "$site/docker:1" | image_id)" = "$docker_id" ] || fail "the id of docker's image is another one here"
$docker save -o "$work/saved.tar" "$site/docker:1"
skopeo copy -q --dest-tls-verify=false --dest-creds me:secret "docker-archive:$work/saved.tar" "docker://$site/archive:1"
skopeo copy -q --dest-tls-verify=false --dest-creds me:secret --dest-compress-format zstd --format oci \
  "docker-archive:$work/saved.tar" "docker://$site/zstd:1"
for name in archive zstd; do
  rm -rf "$work/$name"
  mkdir "$work/$name"
  "$transfer" "$work/$name" pull "$site/$name:1" >"$work/out" || fail "pull of $name: $(cat "$work/out")"
done
say "what docker and skopeo pushed is pulled, zstd too"

# ---- run by us
for name in other archive zstd; do
  image=$site/$name:1
  [ "$name" != other ] || image=$site/docker:1
  printf 'services:\n  s:\n    image: %s\n    network_mode: none\n' "$image" >"$work/compose.yaml"
  "$compose" --data-root "$work/$name/data" --run-root "$work/$name/run" -p parity -f "$work/compose.yaml" up >"$work/out" 2>&1 || true
  grep -q 'made by docker' "$work/out" || fail "$image does not run: $(cat "$work/out")"
  "$compose" --data-root "$work/$name/data" --run-root "$work/$name/run" -p parity -f "$work/compose.yaml" down -t 0 >/dev/null 2>&1
done
say "and runs"

# ---- passed on
"$transfer" "$work/other" push "$site/docker:1" >"$work/out" || fail "push: $(cat "$work/out")"
grep -q ' 0 bytes' "$work/out" || fail "what the registry has was sent again: $(cat "$work/out")"
$docker rmi -f "$site/docker:1" >/dev/null
$docker pull -q "$site/docker:1" >/dev/null
[ "$($docker image inspect --format '{{.Id}}' "$site/docker:1")" = "$docker_id" ] || fail "passed on, it is another image"
say "passed on, it is the same image"

# ---- TLS: an authority of its own, and a client that shows who it is. Not on loopback, where nothing is verified.
ip address add 198.51.100.7/32 dev lo
tls=198.51.100.7:5443
certs=$work/certs/$tls
mkdir -p "$certs" "$work/empty"
key() { openssl req -quiet -nodes -newkey rsa:2048 "$@" 2>/dev/null || openssl req -nodes -newkey rsa:2048 "$@" 2>/dev/null; }
key -x509 -days 1 -subj /CN=authority -keyout "$work/ca.key" -out "$certs/ca.crt"
for who in server client; do
  key -subj "/CN=$who" -keyout "$work/$who.key" -out "$work/$who.csr"
  printf 'subjectAltName=IP:198.51.100.7\n' >"$work/extensions"
  openssl x509 -req -days 1 -in "$work/$who.csr" -CA "$certs/ca.crt" -CAkey "$work/ca.key" -CAcreateserial \
    -extfile "$work/extensions" -out "$work/$who.crt" 2>/dev/null
done
cat >"$work/tls.yml" <<YML
version: 0.1
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: $tls, tls: {certificate: $work/server.crt, key: $work/server.key, clientcas: [$certs/ca.crt]}}
YML
docker-registry serve "$work/tls.yml" >"$work/tls.log" 2>&1 &
pids="$pids $!"
tries=0
until python3 -c "import socket; socket.create_connection(('198.51.100.7', 5443)).close()" 2>/dev/null; do
  tries=$((tries + 1))
  [ $tries -lt 100 ] || fail "the registry with TLS did not come up: $(cat "$work/tls.log")"
  sleep 0.1
done
if COMPOSE_CERTS_DIR=$work/empty other resolve "$tls/team/ours:1" >"$work/out" 2>&1; then fail "an unknown authority was believed"; fi
grep -q certificate "$work/out" || fail "an unknown authority is not named: $(cat "$work/out")"
if COMPOSE_CERTS_DIR=$work/certs other resolve "$tls/team/ours:1" >"$work/out" 2>&1; then fail "the registry asked for no certificate"; fi
cp "$work/client.crt" "$certs/client.cert"
cp "$work/client.key" "$certs/client.key"
[ "$(COMPOSE_CERTS_DIR=$work/certs other resolve "$tls/team/ours:1")" = "$digest" ] || fail "with the certificates it is another digest"
say "TLS with an authority and a client certificate of its own"
