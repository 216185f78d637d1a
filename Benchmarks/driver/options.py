"""The command line, and the environment that stands in for it."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from . import peers
from .terminal import USAGE, Failure
from .work import kinds


@dataclass
class Options:
    mode: str
    peers: list[str]
    kinds: list[str]
    clients: list[int]
    rounds: int
    # more rounds, of what the marks compare only
    further: int
    seconds: float
    warm_up: float
    rows: int
    output: Path
    build: bool
    keep: bool


_HELP = """\
Measures erp-back against the same API written in other ways, all behind one nginx, on one private
PostgreSQL, with wrk as the only client; everything on this machine, on loopback and unix sockets.

Every run of a peer stands beside one of each other peer, round after round, and medians are shown:
a shared machine is slow for all of them together. A run of which others, or other guests of the
host, took more than a tenth of the CPU is made again, up to twice; one that stays disturbed is in
no median as long as three others are there. Before anything is measured, the answers of all peers
to the same requests are compared, and a difference ends the run. After writes the table is laid
anew, vacuumed and checkpointed. It takes 25 to 35 minutes; --quick two."""

_EPILOG = """\
modes:
  (none)     every peer, work and number of clients, four more rounds of erp-back and C at 64 clients,
             then a million reads for the memory; the marks
  --quick    erp-back against C, 64 clients, every kind of work, under two minutes
  --smoke    does the benchmark itself work? erp-back and C, a second each; marks do not count
  --flat     only the memory of erp-back, before and after a million reads

peers:
  erp-back   the release binary with its defaults, behind the files in nginx/, as in `make run`
  c          libfcgi and libpq on 8 threads, prepared statements; the yardstick (Benchmarks/c)
  fastapi    FastAPI, SQLAlchemy, psycopg2, 2 workers of uvicorn (Benchmarks/fastapi)
  php        PHP-FPM, pg_pconnect, opcache, 8 workers (Benchmarks/php)
  c-kept     c with connections that nginx keeps: 8 clients hold its 8 threads, others starve.
             Not among those measured unless named
  c-kept-64  the same with 64 threads, for 64 clients; likewise
  fastapi-pool  fastapi with a pool of 20 connections instead of SQLAlchemy's own; likewise

work:
  point, list10, list100, search, create, update

environment:
  PEERS WORK CLIENTS ROUNDS SECONDS_EACH ROWS OUTPUT stand in for the options of those names:
    make bench PEERS="erp-back c" WORK="point list10" CLIENTS=64

files:
  Benchmarks/results.json, results.svg   of a whole run; of any other, the same in .build/bench
  /var/tmp/erp-back-bench.*              database, sockets and logs while it runs

exit status:
  0  every mark that was measured is met    1  one is not, or two peers answer differently
  64 wrong usage    69 something is missing    70 something broke    130, 143 ended by a signal
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str):
        raise Failure(USAGE, message, "Benchmarks/bench --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="Benchmarks/bench", description=_HELP, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    mode = parser.add_mutually_exclusive_group()
    for name, what in (("quick", "the ratio to C, in two minutes"), ("smoke", "check the benchmark itself"), ("flat", "memory only")):
        mode.add_argument(f"--{name}", dest="mode", action="store_const", const=name, default="full", help=what)
    parser.add_argument("--peers", metavar="NAMES", help=f"default: {' '.join(peers.default)}")
    parser.add_argument("--work", metavar="NAMES", help="default: all")
    parser.add_argument("--clients", metavar="NUMBERS", help="at once; default: 8 64 256")
    parser.add_argument("--rounds", metavar="N", help="default: 3")
    parser.add_argument("--seconds-each", metavar="S", help="of a run, behind its warm-up; default: 2")
    parser.add_argument("--rows", metavar="N", help="in the table; default: 10000")
    parser.add_argument("--output", metavar="DIR", help="where the results go")
    parser.add_argument("--no-build", action="store_true", help="measure .build/release/erp-back as it is")
    parser.add_argument("--keep", action="store_true", help="leave the logs in /var/tmp")
    return parser


# What a mode changes of the defaults.
_MODES = {
    "full": {},
    "quick": {"peers": "erp-back c", "clients": "64", "seconds_each": "1.5"},
    "smoke": {"peers": "erp-back c", "clients": "64", "rounds": "1", "seconds_each": "1", "rows": "2000"},
    "flat": {"peers": "erp-back", "work": "point", "clients": "64"},
}
_DEFAULTS = {
    "peers": " ".join(peers.default), "work": " ".join(kinds), "clients": "8 64 256", "rounds": "3", "seconds_each": "2",
    "rows": "10000"}
# Rounds of a whole run that only erp-back and C take part in, at the number of clients of the marks.
_FURTHER = 4
_WARM_UP = {"full": 1.0, "quick": 0.3, "smoke": 0.2, "flat": 1.0}


def parse(arguments: list[str], root: Path) -> Options:
    given = _parser().parse_args(arguments)
    usual = {**_DEFAULTS, **_MODES[given.mode]}
    values = {}
    for name, default in usual.items():
        option = getattr(given, name)
        values[name] = option if option is not None else os.environ.get(name.upper()) or default
    narrowed = given.mode != "full" or values != usual
    output = given.output or os.environ.get("OUTPUT") or (root / ".build/bench" if narrowed else root / "Benchmarks")
    return Options(
        mode=given.mode, peers=_names("peers", values["peers"], peers.every), kinds=_names("work", values["work"], kinds),
        clients=[int(_number("clients", word, 1, 4000)) for word in values["clients"].split() or [""]],
        rounds=int(_number("rounds", values["rounds"], 1, 1000)),
        further=0 if narrowed else _FURTHER,
        seconds=_number("seconds-each", values["seconds_each"], 0.2, 3600), warm_up=_WARM_UP[given.mode],
        rows=int(_number("rows", values["rows"], 1000, 100_000_000)), output=Path(output).absolute(),
        build=not given.no_build, keep=given.keep)


def _names(option: str, text: str, known) -> list[str]:
    names = list(dict.fromkeys(text.replace(",", " ").split()))
    for name in names:
        if name not in known:
            raise Failure(USAGE, f"--{option} {name}: there is none of that name", f"one or more of: {' '.join(known)}")
    if not names:
        raise Failure(USAGE, f"--{option} is empty", f"one or more of: {' '.join(known)}")
    return names


def _number(option: str, text: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise Failure(USAGE, f"--{option} {text}: not a number from {least:g} to {most:g}", "Benchmarks/bench --help")
    return value
