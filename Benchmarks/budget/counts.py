"""What callgrind wrote down (https://valgrind.org/docs/manual/cl-format.html)."""

import re
from collections import Counter

# A function is a pair of the file it is in and its name.
OBJECT, NAME = 0, 1
GATE = "gate.so"
ALLOCATORS = "malloc|calloc|realloc|posix_memalign|aligned_alloc|memalign|reallocarray"


class Counts:
    def __init__(self, path):
        self.own = Counter()    # instructions, by function
        self.calls = Counter()  # how often, by caller and callee
        self.below = Counter()  # instructions of those calls and all below them
        self.read(path)

    def read(self, path):
        names = {"ob": {}, "fn": {}}
        function = callee = ("", "")
        is_call = False
        total = None

        def name(kind, text):
            number, _, rest = text.partition(" ")
            if rest:
                # A recursive call stands under a name of its own.
                names[kind][number] = re.sub(r"'\d+$", "", rest)
            return names[kind][number]

        with open(path) as lines:
            for line in lines:
                key, _, value = line.rstrip("\n").partition("=")
                if line[0] in "+-*0123456789":
                    cost = int((line.split() + ["0"])[1])
                    if is_call:
                        self.below[function, callee] += cost
                    else:
                        self.own[function] += cost
                    is_call = False
                    callee = (function[OBJECT], "")  # unless cob= says otherwise
                elif key == "ob":
                    function = (name("ob", value), "")
                elif key == "fn":
                    function = (function[OBJECT], name("fn", value))
                    callee = (function[OBJECT], "")
                elif key == "cob":
                    callee = (name("ob", value), "")
                elif key == "cfn":
                    callee = (callee[OBJECT], name("fn", value))
                elif key == "calls":
                    self.calls[function, callee] += int(value.split()[0])
                    is_call = True
                elif line.startswith(("totals:", "summary:")):
                    total = int(line.split()[1])
        if total != sum(self.own.values()):
            raise RuntimeError(f"{path}: {total} instructions in all, {sum(self.own.values())} read")

    @property
    def instructions(self):
        """All but the gate's, and what it runs to talk with the driver."""
        talk = sum(cost for (caller, callee), cost in self.below.items()
                   if is_gate(caller) and callee[NAME] in ("read", "write"))
        return sum(cost for function, cost in self.own.items() if not is_gate(function)) - talk

    def callers(self, names, through=""):
        """Calls of functions with one of these names, by caller; those `through` which they come
        stand for their own callers."""
        found = Counter()
        for (caller, callee), count in self.calls.items():
            if re.fullmatch(names, callee[NAME]) and not re.fullmatch(names, caller[NAME]):
                found[caller] += count
        passed = {caller[NAME] for caller in found if re.fullmatch(through, caller[NAME])}
        if passed:
            found = Counter({each: count for each, count in found.items() if each[NAME] not in passed})
            found += self.callers("|".join(map(re.escape, passed)), through)
        return found

    @property
    def allocations(self):
        return sum(self.callers(ALLOCATORS).values())


def is_gate(function):
    return function[OBJECT].endswith("/" + GATE)
