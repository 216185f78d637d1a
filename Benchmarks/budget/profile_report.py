"""Where the instructions of one kind of request go, for people."""

import os
import subprocess
from collections import Counter

from counts import ALLOCATORS, NAME, OBJECT, is_gate

LONGEST = 30
# Allocate for whoever calls them.
GROWTH = ("swift_(slowAlloc|allocObject|initStackObject).*|.*(_consumeAndCreateNew|_allocateStringStorage"
          "|_copyCollectionToContiguousArray|_allocateUninitializedArray|_ArrayBufferProtocol).*")


def report(kind, counts, requests):
    inclusive = Counter()
    for (caller, callee), cost in counts.below.items():
        if caller[NAME] != callee[NAME] and not is_gate(callee):
            inclusive[callee] += cost
    own = Counter({function: cost for function, cost in counts.own.items() if not is_gate(function)})
    tables = {
        "instructions in the function itself": own,
        "instructions in it and below it": inclusive,
        f"allocations ({counts.allocations / requests:.2f}), by who asks": counts.callers(ALLOCATORS, through=GROWTH),
        "swift_retain, by who asks": counts.callers("swift_retain", through="swift_bridgeObjectRetain"),
        "swift_beginAccess, by who asks": counts.callers("swift_beginAccess"),
        "memcpy and memmove, by who asks": counts.callers("(__)?mem(cpy|move).*"),
    }
    listed = {title: table.most_common(LONGEST) for title, table in tables.items()}
    names = readable({function[NAME] for rows in listed.values() for function, _ in rows})
    print(f"{kind}: {counts.instructions / requests:,.0f} instructions, "
          f"{counts.allocations / requests:.2f} allocations per request")
    for title, rows in listed.items():
        print(f"\n{title}:")
        for function, count in rows:
            place = os.path.basename(function[OBJECT])[:16]
            print(f"{count / requests:12,.1f}  {place:16}  {names[function[NAME]][:120]}")


def readable(names):
    """Swift's symbols in words; what libraries without symbols have instead stays."""
    symbols = [name for name in names if name.startswith("$s")]
    said = subprocess.run(["swift", "demangle", "--compact", "--simplified"], check=True, text=True,
                          input="\n".join(symbols), stdout=subprocess.PIPE).stdout.splitlines()
    return {name: name for name in names} | dict(zip(symbols, said))
