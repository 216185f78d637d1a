"""The database: one private cluster, its rows, and their state before each measurement of writes."""

from pathlib import Path

from .processes import run
from .terminal import say

# Up to this many rows the table is laid anew after writes; beyond it that would take too long.
_RELAID = 50_000


class Database:
    """Started by scripts/cluster with the settings of `make run`'s: Debian's defaults, so fsync,
    synchronous_commit and full_page_writes are on, as an operator has them."""

    def __init__(self, root: Path, place: Path, rows: int):
        self._script, self._place = root / "scripts/cluster", place / "pg"
        self._benchmarks = root / "Benchmarks"
        self.rows, self.ids, self.terms = rows, place / "ids.txt", place / "terms.txt"
        self.url = ""

    def start(self) -> None:
        self.url = run([self._script, "start", self._place]).strip()

    def stop(self) -> None:
        """At once: nothing of it is kept."""
        if self._place.exists():
            run([self._script, "kill", self._place])

    @property
    def pid(self) -> int:
        return int((self._place / "data/postmaster.pid").read_text().split()[0])

    def sql(self, text: str, *arguments: str) -> str:
        """Each statement of a script by itself: VACUUM and CHECKPOINT take no transaction."""
        return run([self._script, "psql", self._place, "-Atq", "-v", "ON_ERROR_STOP=1", *arguments, "-f", "-"], given=text)

    def fill(self) -> None:
        say(f"filling the table: {self.rows:,} rows")
        # The rows are vacuumed after each measurement of writes instead: else one peer would pay
        # for what another left, whenever autovacuum happened to wake up.
        self.sql("ALTER TABLE clients SET (autovacuum_enabled = off)")
        self.sql((self._benchmarks / "rows.sql").read_text(), "-v", f"rows={self.rows}")
        if self.rows <= _RELAID:
            self.sql("CREATE TABLE pristine AS TABLE clients")
        self._settle()
        count = min(self.rows, 100_000)
        self.ids.write_text(self.sql(
            f"SELECT id FROM clients ORDER BY hashtextextended(id::text, 1) LIMIT {count}"))
        self.terms.write_text(self.sql(_TERMS))
        for path in (self.ids, self.terms):
            path.chmod(0o644)

    def restore(self) -> None:
        """The table as `fill` left it."""
        if self.rows <= _RELAID:
            self.sql("TRUNCATE clients; INSERT INTO clients SELECT * FROM pristine ORDER BY created_at")
        else:
            # Created rows go; changed ones, a few in a thousand, stay changed, and of the same size.
            self.sql("DELETE FROM clients WHERE created_at > timestamptz '2025-11-01'")
        self._settle()

    def _settle(self) -> None:
        self.sql("VACUUM ANALYZE clients;\nCHECKPOINT;")

    def is_busy(self) -> bool:
        """Also when a transaction was left open: FastAPI's threads block each other at 256 clients,
        and what they hold would keep the table for ever."""
        return self.sql(f"SELECT count(*) {_BUSY}").strip() != "0"

    def end_sessions(self) -> None:
        self.sql(f"SELECT pg_terminate_backend(pid, 5000) {_BUSY}")

    def facts(self) -> dict:
        names = ("server_version", "shared_buffers", "fsync", "synchronous_commit", "full_page_writes", "max_wal_size")
        values = {name: self.sql(f"SHOW {name}").strip() for name in names}
        values["table_mb"] = int(self.sql("SELECT pg_total_relation_size('clients') / 1048576"))
        return values


_BUSY = "FROM pg_stat_activity WHERE state <> 'idle' AND pid <> pg_backend_pid() AND backend_type = 'client backend'"

# What people look for: a surname, the end of a phone number, the beginning of an address.
# Percent-encoded as far as these words need it.
_TERMS = """
SELECT replace(CASE n % 3
    WHEN 0 THEN lower(last_name)
    WHEN 1 THEN right(phone, 8)
    ELSE split_part(email, '@', 1) END, ' ', '%20')
FROM (SELECT *, row_number() OVER (ORDER BY hashtextextended(id::text, 2)) AS n
      FROM clients WHERE phone IS NOT NULL AND email IS NOT NULL AND last_name ~ '^[A-Za-z ]+$') AS c
ORDER BY n LIMIT 300
"""
