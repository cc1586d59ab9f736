#!/bin/sh
# debian-slim.sh: makes the image debian:bookworm-slim without a registry, with mmdebstrap, from the Debian mirror that
# this machine's apt is set up for. Needs root (or user namespaces), about 40 seconds.
# The archive is kept in .cache/images; `debian-slim.sh --archive` makes only that and prints its path.
#
# Made as the official slim image is: minbase, no documentation, manual pages or translations, and dpkg told to leave
# them out of what is installed later too. apt-get update works inside.
#
# COMPOSE_DEBIAN_MIRROR: mirror to use instead, e.g. http://deb.debian.org/debian
set -eu

suite=bookworm
here=$(cd "$(dirname "$0")" && pwd)
cache=${COMPOSE_IMAGE_CACHE:-$here/../../.cache/images}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

for needed in mmdebstrap zstd; do
  command -v "$needed" >/dev/null || {
    echo "debian-slim.sh: $needed is missing: apt-get install $needed" >&2
    exit 1
  }
done
[ -f "$keyring" ] || {
  echo "debian-slim.sh: $keyring is missing: apt-get install debian-archive-keyring" >&2
  exit 1
}

# "URI suite" of each Debian source of this suite that apt here uses, in apt's order; the public mirror where there is
# none (another distribution, or another release).
sources() {
  if [ -n "${COMPOSE_DEBIAN_MIRROR:-}" ]; then
    echo "$COMPOSE_DEBIAN_MIRROR $suite"
    return
  fi
  found=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Identifier: Packages' 2>/dev/null |
    awk -v suite="$suite" '$3 == "main" && ($2 == suite || $2 == suite "-updates" || $2 == suite "-security") &&
      !seen[$0]++ { sub(/\/$/, "", $1); print $1, $2 }')
  if echo "$found" | grep -q " $suite\$"; then
    echo "$found"
  else
    echo "http://deb.debian.org/debian $suite"
    echo "http://deb.debian.org/debian $suite-updates"
    echo "http://deb.debian.org/debian-security $suite-security"
  fi
}

sources=$(sources)
# A new archive each month, for the security updates, and whenever this recipe or the mirror changes.
key=$({ echo "$sources"; cat "$0"; } | sha256sum | cut -c1-12)
archive=$cache/debian-$suite-slim-$(date +%Y%m)-$key.tar.zst

# Prints the configuration files of the image below a folder.
write_configuration() {
  mkdir -p "$1/etc/dpkg/dpkg.cfg.d" "$1/etc/apt/apt.conf.d" "$1/etc/apt/sources.list.d" "$1/usr/sbin"
  cat >"$1/etc/dpkg/dpkg.cfg.d/slim" <<'DPKG'
force-unsafe-io
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/info/*
path-exclude=/usr/share/linda/*
path-exclude=/usr/share/lintian/overrides/*
path-exclude=/usr/share/locale/*
path-include=/usr/share/locale/locale.alias
path-exclude=/usr/share/man/*
DPKG
  cat >"$1/etc/apt/apt.conf.d/slim" <<'APT'
// No translations, no caches that would only fatten a layer.
Acquire::Languages "none";
Acquire::GzipIndexes "true";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT::Keep-Downloaded-Packages "false";
APT::AutoRemove::SuggestsImportant "false";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };
APT
  # Packages must not start services while an image is built.
  printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
  chmod 755 "$1/usr/sbin/policy-rc.d"
  echo "$sources" | while read -r uri release; do
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n\n' "$uri" "$release" "$keyring"
  done >"$1/etc/apt/sources.list.d/debian.sources"
}

make_archive() {
  mkdir -p "$cache"
  work=$(mktemp -d)
  trap 'rm -rf "$work" "$cache"/.making-$$.*' EXIT
  trap 'exit 1' HUP INT TERM
  write_configuration "$work/configuration"
  echo "$sources" | while read -r uri release; do
    echo "deb [signed-by=$keyring] $uri $release main"
  done >"$work/sources.list"

  # A proxy that apt here goes through is gone through as well.
  eval "$(apt-config shell proxy Acquire::http::Proxy 2>/dev/null || true)"
  set -- --variant=minbase --format=tar --quiet \
    --dpkgopt="$work/configuration/etc/dpkg/dpkg.cfg.d/slim" \
    --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
    --customize-hook='rm -f "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/* "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/etc/dpkg/dpkg.cfg.d/99mmdebstrap' \
    --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/* "$1"/var/log/* "$1"/var/cache/debconf/*-old "$1"/var/lib/dpkg/*-old "$1"/etc/*-' \
    --customize-hook='rm -f "$1"/etc/hostname "$1"/etc/resolv.conf "$1"/etc/machine-id' \
    --customize-hook="copy-in '$work'/configuration/etc '$work'/configuration/usr /"
  [ -z "${proxy:-}" ] || set -- "$@" --aptopt="Acquire::http::Proxy \"$proxy\""

  # The same packages give the same archive: times are clamped to the first of the month.
  SOURCE_DATE_EPOCH=$(date -u -d "$(date +%Y-%m-01)" +%s)
  export SOURCE_DATE_EPOCH
  echo "Making debian:$suite-slim from $(echo "$sources" | head -n 1)" >&2
  mmdebstrap "$@" "$suite" "$work/root.tar" "$work/sources.list" >&2
  # The engine makes the devices; an image has only the empty folder.
  mmtarfilter --path-exclude='/dev/*' <"$work/root.tar" >"$work/image.tar"
  zstd -q -T0 -10 -o "$cache/.making-$$.tar.zst" "$work/image.tar"
  mv "$cache/.making-$$.tar.zst" "$archive"
}

[ -f "$archive" ] || make_archive
if [ "${1:-}" = --archive ]; then
  echo "$archive"
  exit 0
fi
"$here/import.sh" "$archive" "debian:$suite-slim" 'CMD ["bash"]' \
  'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
