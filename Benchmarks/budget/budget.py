"""Counts what the responder executes and allocates per request, and compares it with
thresholds.json. Run by scripts/budget, which brings up what it needs."""

import argparse
import json
import os
import sys

from counts import Counts
from profile_report import report
from relay import Relay
from responder import Responder
from script import COUNTED, SCRIPT, WARM_UP

THRESHOLDS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "thresholds.json")
TOLERANCE = 0.05

# Debian's libc has a memcpy per kind of processor, and sizes of caches in it: everywhere the one
# that every processor has.
TUNABLES = ":".join([
    "glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-AVX_Fast_Unaligned_Load,-BMI1,-BMI2,"
    "-ERMS,-FSRM,-LZCNT,-MOVBE,-SSE4_1,-SSE4_2,-SSSE3",
    "glibc.cpu.x86_non_temporal_threshold=0xc0000",
    "glibc.cpu.x86_rep_movsb_threshold=0x800",
])


def measure(options):
    """The counts of each kind of request in the script."""
    place = options.place
    relay = Relay(f"{place}/relay/.s.PGSQL.5432", f"{place}/pg/.s.PGSQL.5432")
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": f"postgresql://erp@/erp?host={place}/relay",
        "ERP_SOCKET": f"{place}/fcgi.sock",
        "LD_PRELOAD": f"{place}/gate.so",
        "LD_BIND_NOW": "1",
        "SWIFT_DETERMINISTIC_HASHING": "1",
        "GLIBC_TUNABLES": TUNABLES,
    }
    counts = {}
    responder = Responder([options.binary, "serve"], environment, place, relay)
    try:
        for kind, request in SCRIPT.items():
            for number in range(COUNTED, COUNTED + WARM_UP):
                responder.exchange(request(number + 1))
            responder.start_count()
            for number in range(COUNTED):
                responder.exchange(request(number + 1))
            counts[kind] = Counts(responder.end_count())
    finally:
        responder.end()
    return counts


def figures(counts):
    """Per request, and per row of a list: what a list of 100 costs more than one of 10."""
    found = {}
    for kind, count in counts.items():
        found[kind] = {
            "instructions": round(count.instructions / COUNTED),
            "allocations": round(count.allocations / COUNTED, 2),
        }
        if kind == "list of 100":
            more = count.instructions - counts["list of 10"].instructions
            found["row of a list"] = {"instructions": round(more / COUNTED / 90)}
    return found


def compare(found, thresholds):
    """Prints the table; says what is over and what is well under."""
    over, under = [], []
    print(f"{'per':16}{'instructions':>14}{'threshold':>12}{'':>10}{'allocations':>14}{'threshold':>12}")
    for kind, figure in found.items():
        limit = thresholds.get(kind)
        if limit is None:
            over.append(f"{kind}: there is no threshold")
            limit = figure
        ratio = figure["instructions"] / limit["instructions"] - 1
        line = f"{kind:16}{figure['instructions']:14,}{limit['instructions']:12,}{ratio:+10.2%}"
        if ratio > TOLERANCE:
            over.append(f"{kind}: {ratio:.1%} more instructions")
        if ratio < -TOLERANCE:
            under.append(f"{kind}: {-ratio:.1%} fewer instructions")
        if "allocations" in figure:
            asked, allowed = figure["allocations"], limit["allocations"]
            line += f"{asked:14.2f}{allowed:12.2f}"
            if asked > allowed:
                over.append(f"{kind}: {asked:.2f} allocations, {asked - allowed:.2f} more")
            if asked < allowed:
                under.append(f"{kind}: {asked:.2f} allocations, {allowed - asked:.2f} fewer")
        print(line)
    return over, under


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("place")
    parser.add_argument("binary")
    parser.add_argument("--accept", action="store_true")
    parser.add_argument("--profile", choices=SCRIPT)
    options = parser.parse_args()
    counts = measure(options)
    if options.profile:
        report(options.profile, counts[options.profile], COUNTED)
        return 0
    found = figures(counts)
    if options.accept:
        with open(THRESHOLDS, "w") as file:
            file.write(json.dumps(found, indent=2) + "\n")
    with open(THRESHOLDS) as file:
        over, under = compare(found, json.load(file))
    for line in under:
        print(f"better: {line}")
    if under:
        print("the thresholds could be lowered: make budget ACCEPT=1 writes them, for you to commit")
    for line in over:
        print(f"OVER: {line}", file=sys.stderr)
    if over:
        print("  remedy: scripts/budget --profile 'point read' shows where it goes; if it is worth it,\n"
              "  make budget ACCEPT=1 writes new thresholds, to be committed with the reason", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except (OSError, RuntimeError) as error:
        print(f"budget: {error}", file=sys.stderr)
        sys.exit(70)
