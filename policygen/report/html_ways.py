"""The ways to an administrator as a picture: users, groups and roles as boxes, and what they do as arrows."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from policygen.finding import Finding, Step
from policygen.report import count, printable

ADMINISTRATOR = "administrator"
_WIDTH, _HEIGHT, _ACROSS, _DOWN, _EDGE = 180, 34, 150, 14, 8
_LETTERS = 23
_ACTION = re.compile(r"`\w[\w-]*:(\w+)`")
_MOST = 40
"""How many boxes are drawn in one column."""

Arrows = dict[tuple[str, str], list[str]]
"""Source and target → what the source does, in words."""


def picture(findings: Sequence[Finding], links: Mapping[str, str]) -> str:
    """The ways of some findings as SVG, and as a list; "" if there are none. `links` are the ids of cards by name."""
    ways = [finding.way for finding in findings if finding.way]
    if not ways:
        return ""
    arrows = _arrows(ways)
    columns, hidden = _columns(arrows)
    shown = {name: (x, y) for x, names in enumerate(columns) for y, name in enumerate(names)}
    width = len(columns) * (_WIDTH + _ACROSS) - _ACROSS + 2 * _EDGE
    height = max(map(len, columns)) * (_HEIGHT + _DOWN) - _DOWN + 2 * _EDGE
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="group" aria-label="The ways">',
        *_lines(arrows, shown),
        *(_box(name, *_corner(place), links.get(name, "")) for name, place in shown.items()),
        "</svg>",
    ]
    more = f"<p>{count(hidden, 'others')} are not drawn.</p>" if hidden else ""
    told = "".join(f"<li>{_told(way)}</li>" for way in dict.fromkeys(ways))
    return (
        f'<div class="ways" tabindex="0" role="region" aria-label="Ways to an administrator">{"".join(parts)}</div>'
        f"{more}<details><summary>The same in words</summary><ul>{told}</ul></details>"
    )


def _arrows(ways: Iterable[tuple[Step, ...]]) -> Arrows:
    found: Arrows = {}
    for way in ways:
        for number, step in enumerate(way):
            last = number == len(way) - 1
            target = step.target if step.target and step.target != step.source else ""
            if target:
                found.setdefault((step.source, target), []).append(step.told)
            if last:
                end = (target or step.source, ADMINISTRATOR)
                found.setdefault(end, []).append("" if target else step.told)
    return {pair: list(dict.fromkeys(filter(None, told))) for pair, told in found.items()}


def _columns(arrows: Arrows) -> tuple[list[list[str]], int]:
    """The names by their distance to an administrator, farthest first, and how many are left out."""
    distance = {ADMINISTRATOR: 0}
    changed = True
    while changed:
        changed = False
        for source, target in arrows:
            if target in distance and source not in distance:
                distance[source], changed = distance[target] + 1, True
    columns: list[list[str]] = [[] for _ in range(max(distance.values()) + 1)]
    for name, steps in distance.items():
        columns[-1 - steps].append(name)
    return [names[:_MOST] for names in columns], sum(max(0, len(names) - _MOST) for names in columns)


def _corner(place: tuple[int, int]) -> tuple[int, int]:
    return _EDGE + place[0] * (_WIDTH + _ACROSS), _EDGE + place[1] * (_HEIGHT + _DOWN)


def _lines(arrows: Arrows, shown: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    for (source, target), told in arrows.items():
        if source in shown and target in shown:
            (x, y), (to_x, to_y) = _corner(shown[source]), _corner(shown[target])
            x, y, to_y = x + _WIDTH, y + _HEIGHT // 2, to_y + _HEIGHT // 2
            middle = (x + to_x) // 2
            title = f"{source} → {target}{': ' if told else ''}{'; '.join(told)}".replace("`", "")
            yield (
                f'<path class="arrow" d="M{x} {y}C{middle} {y} {middle} {to_y} {to_x} {to_y}">'
                f"<title>{_text(title)}</title></path>"
            )
            if action := _ACTION.search(" ".join(told)):
                yield f'<text class="action" x="{x + 8}" y="{y - 4}">{_text(action[1][:_LETTERS])}</text>'


def _box(name: str, x: int, y: int, link: str) -> str:
    short = name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
    kind = " end" if name == ADMINISTRATOR else ""
    box = (
        f'<g class="box{kind}"><title>{_text(name)}</title><rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'rx="6"/><text x="{x + 10}" y="{y + 22}">{_text(short)}</text></g>'
    )
    return f'<a href="#{link}">{box}</a>' if link else box


def _told(way: tuple[Step, ...]) -> str:
    return _text(" → ".join([way[0].source, *(step.told.replace("`", "") for step in way), ADMINISTRATOR]))


def _text(text: str) -> str:
    return escape(printable(text))
