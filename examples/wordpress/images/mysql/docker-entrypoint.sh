#!/bin/bash
# Makes the database on the first start, then becomes the server.
#
# Variables, as of the official mysql image; each may be given as NAME_FILE, a file holding the value:
#   MYSQL_ROOT_PASSWORD          the root password; one of these three is needed on the first start
#   MYSQL_ALLOW_EMPTY_PASSWORD   "yes": root without a password
#   MYSQL_RANDOM_ROOT_PASSWORD   "yes": a random one, printed to the log
#   MYSQL_ROOT_HOST              where root may come from besides localhost; default %
#   MYSQL_DATABASE               a database to make
#   MYSQL_USER, MYSQL_PASSWORD   a user to make, who owns that database
#   MYSQL_INITDB_SKIP_TZINFO     not empty: do not load the time zone tables
# Then *.sh, *.sql, *.sql.gz and *.sql.xz of /docker-entrypoint-initdb.d are run in order of their names.
set -euo pipefail
shopt -s nullglob

socket_dir=/run/mysqld
# Not the served socket: who waits for that one must not meet the server of the first start.
setup_socket=$socket_dir/setup.sock
server_pid=

say() { echo "$(date -u +%FT%TZ) [entrypoint] $*"; }
die() {
  echo "$(date -u +%FT%TZ) [entrypoint] error: $*" >&2
  exit 1
}

# value_of NAME: sets NAME from NAME_FILE where that is given.
value_of() {
  local name=$1 file=${1}_FILE
  if [[ -n ${!file:-} ]]; then
    [[ -z ${!name:-} ]] || die "both $name and $file are set; give one"
    [[ -r ${!file} ]] || die "$file: cannot read ${!file}"
    printf -v "$name" '%s' "$(<"${!file}")"
    unset "$file"
  fi
  printf -v "$name" '%s' "${!name:-}"
}

# The option's value as the server itself sees it, after its files and the arguments.
option() {
  local name=$1
  shift
  "$@" --verbose --help 2>/dev/null | awk -v name="$name" '$1 == name && !n++ { sub(/^[^ ]+ +/, ""); print }'
}

quoted() { # as an SQL string
  local text=${1//\\/\\\\}
  printf "'%s'" "${text//\'/\'\'}"
}
named() { # as an SQL identifier
  # shellcheck disable=SC2016
  printf '`%s`' "${1//\`/\`\`}"
}

sql() { mariadb --protocol=socket --socket="$setup_socket" -uroot --password="$root_login" --comments "$@"; }

start_setup_server() {
  "$@" --skip-networking --socket="$setup_socket" &
  server_pid=$!
  local tries
  for ((tries = 0; tries < 600; tries++)); do
    if sql -e 'SELECT 1' >/dev/null 2>&1; then return; fi
    kill -0 "$server_pid" 2>/dev/null || die "the server ended while it was being set up; its messages are above"
    sleep 0.1
  done
  die "the server did not answer within 60 s"
}

stop_setup_server() {
  [[ -n $server_pid ]] || return 0
  kill "$server_pid" 2>/dev/null || true
  wait "$server_pid" || true
  server_pid=
}

make_accounts() {
  local statements
  # The installation's other accounts of root, for 127.0.0.1 and the like, have no password.
  statements="SET @@SESSION.SQL_LOG_BIN=0;
DELETE FROM mysql.global_priv WHERE User IN ('root', '') AND Host <> 'localhost';
DELETE FROM mysql.proxies_priv WHERE Host <> 'localhost';
FLUSH PRIVILEGES;
ALTER USER 'root'@'localhost' IDENTIFIED BY $(quoted "$MYSQL_ROOT_PASSWORD");"
  if [[ $MYSQL_ROOT_HOST != localhost ]]; then
    local root_host
    root_host=$(quoted "$MYSQL_ROOT_HOST")
    statements+="
CREATE USER 'root'@$root_host IDENTIFIED BY $(quoted "$MYSQL_ROOT_PASSWORD");
GRANT ALL ON *.* TO 'root'@$root_host WITH GRANT OPTION;"
  fi
  if [[ -n $MYSQL_DATABASE ]]; then
    say "making database $MYSQL_DATABASE"
    statements+="
CREATE DATABASE IF NOT EXISTS $(named "$MYSQL_DATABASE");"
  fi
  if [[ -n $MYSQL_USER ]]; then
    say "making user $MYSQL_USER"
    statements+="
CREATE USER $(quoted "$MYSQL_USER")@'%' IDENTIFIED BY $(quoted "$MYSQL_PASSWORD");"
    if [[ -n $MYSQL_DATABASE ]]; then
      # In a grant an underscore or percent sign of a database's name would match any text.
      local pattern=${MYSQL_DATABASE//_/\\_}
      statements+="
GRANT ALL ON $(named "${pattern//%/\\%}").* TO $(quoted "$MYSQL_USER")@'%';"
    fi
  fi
  sql --database=mysql <<<"$statements"
  root_login=$MYSQL_ROOT_PASSWORD
}

run_files() {
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh)
        say "running $file"
        # The client in it talks to this server without being told.
        if [[ -x $file ]]; then
          MYSQL_UNIX_PORT=$setup_socket "$file"
        else
          # shellcheck disable=SC1090
          (export MYSQL_UNIX_PORT=$setup_socket && . "$file")
        fi
        ;;
      *.sql) say "running $file" && sql ${MYSQL_DATABASE:+--database="$MYSQL_DATABASE"} <"$file" ;;
      *.sql.gz) say "running $file" && gzip -dc "$file" | sql ${MYSQL_DATABASE:+--database="$MYSQL_DATABASE"} ;;
      *.sql.xz) say "running $file" && xz -dc "$file" | sql ${MYSQL_DATABASE:+--database="$MYSQL_DATABASE"} ;;
      *) say "leaving out $file" ;;
    esac
  done
}

check_variables() {
  [[ -z ${MYSQL_ONETIME_PASSWORD:-} ]] || die "MYSQL_ONETIME_PASSWORD is not supported by this image"
  if [[ -z $MYSQL_ROOT_PASSWORD && -z ${MYSQL_ALLOW_EMPTY_PASSWORD:-} && -z ${MYSQL_RANDOM_ROOT_PASSWORD:-} ]]; then
    die "the database is not there yet and no root password is given: set one of MYSQL_ROOT_PASSWORD, MYSQL_ALLOW_EMPTY_PASSWORD and MYSQL_RANDOM_ROOT_PASSWORD"
  fi
  [[ $MYSQL_USER != root ]] || die "MYSQL_USER: root is always made; give its password as MYSQL_ROOT_PASSWORD"
  [[ -z $MYSQL_USER || -n $MYSQL_PASSWORD ]] || die "MYSQL_USER is given without MYSQL_PASSWORD"
  [[ -n $MYSQL_USER || -z $MYSQL_PASSWORD ]] || die "MYSQL_PASSWORD is given without MYSQL_USER"
}

make_database() {
  check_variables
  say "making a new database in $datadir"
  # A first start that was cut short is begun again: the mark stays until all is done. What is not ours is left alone.
  if [[ -e $datadir/.first-start ]]; then
    find "$datadir" -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .first-start -exec rm -rf {} +
  elif [[ -n $(find "$datadir" -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit) ]]; then
    die "$datadir holds files but no database; give the server an empty folder or one that it made"
  fi
  touch "$datadir/.first-start"
  # --force: does not want to look up the host's name.
  local messages
  messages=$(mariadb-install-db --datadir="$datadir" --auth-root-authentication-method=normal --skip-test-db \
    --skip-name-resolve --force 2>&1) || die "mariadb-install-db failed: $messages"
  root_login=
  start_setup_server "$@"

  if [[ -z $MYSQL_INITDB_SKIP_TZINFO ]]; then
    { mariadb-tzinfo-to-sql /usr/share/zoneinfo | sql --database=mysql; } 2>/dev/null ||
      say "the time zone tables could not be loaded"
  fi
  if [[ -n ${MYSQL_RANDOM_ROOT_PASSWORD:-} ]]; then
    MYSQL_ROOT_PASSWORD=$(head -c 24 /dev/urandom | base64 | tr -d '+/=\n')
    say "GENERATED ROOT PASSWORD: $MYSQL_ROOT_PASSWORD"
  fi
  make_accounts
  run_files
  stop_setup_server
  rm "$datadir/.first-start"
  say "the database is ready"
}

# `docker-entrypoint.sh --option`: options are the server's.
if [[ $# -eq 0 || $1 == -* ]]; then set -- mysqld "$@"; fi
case $1 in
  mysqld | mariadbd) ;;
  *) exec "$@" ;;
esac
for argument in "$@"; do
  case $argument in
    --help | --verbose | --version | -V | -\? | --print-defaults) exec "$@" ;;
  esac
done

datadir=$(option datadir "$@") || {
  "$@" --verbose --help >/dev/null || true
  die "the server does not accept: $*"
}
datadir=${datadir%/}

if [[ $(id -u) == 0 ]]; then
  mkdir -p "$datadir" "$socket_dir"
  find "$datadir" "$socket_dir" \! -user mysql -exec chown mysql: {} +
  exec setpriv --reuid mysql --regid mysql --init-groups --inh-caps=-all -- "$0" "$@"
fi

for name in MYSQL_ROOT_PASSWORD MYSQL_DATABASE MYSQL_USER MYSQL_PASSWORD MYSQL_ROOT_HOST MYSQL_INITDB_SKIP_TZINFO; do
  value_of "$name"
done
MYSQL_ROOT_HOST=${MYSQL_ROOT_HOST:-%}

if [[ ! -d $datadir/mysql || -e $datadir/.first-start ]]; then
  trap 'stop_setup_server; exit 143' TERM
  trap 'stop_setup_server; exit 130' INT
  trap stop_setup_server EXIT
  make_database "$@"
  trap - TERM INT EXIT
fi
exec "$@"
