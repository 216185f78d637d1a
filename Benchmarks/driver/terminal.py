"""What the person at the terminal is told, on standard error."""

import os
import sys
import time

# sysexits.h
USAGE, UNAVAILABLE, SOFTWARE, CANTCREAT = 64, 69, 70, 73

_coloured = sys.stderr.isatty() and not os.environ.get("NO_COLOR")


class Failure(Exception):
    """What ends the run: an exit status, what is wrong, and what to do."""

    def __init__(self, code: int, text: str, remedy: str = ""):
        super().__init__(text)
        self.code, self.text, self.remedy = code, text, remedy


def paint(text: str, style: str) -> str:
    codes = {"bold": "1", "red": "31"}
    return f"\x1b[{codes[style]}m{text}\x1b[0m" if _coloured else text


def say(text: str) -> None:
    print(f"{paint('bench:', 'bold')} {text}", file=sys.stderr, flush=True)


def show_failure(failure: Failure) -> None:
    print(paint(f"bench: {failure.text}", "red"), file=sys.stderr)
    if failure.remedy:
        print(f"  remedy: {failure.remedy}", file=sys.stderr)


class Progress:
    """A line per measurement, with how long the rest will take.

    What is left is taken from what the ones done so far took: it counts starts and restores.
    """

    def __init__(self, total: int, guess: float):
        self.total, self.done = total, 0
        self.each, self.began = guess, time.monotonic()

    def step(self, text: str) -> None:
        self.done += 1
        each = (time.monotonic() - self.began) / self.done
        left = (self.total - self.done) * each
        say(f"{self.done}/{self.total} {text} ({duration(left)} left)")


def duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"
