"""What the linter has to say of several policies together, where it is known that one identity holds them."""

from collections.abc import Sequence
from dataclasses import replace

from policygen.finding import Finding
from policygen.lint.escalation.findings import across
from policygen.lint.quotas import exceeding, exceeding_together
from policygen.lint.settings import Scope
from policygen.policy.model import Policy


def lint_owned(policies: Sequence[Policy], scope: Scope) -> list[Finding]:
    """Of the policies of one file: what those of each owner allow together, and whether they are too long for it."""
    owned: dict[str, list[Policy]] = {}
    for policy in policies:
        if policy.name.startswith(("user/", "group/", "role/")):
            owned.setdefault("/".join(policy.name.split("/")[:2]), []).append(policy)
    found = [finding for held in owned.values() if len(held) > 1 for finding in across(held)]
    return _selected([*found, *exceeding(policies, scope.place)], scope)


def lint_held(policies: Sequence[Policy], scope: Scope) -> list[Finding]:
    """Of policies that are said to be held by one identity: what they allow together and none of them alone.

    And whether they are too long, or too many, for the place where they are said to live.
    """
    found = across(policies)
    return _selected([*found, *exceeding_together(policies, scope.place)] if scope.place else found, scope)


def _selected(findings: Sequence[Finding], scope: Scope) -> list[Finding]:
    """What the rules of a scope may say, with the severities that they have there."""
    severities = {rule.id: rule.severity for rule in scope.rules} if findings else {}
    return [replace(f, severity=severities[f.rule]) for f in findings if f.rule in severities]
