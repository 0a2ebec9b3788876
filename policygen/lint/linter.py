"""Run rules over a policy and turn what they object to into findings with a place in the file."""

from collections.abc import Iterable, Iterator

from policygen.finding import Finding
from policygen.lint.rule import Rule, registry
from policygen.policy.model import Policy


class RuleFailedError(Exception):
    """A rule raised an exception: a bug in the rule, never a verdict on the policy."""


def lint(policy: Policy, rules: Iterable[Rule] | None = None) -> list[Finding]:
    """Every finding of the rules (all of them unless given) on one policy, in the order of the file.

    Raises RuleFailedError, naming the rule and the file, if a rule raises.
    """
    findings = [found for rule in (rules or registry().values()) for found in _run(rule, policy)]
    return sorted(findings, key=lambda finding: (finding.line, finding.column, finding.pointer, finding.rule))


def _run(rule: Rule, policy: Policy) -> Iterator[Finding]:
    if policy.kind not in rule.kinds:
        return
    try:
        for pointer, message in rule.check(policy):
            span = policy.span(pointer) or (0, 0, 0, 0)
            sid = _sid(policy, pointer)
            yield Finding(rule.id, rule.severity, message, pointer, policy.file, *span, policy.name, sid)
    except Exception as error:
        raise RuleFailedError(f"rule {rule.id} failed on {policy.file or 'a policy'}: {error!r}") from error


def _sid(policy: Policy, pointer: str) -> str:
    return next((s.sid for s in policy.statements if f"{pointer}/".startswith(f"{s.pointer}/")), "")
