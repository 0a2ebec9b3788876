"""A rule about an account: the parts of the snapshot that it needs, its topic and its rulesets."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from policygen.account.model import Account
from policygen.audit.result import Verdict
from policygen.finding import Severity
from policygen.reference.controls import controls
from policygen.rule import rule as rules
from policygen.rule.rule import Example

Check = Callable[..., Iterator[Verdict]]
"""Takes a Subject, and parameters as keywords with defaults; yields a verdict for every entity that it checks."""

RULESETS: Mapping[str, str] = {
    "strategy": "What the user management strategy asks for.",
    "scout2": "What Scout2 and ScoutSuite look for in IAM.",
    "cis": "Section 2 of the CIS AWS Foundations Benchmark v6.0.",
}

TOPICS: Mapping[str, str] = {
    "users": "User policies",
    "membership": "Membership",
    "common-groups": "Common groups",
    "admins": "Administrators",
    "escalation": "Escalation",
    "credentials": "Credentials",
    "stolen-keys": "Stolen keys",
    "root": "Root user",
    "password-policy": "Password policy",
    "groups": "Groups",
    "policies": "Policies",
    "roles": "Roles",
    "linted": "Risks that lint finds",
}
"""Module of rules → its name in menus and headings."""

REGISTRY: "dict[str, rules.Rule[AboutAccounts]]" = {}
"""The rules of the modules imported so far; `audit.rules.registry` imports them all."""


@dataclass(frozen=True)
class AboutAccounts:
    """What only a rule about accounts has."""

    needs: tuple[str, ...] = ()
    """The parts of the snapshot that it reads; `a|b`: either will do."""
    marks: str = ""
    """The fact (`audit.facts`) that it is about."""
    controls: tuple[str, ...] = ()
    """The controls of other catalogs that it checks: `CIS 2.09`, `Security Hub IAM.5`."""
    by_cause: bool = False
    """Whether a finding with holders is about each of them, told once where its cause is."""

    def example(self, verdict: str, text: str, kind: str) -> Example:
        """An example, from which `audit.example` makes an account."""
        return Example(verdict, text, kind)

    def missing(self, account: Account) -> str:
        """The first part of the snapshot that the rule needs and that was not read; "" if there is none."""
        needs = (need.split("|") for need in self.needs)
        return next((either[0] for either in needs if not account.parts.intersection(either)), "")


Rule = rules.Rule[AboutAccounts]


def rule(
    id: str,  # noqa: A002
    severity: Severity,
    *,
    needs: tuple[str, ...] = ("authorization-details",),
    rulesets: tuple[str, ...] = (),
    default: bool = True,
    marks: str = "",
    cis: str = "",
    by_cause: bool = False,
) -> Callable[[Check], Check]:
    """Register a function as a rule; its module is its topic.

    By default it needs only the users, groups, roles and policies.
    """

    def register(check: Check) -> Check:
        topic = check.__module__.rpartition(".")[2].replace("_", "-")
        sets = frozenset(rulesets) | ({"cis"} if cis else frozenset())
        about = AboutAccounts(needs, marks, ((f"CIS {cis}",) if cis else ()) + controls(id), by_cause)
        rules.add(rules.Rule(id, severity, topic, check, about, check.__doc__ or "", sets, default), REGISTRY)
        return check

    return register
