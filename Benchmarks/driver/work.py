"""The kinds of work, and wrk that asks for them."""

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .terminal import SOFTWARE, Failure


@dataclass(frozen=True)
class Kind:
    name: str
    title: str
    writes: bool = False


kinds = {
    kind.name: kind for kind in (
        Kind("point", "GET /clients/{id}"),
        Kind("list10", "GET /clients?limit=10"),
        Kind("list100", "GET /clients?limit=100"),
        Kind("search", "GET /clients/search/{term}"),
        Kind("create", "POST /clients", writes=True),
        Kind("update", "PUT /clients/{id}", writes=True),
    )
}


@dataclass
class Answer:
    """What wrk counted in one run; times in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    mean: float
    statuses: int
    sockets: int

    @property
    def errors(self) -> int:
        return self.statuses + self.sockets

    @property
    def rate(self) -> float:
        return (self.requests - self.statuses) / self.seconds

    def served(self, clients: int) -> float:
        """How many of the clients were waiting, on average, for an answer that came (Little's law).

        wrk counts what is answered, and nothing of a client that waits until the run is over. What
        was under way at the end had waited half of the mean.
        """
        return (self.requests + clients / 2) / self.seconds * self.mean / 1e3


class LoadGenerator:
    def __init__(self, root: Path, ids: Path, terms: Path):
        self._script, self._ids, self._terms = root / "Benchmarks/work.lua", ids, terms
        self._runs = 0
        self._child: subprocess.Popen | None = None

    def run(self, kind: Kind, port: int, clients: int, seconds: float, while_running=None) -> Answer:
        """One thread of wrk. `while_running` is called some times a second.

        An answer that takes more than 10 s is an error: the slowest peers queue for long.
        wrk counts whole seconds, so it is given the next one, and ended by SIGINT, which it takes
        for the end of the run.
        """
        self._runs += 1
        began = time.monotonic()
        self._child = subprocess.Popen(
            ["wrk", "-t1", f"-c{clients}", f"-d{int(seconds) + 2}s", "--timeout", "10s", "-s", str(self._script),
             f"http://127.0.0.1:{port}", "--", kind.name, str(self._ids), str(self._terms), f"{self._runs:x}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        try:
            while (left := began + seconds - time.monotonic()) > 0:
                try:
                    self._child.wait(min(left, 0.25))
                    break
                except subprocess.TimeoutExpired:
                    if while_running:
                        while_running()
            if self._child.poll() is None:
                self._child.send_signal(2)
            said, _ = self._child.communicate(timeout=15)
        finally:
            self._child.kill()
            self._child.wait()
        for line in said.splitlines():
            if line.startswith("result "):
                return _answer(json.loads(line.removeprefix("result ")))
        raise Failure(SOFTWARE, f"wrk gave no result: {' / '.join(said.strip().splitlines()[-3:])}")


def _answer(result: dict) -> Answer:
    return Answer(
        requests=result["requests"], seconds=max(result["microseconds"], 1) / 1e6,
        p50=result["p50"] / 1e3, p99=result["p99"] / 1e3, mean=result["mean"] / 1e3, statuses=result["status"],
        sockets=result["connect"] + result["read"] + result["write"] + result["timeout"])
