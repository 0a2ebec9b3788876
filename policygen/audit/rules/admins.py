"""Who is an administrator, and through which policies."""

from collections.abc import Iterable, Iterator, Sequence

from policygen.access.stack import HeldPolicy
from policygen.account.model import Credentials, Group, Role, User
from policygen.audit.commands import aws_iam, policy_command
from policygen.audit.result import Verdict, entity, fail, passed, unknown
from policygen.audit.rule import rule
from policygen.audit.subject import Subject
from policygen.finding import Severity


@rule("administrator", Severity.SUGGESTION, rulesets=("strategy",), marks="admin")
def administrator(subject: Subject) -> Iterator[Verdict]:
    """A user or role is an administrator: it can do everything.

    Why it matters: the first question about an account is who its administrators are; the second is who became one
    since the last audit. All policies are evaluated together: a Deny or a permissions boundary that takes control of
    permissions away is considered, conditions on MFA, network or time are ignored.

    Instead: record each user and role that has to be an administrator as an `[[accept]]` with a reason and an owner;
    `--compare` then marks anyone else who becomes one as new.

    Fires on: {"UserDetailList": [{"UserName": "chief", "AttachedManagedPolicies": ["aws:policy/AdministratorAccess"]}]}
    Fires on: {"RoleDetailList": [{"RoleName": "ci", "RolePolicyList": [{"PolicyName": "p", "PolicyDocument":
        {"Statement": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]}}]}]}
    Quiet on: {"UserDetailList": [{"UserName": "alice", "UserPolicyList": [{"PolicyName": "p", "PolicyDocument":
        {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}}]}]}
    Unknown on: {"UserDetailList": [{"UserName": "alice", "AttachedManagedPolicies": ["aws:policy/AdministratorAccess"],
        "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/unread"}}]}
    """
    holders: tuple[User | Role, ...] = (*subject.account.users, *subject.account.roles)
    for holder in holders:
        administers, stack = subject.actors.powers(holder).administers, subject.stacks.of(holder)
        if administers:
            through = _grants(subject, stack.held)
            yield fail(entity(holder), f"is an administrator{f', through {_list(through)}' if through else ''}")
        elif administers is None:
            lacks = f": the snapshot lacks {stack.missing[0]}" if stack.missing else ", which depends on conditions"
            yield unknown(entity(holder), f"may be an administrator{lacks}")
        else:
            yield passed(entity(holder))


@rule(
    "administrator-without-mfa",
    Severity.ERROR,
    needs=("authorization-details", "credential-report"),
    rulesets=("strategy",),
    marks="mfa",
)
def administrator_without_mfa(subject: Subject) -> Iterator[Verdict]:
    """An administrator has a password or an active access key, and no MFA device.

    Why it matters: one guessed password, or one key in a repository, is enough to take over the whole account.
    Administrators who need an access key can get temporary credentials with MFA instead.

    Instead: have the administrator register a passkey or another MFA device, and deny everything else until then
    (recipe `enforce-mfa`).

    Fires on: {"UserDetailList": [{"UserName": "chief", "AttachedManagedPolicies": ["aws:policy/AdministratorAccess"]}],
        "credentials": [{"user": "chief", "password_enabled": "true", "mfa_active": "false"}]}
    Fires on: {"UserDetailList": [{"UserName": "chief", "AttachedManagedPolicies": ["aws:policy/AdministratorAccess"]}],
        "credentials": [{"user": "chief", "access_key_1_active": "true", "mfa_active": "false"}]}
    Quiet on: {"UserDetailList": [{"UserName": "chief", "AttachedManagedPolicies": ["aws:policy/AdministratorAccess"]}],
        "credentials": [{"user": "chief", "password_enabled": "true", "mfa_active": "true"}]}
    Quiet on: {"UserDetailList": [{"UserName": "clerk"}],
        "credentials": [{"user": "clerk", "password_enabled": "true", "mfa_active": "false"}]}
    Unknown on: {"UserDetailList": [{"UserName": "chief", "AttachedManagedPolicies":
        ["aws:policy/AdministratorAccess"]}], "credentials": []}
    """
    for user in subject.account.users:
        administers, row = subject.actors.powers(user).administers, subject.account.credentials(user.name)
        if administers is False or (row and row.mfa_active):
            yield passed(entity(user))
        elif row is None or row.mfa_active is None:
            yield unknown(entity(user), "the credential report does not say whether this administrator has MFA")
        elif administers is None:
            yield unknown(entity(user), "may be an administrator, and has no MFA device")
        else:
            yield _without_mfa(user, row)


def _without_mfa(user: User, row: Credentials) -> Verdict:
    keys = [key.active for key in row.access_keys]
    if row.password_enabled or True in keys:
        what = [*(["a password"] if row.password_enabled else []), *(["an active access key"] if True in keys else [])]
        return fail(entity(user), f"is an administrator with {' and '.join(what)}, and has no MFA device")
    if row.password_enabled is None or None in keys:
        return unknown(entity(user), "the credential report does not say whether this administrator has a password")
    return passed(entity(user))


@rule("redundant-admin", Severity.SECURITY_WARNING, rulesets=("strategy",), marks="admin")
def redundant_admin(subject: Subject) -> Iterator[Verdict]:
    """A user is an administrator through more than one grant.

    Why it matters: anyone who removes the user from the administrators' group, or detaches the policy from the user,
    will believe that the user is no longer an administrator. The other grant remains, and nobody looks for it.

    Instead: keep the grant that comes from the administrators' group. The evidence lists each grant, and the ones that
    would still make the user an administrator without it.

    Fires on: {"UserDetailList": [{"UserName": "alice", "GroupList": ["Admins"],
        "UserPolicyList": [{"PolicyName": "mine",
        "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}]}],
        "GroupDetailList": [{"GroupName": "Admins", "AttachedManagedPolicies": ["aws:policy/AdministratorAccess"]}]}
    Fires on: {"UserDetailList": [{"UserName": "alice", "AttachedManagedPolicies": ["aws:policy/AdministratorAccess"],
        "UserPolicyList": [{"PolicyName": "mine", "PolicyDocument": {"Statement": [
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]}}]}]}
    Quiet on: {"UserDetailList": [{"UserName": "alice", "GroupList": ["Admins"]}],
        "GroupDetailList": [{"GroupName": "Admins", "AttachedManagedPolicies": ["aws:policy/AdministratorAccess"]}]}
    Quiet on: {"UserDetailList": [{"UserName": "alice", "AttachedManagedPolicies": ["aws:policy/AdministratorAccess"],
        "UserPolicyList": [{"PolicyName": "mine", "PolicyDocument": {"Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}}]}]}
    Unknown on: {"UserDetailList": [{"UserName": "alice", "GroupList": ["Admins", "Unread"]}], "GroupDetailList": [
        {"GroupName": "Admins", "AttachedManagedPolicies": ["aws:policy/AdministratorAccess"]},
        {"GroupName": "Unread", "AttachedManagedPolicies": ["123456789012:policy/not-in-the-snapshot"]}]}
    """
    for user in subject.account.users:
        held = subject.stacks.of(user).held
        grants = _grants(subject, held) if subject.actors.powers(user).administers is not False else []
        unread = [policy for policy in held if policy.policy is None]
        if len(grants) > 1:
            yield fail(
                entity(user),
                f"is an administrator {len(grants)} times: through {_list(grants)}",
                *(f"without {one}: still an administrator through {_list(_others(grants, one))}" for one in grants),
                *_lost_denies(subject, user, grants),
                fix=tuple(_remove(user, grant) for grant in _superfluous(grants)),
            )
        elif len(grants) + len(unread) > 1 or any(not policy.name for policy in unread):
            known = f"is an administrator through {grants[0]}; " if grants else ""
            yield unknown(entity(user), f"{known}the snapshot lacks {_list(unread)}")
        else:
            yield passed(entity(user))


def _grants(subject: Subject, held: Iterable[HeldPolicy]) -> list[HeldPolicy]:
    """The policies that make an administrator by themselves."""
    return [one for one in held if one.policy and subject.actors.alone(one.policy).administers]


def _others(grants: Sequence[HeldPolicy], one: HeldPolicy) -> list[HeldPolicy]:
    return [grant for grant in grants if grant is not one]


def _superfluous(grants: Sequence[HeldPolicy]) -> list[HeldPolicy]:
    """Every grant except the one to keep: the first that comes from a group."""
    kept = next((grant for grant in grants if isinstance(grant.holder, Group)), grants[0])
    return _others(grants, kept)


def _remove(user: User, grant: HeldPolicy) -> str:
    if isinstance(grant.holder, Group):
        return aws_iam("remove-user-from-group", user_name=user.name, group_name=grant.holder.name)
    if grant.arn:
        return policy_command("detach", user, policy_arn=grant.arn)
    return policy_command("delete", user, policy_name=grant.name)


def _lost_denies(subject: Subject, user: User, grants: Sequence[HeldPolicy]) -> Iterator[str]:
    """What the groups that the user would leave deny, since leaving a group lifts its denials too."""
    for group in {grant.holder.arn: grant.holder for grant in _superfluous(grants)}.values():
        denies = [
            holding
            for holding in subject.stacks.own(group)
            if holding.policy and any(statement.effect == "Deny" for statement in holding.policy.statements)
        ]
        if isinstance(group, Group) and denies:
            yield f"leaving group `{group.name}` lifts what {_list(denies)} denies to `{user.name}`"


def _list(holdings: Sequence[HeldPolicy]) -> str:
    return ", ".join(map(str, holdings))
