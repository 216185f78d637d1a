"""The part of Benchmarks/scale that asks and judges: PORT ROWS small:large… (requests per second)."""

import http.client
import json
import statistics
import sys
import time
from urllib.parse import quote

port, rows = int(sys.argv[1]), int(sys.argv[2])
rates = [tuple(map(float, pair.split(":"))) for pair in sys.argv[3:]]
connection = http.client.HTTPConnection("127.0.0.1", port)
unmet = 0


def get(target, **headers):
    connection.request("GET", target, headers=headers)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        sys.exit(f"scale: {target}: {response.status} {body[:200]!r}")
    return response, body


def times(target, count=25):
    """Milliseconds; the first call, which prepares and warms, is apart."""
    get(target)
    taken = []
    for _ in range(count):
        start = time.perf_counter()
        get(target)
        taken.append((time.perf_counter() - start) * 1000)
    taken.sort()
    return taken


def line(name, text, is_met=None):
    global unmet
    if is_met is False:
        unmet += 1
    word = {None: "", True: "met", False: "not met"}[is_met]
    print(f"{name:<52} {text:<40} {word}", flush=True)


if rates:
    ratio = statistics.median(large / small for small, large in rates)
    small, large = (statistics.median(column) for column in zip(*rates))
    line(
        "point read, 64 clients, against 10,000 rows",
        f"{large:.0f}, {small:.0f} req/s; of rounds {ratio:.2f} (>= 0.85)",
        ratio >= 0.85,
    )

# Page 10,000 is reached by its cursors; pages ten times as long get there sooner, and the last of
# them is one short: their cursors are those that the pages themselves would have had.
limit = max(1, min(100, rows // 10_000))
target, after, middle = f"/clients/?fields=id&limit={limit * 10}", "", ""
for page in range(1, 1001):
    if page == 1000:
        target = target.replace(f"limit={limit * 10}&", f"limit={limit * 9}&")
    response, _body = get(target)
    link = response.getheader("Link")
    if link is None:
        sys.exit(f"scale: {rows} rows have no page 10,000")
    target = link[link.index("<") + 1 : link.index(">")]
    after = target[target.index("after=") :]
    if page == 500:
        middle = after
pages = ([], [])
for _ in range(5):  # interleaved, whole rows
    pages[0].extend(times(f"/clients/?limit={limit}", 20))
    pages[1].extend(times(f"/clients/?limit={limit}&{after}", 20))
first, deep = (statistics.median(column) for column in pages)
line(
    f"page 10,000 of {limit} by cursor, against page 1",
    f"{deep:.2f} / {first:.2f} ms = {deep / first:.2f} (<= 1.10)",
    deep <= first * 1.1,
)

filters = ["", "&status=Prospect", "&type=company", "&city=Quimper", "&city=Quimper&status=active"]
terms = {
    "one row": f"c{rows // 2}@",
    "no row": "zqzqzq",
    "one of 1,000": "scaleway",
    "one of 500": "garage kervella",
    "one of 52, a surname": "dupont",
    "with an accent": "müller",
    "one of 10": "garage",
    "every row": "example",
    "three characters": "mar",
    "two characters": "ma",
    "one character": "a",
    "a wildcard as itself": "100%_zq",
}
for name, term in terms.items():
    for place in ["", middle]:
        worst, kind = max(
            (statistics.median(times(f"/clients/?q={quote(term)}{f}&{place}", 9)), f) for f in filters
        )
        plain = statistics.median(times(f"/clients/?q={quote(term)}&{place}", 25))
        line(
            f"search: {name}{', from the middle' if place else ''}",
            f"p50 {plain:.1f}, worst filter {worst:.1f} ms (< 20)",
            plain < 20,
        )
for name, term in {"two characters that are nowhere": "zq", "a lone wildcard": "%"}.items():
    plain = statistics.median(times(f"/clients/?q={quote(term)}", 3))
    line(f"search, {name}", f"p50 {plain:.0f} ms, reads every row")

for query in [
    "status=active", "status=rare", "status=none", "type=company", "type=rare", "city=Quimper",
    "city=Ouessant", "type=company&status=active", "type=rare&status=active",
    "city=Quimper&status=Prospect&type=company",
]:
    taken = times(f"/clients/?{query}", 25)
    line(f"filter, {query}", f"p50 {statistics.median(taken):.1f} ms (< 20)", statistics.median(taken) < 20)

for query in ["limit=1", "limit=1&status=active", "limit=1&q=dupont", "limit=1&q=a"]:
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        _, body = get(f"/clients/?{query}", Prefer="count=exact")
        taken.append((time.perf_counter() - start) * 1000)
    total = json.loads(body)["total"]
    line(f"count=exact, {query}", f"p50 {statistics.median(taken):.0f} ms, total {total}")
sys.exit(1 if unmet else 0)
