"""Run rules over a policy and turn what they object to into findings with a place in the file."""

from collections.abc import Iterable
from functools import lru_cache
from operator import attrgetter

from policygen.finding import Finding
from policygen.lint.rule import Rule, registry
from policygen.policy.model import Kind, Policy
from policygen.reference.extra import NONE, Extra


class RuleFailedError(Exception):
    """A rule raised an exception: a bug in the rule, never a verdict on the policy."""


def lint(policy: Policy, rules: Iterable[Rule] | None = None, extra: Extra = NONE) -> list[Finding]:
    """Every finding of the rules (all of them unless given) on one policy, in the order of the file.

    `extra` names services and actions that exist although AWS's data does not hold them yet.
    Raises RuleFailedError, naming the rule and the file, if a rule raises.
    """
    findings: list[Finding] = []
    rules = tuple(registry().values() if rules is None else rules)
    vocabulary = policy.vocabulary
    mentioned = frozenset([word for word in _words(rules) if word in vocabulary])
    for rule in _with_a_say(rules, policy.kind, mentioned):
        try:
            for pointer, message in rule.objections(policy, extra):
                findings.append(_finding(rule, policy, pointer, message))
        except Exception as error:
            where = policy.file or "a policy"
            raise RuleFailedError(f"rule {rule.id} failed on {where}: {error!r}") from error
    return sorted(findings, key=attrgetter("line", "column", "pointer", "rule"))


@lru_cache
def _words(rules: tuple[Rule, ...]) -> frozenset[str]:
    return frozenset(rule.mentions for rule in rules)


@lru_cache(maxsize=1024)
def _with_a_say(rules: tuple[Rule, ...], kind: Kind, mentioned: frozenset[str]) -> list[Rule]:
    """The rules that have anything to say of such a policy; most have not."""
    return [rule for rule in rules if kind in rule.kinds and rule.mentions in mentioned]


def _finding(rule: Rule, policy: Policy, pointer: str, message: str) -> Finding:
    span = policy.span(pointer) or (0, 0, 0, 0)
    return Finding(rule.id, rule.severity, message, pointer, policy.file, *span, policy.name, _sid(policy, pointer))


def _sid(policy: Policy, pointer: str) -> str:
    pointer = f"{pointer}/"
    return next(
        (s.sid for s in policy.statements if pointer.startswith(s.pointer) and pointer[len(s.pointer)] == "/"), ""
    )
