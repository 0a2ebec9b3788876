"""One rule of the audit as a person reads it: on the terminal, and as a page of the documentation."""

import json

import click

from policygen.audit.rule import TOPICS, Rule


def text(rule: Rule) -> str:
    """What `explain` prints."""
    parts = [f"{click.style(rule.id, bold=True)}  {_about(rule)}", rule.documentation, *_parameters(rule)]
    parts += [f"{example.verdict}:\n\n{_indented(example.text)}" for example in rule.examples]
    return "\n\n".join(parts) + "\n"


def markdown(rule: Rule) -> str:
    """The rule's page in docs/audit-rules/."""
    parts = [f"# {rule.id}", _about(rule), rule.documentation, *_parameters(rule)]
    parts += [f"{example.verdict}:\n\n```json\n{example.text}\n```" for example in rule.examples]
    return "\n\n".join(parts) + "\n"


def _about(rule: Rule) -> str:
    """Severity, topic, rulesets and the parts of the snapshot that the rule reads."""
    sets = [f"`{name}`" for name in sorted(rule.rulesets)]
    said = [f"`{rule.severity}`", f"audit, topic `{rule.group}` ({TOPICS[rule.group]})"]
    said += [f"rulesets {', '.join(sets)}"] if sets else []
    said += [f"CIS AWS Foundations v6.0, {rule.cis}"] if rule.cis else []
    needs = " and ".join(need.replace("|", " or ") for need in rule.needs)
    said += [f"reads {needs}", *([] if rule.default else ["off unless chosen"])]
    return " · ".join(said)


def _parameters(rule: Rule) -> list[str]:
    if not rule.parameters:
        return []
    lines = [f"[audit.rules.{rule.id}]"]
    for name, value in rule.parameters.items():
        shown = str(value) if isinstance(value, int) else json.dumps(list(value))
        lines.append(f"{name} = {shown}")
    return ["Parameters, with their defaults, in policygen.toml:", "```toml\n" + "\n".join(lines) + "\n```"]


def _indented(block: str) -> str:
    return "\n".join(f"    {line}" for line in block.splitlines())
