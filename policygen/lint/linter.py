"""Run rules on a policy and turn their objections into findings with a place in the file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from operator import attrgetter

from policygen.access.budget import too_much
from policygen.finding import Finding, Severity
from policygen.lint.notices import too_complex_finding
from policygen.lint.rule import OfActions, OfKey, Rule
from policygen.lint.rules import registry
from policygen.lint.unknown_values import comparable, depends_on_unknown
from policygen.policy.model import Policy, Statement, once_per_policy
from policygen.rule.baseline import context


def lint(policy: Policy, rules: Iterable[Rule] | None = None) -> list[Finding]:
    """The findings of the rules (by default all of them) on one policy, in the order of the file.

    A policy that exceeds `access.budget` only gets one finding that says so.
    Raises RuleFailedError, naming the rule and the file, if a rule raises.
    """
    if too_much(policy):
        return [too_complex_finding(policy)]
    findings: list[Finding] = []
    decided: set[str] = set()
    for rule in registry().values() if rules is None else rules:
        if policy.kind not in rule.about.kinds:
            continue
        try:
            for pointer, message in rule.check(policy):
                findings.append(_finding(rule, policy, pointer, message))
                if rule.about.decisive:
                    decided.add(pointer)
        except Exception as error:
            raise rule.failed(policy.file or "a policy", error) from error
    if policy.moved or (policy.source and policy.source.tree):
        findings = comparable(policy, findings)
    if policy.unknown:
        findings = [found for found in findings if not depends_on_unknown(policy, found.rule, found.pointer)]
    if decided:
        decisive = {rule.id for rule in registry().values() if rule.about.decisive}
        findings = [found for found in findings if found.rule in decisive or found.pointer not in decided]
    return in_order(_one_of_each_family(policy, findings))


def _one_of_each_family(policy: Policy, findings: Sequence[Finding]) -> list[Finding]:
    """The findings with only the first of a family for each statement; it gets the actions of the others.

    A finding of a family is left out, too, if others in the statement that are as severe say all of it.
    """
    others = [finding for finding in findings if finding.rule not in _families()]
    kept: dict[tuple[str, str], Finding] = {}
    for finding in findings if len(others) < len(findings) else ():
        family, place = _families().get(finding.rule, ""), _place(policy, finding.pointer)
        if (family, place) in kept:
            first = kept[family, place]
            kept[family, place] = replace(first, actions=first.actions + finding.actions)
        elif family and not set(finding.actions) <= _said(policy, others, place, finding.severity):
            kept[family, place] = finding
    return [*others, *kept.values()]


def _said(policy: Policy, findings: Iterable[Finding], place: str, severity: Severity) -> set[str]:
    """The actions that findings in a statement are about which are at least as severe."""
    worse = (one for one in findings if one.severity.rank <= severity.rank and _place(policy, one.pointer) == place)
    return {action for finding in worse for action in finding.actions}


@cache
def _families() -> Mapping[str, str]:
    return {rule.id: rule.about.family for rule in registry().values() if rule.about.family}


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The findings of one file in the order of the file."""
    return sorted(findings, key=attrgetter("line", "column", "pointer", "rule"))


def _finding(rule: Rule, policy: Policy, pointer: str, message: str) -> Finding:
    span = (policy.key_span if isinstance(pointer, OfKey) else policy.span)(pointer) or (0, 0, 0, 0)
    sid, said = _about(policy, pointer)
    actions = message.actions if isinstance(message, OfActions) else ()
    place = (str(pointer), policy.file, *span)
    return Finding(rule.id, rule.severity, str(message), *place, policy.name, sid, said, actions)


def _about(policy: Policy, pointer: str) -> tuple[str, str]:
    """The Sid and digest of the statement that a place is in; for any other place, "" and the digest of the policy."""
    place, digests = _place(policy, pointer), _digests(policy)
    statement = _statements(policy).get(place)
    if place not in digests:
        digests[place] = context(statement.body if statement else policy.document)
    return statement.sid if statement else "", digests[place]


def _place(policy: Policy, pointer: str) -> str:
    """The pointer of the statement that a place is in; "" for any other place."""
    parts = pointer.split("/", 3)
    return next((known for end in (3, 2) if (known := "/".join(parts[:end])) in _statements(policy)), "")


@once_per_policy
def _statements(policy: Policy) -> dict[str, Statement]:
    """Pointer of a statement → the statement."""
    return {statement.pointer: statement for statement in policy.statements}


@once_per_policy
def _digests(policy: Policy) -> dict[str, str]:
    """Pointer of a statement, "" for the whole policy → its digest, added when there is a finding."""
    return {}
