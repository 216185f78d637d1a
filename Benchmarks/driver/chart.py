"""The picture for the README: a panel per kind of work, a bar per peer."""

from html import escape

from .results import Results
from .work import kinds

_WIDTH, _MARGIN, _GAP = 880, 28, 36
_HEAD, _FOOT = 74, 34
_PANEL_HEAD, _BAR, _BAR_GAP, _PANEL_GAP = 30, 20, 6, 22
_NAMES, _FIGURES = 78, 136

# Both have their own background, so it can be read on a page of either kind.
_STYLE = """
  .page { fill: #ffffff; stroke: #d5d9de } .title { fill: #16191d; font: 600 19px sans-serif }
  .panel { fill: #16191d; font: 600 13.5px sans-serif } .note { fill: #59616b; font: 12px sans-serif }
  .name { fill: #30363d; font: 12.5px sans-serif; text-anchor: end } .figure { fill: #30363d; font: 12.5px sans-serif }
  .unit { fill: #59616b } .track { fill: #eef0f3 } .own { fill: #c2410c } .other { fill: #7d8896 }
  .strong { font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #14171b; stroke: #343b44 } .title, .panel { fill: #f0f3f6 } .note, .unit { fill: #9aa4b0 }
    .name, .figure { fill: #d3d9e0 } .track { fill: #22272e } .own { fill: #f97316 } .other { fill: #76818e }
  }
"""
_SHORT = {"erp-back": "erp-back", "c": "C", "fastapi": "FastAPI", "php": "PHP-FPM", "c-kept": "C, kept", "c-kept-64": "C, kept 64",
          "fastapi-pool": "FastAPI, pool"}


def draw(results: Results, facts: dict) -> str:
    clients = 64 if 64 in results.clients else results.clients[-1]
    panel_height = _PANEL_HEAD + len(results.peers) * (_BAR + _BAR_GAP) + _PANEL_GAP
    lines = (len(results.kinds) + 1) // 2
    height = _HEAD + lines * panel_height + _FOOT
    panel_width = (_WIDTH - 2 * _MARGIN - _GAP) / 2
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" aria-labelledby="title">',
        f'<title id="title">{escape(_in_words(results, clients))}</title>',
        f"<style>{_STYLE}</style>",
        f'<rect class="page" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="8"/>',
        f'<text class="title" x="{_MARGIN}" y="36">Requests per second, {clients} clients</text>',
        f'<text class="note" x="{_MARGIN}" y="57">Behind the same nginx, on the same PostgreSQL: longer is better. '
        "×: how many times as many erp-back answers, the rounds' median.</text>",
    ]
    for index, kind in enumerate(results.kinds):
        x = _MARGIN + index % 2 * (panel_width + _GAP)
        y = _HEAD + index // 2 * panel_height
        out += _panel(results, kind, clients, x, y, panel_width)
    out.append(f'<text class="note" x="{_MARGIN}" y="{height - 18}">{escape(_origin(facts))}</text>')
    out.append("</svg>\n")
    return "\n".join(out)


def _panel(results: Results, kind: str, clients: int, x: float, y: float, width: float) -> list[str]:
    cells = {peer: cell for peer in results.peers if (cell := results.cell(peer, kind, clients))}
    most = max((cell["requests_per_second"] for cell in cells.values()), default=0) or 1
    room = width - _NAMES - _FIGURES
    out = [f'<text class="panel" x="{x:g}" y="{y + 16:g}">{escape(kinds[kind].title)}</text>']
    top = y + _PANEL_HEAD
    for peer, cell in cells.items():
        own = peer == "erp-back"
        length = max(room * cell["requests_per_second"] / most, 1.5)
        ratio = results.ratio(("erp-back", kind, clients), (peer, kind, clients))
        strong, base = " strong" if own else "", top + _BAR - 5.5
        out += [
            f'<text class="name{strong}" x="{x + _NAMES - 8:g}" y="{base:g}">{escape(_SHORT[peer])}</text>',
            f'<rect class="track" x="{x + _NAMES:g}" y="{top:g}" width="{room:.1f}" height="{_BAR}" rx="2"/>',
            f'<rect class="{"own" if own else "other"}" x="{x + _NAMES:g}" y="{top:g}" width="{length:.1f}" height="{_BAR}" rx="2"/>',
            f'<text class="figure{strong}" x="{x + _NAMES + room + 10:.1f}" y="{base:g}">{cell["requests_per_second"]:,.0f}'
            + (f'<tspan class="unit" dx="7">×{ratio:.{1 if ratio < 20 else 0}f}</tspan>' if ratio and not own else
               '<tspan class="unit" dx="5">req/s</tspan>' if own else "") + "</text>",
        ]
        top += _BAR + _BAR_GAP
    return out


def _in_words(results: Results, clients: int) -> str:
    """What somebody hears who does not see it."""
    parts = []
    for kind in results.kinds:
        rates = ", ".join(
            f"{_SHORT[peer]} {cell['requests_per_second']:,.0f}"
            for peer in results.peers if (cell := results.cell(peer, kind, clients)))
        parts.append(f"{kinds[kind].title}: {rates}")
    return f"Requests per second, {clients} clients. " + ". ".join(parts)


def _origin(facts: dict) -> str:
    further = f", {facts['rounds'] + facts['further_rounds']} of erp-back and C" if facts["further_rounds"] else ""
    return (f"{facts['cores']} cores for nginx, responder, PostgreSQL {facts['database']['server_version'].split()[0]} and wrk; "
            f"{facts['rows']:,} rows; median of {facts['rounds']} rounds{further}; {facts['date'][:10]}, commit {facts['commit']}")
