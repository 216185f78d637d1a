# shellcheck shell=bash disable=SC2034,SC2154
# The database of erp-back-backup, which sources this: its address, the programs that talk to it,
# what they said, and what is compared of it.

# MARK: the database's address

source_user='' source_database=''

# erp-back itself reads DATABASE_URL, so both understand the same. The addresses go to libpq in a
# service file that loses its name before it is written: nothing in the process list, and nothing
# left on the disk, even after kill -9.
addresses() {
  local said key value section=''
  local -A option=()
  exec 8<>"$work/service"
  rm "$work/service"
  export PGSERVICEFILE=/proc/self/fd/8
  if ! said=$("$erp_back" service-file 2>&1 >&8); then
    fail 78 "${said#erp-back: }" "systemctl start erp-back-backup has the address; by hand, set DATABASE_URL"
  fi
  while IFS='=' read -r key value; do
    if [[ $key == \[* ]]; then section=$key; elif [[ $section == '[source]' ]]; then option[$key]=$value; fi
  done <"$PGSERVICEFILE"
  source_user=${option[user]:-}
  source_database=${option[dbname]:-${source_user:-$(id -un)}}
  unset DATABASE_URL ERP_BACKUP_SCRATCH_URL
}

# MARK: the programs

tool() { # NAME MAJOR: of PostgreSQL's own directory, past Debian's wrapper, which goes by clusters
  local candidate
  for candidate in $(compgen -G "/usr/lib/postgresql/$2/bin/$1" | sort -rV) $(command -v "$1" || true); do
    if [[ $2 == '*' || $("$candidate" --version 2>/dev/null) =~ \)\ $2[.a-z] ]]; then
      echo "$candidate"
      return
    fi
  done
  fail 69 "there is no $1${major:+ of version $major, which the server is}" "apt-get install postgresql-client${major:+-$major}"
}

# run COMMAND…: in the background, for then a signal is acted on at once.
run() {
  local status=0
  "$@" <&0 2>"$work/errors" 6<&- 7>&- 9>&- & # <&0: bash gives /dev/null otherwise
  child=$!
  wait "$child" || status=$?
  child=''
  return "$status"
}

# query SERVICE [DATABASE]: SQL on standard input, rows on standard output. The role's limit is for what
# the service asks: a database is not always made within it.
query() {
  run "$psql" -XAtqw -F $'\t' -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -d "service=$1${2:+ dbname=$2}" \
    -c 'SET statement_timeout = 0' -f -
}

# MARK: what they said

# What a tool of PostgreSQL said, as one line with a remedy. Server messages come in the server's
# language: SQLSTATEs count where psql shows them, and the line itself stands in what is logged.
explain() { # WHAT
  local said line
  said=$(cat "$work/errors")
  line=$(grep -m1 -E 'error|ERROR|FATAL|refused|failed|:' <<<"$said" || true)
  line=${line:-it ended without a word}
  case $said in
    *'permission denied to create database'* | *'42501: permission'*'create database'*)
      fail 77 "$1: the role may not create the scratch database" \
        "as superuser: ALTER ROLE \"$(role)\" CREATEDB; or ERP_BACKUP_SCRATCH_URL with another server" ;;
    *'permission denied to create extension'*)
      fail 77 "$1: $line" "ERP_BACKUP_SCRATCH_URL with a role that may, on another server" ;;
    *'No space left on device'* | *'Disk quota exceeded'* | *'53100:'*)
      fail 73 "$1: no room: $line" \
        "free some (df $directory, and the server's disk), or lower ERP_BACKUP_KEEP; the older dumps are untouched" ;;
    *'Read-only file system'* | *'could not open output file'*)
      fail 73 "$1: $line" "another ERP_BACKUP_DIR needs ReadWritePaths= in a drop-in of erp-back-backup.service" ;;
    *'authentication failed'* | *'no pg_hba.conf entry'* | *'no password supplied'* | *'role "'*'does not exist'*)
      fail 77 "$1: $line" "check the role and the password in DATABASE_URL, and pg_hba.conf" ;;
    *'database "'*'does not exist'*)
      fail 78 "$1: $line" "check the database's name in DATABASE_URL" ;;
    *'Address family not supported'*)
      fail 69 "$1: the sandbox lets no TCP through" \
        "copy erp-back-tcp.conf to /etc/systemd/system/erp-back-backup.service.d/, then systemctl daemon-reload" ;;
    *'server version mismatch'*)
      fail 69 "$1: $line" "apt-get install postgresql-client-MAJOR of the server's version" ;;
    *'permission denied'* | *'42501:'*)
      fail 77 "$1: $line" "let the role \"$(role)\" own what it dumps (ALTER TABLE … OWNER TO), or GRANT SELECT" ;;
    *'onnection refused'* | *'connection to server'*'failed'* | *'server closed the connection'* | \
      *'could not translate host'* | *'timeout expired'* | *'57P0'* | *'the database system is'* | *'terminating connection'*)
      fail 69 "$1: the server cannot be reached: $line" "is PostgreSQL up? The next run tries again" ;;
  esac
  fail 70 "$1: $line" "see the lines of PostgreSQL's own log at this time"
}

role() { # of the connection, for the remedies
  echo "${source_user:-$(id -un)}"
}

# MARK: what is compared

# The tables that pg_dump writes rows of, with the number of their rows and the sum of a hash of
# each, which no order of the rows changes. About a second for a million clients. The columns go by
# name, for in a table that inherits, a restore may order them otherwise; and what a value looks
# like as text does not depend on what is set for this database or role.
counts() { # BEGINNING
  cat <<SQL
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
$1
SET LOCAL statement_timeout = 0;
SET LOCAL row_security = off;
SET LOCAL search_path = '';
SET LOCAL DateStyle = ISO;
SET LOCAL IntervalStyle = postgres;
SET LOCAL TimeZone = UTC;
SET LOCAL extra_float_digits = 3;
SET LOCAL bytea_output = hex;
SET LOCAL xmlbinary = base64;
SET LOCAL lc_monetary = 'C';
SELECT format('SELECT %L, count(*), coalesce(sum(hashtextextended(ROW(%s)::text COLLATE "C", 0)), 0) FROM ONLY %I.%I',
         format('%I.%I', n.nspname, c.relname),
         (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname COLLATE "C")
            FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
         n.nspname, c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND c.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend d
     WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
\gexec
COMMIT;
SQL
}

rows() { awk -F '\t' '!/^#/ {tables++; rows += $2} END {printf "%d tables, %d rows", tables, rows}' "$1"; }

# Without what was granted: restore_grants does that, and a scratch database needs none.
restore_into() { # SERVICE DATABASE FILE
  run "$pg_restore" --no-owner --no-privileges --exit-on-error -w -d "service=$1 dbname=$2" "$3"
}
