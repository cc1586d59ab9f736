#!/bin/sh
# import.sh ARCHIVE REFERENCE [CHANGE...]: puts a root file system archive into the image store under a name.
# An image of that name that is there already stays as it is (take it away with `compose image rm`), so that
# running this again costs nothing and what was built upon it keeps its cache.
#
# COMPOSE names the program; else this tree's release build, else the one on the PATH.
set -eu

archive=$1
reference=$2
shift 2

here=$(cd "$(dirname "$0")" && pwd)
compose=${COMPOSE:-}
if [ -z "$compose" ]; then
  compose=$here/../../build/release/bin/compose
  [ -x "$compose" ] || compose=compose
fi

if [ -n "$("$compose" image ls -q "$reference")" ]; then
  echo "$reference is there already"
  exit 0
fi

# Each further argument becomes `--change ARGUMENT`; the list is turned round once in place.
for change in "$@"; do
  set -- "$@" --change "$change"
  shift
done
"$compose" image import "$archive" "$reference" "$@"
