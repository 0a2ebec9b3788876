"""One rule as a person reads it: on the terminal, and as a page of the documentation."""

import re

import click

from policygen.lint.rule import Example, Rule
from policygen.policy.model import Kind

_LABEL = re.compile(r"\n+^(Why it matters:|Instead:) *", re.MULTILINE)
_FIRES = {True: "Fires on", False: "Quiet on"}


def text(rule: Rule) -> str:
    """What `explain` prints."""
    parts = [
        f"{click.style(rule.id, bold=True)}  {rule.severity}, group {rule.group}{_kinds(rule)}",
        rule.documentation,
    ]
    parts += [f"{_heading(example)}:\n\n{_indented(example.text)}" for example in rule.examples]
    return "\n\n".join(parts) + "\n"


def markdown(rule: Rule) -> str:
    """The rule's page in docs/rules/."""
    documentation = _LABEL.sub(r"\n\n**\1** ", rule.documentation)
    parts = [f"# {rule.id}", f"`{rule.severity}` · group `{rule.group}`{_kinds(rule)}", documentation]
    parts += [f"{_heading(example)}:\n\n```json\n{example.text}\n```" for example in rule.examples]
    return "\n\n".join(parts) + "\n"


def _kinds(rule: Rule) -> str:
    """Nothing for a rule that speaks about every kind of policy."""
    names = [str(kind) for kind in Kind if kind in rule.kinds]
    return "" if len(names) == len(Kind) else f" · {', '.join(names)} policies"


def _heading(example: Example) -> str:
    return f"{_FIRES[example.fires]} ({example.kind})" if example.kind is not Kind.IDENTITY else _FIRES[example.fires]


def _indented(block: str) -> str:
    return "\n".join(f"    {line}" for line in block.splitlines())
