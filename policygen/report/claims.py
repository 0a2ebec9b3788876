"""Claims that were checked: proved, or a request that shows the opposite; for a terminal and for scripts."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import click

from policygen.access.claims import Checked
from policygen.evaluate.compare import Verdict
from policygen.report import decision, printable
from policygen.report.comparison import in_short, labelled, place

_WORDS = {Verdict.NONE: "proved", Verdict.FOUND: "not proved", Verdict.UNKNOWN: "unknown"}
_COLOUR = {Verdict.NONE: "green", Verdict.FOUND: "red", Verdict.UNKNOWN: "yellow"}


def render(checked: Sequence[Checked], form: str) -> str:
    """The claims as `text` or `json`, with a final newline; text has ANSI colours."""
    if form == "json":
        return json.dumps({"version": 1, "claims": [_entry(one) for one in checked]}, indent=2) + "\n"
    return "\n".join(line for one in checked for line in _lines(one)) + "\n"


def _lines(one: Checked) -> Iterator[str]:
    result, verdict = one.result, one.result.verdict
    head = click.style(_WORDS[verdict], fg=_COLOUR[verdict], bold=True)
    yield f"{head}  {printable(one.name)}: {printable(str(one.claim))}"
    if result.shown:
        allowed = result.shown[-1]
        yield from labelled("such as", printable(in_short(allowed)))
        yield from labelled("allowed by", printable(", ".join(map(place, one.decisive)) or allowed.reason))
    if verdict is Verdict.UNKNOWN:
        yield from labelled("because", printable(result.reason))


def _entry(one: Checked) -> dict[str, Any]:
    result = one.result
    return {
        "name": one.name,
        "claim": str(one.claim),
        "verdict": _WORDS[result.verdict],
        "reason": result.reason,
        "note": result.note,
        "witness": decision.request_as_json(result.witness) if result.witness else None,
        "decision": decision.as_json(result.shown[-1]) if result.shown else None,
    }
