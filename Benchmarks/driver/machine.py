"""The machine: what it is, and whether it has time for a measurement."""

import datetime
import os
import platform
import subprocess
import time
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
cores = os.cpu_count() or 1


def _first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    except FileNotFoundError:
        return ""
    return (done.stdout.strip().splitlines() or [""])[0]


def facts(root: Path, binary: Path) -> dict:
    model = ""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1024
    release = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    changed = _first_line("git", "-C", str(root), "status", "--porcelain", "--", "Sources", "nginx")
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": _first_line("git", "-C", str(root), "rev-parse", "--short", "HEAD") + (" and changes" if changed else ""),
        "erp_back": _first_line(str(binary), "--version"),
        "cores": cores,
        "cpu": model,
        "memory_mb": memory,
        "kernel": platform.release(),
        "system": release,
        "nginx": _first_line("nginx", "-v").rpartition("/")[2],
        "wrk": _first_line("wrk", "-v").removeprefix("wrk ").split(" ")[0],
        "swift": _first_line("swift", "--version"),
        "gcc": _first_line("gcc", "--version"),
        "python": platform.python_version(),
        "php": _first_line("php-fpm8.2", "-v"),
        "load_before": os.getloadavg()[0],
    }


def busy_seconds() -> float:
    """CPU seconds used by everybody so far, those taken away by the host included."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _, _, irq, softirq, steal = map(int, fields[:8])
    return (user + nice + system + irq + softirq + steal) / _TICK


def busy_share(seconds: float = 1) -> float:
    """How much of all cores is in use right now, 0 to 1."""
    before, began = busy_seconds(), time.monotonic()
    time.sleep(seconds)
    return (busy_seconds() - before) / (time.monotonic() - began) / cores
