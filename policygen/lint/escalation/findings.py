"""Findings about escalation paths: one for all the paths that the same entries open."""

from collections.abc import Sequence

from policygen.access.escalation import Escalation, escalations, escalations_of, grouped, in_words
from policygen.finding import Finding, Severity
from policygen.lint.rule import OfActions
from policygen.policy.model import Policy
from policygen.rule.baseline import context

RULES = {
    "policies": ("escalation-by-policy", Severity.ERROR),
    "credentials": ("escalation-by-credentials", Severity.ERROR),
    "roles": ("escalation-by-pass-role", Severity.ERROR),
    "compute": ("escalation-by-running-code", Severity.SECURITY_WARNING),
}
"""Family of paths → the rule that reports it."""


def across(policies: Sequence[Policy]) -> list[Finding]:
    """The paths that the policies of one identity open together but none of them opens alone.

    The place of each finding is the first of the entries that open the path.
    """
    alone = {found.path for policy in policies for found in escalations_of(policy)}
    together = [found for found in escalations(tuple(policies)) if found.path not in alone]
    return [_finding(family, found) for family in RULES for found in grouped(together, family)]


def sentence(group: Sequence[Escalation]) -> OfActions:
    """The message about a group of paths that the same entries open, with the actions that it is about."""
    return OfActions(in_words(group), [grant.action for escalation in group for grant in escalation.grants])


def _finding(family: str, group: list[Escalation]) -> Finding:
    rule, severity = RULES[family]
    first = group[0].grants[0]
    span = first.policy.span(first.entry.pointer) or (0, 0, 0, 0)
    at, sid = first.entry.pointer, first.statement.sid
    said = context(*(grant.statement.body for path in group for grant in path.grants))
    message, file, name = sentence(group), first.policy.file, first.policy.name
    return Finding(rule, severity, str(message), at, file, *span, name, sid, said, message.actions)
