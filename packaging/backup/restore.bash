# shellcheck shell=bash disable=SC2034,SC2154
# The verb restore of erp-back-backup, which sources this.

# In the words of the guide: erp, erp-back, the local server. The locale is the dumped one's.
print_steps() { # FILE
  local locale before services='erp-back.socket erp-back.service'
  if systemctl --quiet is-active pgbouncer.service 2>/dev/null; then services+=' pgbouncer.service'; fi # it holds sessions
  before=erp_before_$(date -u +%Y%m%d%H%M%S)
  locale=$(sed -n '2s/^# of .*, \(TEMPLATE [A-Za-z0-9_@., '"'"'-]*\)$/\1/p' "${1%.dump}.rows" 2>/dev/null || true)
  cat <<TEXT
# A dump holds no roles and no ALTER ROLE … SET: make missing ones before the restore, which grants
# to them what was granted (pg_dumpall --globals-only has them). What was set for the database and
# granted on it is not restored either; this shows it, to be run after the restore:
#   pg_restore -C -f - $1 | grep -E '^(ALTER|GRANT|REVOKE) .*DATABASE'

# As root. First a database of its own, beside the one in use, and the dump into it; it is called
# erp_restored once all of it is there:
cd / && runuser -u postgres -- psql -Xv ON_ERROR_STOP=1 -c 'DROP DATABASE IF EXISTS erp_restoring' -c "CREATE DATABASE erp_restoring OWNER \"erp-back\" ${locale:-TEMPLATE template0 ENCODING 'UTF8'}" \\
  && erp-back-backup restore $1 --into erp_restoring \\
  && runuser -u postgres -- psql -Xc 'ALTER DATABASE erp_restoring RENAME TO erp_restored'

# Then, when it is what you want, in place of the one in use, which stays as $before:
systemctl stop $services
runuser -u postgres -- psql -X1v ON_ERROR_STOP=1 -c 'ALTER DATABASE erp RENAME TO $before' -c 'ALTER DATABASE erp_restored RENAME TO erp' \\
  && systemctl start erp-back-migrate
systemctl start $services

# Where the database, its role or its server has another name: it is in DATABASE_URL.
TEXT
}

# Root has the files, but PostgreSQL knows the user erp-back: as the units have it.
as_service() {
  local address=/etc/erp-back/database_url
  if [[ -e $address.direct ]]; then address+=.direct; fi # as the guide has it with PgBouncer in front
  exec systemd-run --quiet --wait --pipe --collect -p User=erp-back \
    -p LoadCredential="database_url:$address" -p 'SetCredential=database_url:\n' \
    -p EnvironmentFile=-/etc/erp-back/erp-back.env -- "$(realpath "$0")" "$@"
}

# What was granted, after all is there, and one statement at a time: a role may not be on this
# server, and what cannot be granted to it is told, not held against the rest.
restore_grants() { # DATABASE FILE
  local line said='' missed=0
  "$pg_restore" -l "$2" | grep -E '^[0-9]+; [0-9]+ [0-9]+ (DEFAULT )?ACL ' >"$work/grants" || return 0
  run "$pg_restore" --no-owner -L "$work/grants" -f "$work/grants.sql" "$2" || explain "the grants cannot be read"
  run "$psql" -Xqwb -v VERBOSITY=terse -d "service=source dbname=$1" -f "$work/grants.sql" >/dev/null || explain "the grants were not restored"
  while IFS= read -r line; do
    case $line in
      psql:*': STATEMENT:  '*)
        missed=$((missed + 1))
        log 4 "not granted: ${line#*: STATEMENT:  } $said"
        ;;
      psql:*' WARNING: '*) log 4 "${line#*: }" ;;
      psql:*) said="(${line#*: })" ;;
    esac
  done <"$work/errors"
  if ((missed > 0)); then
    log 4 "$missed of the grants could not be made; remedy: create the roles, and run the statements above in $1"
  fi
}

restore() { # FILE [--into DATABASE]
  local file=${1:-} into=${3:-}
  if [[ -z $file || ($# != 1 && $# != 3) || ($# == 3 && ($2 != --into || -z $into)) ]]; then
    fail 64 "restore takes a file, and --into DATABASE" "$name --help"
  fi
  if [[ ! $into =~ ^[A-Za-z0-9_-]*$ ]]; then fail 64 "a database's name here is letters, digits, _ and -" "$name --help"; fi
  if [[ $file != */* ]]; then
    require_readable
    file=$directory/$file
  fi
  file=$(realpath -m -- "$file")
  if [[ ! -f $file || ! -r $file ]]; then fail 64 "there is no $file to read" "$name list"; fi
  if [[ -z $into ]]; then print_steps "$file"; return; fi
  if ((EUID == 0)) && [[ -z ${DATABASE_URL:-} && -z ${CREDENTIALS_DIRECTORY:-} && -d /run/systemd/system ]]; then
    if id erp-back >/dev/null 2>&1 && ! runuser -u erp-back -- test -r "$file"; then
      fail 77 "the user erp-back, who restores, cannot read $file" "install -o erp-back -m 600 $file $directory/"
    fi
    as_service restore "$file" --into "$into"
  fi
  begin
  query source "$into" >"$work/target" <<'SQL' || explain "the database $into cannot be asked"
SELECT current_setting('server_version_num')::int / 10000,
  (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema');
SQL
  local tables
  IFS=$'\t' read -r major tables <"$work/target"
  pg_restore=$(tool pg_restore "$major")
  if ((tables > 0)); then fail 64 "the database $into holds $tables tables, and nothing is written over them" "createdb another one"; fi
  restore_into source "$into" "$file" || explain "the dump does not restore"
  query source "$into" >"$work/restored" < <(counts '') || explain "the restored rows cannot be counted"
  if [[ -r ${file%.dump}.rows ]] && ! diff <(grep -v '^#' "${file%.dump}.rows") "$work/restored" >/dev/null; then
    fail 65 "the restored rows are not those counted when the dump was made" "compare with ${file%.dump}.rows"
  fi
  restore_grants "$into" "$file"
  log 5 "restored into $into: $(rows "$work/restored")"
}
