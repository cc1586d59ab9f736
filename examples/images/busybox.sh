#!/bin/sh
# busybox.sh: makes the image busybox:latest without a registry, from Debian's statically linked busybox.
# The archive is kept in .cache/images; `busybox.sh --archive` makes only that and prints its path.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${COMPOSE_IMAGE_CACHE:-$here/../../.cache/images}
busybox=$(command -v busybox) || {
  echo "busybox.sh: no busybox on this machine: apt-get install busybox-static" >&2
  exit 1
}
if LC_ALL=C ldd "$busybox" 2>/dev/null | grep -q '=>'; then
  echo "busybox.sh: $busybox is not statically linked: apt-get install busybox-static" >&2
  exit 1
fi

key=$(cat "$busybox" "$0" | sha256sum | cut -c1-12)
archive=$cache/busybox-$key.tar

make_archive() {
  mkdir -p "$cache"
  root=$(mktemp -d)
  trap 'rm -rf "$root"' EXIT
  trap 'exit 1' HUP INT TERM

  mkdir -p "$root/bin" "$root/sbin" "$root/usr/bin" "$root/usr/sbin" "$root/etc" "$root/root" "$root/tmp" \
    "$root/home" "$root/var/log" "$root/var/spool/mail" "$root/var/www" "$root/dev" "$root/proc" "$root/sys"
  chmod 755 "$root"
  chmod 700 "$root/root"
  chmod 1777 "$root/tmp"
  cp "$busybox" "$root/bin/busybox"
  chmod 755 "$root/bin/busybox"
  for applet in $("$busybox" --list-full); do
    [ "$applet" = bin/busybox ] || ln "$root/bin/busybox" "$root/$applet" 2>/dev/null ||
      echo "busybox.sh: no place for applet $applet" >&2
  done

  cat >"$root/etc/passwd" <<'PASSWD'
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
sys:x:3:3:sys:/dev:/bin/false
sync:x:4:100:sync:/bin:/bin/sync
mail:x:8:8:mail:/var/spool/mail:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
operator:x:37:37:Operator:/var:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
PASSWD
  cat >"$root/etc/group" <<'GROUP'
root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
disk:x:6:
mail:x:8:
www-data:x:33:
users:x:100:
nobody:x:65534:
GROUP
  sed 's/:.*/:*:::::::/' "$root/etc/passwd" >"$root/etc/shadow"
  chmod 640 "$root/etc/shadow"
  echo 'hosts: files dns' >"$root/etc/nsswitch.conf"

  # The same busybox gives the same archive, to the byte.
  tar --sort=name --numeric-owner --owner=0 --group=0 --mtime=@0 -C "$root" -cf "$archive.$$" .
  mv "$archive.$$" "$archive"
}

[ -f "$archive" ] || make_archive
if [ "${1:-}" = --archive ]; then
  echo "$archive"
  exit 0
fi
"$here/import.sh" "$archive" busybox:latest 'CMD ["sh"]' 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
