"""`policygen explain`: explain a rule, or list the rules."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from policygen.cli import completion
from policygen.errors import PolicygenError, did_you_mean
from policygen.lint.configuration import find_settings
from policygen.report.rule import text
from policygen.rule.rule import Rule
from policygen.rule.select import by_group


@click.command()
@click.argument("rule", required=False, shell_complete=completion.documented_rule)
def command(rule: str | None) -> None:
    """Explain a RULE of the linter or the audit: what is wrong, why it matters, what to do instead, with examples.

    With the name of a group, its rules are listed; without a name, all rules, including those of policygen.toml.
    """
    from policygen.audit.rules import registry

    policies, accounts = find_settings(registry).rules, registry()
    rules: dict[str, Rule[Any]] = {**policies, **accounts}
    groups: dict[str, Sequence[Rule[Any]]] = {**by_group(policies)}
    groups |= {f"audit-{topic}": found for topic, found in by_group(accounts).items()}
    if rule in rules:
        click.echo(text(rules[rule]), nl=False)
    elif rule is None or rule in groups:
        click.echo(_list(groups if rule is None else {rule: groups[rule]}), nl=False)
    else:
        raise PolicygenError(f"no rule and no group is called `{rule}`{did_you_mean(rule, {**rules, **groups})}")


def _list(grouped: Mapping[str, Sequence[Rule[Any]]]) -> str:
    lines = []
    for group, rules in grouped.items():
        width = max(len(rule.id) for rule in rules)
        lines += [click.style(group, bold=True)]
        lines += [f"  {rule.id:{width}}  {rule.severity:16}  {rule.summary}" for rule in rules]
    return "\n".join(lines) + "\n"
