# shellcheck shell=bash disable=SC2154
# The backups, under the systemd of the box. Sourced by scripts/test-package, whose box has the
# package, PostgreSQL with the role erp-back and the database erp, and the service running.

backups=/var/lib/erp-back-backup
by_hand=/var/tmp/by-hand
secret="q@s/s'w\\%é #?&="
encoded='q%40s%2Fs%27w%5C%25%C3%A9%20%23%3F%26%3D'

start_backup() { # as often as the test likes: systemd refuses a sixth start in ten seconds
  inside systemctl reset-failed erp-back-backup 2>/dev/null || true
  inside systemctl start erp-back-backup
}

journal() { # PRIORITY [LINES]; --sync: journald may be behind a unit that ended at once
  inside journalctl --sync
  inside journalctl -q -u erp-back-backup -o cat -p "$1" --no-pager -n "${2:-30}"
}

# failed_with STATUS REASON: the unit's last run
failed_with() {
  says "$2" "$(journal err 3)" && same "$1" "$(inside systemctl show -p ExecMainStatus --value erp-back-backup)" &&
    [[ $(inside systemctl is-failed erp-back-backup) == failed ]]
}

dump_names() { inside find "$backups" -maxdepth 1 -name '*.dump' -printf '%f\n' | sort; }
newest() { dump_names | grep -E '^erp-[0-9T]+Z' | tail -n 1; }
unfinished() { inside find "$backups" "$by_hand" -name '*.partial*' 2>/dev/null; }
scratches() { sql postgres "SELECT datname FROM pg_database WHERE datname LIKE 'erp\_back\_verify%'"; }
nothing_left() { same '' "$(unfinished)$(scratches)"; }
locale_of() { sql postgres "SELECT datlocprovider, daticulocale, datcollate FROM pg_database WHERE datname = '$1'"; }
fingerprint() { sql "$1" "SET timezone = UTC; SELECT count(*), md5(string_agg(c::text, E'\n' ORDER BY id)) FROM clients c"; }

grants() { # DATABASE
  sql "$1" "SELECT relname, unnest(relacl)::text FROM pg_class WHERE relname = 'clients' UNION ALL
    SELECT attname, unnest(attacl)::text FROM pg_attribute WHERE attrelid = 'clients'::regclass UNION ALL
    SELECT 'default', unnest(defaclacl)::text FROM pg_default_acl ORDER BY 1, 2" | tr '|' ' '
}

# hand [VARIABLE=VALUE…] VERB…: as the user erp-back, outside the unit
hand() { inside runuser -u erp-back -- env ERP_BACKUP_DIR="$by_hand" DATABASE_URL="postgresql://pw:$encoded@/pw?host=/run/postgresql" "${@:1:$#-1}" /usr/bin/erp-back-backup "${@: -1}"; }

# ends STATUS REASON COMMAND…: with that status, saying why and never the password
ends() {
  local wanted=$1 reason=$2 said status=0
  shift 2
  said=$("$@" 2>&1) || status=$?
  same "$wanted" "$status" && says "$reason" "$said" && ! grep -F -e "$secret" -e "$encoded" -e 's/s' <<<"$said"
}

# A thousand clients, tables with names that want quoting, partitions, a sequence.
fill() {
  as_postgres createuser reader && as_postgres createuser 'gone reader' || return 1
  inside runuser -u erp-back -- psql -Xq -v ON_ERROR_STOP=1 -d erp <<'SQL'
INSERT INTO clients (id, type, name, email, tags, contacts)
  SELECT gen_random_uuid(), 'company', 'Société « ' || n || ' »', 'c' || n || '@example.org', ARRAY['a', 'b'], '[{"name": "x"}]'
  FROM generate_series(1, 1000) n;
CREATE TABLE "Odd ""name"" with 'quotes'" (id serial PRIMARY KEY, t text);
INSERT INTO "Odd ""name"" with 'quotes'" (t) VALUES ('one'), (NULL);
CREATE TABLE parent (b int, a text);
CREATE TABLE child (c float8) INHERITS (parent);
ALTER TABLE parent ADD COLUMN d timestamptz DEFAULT now();
INSERT INTO child VALUES (1, 'x', 0.1, now());
CREATE TABLE "no columns" ();
INSERT INTO "no columns" DEFAULT VALUES;
ALTER DATABASE erp SET timezone = 'Asia/Tokyo';
CREATE TABLE parts (day date) PARTITION BY RANGE (day);
CREATE TABLE parts_2026 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO parts VALUES ('2026-11-22');
GRANT SELECT ON clients TO "gone reader";
GRANT SELECT, UPDATE (name) ON clients TO reader;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader;
SQL
}

test_the_unit() {
  check "backup: a thousand clients, and tables with odd names" fill
  check "backup: without CREATEDB the unit fails" refuses start_backup
  check "and says which right and how" failed_with 77 'remedy: as superuser: ALTER ROLE "erp-back" CREATEDB'
  check "and leaves nothing" nothing_left
  as_postgres psql -Xqc 'ALTER ROLE "erp-back" CREATEDB'

  check "backup: the unit makes a dump" start_backup
  check "with rows that the journal counts" says 'erp-[0-9T]+Z.dump verified: [0-9]+ tables, 10[0-9]{2} rows' "$(journal notice 3)"
  check "and leaves nothing else" nothing_left
  check "the dumps are closed to others" same 'erp-back 700' "$(inside stat -c '%U %a' "$backups")"
  check "each of them too" same 'erp-back 600' "$(inside stat -c '%U %a' "$backups/$(newest)")"
  check "list shows size, age and what was verified" says 'erp-[0-9T]+Z\.dump +[0-9.]+K +0 min  verified: [0-9]+ tables, 10[0-9]{2} rows' \
    "$(inside erp-back-backup list)"
  check "the timer, once enabled, is listed" inside systemctl enable --now erp-back-backup.timer
  check "with its next time" says '02:[3-5].*erp-back-backup.timer|03:00.*erp-back-backup.timer' "$(inside systemctl list-timers --no-pager)"
  inside systemctl disable --now erp-back-backup.timer # or it makes a dump of its own at 02:30, and the counts below are off by one
}

# The steps are printed to be followed: so they are, as printed.
test_restore() {
  local before before_database steps said granted
  before=$(fingerprint erp)
  steps=$(inside erp-back-backup restore "$(newest)")
  before_database=$(grep -m1 -o 'erp_before_[0-9]*' <<<"$steps")
  check "the command for what was set for the database shows it" says "^ALTER DATABASE erp SET .*Tokyo" \
    "$(script "cd $backups && $(sed -n 's/^#   \(pg_restore .*\)/\1/p' <<<"$steps")")"
  sql erp 'DROP OWNED BY "gone reader"' && as_postgres dropuser 'gone reader'
  granted=$(grants erp)
  sql erp "DELETE FROM clients WHERE email LIKE 'c9%'" >/dev/null
  check "restore: the table differs from the dump's now" refuses same "$before" "$(fingerprint erp)"
  check "the printed steps run as printed" script "$steps"
  said=$(<"$work/output")
  check "a role that is gone is told, with its statement" \
    says 'not granted: GRANT SELECT ON TABLE public\.clients TO "gone reader"; \(ERROR: +role "gone reader" does not exist\)' "$said"
  check "and once" says ': 1 of the grants could not be made; remedy' "$said"
  check "what was granted to others is granted again" same "$granted" "$(grants erp)"
  check "a column and a default privilege among it" says 'default reader=r.*name reader=w' "$(paste -sd ' ' <<<"$granted")"
  check "every row is back as it was" same "$before" "$(fingerprint erp)"
  check "the database before stays" says '^1000?$|^8[0-9]{2}$|^9[0-9]{2}$' "$(sql "$before_database" 'SELECT count(*) FROM clients')"
  check "and the service answers" until_true 10 ready
  check "its locale is the dumped one's" same "$(locale_of "$before_database")" "$(locale_of erp)"
  inside bash -c "${steps//erp-back-backup restore/false}" >/dev/null 2>&1 || true
  check "after a restore that failed, the other steps leave the database alone" same "$before" "$(fingerprint erp)"
  check "and the service answers again" until_true 10 ready
  check "a database with tables in it is not written over" ends 64 'holds [0-9]+ tables' inside erp-back-backup restore "$(newest)" --into erp
  as_postgres createdb -T template0 -O erp-back erp_second
  inside cp -p "$backups/$(newest)" /var/lib/erp-back-backup/copy.dump
  script 'sed "s/^public\.clients\t.*/public.clients\t7/" '"$backups"'/erp-*.rows >'"$backups/copy.rows; chown erp-back $backups/copy.*"
  check "rows that are not those counted are told" ends 65 'not those counted' inside erp-back-backup restore copy.dump --into erp_second
  inside rm "$backups/copy.dump" "$backups/copy.rows"
  inside cp "$backups/$(newest)" /root/own.dump
  check "a dump that the service's user cannot read is told" ends 77 'cannot read /root/own.dump; remedy: install -o erp-back' \
    inside erp-back-backup restore /root/own.dump --into erp_second
}

test_retention() {
  local kept
  script "echo ERP_BACKUP_KEEP=2 >>/etc/erp-back/erp-back.env
    touch $backups/erp-before.dump $backups/erp-20200101T000000Z.dump"
  for _ in 1 2 3; do start_backup || true; done
  kept=$(dump_names)
  check "retention: the newest two stay, and what this program did not make" same \
    "$(printf '%s\n' erp-20200101T000000Z.dump erp-before.dump)" "$(grep -v '^erp-2026\|^erp-20[3-9]\|^erp-202[1-9]' <<<"$kept")"
  check "two of its own" same 4 "$(wc -l <<<"$kept")"
  check "each with its counts" same 2 "$(inside bash -c "ls $backups/*.rows | wc -l")"
}

test_failures() {
  local before
  before=$(dump_names)
  # Holds in the database it was made in, and in no other.
  inside runuser -u erp-back -- psql -Xq -d erp <<'SQL'
CREATE FUNCTION at_home() RETURNS bool LANGUAGE sql AS $$ SELECT current_database() = 'erp' $$;
CREATE TABLE homely (n int CHECK (at_home()));
INSERT INTO homely VALUES (1);
SQL
  check "damage: a dump that does not restore fails the unit" refuses start_backup
  check "with the reason in the journal" failed_with 70 'the dump does not restore: .*homely_check'
  check "nothing is left of it" nothing_left
  check "and nothing old was removed" same "$before" "$(dump_names)"
  inside runuser -u erp-back -- psql -Xq -d erp -c 'DROP TABLE homely; DROP FUNCTION at_home()'

  script "mkdir /run/old && cp -p $backups/* /run/old/ && mount -t tmpfs -o size=512k,mode=700,uid=erp-back,gid=erp-back tmpfs $backups && cp -p /run/old/* $backups/
    head -c 1m /dev/zero >$backups/filler 2>/dev/null || true"
  check "disk full: the unit fails" refuses start_backup
  check "with the reason in the journal" failed_with 73 'no room: .*No space left on device.*remedy: free some'
  check "nothing is left of it" nothing_left
  check "and nothing old was removed" same "$before" "$(dump_names)"
  inside umount "$backups"

  script 'cd /usr/lib/postgresql/15/bin && mv pg_restore pg_restore.away
    printf "%s\n" "#!/bin/bash" "# changes a row, as a failing machine might" "\"\$0.away\" \"\$@\" || exit" \
      "[[ \$1 == --version ]] || psql -Xqd \"\${@: -2:1}\" -c \"UPDATE clients SET city = email WHERE email = '"'c1@example.org'"'\"" >pg_restore
    chmod 755 pg_restore'
  check "damage: a row that comes back changed fails the unit" refuses start_backup
  check "with the table in the journal" failed_with 65 'the dump is not what was dumped: .*public.clients'
  check "nothing is left of it" nothing_left
  check "and nothing old was removed" same "$before" "$(dump_names)"
  inside mv /usr/lib/postgresql/15/bin/pg_restore.away /usr/lib/postgresql/15/bin/pg_restore

  inside mv /usr/lib/postgresql/15/bin/pg_dump /usr/lib/postgresql/15/bin/pg_dump.away
  check "no pg_dump of the server's version: the unit fails" refuses start_backup
  check "with the package in the journal" failed_with 69 'no pg_dump of version 15.*apt-get install postgresql-client-15'
  inside mv /usr/lib/postgresql/15/bin/pg_dump.away /usr/lib/postgresql/15/bin/pg_dump
}

# A role with a password that has everything in it, in a database of its own.
make_password_role() {
  as_postgres psql -Xq -v ON_ERROR_STOP=1 <<SQL &&
CREATE ROLE pw LOGIN CREATEDB PASSWORD E'${secret//[\\\']/\\&}';
CREATE DATABASE pw OWNER pw;
\connect pw
SET ROLE pw;
CREATE TABLE t AS SELECT n FROM generate_series(1, 20000) n;
SQL
    script 'sed -i "1i local all pw scram-sha-256" /etc/postgresql/15/erpbox/pg_hba.conf
      systemctl reload postgresql@15-erpbox
      install -d -m 700 -o erp-back '"$by_hand"
}

test_addresses() {
  local form
  check "addresses: a role with a difficult password" make_password_role
  while read -r form; do
    if [[ $form == *::1* ]] && ! inside bash -c 'exec 3<>/dev/tcp/::1/5432' 2>/dev/null; then
      skip "works: ${form//$encoded/…}" "there is no IPv6 loopback here"
      continue
    fi
    check "works: ${form//$encoded/…}" hand DATABASE_URL="$form" run
  done <<LIST
postgresql+psycopg2://pw:$encoded@/pw?host=/run/postgresql
postgres://pw:$encoded@localhost:5432/pw
postgresql+asyncpg://pw:$encoded@[::1]/pw?application_name=x
postgresql://pw@%2Frun%2Fpostgresql:5432/pw?password=$encoded
host=localhost,127.0.0.1 port=5432 user = pw password='${secret//[\\\']/\\&}' dbname=pw
LIST
  check "a wrong password is told, and not shown" ends 77 'authentication failed.*remedy' hand "DATABASE_URL=postgresql://pw:${encoded}x@/pw?host=/run/postgresql" run
  check "one that is not encoded too" ends 78 'percent-encode' hand "DATABASE_URL=postgresql://pw:q@s/s@localhost/pw" run
  check "another scheme is refused" ends 78 'its scheme is not postgresql://' hand DATABASE_URL=mysql://pw:x@localhost/pw run
  check "a server that is away" ends 69 'cannot be reached.*remedy' hand "DATABASE_URL=postgresql://pw:$encoded@/pw?host=/run/nowhere" run
  check "a database that is not there" ends 78 'does not exist' hand "DATABASE_URL=postgresql://pw:$encoded@localhost/nowhere" run
  check "no verb" ends 64 'remedy: erp-back-backup --help' inside erp-back-backup
  inside ln -s "${by_hand##*/}" "$by_hand-link"
  check "the dumps' place may be a link" hand ERP_BACKUP_DIR="$by_hand-link" ERP_BACKUP_KEEP=1 run
  check "retention holds there" same 1 "$(inside bash -c "ls $by_hand/*.dump | wc -l")"
  script "echo 'ERP_BACKUP_DIR=\"$by_hand-link\"' >>/etc/erp-back/erp-back.env"
  check "a person's list is of the place in erp-back.env" says '^erp-[0-9T]+Z\.dump .* 20000 rows' "$(inside erp-back-backup list)"
  script "sed -i '/^ERP_BACKUP_DIR/d' /etc/erp-back/erp-back.env"
  check "list shows it" says '^erp-[0-9T]+Z\.dump .* verified: 1 tables, 20000 rows' "$(hand ERP_BACKUP_DIR="$by_hand-link" list)"
  inside rm "$by_hand-link"
  check "a scratch server by address" hand "ERP_BACKUP_SCRATCH_URL=postgresql://pw:$encoded@localhost/pw" run
}

# A password over TCP, in the unit.
test_tcp() {
  script 'cp -p /etc/erp-back/database_url /run/database_url; cat >/etc/erp-back/database_url' <<<"postgresql+psycopg2://pw:$encoded@127.0.0.1:5432/pw"
  check "over TCP the sandbox refuses" refuses start_backup
  check "and the journal names the drop-in" failed_with 69 'the sandbox lets no TCP through.*erp-back-tcp.conf'
  script 'install -D -m 644 -t /etc/systemd/system/erp-back-backup.service.d /usr/share/doc/erp-back/examples/erp-back-tcp.conf
    systemctl daemon-reload'
  check "with the drop-in it works" start_backup
  script 'rm -r /etc/systemd/system/erp-back-backup.service.d; systemctl daemon-reload; cp -p /run/database_url /etc/erp-back/'
}

# A lock on the table holds pg_dump for as long as the test wants.
hold_table() {
  inside runuser -u postgres -- psql -Xq -d pw >/dev/null 2>&1 <<'SQL' &
SET application_name = 'the lock';
BEGIN; LOCK t IN ACCESS EXCLUSIVE MODE;
SELECT pg_sleep(60);
SQL
  locker=$!
  until_true 5 sql_true "SELECT EXISTS (SELECT FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 't'::regclass)"
}
release_table() {
  sql pw "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'the lock'" >/dev/null
  wait "$locker" 2>/dev/null || true
}
sql_true() { [[ $(sql pw "$1") == t ]]; }
dump_waits() { sql_true "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = 'pw')"; }

# process COMMAND-LINE: the first of the user erp-back's that begins so
process() {
  script 'user=$(id -u erp-back)
    for process in /proc/[0-9]*; do
      if [[ $(stat -c %u "$process" 2>/dev/null) == "$user" && $(tr "\0" " " <"$process/cmdline" 2>/dev/null) == "$1"* ]]; then
        echo "${process#/proc/}"
        break
      fi
    done' "$1"
}
running_hand() { process '/bin/bash /usr/bin/erp-back-backup run'; }

# In any command line but that of `env`, with which this test hands it over.
password_shows() {
  printf '%s\n' "$secret" "$encoded" | inside bash -c 'cat >/run/secrets
    cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\0" "\n" | grep -v "^DATABASE_URL=" | grep -F -f /run/secrets'
}

# An erp-back that wrote the address and does not end, as if stopped right there.
test_secret_on_disk() {
  local runner
  script 'cd /usr/bin && mv erp-back erp-back.away
    printf "%s\n" "#!/bin/bash" "/usr/bin/erp-back.away \"\$@\"; touch /tmp/address-written; exec sleep 60" >erp-back
    chmod 755 erp-back'
  hand run >/dev/null 2>&1 &
  runner=$!
  check "kill -9 with the address just written" until_true 10 inside test -e /tmp/address-written
  inside kill -KILL "$(running_hand)" || true
  wait "$runner" 2>/dev/null || true
  inside kill -KILL "$(process 'sleep 60')" || true
  script 'cd /usr/bin && mv erp-back.away erp-back'
  check "leaves no password on the disk" same '' "$(printf '%s\n' "$secret" "$encoded" | inside bash -c 'cat >/run/secrets
    grep -rlF -f /run/secrets /tmp /var/tmp/by-hand /var/lib/erp-back-backup || true')"
  script 'rm -rf /tmp/erp-back-backup.* /tmp/address-written'
}

test_signals() {
  local before runner status=0
  before=$(inside ls "$by_hand")
  hold_table
  hand run >/dev/null 2>&1 &
  runner=$!
  check "a run under way, held by a lock" until_true 10 dump_waits
  check "the password is in no process's command line" \
    refuses password_shows
  check "a second run is refused" ends 75 'under way' hand run
  check "a scratch database is there" says '^erp_back_verify_' "$(scratches)"
  inside kill -TERM "$(running_hand)" || true
  wait "$runner" || status=$?
  check "SIGTERM ends it, with 143" same 143 "$status"
  check "and nothing is left" nothing_left
  check "no dump either" same "$before" "$(inside ls "$by_hand")"

  hand run >/dev/null 2>&1 &
  runner=$!
  check "again, held by the lock" until_true 10 dump_waits
  inside kill -KILL "$(running_hand)" || true
  wait "$runner" 2>/dev/null || true
  inside kill -KILL "$(process /usr/lib/postgresql/15/bin/pg_dump)" || true
  release_table
  check "kill -9 leaves a scratch database" says '^erp_back_verify_' "$(scratches)"
  check "and the next run works" until_true 10 hand run
  check "and removes what the killed one left" nothing_left
}

test_backup() {
  test_the_unit
  test_restore
  test_retention
  test_failures
  test_addresses
  test_tcp
  test_signals
  test_secret_on_disk
}
