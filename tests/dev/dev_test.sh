#!/bin/sh
# What ./dev itself decides, with stand-ins for all the programs it calls. Usage: dev_test.sh DEV
set -eu

dev=$1
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
failures=0

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# stub NAME [BODY]: a program on the path that does BODY, or nothing.
stub() {
  printf '#!/bin/sh\n%s\n' "${2:-}" >"$place/bin/$1"
  chmod +x "$place/bin/$1"
}

mkdir -p "$place/bin" "$place/tree/build/release/bin" "$place/tree/examples/images"
cp "$dev" "$place/tree/dev"
chmod +x "$place/tree/dev"
: >"$place/tree/build/release/build.ninja"
PATH=$place/bin:$PATH
export PATH place
stub dpkg-query 'printf installed'
stub cmake
stub id 'echo 0'
stub sleep
stub clang-format
stub clang-tidy
printf '#!/bin/sh\n' >"$place/tree/examples/images/debian-slim.sh"
chmod +x "$place/tree/examples/images/debian-slim.sh"
cp "$place/bin/cmake" "$place/tree/build/release/bin/compose"

# A demo that cannot be taken down is not started again.
printf '#!/bin/sh\necho "compose $*"\nexit 1\n' >"$place/tree/build/release/bin/compose"
if out=$("$place/tree/dev" demo --down 2>&1); then fail "demo --down that fails exits with 0"; fi
case $out in *building* | *build*) fail "demo --down that fails builds: $out" ;; esac

# Two minutes are two minutes, however long a request takes.
printf '#!/bin/sh\n' >"$place/tree/build/release/bin/compose"
echo 0 >"$place/now"
stub curl 'echo x >>"$place/requests"; echo $(($(cat "$place/now") + 20)) >"$place/now"; exit 22'
stub date 'cat "$place/now"'
if out=$("$place/tree/dev" demo 2>&1); then fail "a demo without an answer exits with 0"; fi
case $out in *"within two minutes"*) ;; *) fail "nothing about two minutes: $out" ;; esac
[ "$(wc -l <"$place/requests")" -le 7 ] || fail "$(wc -l <"$place/requests") requests of 20 s in two minutes"

# A source that no target builds is not clean.
stub ninja
stub git 'echo stray.cpp'
echo 'int stray;' >"$place/tree/stray.cpp"
: >"$place/tree/.clang-tidy"
if out=$("$place/tree/dev" lint 2>&1); then fail "lint passes with a source that is built by no target"; fi
case $out in *"stray.cpp is built by no target"*) ;; *) fail "the stray source is not named: $out" ;; esac

[ "$failures" = 0 ] && echo ok
exit "$failures"
