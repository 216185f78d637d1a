"""The results: medians over the rounds that nobody disturbed, and the file they are kept in."""

import json
import statistics
from pathlib import Path

from .rounds import DISTURBED, GROUPS, Sample
from .terminal import CANTCREAT, Failure


class Results:
    """Medians by peer, kind of work and number of clients."""

    def __init__(self, samples: list[Sample], titles: dict[str, str]):
        self.titles = titles
        groups: dict[tuple[str, str, int], list[Sample]] = {}
        for sample in samples:
            groups.setdefault((sample.peer, sample.kind, sample.clients), []).append(sample)
        self.cells = {key: _medians(group) for key, group in groups.items()}
        self.peers = [name for name in titles if any(key[0] == name for key in self.cells)]
        self.kinds = list(dict.fromkeys(key[1] for key in self.cells))
        self.clients = list(dict.fromkeys(key[2] for key in self.cells))
        self.others = statistics.median(sample.others for sample in samples)
        self.others_worst = max(sample.others for sample in samples)
        self.runs, self.dropped = len(samples), sum(sample.dropped for sample in samples)
        # Ratios are made within a round, where the two runs stand side by side, and then their
        # median is taken: a slow minute hits both.
        self._rounds = groups

    def cell(self, peer: str, kind: str, clients: int) -> dict | None:
        return self.cells.get((peer, kind, clients))

    def ratio(self, one: tuple[str, str, int], other: tuple[str, str, int]) -> float | None:
        """How many times the rate of the other: the median over the rounds."""
        pairs = _undisturbed([*zip(self._rounds.get(one, []), self._rounds.get(other, []))])
        ratios = [a.rate / b.rate for a, b in pairs if b.rate > 0]
        return statistics.median(ratios) if ratios else None

    def errors(self, peer: str) -> int:
        return sum(cell["errors"] for key, cell in self.cells.items() if key[0] == peer)

    def as_list(self) -> list[dict]:
        return [
            {"peer": peer, "work": kind, "clients": clients, **cell,
             "ratio": self.ratio(("erp-back", kind, clients), (peer, kind, clients))}
            for (peer, kind, clients), cell in self.cells.items()]


def _undisturbed(rounds: list[tuple[Sample, ...]]) -> list[tuple[Sample, ...]]:
    """Those in which others left all runs alone, or all rounds when these are fewer than three."""
    left = [samples for samples in rounds if all(sample.others <= DISTURBED for sample in samples)]
    return left if len(left) >= 3 else rounds


def _medians(group: list[Sample]) -> dict:
    quiet = [sample for (sample,) in _undisturbed([(sample,) for sample in group])]

    def median(value) -> float:
        return statistics.median(value(sample) for sample in quiet)

    return {
        "requests_per_second": median(lambda s: s.rate),
        "rounds": [sample.rate for sample in group],
        "cpu_of_others": [sample.others for sample in group],
        "p50_ms": median(lambda s: s.p50),
        "p99_ms": median(lambda s: s.p99),
        "requests": sum(sample.requests for sample in group),
        "errors": sum(sample.errors for sample in group),
        "error_statuses": sum(sample.statuses for sample in group),
        "clients_served": median(lambda s: s.served),
        "cpu_us": {name: median(lambda s, name=name: s.cpu[name]) for name in GROUPS},
        "resident_mb": max(sample.resident for sample in group) / 1e6,
    }


def write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as error:
        raise Failure(CANTCREAT, f"{path}: {error.strerror}") from None


def as_json(document: dict) -> str:
    def rounded(value):
        if isinstance(value, float):
            return float(f"{value:.5g}")
        if isinstance(value, dict):
            return {name: rounded(each) for name, each in value.items()}
        if isinstance(value, list):
            return [rounded(each) for each in value]
        return value

    return json.dumps(rounded(document), indent=1, ensure_ascii=False) + "\n"
