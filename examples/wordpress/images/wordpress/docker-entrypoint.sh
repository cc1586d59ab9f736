#!/bin/bash
# Puts WordPress into the volume on the first start, then becomes the server.
#
# Variables, as of the official wordpress image; each may be given as NAME_FILE, a file holding the value:
#   WORDPRESS_DB_HOST       host or host:port; default mysql
#   WORDPRESS_DB_USER       default root       WORDPRESS_DB_PASSWORD   default empty
#   WORDPRESS_DB_NAME       default wordpress  WORDPRESS_TABLE_PREFIX  default wp_
#   WORDPRESS_DB_CHARSET, WORDPRESS_DB_COLLATE
#   WORDPRESS_DEBUG         true: show what WordPress warns of
#   WORDPRESS_CONFIG_EXTRA  PHP to run in wp-config.php
#   WORDPRESS_AUTH_KEY, _SECURE_AUTH_KEY, _LOGGED_IN_KEY, _NONCE_KEY, and the same with _SALT: random when not given
# They are read at each request (wp-config.php), so a container made anew with other values just uses them.
# The database need not be there yet: pages say so until it answers.
set -euo pipefail

source=/usr/src/wordpress
site=$PWD

say() { echo "$(date -u +%FT%TZ) [entrypoint] $*" >&2; }

check_variables() {
  local file name
  for file in $(compgen -v WORDPRESS_ | grep '_FILE$'); do
    [[ -n ${!file} ]] || continue
    name=${file%_FILE}
    if [[ -n ${!name:-} ]]; then
      say "error: both $name and $file are set; give one"
      exit 1
    fi
    if [[ ! -r ${!file} ]]; then
      say "error: $file: cannot read ${!file}"
      exit 1
    fi
  done
}

# Files that are there already (a theme, an upload folder mounted below wp-content) stay as they are. The mark tells a
# copy that was cut short, which is made again.
put_files() {
  local mark=$site/.copying-wordpress
  if [[ -e $site/wp-includes/version.php && ! -e $mark ]]; then
    return
  fi
  say "putting WordPress into $site"
  if [[ -e $mark ]]; then
    cp -a "$source/." "$site/"
  else
    touch "$mark"
    cp -an "$source/." "$site/"
  fi
  rm -f "$site/wp-config-environment.php" "$mark"
  if [[ $(id -u) == 0 && $(stat -c %u "$site") == 0 ]]; then
    chown www-data:www-data "$site"
  fi
}

write_config() {
  if [[ -s $site/wp-config.php ]]; then
    return
  fi
  say "writing $site/wp-config.php"
  # Under a temporary name, so that a start that is cut short leaves no half of it.
  local made=$site/.wp-config.php.new line
  while IFS= read -r line; do
    if [[ $line == *@salt@\'* ]]; then
      line=${line/@salt@/$(head -c 48 /dev/urandom | base64 -w 0)}
    fi
    printf '%s\n' "$line"
  done <"$source/wp-config-environment.php" >"$made"
  if [[ $(id -u) == 0 ]]; then
    chown www-data:www-data "$made"
  fi
  chmod 640 "$made"
  mv "$made" "$site/wp-config.php"
}

case ${1:-} in
  apache2-foreground | apache2*)
    check_variables
    put_files
    write_config
    ;;
esac
exec "$@"
