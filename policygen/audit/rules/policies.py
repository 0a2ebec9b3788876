"""What policies allow, wherever they hang: full access, NotAction, roles to pass on and to take."""

from collections.abc import Callable, Iterator

from policygen.access.denies import limits, takes_back
from policygen.access.limiting import narrowed
from policygen.access.powers import Powers
from policygen.access.reach import all_actions
from policygen.account.model import Group, Role, User
from policygen.audit.result import Verdict, account_entity, aws_iam, entity, fail, passed, unknown
from policygen.audit.rule import rule
from policygen.audit.subject import Subject, allows_everything, is_aws_policy
from policygen.finding import Severity
from policygen.policy.arn import arn_covers
from policygen.policy.model import Policy, Statement
from policygen.policy.pattern import matches
from policygen.policy.plain_english import describe
from policygen.reference.resources import is_everything

_PARTS = ("authorization-details",)
_ADMINISTERING = "what makes an administrator"
_FILE = "file://fixed-policy.json"

Offends = Callable[[Statement], str]
"""Says in a clause what is wrong with a statement, "" if nothing is."""
_WIDER = "allows everything, which is worse"
"""Why a policy that offends no more has not become better."""


def judge(
    subject: Subject, offends: Offends, *, inline: bool = True, managed: bool = True, denied: str = "*"
) -> Iterator[Verdict]:
    """A verdict for everyone who holds inline policies, and for each managed policy of the customer's.

    An Allow does not offend where the same policy denies the action `denied` on everything, `*` for all actions.
    """
    if inline:
        for holder in _holders(subject):
            held = [
                (holding.name, holding.policy) for holding in subject.own(holder) if not holding.arn and holding.policy
            ]
            found = [(name, *pair) for name, policy in held for pair in _offences(policy, offends, denied)]
            what = "; ".join(f"inline policy `{name}` {clause}" for name, _, clause in found)
            evidence = (f"`{name}`: {_shown(statement)}" for name, statement, _ in found)
            fix = tuple(_put(holder, name) for name in dict.fromkeys(name for name, _, _ in found))
            unjudged = [holding.name for holding in subject.own(holder) if not holding.arn and not holding.policy]
            better = passed(entity(holder), _WIDER if any(_administers(policy) for _, policy in held) else "")
            if unjudged and not found:
                better = unknown(entity(holder), f"the inline policy `{unjudged[0]}` is too complex to be judged")
            yield fail(entity(holder), what, *evidence, fix=fix) if found else better
    if managed:
        for item, policy in subject.customer_policies():
            if policy is None:
                yield unknown(entity(item), "the policy is too complex to be judged")
                continue
            hits = list(_offences(policy, offends, denied))
            evidence = (_shown(statement) for statement, _ in hits)
            what = "; ".join(dict.fromkeys(clause for _, clause in hits))
            use = f"attached to {item.attachment_count} users, groups and roles"
            fix = (f"{aws_iam('create-policy-version', policy_arn=item.arn, policy_document=_FILE)} --set-as-default",)
            better = passed(entity(item), _WIDER if _administers(policy) else "")
            yield fail(entity(item), what, *evidence, use, fix=fix) if hits else better


@rule("inline-policy-with-full-access", Severity.ERROR, needs=_PARTS, rulesets=("strategy",), marks="inline")
def inline_policy_with_full_access(subject: Subject) -> Iterator[Verdict]:
    """An inline policy makes its holder an administrator.

    Why it matters: a review that looks for AdministratorAccess does not find it, and no list of a policy's attachments
    shows it. A condition about who asks, from where or with which factor changes nothing about that.

    Instead: attach AWS's AdministratorAccess to one group of administrators, and delete the inline policy.

    Fires on: {"RoleDetailList": [{"RoleName": "app", "RolePolicyList": [{"PolicyName": "p", "PolicyDocument":
        {"Statement": {"Effect": "Allow", "Action": "*:*", "Resource": ["*"]}}}]}]}
    Quiet on: {"RoleDetailList": [{"RoleName": "app", "RolePolicyList": [{"PolicyName": "p", "PolicyDocument":
        {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}}]}]}
    """
    yield from judge(subject, _full_access, managed=False, denied=_ADMINISTERING)


@rule(
    "managed-policy-with-full-access",
    Severity.ERROR,
    needs=_PARTS,
    rulesets=("scout2",),
    marks="attachments",
    cis="2.15",
)
def managed_policy_with_full_access(subject: Subject) -> Iterator[Verdict]:
    """A managed policy of your own allows every action on every resource.

    Why it matters: under any name but AdministratorAccess nobody takes it for what it is. AWS's AdministratorAccess
    itself is not reported here: what counts there is who has it.

    Instead: name the actions that the job needs, or attach AdministratorAccess, so that a review finds it by its name.

    Fires on: {"Policies": [{"PolicyName": "Developers", "Document":
        {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}]}
    Quiet on: {"Policies": [{"PolicyName": "Developers", "Document":
        {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}}]}
    """
    yield from judge(subject, _full_access, inline=False, denied=_ADMINISTERING)


@rule("policy-allows-not-action", Severity.SECURITY_WARNING, needs=_PARTS, rulesets=("scout2",), marks="inline")
def policy_allows_not_action(subject: Subject) -> Iterator[Verdict]:
    """An Allow with NotAction grants everything but a list.

    Why it matters: it grants thousands of actions that nobody has read, and every action that AWS invents from now on.

    Instead: list the actions in `Action`; use `NotAction` only with `Deny`.

    Fires on: {"Policies": [{"PolicyName": "PowerUser", "Document":
        {"Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}}]}
    Quiet on: {"Policies": [{"PolicyName": "NoIAM", "Document":
        {"Statement": {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}}}]}
    """
    yield from judge(subject, lambda s: "allows with `NotAction`" if s.allows and s.not_actions else "")


@rule("pass-role-on-every-role", Severity.SECURITY_WARNING, needs=_PARTS, rulesets=("scout2",), marks="inline")
def pass_role_on_every_role(subject: Subject) -> Iterator[Verdict]:
    """Any role may be passed to a service.

    Why it matters: who may pass a role to a service that runs code has that role's permissions: with an administrator's
    role in the account, all of them.

    Instead: name the roles, or say in `iam:PassedToService` to which service they may go. Full access is reported by
    rules of its own.

    Fires on: {"Policies": [{"PolicyName": "Deploy", "Document":
        {"Statement": {"Effect": "Allow", "Action": "iam:Pass*", "Resource": "arn:aws:iam::123456789012:role/*"}}}]}
    Quiet on: {"Policies": [{"PolicyName": "Deploy", "Document":
        {"Statement": {"Effect": "Allow", "Action": "iam:PassRole",
        "Resource": "arn:aws:iam::123456789012:role/app"}}}]}
    Quiet on: {"Policies": [{"PolicyName": "Deploy", "Document": {"Statement": [
        {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}}]}
    """
    account = subject.account.id or "*"
    yield from judge(subject, lambda s: _on_every_role(s, "iam:passrole", account), denied="iam:PassRole")


@rule("assume-role-on-every-role", Severity.SECURITY_WARNING, needs=_PARTS, rulesets=("scout2",), marks="inline")
def assume_role_on_every_role(subject: Subject) -> Iterator[Verdict]:
    """Any role may be assumed.

    Why it matters: only the trust policies are left to decide, and those that trust the account as a whole, as most do,
    leave it to this very policy.

    Instead: name the roles.

    Fires on: {"GroupDetailList": [{"GroupName": "Ops", "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument":
        {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}}}]}]}
    Quiet on: {"GroupDetailList": [{"GroupName": "Ops", "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument":
        {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
        "Resource": "arn:aws:iam::123456789012:role/ops"}}}]}]}
    """
    account = subject.account.id or "*"
    yield from judge(subject, lambda s: _on_every_role(s, "sts:assumerole", account), denied="sts:AssumeRole")


@rule(
    "policy-allows-more-than-assume-role",
    Severity.WARNING,
    needs=_PARTS,
    default=False,
    marks="inline",
)
def policy_allows_more_than_assume_role(subject: Subject) -> Iterator[Verdict]:
    """A policy allows something else than assuming a role.

    Why it matters: in an account whose users only sign in and take roles elsewhere, every other permission is one too
    many. Off unless you choose it.

    Instead: allow `sts:AssumeRole` on the roles, and give the permissions to those.

    Fires on: {"Policies": [{"PolicyName": "p", "Document": {"Statement": {"Effect": "Allow", "Action":
        ["sts:AssumeRole", "s3:GetObject"], "Resource": "arn:aws:iam::123456789012:role/x"}}}]}
    Quiet on: {"Policies": [{"PolicyName": "p", "Document": {"Statement": {"Effect": "Allow",
        "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::123456789012:role/x"}}}]}
    """
    yield from judge(subject, _more_than_assume_role)


@rule("managed-policy-not-attached", Severity.SUGGESTION, needs=_PARTS, rulesets=("scout2",), marks="attachments")
def managed_policy_not_attached(subject: Subject) -> Iterator[Verdict]:
    """A managed policy of your own is attached to nobody, and no permissions boundary.

    Why it matters: whoever may attach it has it without anybody having looked at it for years.

    Instead: delete it. The file that it was made from brings it back if ever it is needed.

    Fires on: {"Policies": [{"PolicyName": "old", "Document": {}, "AttachmentCount": 0}]}
    Quiet on: {"Policies": [{"PolicyName": "limit", "Document": {}, "PermissionsBoundaryUsageCount": 1}]}
    """
    for item, _ in subject.customer_policies():
        if item.attachment_count or item.boundary_count:
            yield passed(entity(item))
        else:
            versions = (
                aws_iam("delete-policy-version", policy_arn=item.arn, version_id=version.id)
                for version in item.versions
                if not version.is_default
            )
            yield fail(
                entity(item), "is attached to nobody", fix=(*versions, aws_iam("delete-policy", policy_arn=item.arn))
            )


@rule("support-role-missing", Severity.SUGGESTION, needs=_PARTS, rulesets=("scout2",), default=False, cis="2.16")
def support_role_missing(subject: Subject) -> Iterator[Verdict]:
    """Nobody may open a case with AWS Support.

    Why it matters: on the day of an incident someone signs in as root to do it.

    Instead: attach AWSSupportAccess to a role or a group of those who handle incidents.

    Fires on: {"RoleDetailList": [{"RoleName": "app"}]}
    Quiet on: {"RoleDetailList": [{"RoleName": "Support", "AttachedManagedPolicies": ["aws:policy/AWSSupportAccess"]}]}
    """
    about = account_entity(subject.account)
    holders = [
        holder for holder in _holders(subject) if any(is_aws_policy(p.arn, "AWSSupportAccess") for p in holder.attached)
    ]
    arn = f"arn:{subject.account.partition or 'aws'}:iam::aws:policy/AWSSupportAccess"
    fix = aws_iam("attach-role-policy", role_name="ROLE", policy_arn=arn)
    yield passed(about) if holders else fail(about, "`AWSSupportAccess` is attached to nobody", fix=(fix,))


@rule("cloudshell-full-access", Severity.SUGGESTION, needs=_PARTS, default=False, marks="attached", cis="2.21")
def cloudshell_full_access(subject: Subject) -> Iterator[Verdict]:
    """AWSCloudShellFullAccess is attached.

    Why it matters: it lets files be uploaded and downloaded through a shell with internet access, a way out for data
    that no bucket policy sees.

    Instead: allow CloudShell without `cloudshell:GetFileDownloadUrls` and `cloudshell:GetFileUploadUrls`.

    Fires on: {"GroupDetailList": [{"GroupName": "Ops",
        "AttachedManagedPolicies": ["aws:policy/AWSCloudShellFullAccess"]}]}
    Quiet on: {"GroupDetailList": [{"GroupName": "Ops"}]}
    """
    for holder in _holders(subject):
        arn = next(
            (policy.arn for policy in holder.attached if is_aws_policy(policy.arn, "AWSCloudShellFullAccess")), ""
        )
        if arn:
            kind = type(holder).__name__.lower()
            fix = aws_iam(f"detach-{kind}-policy", **{f"{kind}_name": holder.name, "policy_arn": arn})
            yield fail(entity(holder), "`AWSCloudShellFullAccess` is attached", fix=(fix,))
        else:
            yield passed(entity(holder))


def _holders(subject: Subject) -> Iterator[User | Group | Role]:
    yield from subject.account.users
    yield from subject.account.groups
    yield from subject.account.roles


def _offences(policy: Policy, offends: Offends, denied: str) -> Iterator[tuple[Statement, str]]:
    for statement in policy.statements:
        clause = offends(statement)
        if clause and not (statement.allows and _denies(policy, denied)):
            yield statement, clause


def _denies(policy: Policy, action: str) -> bool:
    """Whether a policy denies an action on everything whatever the circumstances; `*`: every action.

    It denies what makes an administrator if it gives that to nobody.
    """
    if action == _ADMINISTERING:
        return Powers("", "aws", (policy,)).administers is False
    if action != "*":
        return any(takes_back(deny, action) for deny in limits(policy))
    everything = (s for s in limits(policy) if not s.conditions and any(map(is_everything, s.resource_texts)))
    return any(all_actions(entry.value) for deny in everything for entry in deny.actions)


def _administers(policy: Policy) -> bool:
    """Whether whoever holds just this policy is administrator."""
    return any(map(allows_everything, policy.statements)) and not _denies(policy, _ADMINISTERING)


def _shown(statement: Statement) -> str:
    place = f"statement {statement.sid or statement.pointer}"
    return f"{place}: {describe(statement)}"


def _put(holder: User | Group | Role, policy: str) -> str:
    """The command that replaces an inline policy by one that is mended."""
    kind = type(holder).__name__.lower()
    names = {f"{kind}_name": holder.name, "policy_name": policy}
    return aws_iam(f"put-{kind}-policy", **names, policy_document=_FILE)


def _full_access(statement: Statement) -> str:
    return "allows every action on every resource" if allows_everything(statement) else ""


def _on_every_role(statement: Statement, action: str, account: str) -> str:
    wanted = f"arn:*:iam::{account}:role/*"
    if (
        statement.allows
        and any(matches(entry.value.lower(), action) and not all_actions(entry.value) for entry in statement.actions)
        and any(is_everything(r.value) or _every_role(r.value, wanted) for r in statement.resources)
        and not narrowed(statement.conditions)
    ):
        return f"allows `{action.replace('passrole', 'PassRole').replace('assumerole', 'AssumeRole')}` on every role"
    return ""


def _every_role(resource: str, wanted: str) -> bool:
    """Whether an entry stands for every role of the account, in the partition that it names."""
    head, _, rest = resource.partition(":")
    partition = rest.partition(":")[0]
    return head == "arn" and arn_covers(resource, wanted.replace("arn:*:", f"arn:{partition}:"))


def _more_than_assume_role(statement: Statement) -> str:
    others = [entry.value for entry in statement.actions if entry.value.lower() != "sts:assumerole"]
    if statement.allows and (others or statement.not_actions):
        return f"allows {', '.join(f'`{other}`' for other in others[:3]) or '`NotAction`'}"
    return ""
