# shellcheck shell=bash
# What the scripts share. Sourced, not run.

set -euo pipefail
umask 022
# Debian keeps nginx and setpriv's friends where an ordinary user's PATH does not look.
PATH=$PATH:/usr/sbin:/sbin

# shellcheck disable=SC2034 # for those who source it
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
name=${0##*/}

if [[ -t 2 && -z ${NO_COLOR:-} ]]; then
  red=$'\e[31m' bold=$'\e[1m' plain=$'\e[0m'
else
  red='' bold='' plain=''
fi

say() { printf '%s%s:%s %s\n' "$bold" "$name" "$plain" "$*" >&2; }

# fail CODE LINE [REMEDY]
fail() {
  printf '%s%s: %s%s\n' "$red" "$name" "$2" "$plain" >&2
  if [[ -n ${3:-} ]]; then printf '  remedy: %s\n' "$3" >&2; fi
  exit "$1"
}

# The comment at the head of a script is its help.
show_help() {
  sed -nE '2,/^([^#]|$)/{/^#/s/^# ?//p}' "$0"
  exit 0
}

wants_help() {
  local argument
  for argument; do if [[ $argument == --help || $argument == -h ]]; then return 0; fi; done
  return 1
}

is_root() { ((EUID == 0)); }

# A process that ended but was not yet waited for (state Z) is not alive.
is_alive() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  stat=${stat##*) }
  [[ $stat != Z* && $stat != X* ]]
}

# mentions PID TEXT: is TEXT in its command line or in the environment it was started with?
mentions() { grep -qzsF -- "$2" "/proc/$1/cmdline" "/proc/$1/environ"; }

wait_gone() { # PID SECONDS
  local left=$(($2 * 20))
  while is_alive "$1"; do
    if ((left-- == 0)); then return 1; fi
    sleep 0.05
  done
}

# end_process PID SECONDS [SIGNAL]: asks, waits, then insists.
end_process() {
  kill "-${3:-TERM}" "$1" 2>/dev/null || true
  wait_gone "$1" "$2" && return
  kill -KILL "$1" 2>/dev/null || true
  wait_gone "$1" 5
}

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

require_port() { # VALUE
  if [[ ! $1 =~ ^[1-9][0-9]{0,4}$ ]] || (($1 > 65535)); then
    fail 64 "$1 is not a port (1 to 65535)" "PORT=8001 make run"
  fi
}

require_free_port() { # PORT
  local owner=''
  port_answers "$1" || return 0
  if command -v ss >/dev/null; then
    owner=$(ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/ by \1 (pid \2)/p' | head -n 1)
  fi
  fail 75 "port $1 is taken$owner" "stop what listens there, or choose another: PORT=$(($1 + 1)) make run"
}

# sun_path holds 108 bytes, one of them the final NUL (unix(7)).
require_socket_path() { # PATH
  local length
  length=$(printf %s "$1" | wc -c)
  if ((length > 107)); then
    fail 64 "the socket path is $length bytes long, over the limit of 107: $1" \
      "choose a shorter place: RUN_DIR=/var/tmp/erp-back make run"
  fi
}

# What these scripts write into nginx.conf and postgresql.conf needs no quoting then.
require_plain_path() { # PATH
  if [[ ! $1 =~ ^/[A-Za-z0-9._/@+-]*$ ]]; then
    fail 64 "a path with blanks or special characters does not work here: $1" \
      "choose another place: RUN_DIR=/var/tmp/erp-back make run"
  fi
}

# A developer's own PGHOST, PGOPTIONS … would lead us to another server, or change this one.
forget_postgres_variables() {
  local variable
  for variable in "${!PG@}"; do unset "$variable"; done
}

as_user() { # USER COMMAND…
  local user=$1
  shift
  setpriv --reuid="$user" --regid="$user" --init-groups --reset-env -- "$@"
}

# shellcheck disable=SC2034
package_flags=(--package-path "$root" --config-path "$root/.build/config" --security-path "$root/.build/security")
release_flags=(-c release --static-swift-stdlib --product erp-back)
# shellcheck disable=SC2034
binary=$root/.build/release/erp-back

# wait_for COMMAND…: in a session of its own, so that a signal to this script is acted on at
# once, by its traps, which know `child` and the order in which things end.
child=''
wait_for() {
  local status=0
  setsid env --default-signal=INT,QUIT "$@" 9>&- &
  child=$!
  wait "$child" || status=$?
  child=''
  return "$status"
}

end_child() {
  local left=100
  [[ -n $child ]] || return 0
  kill -INT -- "-$child" 2>/dev/null || true
  while is_alive "$child" && ((left-- > 0)); do sleep 0.05; done
  kill -KILL -- "-$child" 2>/dev/null || true
  child=''
}

# What the toolchain would keep in /tmp and in the home directory stays in .build.
keep_to_build() {
  export TMPDIR=$root/.build/tmp XDG_CACHE_HOME=$root/.build/cache
  export CLANG_MODULE_CACHE_PATH=$root/.build/cache/clang
  mkdir -p "$TMPDIR" "$XDG_CACHE_HOME"
  find "$TMPDIR" -mindepth 1 -mtime +0 -delete 2>/dev/null || true # a day old: nobody's any more
}

# What comes from PyPI lives in here, and never in the system's Python.
venv=$root/.build/venv
make_venv() {
  keep_to_build
  if [[ -x $venv/bin/pip ]]; then return; fi
  rm -rf "$venv"
  wait_for python3 -m venv "$venv" >&2 || fail 69 "there is no python3 with venv here" "scripts/prepare"
}

build_release() {
  keep_to_build
  wait_for swift build "${package_flags[@]}" "${release_flags[@]}" >&2 || fail 70 "the build failed (above)"
}
