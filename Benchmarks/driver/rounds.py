"""The measurement: rounds of interleaved runs, so that what the machine does meets every peer."""

import resource
import time
from dataclasses import dataclass

from .database import Database
from .machine import busy_seconds, cores
from .peers import Peer
from .processes import cpu_seconds, resident_bytes
from .terminal import Progress, say
from .web import Web, wait_until_served
from .work import Kind, LoadGenerator

GROUPS = ("nginx", "responder", "postgresql")
# A run of which others took more of the CPU than this is made again, at once and twice at most; one
# that stays disturbed is in no median if three others are there.
DISTURBED, _AGAIN = 0.1, 2


@dataclass
class Sample:
    """One run of one peer at one kind of work with so many clients."""

    peer: str
    kind: str
    clients: int
    rate: float
    p50: float
    p99: float
    requests: int
    statuses: int
    sockets: int
    # of the clients, so many at a time were waiting for an answer that came
    served: float
    # CPU µs per request, of each of GROUPS
    cpu: dict[str, float]
    # the most that the responder's processes held in memory
    resident: int
    # the share of all cores that went to processes which have nothing to do with this, other guests of the host included
    others: float
    # runs that were made again for it, and count for nothing
    dropped: int = 0

    @property
    def errors(self) -> int:
        return self.statuses + self.sockets


class Bench:
    """Peers, web server and database, all up for as long as it takes: idle ones cost nothing."""

    def __init__(self, web: Web, database: Database, peers: list[Peer], load: LoadGenerator):
        self.web, self.database, self.peers, self._load = web, database, peers, load

    def measure(self, peer: Peer, kind: Kind, clients: int, warm_up: float, seconds: float) -> Sample:
        if warm_up > 0:
            self._load.run(kind, peer.port, clients, warm_up)
        roots = {"nginx": self.web.pid, "responder": peer.pid, "postgresql": self.database.pid}
        most = 0

        def look() -> None:
            nonlocal most
            most = max(most, resident_bytes(peer.pid))

        began, busy, own, before = time.monotonic(), busy_seconds(), _own_seconds(), cpu_seconds(roots)
        answer = self._load.run(kind, peer.port, clients, seconds, look)
        after, own, busy = cpu_seconds(roots), _own_seconds() - own, busy_seconds() - busy
        wall = time.monotonic() - began
        look()
        self._let_finish(peer)
        used = {name: after[name] - before[name] for name in GROUPS}
        if kind.writes:
            self.database.restore()
        self.web.empty_log()
        count = max(answer.requests, 1)
        return Sample(
            peer.name, kind.name, clients, answer.rate, answer.p50, answer.p99, answer.requests, answer.statuses,
            answer.sockets, answer.served(clients), {name: used[name] / count * 1e6 for name in GROUPS}, most,
            max(0.0, (busy - own - sum(used.values())) / wall / cores))

    def measure_undisturbed(self, peer: Peer, kind: Kind, clients: int, warm_up: float, seconds: float) -> Sample:
        """The least disturbed of up to three runs: what others did decides which one counts, never its
        own figures. A run with an error always counts."""
        samples = [self.measure(peer, kind, clients, warm_up, seconds)]
        while samples[-1].others > DISTURBED and not samples[-1].errors and len(samples) <= _AGAIN:
            samples.append(self.measure(peer, kind, clients, warm_up, seconds))
        chosen = samples[-1] if samples[-1].errors else min(samples, key=lambda sample: sample.others)
        chosen.dropped = len(samples) - 1
        return chosen

    def _let_finish(self, peer: Peer) -> None:
        """What wrk no longer waits for is still in the queue of a slow peer, and the next run would
        pay for it: who does not come to rest by itself is started anew."""
        limit = time.monotonic() + 2
        while self.database.is_busy():
            if time.monotonic() > limit:
                peer.stop()
                self.database.end_sessions()
                peer.start(self.database.url)
                wait_until_served(peer)
                return
            time.sleep(0.1)

    def warm_up(self, kinds: list[Kind], clients: int, seconds: float) -> dict[str, int]:
        """Every kind of work in turn, on each peer freshly started; gives what its responder then
        held in memory at most."""
        most: dict[str, int] = {}
        for peer in self.peers:
            samples = [self.measure(peer, kind, clients, 0, seconds) for kind in kinds]
            most[peer.name] = max(sample.resident for sample in samples)
        return most

    def rounds(
        self, count: int, kinds: list[Kind], clients: list[int], warm_up: float, seconds: float,
        peers: list[Peer] | None = None,
    ) -> list[Sample]:
        """Of all peers, unless some are named."""
        peers = self.peers if peers is None else peers
        total = count * len(kinds) * len(clients) * len(peers)
        progress = Progress(total, warm_up + seconds + 0.3)
        samples = []
        for number in range(count):
            # Who comes first changes from round to round.
            turn = number % len(peers)
            for kind in kinds:
                for load in clients:
                    for peer in peers[turn:] + peers[:turn]:
                        sample = self.measure_undisturbed(peer, kind, load, warm_up, seconds)
                        samples.append(sample)
                        errors = f", {sample.errors} ERRORS" if sample.errors else ""
                        again = f", others {sample.others:.0%}, made again {sample.dropped} times" if sample.dropped else ""
                        progress.step(
                            f"round {number + 1} of {count}: {kind.name}, {load} clients, {peer.name}: "
                            f"{sample.rate:,.0f} req/s, p99 {sample.p99:.1f} ms{errors}{again}")
        return samples

    def flat(self, peer: Peer, kind: Kind, clients: int, requests: int) -> dict:
        """Many requests to one peer, and its resident memory before and after them."""
        say(f"{requests:,} requests to {peer.name}, {clients} clients")
        self._load.run(kind, peer.port, clients, 2)
        before, done, errors, began = resident_bytes(peer.pid), 0, 0, time.monotonic()
        while done < requests:
            answer = self._load.run(kind, peer.port, clients, 10 if requests >= 100_000 else 1)
            done, errors = done + answer.requests, errors + answer.errors
            self.web.empty_log()
            say(f"  {done:,} after {time.monotonic() - began:.0f} s")
        return {"requests": done, "errors": errors, "before": before, "after": resident_bytes(peer.pid)}


def _own_seconds() -> float:
    """CPU of this process and of wrk, whose runs it has waited for."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
