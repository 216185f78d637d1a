"""The marks: what erp-back has to reach against its peers. A mark not measured is named as such."""

from dataclasses import dataclass

from .results import Results

# Times the rate of the C responder at 64 clients.
_TIMES_C = {"point": 2.2, "list10": 1.3, "list100": 1.1, "create": 1.3, "update": 1.25}
CLIENTS, _MANY = 64, 256
# Most marks compare these two at that many clients: a 99th percentile is a median of three too few.
RIVALS = ("erp-back", "c")
# The least part of the rate at 64 clients that is left at 256.
_LEFT_OVER = 0.85
_POINT_CPU_US, _RESIDENT_MB = 18, 24
_TIMES_OTHERS = {"fastapi": 30, "php": 3}
# Half a byte per request: what leaks grows by more.
_FLAT_GROWTH_MB = 0.5


@dataclass
class Mark:
    what: str
    value: float | None
    limit: float
    # whether the limit is the least or the most
    least: bool
    unit: str = ""

    @property
    def is_met(self) -> bool | None:
        if self.value is None:
            return None
        return self.value >= self.limit if self.least else self.value <= self.limit

    @property
    def verdict(self) -> str:
        return {None: "not measured", True: "met", False: "NOT MET"}[self.is_met]

    def as_dict(self) -> dict:
        return {"mark": self.what, "value": self.value, "at_least" if self.least else "at_most": self.limit,
                "unit": self.unit, "met": self.is_met}


def of_flat(flat: dict | None) -> list[Mark]:
    return [
        Mark("resident memory, growth over 1,000,000 point reads",
             (flat["after"] - flat["before"]) / 1e6 if flat else None, _FLAT_GROWTH_MB, False, "MB"),
        Mark("errors in these", flat["errors"] if flat else None, 0, False)]


def all_marks(results: Results, resident: dict[str, int], flat: dict | None) -> list[Mark]:
    own = "erp-back"

    def value(peer: str, kind: str, clients: int, name: str) -> float | None:
        cell = results.cell(peer, kind, clients)
        return cell[name] if cell else None

    marks = [
        Mark(f"{kind}: times C, {CLIENTS} clients", results.ratio((own, kind, CLIENTS), ("c", kind, CLIENTS)), limit, True, "×")
        for kind, limit in _TIMES_C.items()]
    for kind in results.kinds:
        # None too where it has answered nothing.
        other = value("c", kind, CLIENTS, "p99_ms") or None
        marks.append(Mark(
            f"{kind}: p99, no worse than C's, {CLIENTS} clients",
            value(own, kind, CLIENTS, "p99_ms") if other is not None else None, other or 0, False, "ms"))
    for kind in results.kinds:
        marks.append(Mark(
            f"{kind}: rate at {_MANY} clients against {CLIENTS}",
            results.ratio((own, kind, _MANY), (own, kind, CLIENTS)), _LEFT_OVER, True, "×"))
    marks.append(Mark("errors of erp-back, all runs", results.errors(own) if own in results.peers else None, 0, False))
    cell = results.cell(own, "point", CLIENTS)
    marks.append(Mark("point: responder CPU per request", cell["cpu_us"]["responder"] if cell else None, _POINT_CPU_US, False, "µs"))
    memory = resident.get(own)
    marks.append(Mark(
        f"resident memory under {CLIENTS} clients", memory / 1e6 if memory else None, _RESIDENT_MB, False, "MB"))
    marks += of_flat(flat)
    for peer, limit in _TIMES_OTHERS.items():
        marks.append(Mark(
            f"point: times {peer}, {CLIENTS} clients", results.ratio((own, "point", CLIENTS), (peer, "point", CLIENTS)), limit, True, "×"))
    return marks
