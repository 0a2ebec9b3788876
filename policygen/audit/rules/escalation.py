"""Permission escalation: what a user makes of everything that the user holds together."""

from collections.abc import Iterator

from policygen.account.model import User
from policygen.audit.result import Verdict, entity, fail, passed, unknown
from policygen.audit.rule import rule
from policygen.audit.subject import Holding, Subject
from policygen.finding import Severity
from policygen.lint.escalation.find import RULES, Escalation, escalations, grouped, sentence
from policygen.lint.escalation.grants import grants
from policygen.policy.model import Policy
from policygen.reference.escalation import paths


@rule("user-can-escalate", Severity.ERROR, needs=("authorization-details",), rulesets=("strategy",), marks="groups")
def user_can_escalate(subject: Subject) -> Iterator[Verdict]:
    """A user who is no administrator can become one.

    Why it matters: group by group the permissions look harmless; together they let the user attach a policy, make a key
    for an administrator, or run code with a role that may do everything. Own policies and those of all groups count,
    what any of them denies is left out, and so is what the permissions boundary does not allow.

    Instead: name the resources of the actions in the evidence, or take one of them away.

    Fires on: {"UserDetailList": [{"UserName": "alice", "GroupList": ["Deploy", "Roles"]}], "GroupDetailList": [
        {"GroupName": "Deploy", "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument": {"Statement": {
        "Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}}}]},
        {"GroupName": "Roles", "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument": {"Statement":
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}}}]}]}
    Quiet on: {"UserDetailList": [{"UserName": "alice", "GroupList": ["Deploy"]}], "GroupDetailList": [
        {"GroupName": "Deploy", "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument": {"Statement": {
        "Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}}}]}]}
    Unknown on: {"UserDetailList": [{"UserName": "alice", "AttachedManagedPolicies": ["123456789012:policy/unread"]}]}
    """
    granted: dict[Policy, frozenset[str]] = {}
    known: dict[tuple[Policy, ...], list[str]] = {}
    for user in subject.account.users:
        held = list(subject.holdings(user))
        policies = [holding.policy for holding in held if holding.policy]
        boundary = subject.boundary(user)
        if any(holding.administers for holding in held):
            yield passed(entity(user))  # there is nothing left to become
            continue
        for policy in (*policies, *([boundary] if boundary else [])):
            if policy not in granted:
                granted[policy] = frozenset(grants((policy,)))
        reachable = frozenset().union(*(granted[policy] for policy in policies))
        found = []
        if any(set(path.every) <= reachable for path in paths()):
            relevant = tuple(policy for policy in policies if granted[policy] or _denies(policy))
            limit = granted[boundary] if boundary else None
            key = (*relevant, boundary) if boundary else relevant
            if key not in known:
                known[key] = _sentences(escalations(relevant), limit)
            found = known[key]
        yield _verdict(user, found, [holding for holding in held if holding.policy is None])


def _verdict(user: User, found: list[str], unread: list[Holding]) -> Verdict:
    if found:
        more = f", and in {len(found) - 1} more way{'s' if len(found) > 2 else ''}" if len(found) > 1 else ""
        return fail(entity(user), f"can become more than it is: {found[0]}{more}", *found[1:])
    if unread:
        return unknown(entity(user), f"the snapshot lacks {unread[0]}")
    return passed(entity(user))


def _sentences(found: tuple[Escalation, ...], limit: frozenset[str] | None) -> list[str]:
    """The open paths in words, those left out that a permissions boundary closes."""
    open_ = [escalation for escalation in found if limit is None or {g.action for g in escalation.grants} <= limit]
    return [sentence(group) for family in RULES for group in grouped(open_, family)]


def _denies(policy: Policy) -> bool:
    return any(statement.effect == "Deny" for statement in policy.statements)
