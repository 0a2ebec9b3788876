"""The plan of one account with its problems: errors, lockouts, policies that may not exist."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from policygen.account.live import Connection
from policygen.account.model import Account
from policygen.deploy.apply import check_account, look, with_credentials
from policygen.deploy.aws_policies import missing, unlisted_of, with_documents
from policygen.deploy.desired import Desired
from policygen.deploy.effects import Effect, effects
from policygen.deploy.journal import Past
from policygen.deploy.lockout import Verdict, judge
from policygen.deploy.net_effect import NetEffect, net_effects
from policygen.deploy.plan import Plan, make_plan
from policygen.deploy.quotas import check
from policygen.deploy.rollback import undo
from policygen.deploy.state import observe
from policygen.errors import PolicygenError
from policygen.finding import Finding, Severity
from policygen.recipe.render import Rendered


@dataclass(frozen=True)
class JudgedPlan:
    """The plan of one account and its problems."""

    name: str
    """The name of the account in the manifest, or its id."""
    plan: Plan
    caller: str
    verdict: Verdict
    errors: tuple[Finding, ...] = ()
    """The linter's errors in the policies."""
    connection: Connection | None = None
    effects: tuple[Effect | None, ...] = ()
    """What each step gives and takes."""
    net: tuple[NetEffect, ...] = ()
    """What all steps together give and take, and to whom."""
    unlisted: tuple[str, ...] = ()
    """A sentence for each AWS managed policy to attach that may not exist."""
    not_applied: tuple[str, ...] = ()
    """A sentence for each place of the manifest that plans do not serve."""


def plan_account(
    source: Connection | Account,
    desired: Desired,
    rendered: Sequence[Rendered] = (),
    *,
    name: str = "",
    prune: bool = False,
    context: Mapping[str, str],
) -> JudgedPlan:
    """Make and judge the plan for a live account or a snapshot.

    Raises PolicygenError if it is not the desired account, if it cannot be read, or if the plan cannot be made.
    """
    if isinstance(source, Connection):
        connection: Connection | None = source
        account, unread = with_documents(source, look(source, desired), desired)
    else:
        connection, account = None, source
        if "authorization-details" not in account.parts:
            raise PolicygenError("the snapshot has no authorization-details.json, which a plan needs")
        check_account(account, desired)
        unread = tuple(
            f"the snapshot does not contain the document of the policy `{arn}`" for arn in missing(account, desired)
        )
    plan = make_plan(desired, observe(account, desired), account.summary or {}, prune=prune)
    errors = tuple(f for result in rendered for f in result.findings if f.severity is Severity.ERROR)
    return replace(
        _judged(plan, account, connection, unread, context=context), name=name or desired.account, errors=errors
    )


def judge_saved(connection: Connection, plan: Plan, *, context: Mapping[str, str]) -> JudgedPlan:
    """Judge a saved plan on the account as it is now; applying it checks whether it is stale.

    Raises PolicygenError if the plan is for another account, or if the account cannot be read.
    """
    account, unread = with_documents(connection, look(connection, plan.desired), plan.desired)
    return _judged(plan, account, connection, unread, context=context)


def plan_rollback(connection: Connection, past: Past, *, context: Mapping[str, str]) -> JudgedPlan:
    """Plan the rollback of a run on the account as it is now, and judge it like any other plan.

    Raises PolicygenError if it is not the account of the run, if it cannot be read, or if a quota would be exceeded.
    """
    held = replace(past.desired, groups=())  # policies that the run should have attached no longer need to exist
    account, unread = with_documents(connection, look(connection, past.desired), held)
    state, summary = observe(account, past.desired), account.summary or {}
    steps, left = undo(past.steps, state)
    check(state, steps, summary)
    plan = Plan(past.desired, state, summary, False, tuple(steps), tuple(left))
    return replace(_judged(plan, account, connection, unread, context=context), unlisted=())


def _judged(
    plan: Plan, account: Account, connection: Connection | None, unread: tuple[str, ...], *, context: Mapping[str, str]
) -> JudgedPlan:
    """Judge a plan; the credential report is read only if there is something to do."""
    if connection and plan.steps:
        account = with_credentials(connection, account)
    long_term_key = connection.long_term_key if connection else None
    verdict = judge(plan, account, context=context, long_term_key=long_term_key)
    return JudgedPlan(
        plan.desired.account,
        plan,
        account.caller.arn if account.caller else "",
        replace(verdict, undecided=(*verdict.undecided, *(unread if connection or plan.steps else ()))),
        connection=connection,
        effects=effects(plan, account),
        net=net_effects(plan, account),
        unlisted=unlisted_of(account, plan.desired),
    )
