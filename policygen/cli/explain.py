"""`policygen explain`: what a rule is about, or which rules there are."""

from collections.abc import Mapping, Sequence

import click

from policygen.cli import completion
from policygen.errors import PolicygenError, did_you_mean
from policygen.lint.notice import every_rule
from policygen.lint.select import groups
from policygen.report import Documented
from policygen.report.rule import text


@click.command()
@click.argument("rule", required=False, shell_complete=completion.documented_rule)
def command(rule: str | None) -> None:
    """Explain a RULE of the linter or the audit: what is wrong, why it matters, what to do instead, with examples.

    With the name of a group, or nothing, the rules are listed.
    """
    from policygen.audit.rule import registry, topics
    from policygen.report import audit_rule

    rules, audited = every_rule(), registry()
    grouped: dict[str, Sequence[Documented]] = {**groups()}
    grouped |= {f"audit-{topic}": found for topic, found in topics().items()}
    if rule is None or rule in grouped:
        click.echo(_list(grouped if rule is None else {rule: grouped[rule]}), nl=False)
    elif rule in rules:
        click.echo(text(rules[rule]), nl=False)
    elif rule in audited:
        click.echo(audit_rule.text(audited[rule]), nl=False)
    else:
        known = {**rules, **audited, **grouped}
        raise PolicygenError(f"no rule and no group is called `{rule}`{did_you_mean(rule, known)}")


def _list(grouped: Mapping[str, Sequence[Documented]]) -> str:
    """One line a rule under the name of its group."""
    lines = []
    for group, rules in grouped.items():
        width = max(len(rule.id) for rule in rules)
        lines += [click.style(group, bold=True)]
        lines += [f"  {rule.id:{width}}  {rule.severity:16}  {rule.summary}" for rule in rules]
    return "\n".join(lines) + "\n"
