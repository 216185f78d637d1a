"""Processes: starting and ending them, and what a group of them has used."""

import os
import signal
import subprocess
import time
from pathlib import Path

from .terminal import SOFTWARE, Failure

_TICK = os.sysconf("SC_CLK_TCK")


def run(arguments, given: str = "", environment: dict[str, str] | None = None) -> str:
    """Runs a command to its end, and gives what it prints.

    In a session of its own: Ctrl-C reaches the driver only, which knows the order.
    """
    try:
        child = subprocess.Popen(
            [str(a) for a in arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, start_new_session=True, env={**os.environ, **(environment or {})})
    except FileNotFoundError as error:
        raise Failure(SOFTWARE, f"there is no {error.filename}") from None
    try:
        printed, complaints = child.communicate(given)
    except BaseException:
        _end(_group(child.pid, _all()))
        child.wait()
        raise
    if child.returncode != 0:
        said = (complaints or printed).strip().splitlines()[-3:]
        raise Failure(SOFTWARE, f"{Path(str(arguments[0])).name} ended with {child.returncode}: {' / '.join(said)}")
    return printed


def _end(pids: list[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass


class Process:
    """One that serves in the background until `stop`."""

    def __init__(self, arguments, log: Path, environment: dict[str, str] | None = None, directory: Path | None = None):
        self.log = log
        with open(log, "ab") as output:
            self._child = subprocess.Popen(
                [str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env={**os.environ, **(environment or {})}, cwd=directory, start_new_session=True)
        self.pid = self._child.pid

    def last_words(self) -> str:
        return " / ".join(self.log.read_text(errors="replace").strip().splitlines()[-4:])

    def wait_for_socket(self, path: Path, seconds: float = 30) -> None:
        limit = time.monotonic() + seconds
        while not path.is_socket():
            if self._child.poll() is not None:
                raise Failure(SOFTWARE, f"{self.log.stem} ended with {self._child.returncode}: {self.last_words()}")
            if time.monotonic() > limit:
                raise Failure(SOFTWARE, f"{self.log.stem} made no socket within {seconds:.0f} s: {self.last_words()}")
            time.sleep(0.02)

    def stop(self, seconds: float = 12) -> None:
        """Asks, waits, then insists; what it has started ends with it."""
        group = _group(self.pid, _all())
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        # Whoever is left of them: another process cannot have got one of these numbers so soon.
        left = _all()
        _end([pid for pid in group if pid in left])
        self._child.wait(5)


def _all() -> dict[int, tuple[int, float]]:
    """Of each process: its parent, and its CPU seconds with those of the children it has reaped."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb") as file:
                fields = file.read().rpartition(b") ")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found[int(entry)] = (int(fields[1]), sum(map(int, fields[11:15])) / _TICK)
    return found


def _group(root: int, processes: dict[int, tuple[int, float]]) -> list[int]:
    children: dict[int, list[int]] = {}
    for pid, (parent, _) in processes.items():
        children.setdefault(parent, []).append(pid)
    group, new = [], [root] if root in processes else []
    while new:
        pid = new.pop()
        group.append(pid)
        new += children.get(pid, [])
    return group


def cpu_seconds(roots: dict[str, int]) -> dict[str, float]:
    """CPU used so far by each process and its descendants, all threads.

    A child that has ended is counted by the parent that reaped it, hence never lost.
    """
    processes = _all()
    return {name: sum(processes[pid][1] for pid in _group(root, processes)) for name, root in roots.items()}


def resident_bytes(root: int) -> int:
    """Resident memory of a process and its descendants, summed: pages they share count for each."""
    total = 0
    for pid in _group(root, _all()):
        try:
            with open(f"/proc/{pid}/statm", "rb") as file:
                total += int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (FileNotFoundError, ProcessLookupError, IndexError):
            continue
    return total
