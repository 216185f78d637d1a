"""Where the instructions of one kind of request go, for people."""

import os
import subprocess
from collections import Counter

from counts import ALLOCATORS, NAME, OBJECT, is_gate

LONGEST = 25


def report(kind, counts, requests):
    inclusive = Counter()
    for (caller, callee), cost in counts.below.items():
        if caller[NAME] != callee[NAME] and not is_gate(callee):
            inclusive[callee] += cost
    own = Counter({function: cost for function, cost in counts.own.items() if not is_gate(function)})
    tables = {
        "instructions in the function itself": own,
        "instructions in it and below it": inclusive,
        "allocations, by who asks": counts.callers(ALLOCATORS),
        "swift_retain, by who asks": counts.callers("swift_retain|swift_bridgeObjectRetain"),
        "swift_beginAccess, by who asks": counts.callers("swift_beginAccess"),
        "memcpy and memmove, by who asks": counts.callers("(__)?mem(cpy|move).*"),
    }
    listed = {title: table.most_common(LONGEST) for title, table in tables.items()}
    names = readable({function[NAME] for rows in listed.values() for function, _ in rows})
    print(f"{kind}: {counts.instructions / requests:,.0f} instructions, "
          f"{counts.allocations / requests:.2f} allocations per request")
    for title, rows in listed.items():
        print(f"\n{title} ({sum(tables[title].values()) / requests:,.1f} in all)")
        for function, count in rows:
            place = os.path.basename(function[OBJECT])[:16]
            print(f"{count / requests:12,.1f}  {place:16}  {names[function[NAME]][:120]}")


def readable(names):
    """Swift's symbols in words; what libraries without symbols have instead stays."""
    symbols = [name for name in names if name.startswith("$s")]
    said = subprocess.run(["swift", "demangle", "--compact", "--simplified"], check=True, text=True,
                          input="\n".join(symbols), stdout=subprocess.PIPE).stdout.splitlines()
    return {name: name for name in names} | dict(zip(symbols, said))
