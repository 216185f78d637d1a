"""The peers: the same API in several ways, each deployed as it ordinarily is."""

import filecmp
import os
import shutil
from pathlib import Path

from .processes import Process, run
from .terminal import SOFTWARE, UNAVAILABLE, Failure, say


class Peer:
    """A responder behind nginx. `name` is what it is called on the command line."""

    name = ""
    title = ""

    def __init__(self, root: Path, place: Path):
        self.root, self.place = root, place
        self.port = 0
        self.process: Process | None = None

    @property
    def socket(self) -> Path:
        return self.place / f"{self.name}.sock"

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def missing(self) -> str:
        """Why it cannot take part here; empty when it can."""
        return ""

    def build(self) -> None:
        """What it takes before it starts, once."""

    def upstream(self) -> str:
        """nginx's upstream blocks for it, if it takes any."""
        return ""

    def location(self) -> str:
        """The directives of nginx's location for it."""
        return f"include /etc/nginx/fastcgi_params;\n        fastcgi_pass unix:{self.socket};"

    def start(self, database: str) -> None:
        self.socket.unlink(missing_ok=True)
        self.process = self.launch(database, self.place / f"{self.name}.log")
        self.process.wait_for_socket(self.socket)

    def launch(self, database: str, log: Path) -> Process:
        raise NotImplementedError

    def stop(self) -> None:
        if self.process:
            self.process.stop()
            self.process = None


class ErpBack(Peer):
    """The release binary with its defaults, as `make run` starts it, behind the files that ship."""

    name, title = "erp-back", "erp-back"

    @property
    def binary(self) -> Path:
        return self.root / ".build/release/erp-back"

    def launch(self, database: str, log: Path) -> Process:
        environment = {"DATABASE_URL": database, "ERP_SOCKET": str(self.socket)}
        if os.geteuid() == 0:
            environment["ERP_SOCKET_GROUP"] = "www-data"
        return Process([self.binary, "serve"], log, environment)


class C(Peer):
    """The yardstick. nginx opens a connection per request, its default: with kept ones, eight
    threads would serve eight connections for ever, and nobody else."""

    name, title = "c", "C, libfcgi + libpq, 8 threads"
    threads = 8

    @property
    def binary(self) -> Path:
        return self.root / ".build/bench/responder"

    def missing(self) -> str:
        return "" if shutil.which("gcc") and Path("/usr/include/jansson.h").exists() else "gcc or libjansson-dev is not installed"

    def build(self) -> None:
        self.binary.parent.mkdir(parents=True, exist_ok=True)
        include = run(["pg_config", "--includedir"]).strip()
        run(["gcc", "-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I", include, "-o", self.binary,
             self.root / "Benchmarks/c/responder.c", "-lfcgi", "-ljansson", "-lpq", "-lpthread"])

    def launch(self, database: str, log: Path) -> Process:
        return Process([self.binary, self.socket, self.threads], log, {"DATABASE_URL": database})


class KeptC(C):
    """The yardstick with kept connections: what it gains, and whom it starves."""

    name, title = "c-kept", "C, 8 threads, connections kept"

    def upstream(self) -> str:
        return f"upstream {self.name} {{ server unix:{self.socket}; keepalive {self.threads}; keepalive_requests 100000; }}"

    def location(self) -> str:
        return f"include /etc/nginx/fastcgi_params;\n        fastcgi_keep_conn on;\n        fastcgi_pass {self.name};"


class KeptC64(KeptC):
    """As many threads, and connections to PostgreSQL, as clients: none of 64 starves."""

    name, title = "c-kept-64", "C, 64 threads, connections kept"
    threads = 64


class FastAPI(Peer):
    """What erp-back replaces: sync endpoints, a session per request, two workers of uvicorn."""

    name, title = "fastapi", "FastAPI + SQLAlchemy + psycopg2, 2 workers"
    # 0: SQLAlchemy's own
    pool_size = 0

    @property
    def _venv(self) -> Path:
        return self.root / ".build/bench/venv"

    def missing(self) -> str:
        wanted, done = self.root / "Benchmarks/fastapi/requirements.txt", self._venv / "requirements.txt"
        if done.exists() and filecmp.cmp(wanted, done, shallow=False):
            return ""
        say("installing FastAPI from PyPI into .build/bench/venv")
        environment = {"TMPDIR": str(self.root / ".build/tmp"), "XDG_CACHE_HOME": str(self.root / ".build/cache")}
        try:
            for place in environment.values():
                Path(place).mkdir(parents=True, exist_ok=True)
            shutil.rmtree(self._venv, ignore_errors=True)
            run(["python3", "-m", "venv", self._venv], environment=environment)
            run([self._venv / "bin/python", "-m", "pip", "--disable-pip-version-check", "--no-input", "install",
                 "--quiet", "-r", wanted], environment=environment)
        except Failure as failure:
            return f"it could not be installed from PyPI: {failure.text}"
        shutil.copy(wanted, done)
        return ""

    def location(self) -> str:
        return ("proxy_set_header Host $host;\n        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n"
                f"        proxy_pass http://unix:{self.socket}:;")

    def launch(self, database: str, log: Path) -> Process:
        url = database.replace("postgresql://", "postgresql+psycopg2://", 1)
        return Process(
            [self._venv / "bin/uvicorn", "app:app", "--workers", 2, "--uds", self.socket, "--no-access-log", "--log-level", "warning"],
            log, {"DATABASE_URL": url, "PYTHONDONTWRITEBYTECODE": "1", "POOL_SIZE": str(self.pool_size)}, self.root / "Benchmarks/fastapi")


class PooledFastAPI(FastAPI):
    """The same where somebody has looked at the pool: 20 connections each, and none beyond."""

    name, title = "fastapi-pool", "FastAPI with a pool of 20"
    pool_size = 20


class PHP(Peer):
    """PHP-FPM as Debian has it, pg_pconnect, opcache; as many workers as C has threads."""

    name, title = "php", "PHP-FPM, pg_pconnect, opcache, 8 workers"

    def missing(self) -> str:
        if not shutil.which("php-fpm8.2"):
            return "php8.2-fpm is not installed"
        modules = run(["php-fpm8.2", "-m"]).split()
        return "" if "pgsql" in modules else "php8.2-pgsql is not installed"

    def location(self) -> str:
        return (f"include /etc/nginx/fastcgi_params;\n        fastcgi_param SCRIPT_FILENAME {self._script};\n"
                f"        fastcgi_pass unix:{self.socket};")

    @property
    def _script(self) -> Path:
        return self.place / "index.php"

    def launch(self, database: str, log: Path) -> Process:
        # Where the workers can read it, whoever owns the directories above this one.
        shutil.copy(self.root / "Benchmarks/php/index.php", self._script)
        # A root's FPM lends its workers to another user: one who may open PostgreSQL's socket.
        owner = "user = postgres\ngroup = postgres\nlisten.mode = 0666\n" if os.geteuid() == 0 else ""
        settings = self.place / "php-fpm.conf"
        settings.write_text(
            f"[global]\nerror_log = {log}\ndaemonize = no\n[bench]\n{owner}listen = {self.socket}\nlisten.backlog = 4096\n"
            f"pm = static\npm.max_children = 8\nclear_env = no\nphp_admin_value[opcache.validate_timestamps] = 0\n")
        return Process(["php-fpm8.2", "--nodaemonize", "--fpm-config", settings], log, {"DATABASE_URL": database})


every = {peer.name: peer for peer in (ErpBack, C, FastAPI, PHP, KeptC, KeptC64, PooledFastAPI)}
default = ["erp-back", "c", "fastapi", "php"]


def take_part(names: list[str], root: Path, place: Path) -> tuple[list[Peer], dict[str, str]]:
    """Those that can, ready to start, and the others with the reason."""
    able, skipped = [], {}
    for name in names:
        peer = every[name](root, place)
        if reason := peer.missing():
            say(f"skipping {peer.title}: {reason}")
            skipped[name] = reason
        else:
            peer.build()
            able.append(peer)
    if not able:
        raise Failure(SOFTWARE, "no peer is left to measure")
    if "c" in skipped:
        raise Failure(UNAVAILABLE, f"the yardstick is missing: {skipped['c']}", "scripts/prepare --bench")
    return able, skipped
