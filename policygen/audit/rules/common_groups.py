"""The common groups and the categories: whether they exist, and whether they have the policies that they should."""

from collections.abc import Iterator

from policygen.access.carries import lacking
from policygen.account.model import Group
from policygen.audit.commands import aws_iam
from policygen.audit.result import Verdict, account_entity, entity, fail, passed, unknown
from policygen.audit.rule import rule
from policygen.audit.rules.membership import NO_COMMON_GROUP
from policygen.audit.strategy import Carried
from policygen.audit.subject import Subject
from policygen.errors import did_you_mean
from policygen.finding import Entity, Severity
from policygen.policy.model import Policy


@rule("common-group-missing", Severity.SECURITY_WARNING, rulesets=("strategy",))
def common_group_missing(subject: Subject) -> Iterator[Verdict]:
    """A common group or a category group does not exist.

    Why it matters: nobody can be a member of it, so nobody has its policies. Often the name is just misspelled; case
    makes no difference.

    Instead: create the group and attach its policies, or correct the name.

    Fires on: {"GroupDetailList": [{"GroupName": "AllUser"}], "common_groups": ["AllUsers"]}
    Quiet on: {"GroupDetailList": [{"GroupName": "AllUsers"}], "common_groups": ["allusers"]}
    Unknown on: {"GroupDetailList": []}
    """
    wanted = subject.strategy.groups
    if not wanted:
        yield unknown(account_entity(subject.account), NO_COMMON_GROUP)
    for name in wanted:
        group = subject.account.group(name)
        if group:
            yield passed(entity(group))
        elif _perhaps_there(subject, name):
            yield unknown(_absent(subject, name), "the snapshot does not contain the group")
        else:
            taken = {other.lower() for other in wanted}
            hint = did_you_mean(name, (g.name for g in subject.account.groups if g.name.lower() not in taken))
            fix = () if hint else (aws_iam("create-group", group_name=name),)
            yield fail(_absent(subject, name), f"the group does not exist{hint}", fix=fix)


@rule("common-group-without-recipe", Severity.SECURITY_WARNING, rulesets=("strategy",), marks="attached")
def common_group_without_recipe(subject: Subject) -> Iterator[Verdict]:
    """A common group or a category group lacks a policy that the manifest gives it.

    Why it matters: being a member of the group does nothing without the group's policies. Policies are compared by
    meaning: the group's policies together must contain every permission and every Deny of the recipe, or a wider one;
    names, order and Sids do not count.

    Instead: `policygen plan` shows the steps that give the group its policies.

    Fires on: {"GroupDetailList": [{"GroupName": "AllUsers"}], "common_groups": ["AllUsers"],
              "carried": {"AllUsers": {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}}}
    Quiet on: {"GroupDetailList": [{"GroupName": "AllUsers", "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument":
              {"Statement": [{"Effect": "Allow", "Action": ["iam:listusers", "iam:GetUser"], "Resource": ["*"]}]}}]}],
              "common_groups": ["AllUsers"],
              "carried": {"AllUsers": {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}}}
    Unknown on: {"GroupDetailList": [{"GroupName": "AllUsers"}], "common_groups": ["AllUsers"]}
    """
    known = [name for name in subject.strategy.groups if subject.strategy.carried.get(name.lower())]
    if not known:
        yield unknown(
            account_entity(subject.account),
            "the manifest gives no recipes to the common groups; name them under `[groups.NAME]`",
        )
    for name in known:
        group = subject.account.group(name)
        if group:
            yield from (_carries(subject, group, carried) for carried in subject.strategy.carried[name.lower()])
        else:
            yield unknown(
                _absent(subject, name), "the snapshot does not contain the group, so its policies are unknown"
            )


def _perhaps_there(subject: Subject, name: str) -> bool:
    """Whether a group may exist although the snapshot, as one read with `--filter`, does not contain it."""
    summary = subject.account.summary or {}
    return bool(subject.account.members(name)) or (not subject.account.groups and summary.get("Groups") != 0)


def _carries(subject: Subject, group: Group, carried: Carried) -> Verdict:
    about = entity(group)
    if carried.document is None:
        if any(policy.arn == carried.arn for policy in group.attached):
            return passed(about)
        fix = aws_iam("attach-group-policy", group_name=group.name, policy_arn=carried.arn)
        return fail(about, f"does not carry `{carried.recipe}`", f"`{carried.arn}` is not attached", fix=(fix,))
    held = subject.stacks.own(group)
    missing, doubts = lacking([one.policy for one in held if one.policy], Policy(dict(carried.document)))
    unread = [f"the snapshot lacks {one}" for one in held if one.policy is None]
    if missing and not unread:
        evidence = (f"missing: {statement}" for statement in missing)
        return fail(about, f"does not carry `{carried.recipe}`", *evidence, fix=("policygen plan",))
    if missing or doubts:
        return unknown(about, f"whether it carries `{carried.recipe}` is unknown: {[*unread, *doubts][0]}")
    return passed(about)


def _absent(subject: Subject, name: str) -> Entity:
    account = subject.account
    return Entity(
        "group", name, f"arn:{account.partition or 'aws'}:iam::{account.id}:group/{name}" if account.id else ""
    )
