"""One rule for people: on the terminal, and as a page of the documentation."""

import json
import re
from collections.abc import Iterator
from textwrap import indent
from typing import Any

import click

from policygen.audit.rule import TOPICS, AboutAccounts
from policygen.lint.rule import AboutPolicies
from policygen.policy.model import Kind
from policygen.rule.rule import Example, Rule

_LABEL = re.compile(r"\n+^(Why it matters:|Instead:) *", re.MULTILINE)


def text(rule: Rule[Any]) -> str:
    """The text that `policygen explain` prints."""
    parts = [
        f"{click.style(rule.id, bold=True)}  {_about(rule).replace('`', '')}",
        rule.documentation,
        *_parameters(rule),
    ]
    parts += [f"{_heading(example)}:\n\n{indent(example.text, '    ')}" for example in rule.examples]
    return "\n\n".join(parts) + "\n"


def markdown(rule: Rule[Any]) -> str:
    """The rule's page in docs/rules/ or docs/audit-rules/."""
    documentation = _LABEL.sub(r"\n\n**\1** ", rule.documentation)
    parts = [f"# {rule.id}", _about(rule), documentation, *_parameters(rule)]
    parts += [f"{_heading(example)}:\n\n```json\n{example.text}\n```" for example in rule.examples]
    return "\n\n".join(parts) + "\n"


def _about(rule: Rule[Any]) -> str:
    """The severity and group of the rule, and what it checks."""
    about = _policies(rule) if isinstance(rule.about, AboutPolicies) else _accounts(rule)
    return " · ".join((f"`{rule.severity}`", *about))


def _policies(rule: Rule[AboutPolicies]) -> Iterator[str]:
    yield f"group `{rule.group}`"
    kinds = [str(kind) for kind in Kind if kind in rule.about.kinds]
    if len(kinds) < len(Kind):
        yield f"{', '.join(kinds)} policies"


def _accounts(rule: Rule[AboutAccounts]) -> Iterator[str]:
    yield f"audit, topic `{rule.group}` ({TOPICS[rule.group]})"
    if rule.rulesets:
        yield f"rulesets {', '.join(f'`{name}`' for name in sorted(rule.rulesets))}"
    if rule.about.controls:
        yield f"checks {', '.join(rule.about.controls)}"
    yield f"reads {' and '.join(need.replace('|', ' or ') for need in rule.about.needs)}"
    if not rule.default:
        yield "off unless chosen"


def _parameters(rule: Rule[Any]) -> list[str]:
    if not rule.parameters:
        return []
    lines = [f"[audit.rules.{rule.id}]"]
    for name, value in rule.parameters.items():
        shown = str(value) if isinstance(value, int) else json.dumps(list(value))
        lines.append(f"{name} = {shown}")
    return ["Parameters, with their defaults, in policygen.toml:", "```toml\n" + "\n".join(lines) + "\n```"]


def _heading(example: Example) -> str:
    unsaid = example.kind in ("", Kind.IDENTITY)
    return example.verdict if unsaid else f"{example.verdict} ({example.kind})"
