"""Verdicts that several rules share: on inline policies, and on statements that break a rule."""

from collections.abc import Callable, Iterator

from policygen import finding
from policygen.access.denies import limits, takes_back
from policygen.access.plain_english import describe
from policygen.access.powers import Powers, full_access
from policygen.access.reach import all_actions
from policygen.account.model import Account, Entity, Group, Role, User
from policygen.audit.commands import aws_iam, by_managed_policies, policy_command
from policygen.audit.result import Verdict, entity, fail, passed, unknown
from policygen.audit.subject import Subject
from policygen.policy.model import Policy, Statement
from policygen.reference.resources import is_everything

Offends = Callable[[Statement], str]
"""Returns a clause that says what is wrong with a statement; "" if nothing is."""

ADMINISTERING = "what makes an administrator"
"""The value of `denied` that names no action but everything that makes an administrator."""
_FILE = "file://fixed-policy.json"


def inline_policies(holder: User | Group | Role, account: Account, group: str = "") -> Verdict:
    """A failure if a user, group or role has inline policies; the commands move a user's to `group`."""
    if not holder.inline:
        return passed(entity(holder))
    names = ", ".join(f"`{policy.name}`" for policy in holder.inline)
    count = f"{len(holder.inline)} inline polic{'y' if len(holder.inline) == 1 else 'ies'}"
    return fail(entity(holder), f"has {count}: {names}", fix=by_managed_policies(holder, account, group))


def judge(subject: Subject, offends: Offends, *, denied: str = "*") -> Iterator[Verdict]:
    """The verdicts of `judge_inline` and `judge_managed`."""
    yield from judge_inline(subject, offends, denied=denied)
    yield from judge_managed(subject, offends, denied=denied)


def judge_inline(subject: Subject, offends: Offends, *, denied: str = "*") -> Iterator[Verdict]:
    """A verdict on the inline policies of every user, group and role.

    An Allow is not reported if the same policy denies the action `denied` (`*`: every action) on every resource.
    """
    for holder in subject.holders:
        inline = [holding for holding in subject.stacks.own(holder) if not holding.arn]
        held = [(holding.name, holding.policy) for holding in inline if holding.policy]
        found = [(name, *pair) for name, policy in held for pair in _offences(policy, offends, denied)]
        too_complex = next((holding.name for holding in inline if not holding.policy), None)
        if found:
            what = "; ".join(f"inline policy `{name}` {clause}" for name, _, clause in found)
            evidence = (f"`{name}`: {_shown(statement)}" for name, statement, _ in found)
            replaced = dict.fromkeys(name for name, _, _ in found)
            fix = tuple(policy_command("put", holder, policy_name=name, policy_document=_FILE) for name in replaced)
            yield fail(entity(holder), what, *evidence, fix=fix, holders=_members(subject, holder))
        elif too_complex is not None:
            yield unknown(entity(holder), f"the inline policy `{too_complex}` is too complex to check")
        else:
            yield passed(entity(holder), wider(*(policy for _, policy in held)))


def judge_managed(subject: Subject, offends: Offends, *, denied: str = "*") -> Iterator[Verdict]:
    """A verdict on every customer managed policy, decided as in `judge_inline`."""
    for item, policy in subject.customer_policies():
        if policy is None:
            yield unknown(entity(item), "the policy is too complex to check")
        elif hits := list(_offences(policy, offends, denied)):
            what = "; ".join(dict.fromkeys(clause for _, clause in hits))
            evidence = (_shown(statement) for statement, _ in hits)
            use = f"attached to {item.attachment_count} users, groups and roles"
            holders = tuple(map(entity, subject.attached.get(item.arn, ())))
            version = aws_iam("create-policy-version", policy_arn=item.arn, policy_document=_FILE)
            yield fail(entity(item), what, *evidence, use, fix=(f"{version} --set-as-default",), holders=holders)
        else:
            yield passed(entity(item), wider(policy))


def _members(subject: Subject, holder: Entity) -> tuple[finding.Entity, ...]:
    return tuple(map(entity, subject.account.members(holder.name))) if isinstance(holder, Group) else ()


def _offences(policy: Policy, offends: Offends, denied: str) -> Iterator[tuple[Statement, str]]:
    for statement in policy.statements:
        clause = offends(statement)
        if clause and not (statement.allows and _denies(policy, denied)):
            yield statement, clause


def _denies(policy: Policy, action: str) -> bool:
    """Whether a policy denies an action (`*`: every action) on every resource, whatever the conditions.

    It denies ADMINISTERING if it does not make an administrator.
    """
    if action == ADMINISTERING:
        return Powers("", "aws", (policy,)).administers is False
    if action != "*":
        return any(takes_back(deny, action) for deny in limits(policy))
    everything = (s for s in limits(policy) if not s.conditions and any(map(is_everything, s.resource_texts)))
    return any(all_actions(entry.value) for deny in everything for entry in deny.actions)


def wider(*policies: Policy) -> str:
    """Why policies that pass are not any better: one makes an administrator by itself; "" if none does."""
    found = any(full_access(policy) is not None and not _denies(policy, ADMINISTERING) for policy in policies)
    return "allows everything, which is worse" if found else ""


def _shown(statement: Statement) -> str:
    return f"statement {statement.sid or statement.pointer}: {describe(statement)}"
