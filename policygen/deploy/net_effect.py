"""The net effect of a plan: what users and roles can do afterwards that they could not before, and what no longer."""

from collections.abc import Iterator
from dataclasses import dataclass

from policygen.access.gained import Change, compared
from policygen.access.stack import Stack, Stacks
from policygen.account.model import Account
from policygen.deploy.account_in import account_in, user_in
from policygen.deploy.plan import Plan
from policygen.evaluate.compare import Verdict

MOST = 100
"""How many different sets of policies are compared, a few hundredths of a second each."""


@dataclass(frozen=True)
class NetEffect:
    """What changes for the users and roles that have the same policies before and after."""

    who: tuple[str, ...]
    """`user/alice`, `role/ci`."""
    change: Change | None
    """None if it was not compared, because there are too many different ones."""


def net_effects(plan: Plan, account: Account) -> tuple[NetEffect, ...]:
    """The net effect of all steps on the users and roles of the account, gains first.

    Those for whom nothing changes are left out.
    """
    found: dict[tuple[Stack, Stack], list[str]] = {}
    for name, before, after in _stacks(plan, account):
        if before != after:
            found.setdefault((before, after), []).append(name)
    named = {names[0]: (before.layers, after.layers) for (before, after), names in found.items()}
    who = {names[0]: tuple(names) for names in found.values()}
    changes = compared(((name, *named[name]) for name in [*named][:MOST]), both=True)
    effects = [NetEffect(who[change.name], change) for change in changes if _tells(change)]
    left = [name for names in [*who.values()][MOST:] for name in names]
    return (*effects, *([NetEffect(tuple(left), None)] if left else []))


def _tells(change: Change) -> bool:
    return change.verdict is not Verdict.NONE or bool(change.lost or change.unknown)


def _stacks(plan: Plan, account: Account) -> Iterator[tuple[str, Stack, Stack]]:
    """The policies of each user and role before and after the plan."""
    if not plan.steps:
        return
    observed, final = plan.observed, plan.after()
    before = Stacks(account_in(account, observed))
    after = Stacks(account_in(account, final), before)
    for user in account.users:
        yield f"user/{user.name}", before.of(user_in(user, observed)), after.of(user_in(user, final))
    for name in dict.fromkeys(role.name for stacks in (before, after) for role in stacks.account.roles):
        had, has = (stacks.account.role(name) for stacks in (before, after))
        yield f"role/{name}", before.of(had) if had else Stack(), after.of(has) if has else Stack()
