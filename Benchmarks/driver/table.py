"""What is printed: tables in plain text, on standard output."""

from .marks import Mark
from .results import Results
from .rounds import DISTURBED, GROUPS
from .work import kinds


def _print(rows: list[list[str]], left: int = 1) -> None:
    """Columns in line; the first `left` to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [cell.ljust(width) if i < left else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))]
        print("  " + "  ".join(cells).rstrip())


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def show_results(results: Results, resident: dict[str, int]) -> None:
    for kind in results.kinds:
        for clients in results.clients:
            print(f"\n{kinds[kind].title}, {clients} clients")
            rows = [["", "req/s", "p50 ms", "p99 ms", "errors", *(f"{group} µs" for group in GROUPS), "erp-back is"]]
            for peer in results.peers:
                cell = results.cell(peer, kind, clients)
                if not cell:
                    continue
                ratio = results.ratio(("erp-back", kind, clients), (peer, kind, clients))
                rows.append([
                    results.titles[peer], f"{cell['requests_per_second']:,.0f}", f"{cell['p50_ms']:.2f}", f"{cell['p99_ms']:.2f}",
                    f"{cell['errors']}", *(_figure(cell["cpu_us"][group]) for group in GROUPS),
                    f"×{ratio:.2f}" if ratio and peer != "erp-back" else ""])
            _print(rows)
            for peer in results.peers:
                cell = results.cell(peer, kind, clients)
                if cell and cell["clients_served"] < 0.7 * clients:
                    print(f"  {results.titles[peer]}: only about {cell['clients_served']:.0f} of {clients} clients "
                          "are served, the others wait until the end and are in no figure")
    if resident:
        print("\nResident memory of the responder, all its processes, every kind of work, MB")
        _print([[results.titles[peer], f"{size / 1e6:.1f}"] for peer, size in resident.items()])


def show_flat(flat: dict) -> None:
    print(f"\nResident memory of erp-back before and after {flat['requests']:,} point reads: "
          f"{flat['before'] / 1e6:.2f} MB, {flat['after'] / 1e6:.2f} MB; {flat['errors']} errors")


def show_marks(marks: list[Mark], unmeasured_too: bool) -> None:
    print("\nMarks")
    rows = []
    for mark in marks:
        if mark.is_met is None and not unmeasured_too:
            continue
        value = "" if mark.value is None else f"{mark.value:.2f}".rstrip("0").rstrip(".") or "0"
        limit = f"{mark.limit:.2f}".rstrip("0").rstrip(".") or "0"
        rows.append([mark.what, value, "≥" if mark.least else "≤", limit, mark.unit, mark.verdict])
    _print([[row[0], row[5], row[1], row[2], row[3], row[4]] for row in rows], left=2)
    unmeasured = sum(mark.is_met is None for mark in marks)
    missed = sum(mark.is_met is False for mark in marks)
    print(f"  {sum(mark.is_met is True for mark in marks)} met, {missed} not met, {unmeasured} not measured")


def show_noise(results: Results) -> None:
    print(f"\nOthers took {results.others:.0%} of the CPU during the {results.runs} runs that count, {results.others_worst:.0%} at worst; "
          f"{results.dropped} more were disturbed and made again."
          + (" The machine was busy: take absolute figures for nothing, and ratios with care:\n"
             "who has more threads gets more of a CPU that is fought for." if results.others > DISTURBED else ""))
