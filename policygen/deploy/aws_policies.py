"""AWS's own policies that a plan attaches: whether they exist, and what they say, before anything is changed."""

from dataclasses import replace

from policygen.account.live import AwsError, Connection
from policygen.account.model import Account, ManagedPolicy, PolicyVersion
from policygen.deploy.desired import Desired, arn_name, arn_path
from policygen.errors import PolicygenError, did_you_mean
from policygen.reference.managed_policies import paths, unlisted


def with_documents(connection: Connection, account: Account, desired: Desired) -> tuple[Account, tuple[str, ...]]:
    """The account with the AWS policies that it refers to or should and does not show, and what is not known of them.

    An account's details list AWS's policies once they are attached (IAM API Reference,
    GetAccountAuthorizationDetails). Raises PolicygenError for a policy that AWS does not have.
    """
    found, unknown = [], []
    wanted = {policy.arn for group in desired.groups for policy in group.policies}
    for arn in missing(account, desired):
        try:
            found.append(_read(connection, arn))
        except AwsError as error:
            if error.code == "NoSuchEntity" and arn in wanted:
                hint = did_you_mean(arn_name(arn), paths())
                raise PolicygenError(f"AWS has no managed policy `{arn}`{hint}; nothing was changed") from None
            if not (error.denied or error.code == "NoSuchEntity"):
                raise
            unknown.append(f"what the policy `{arn}` says is not known: {error}")
    return replace(account, policies=(*account.policies, *found)), tuple(unknown)


def unlisted_of(account: Account, desired: Desired) -> tuple[str, ...]:
    """A sentence for each AWS policy to attach that neither the account nor the data of names shows to exist."""
    wanted = {policy.arn for group in desired.groups for policy in group.policies}
    found = (unlisted(arn) for arn in missing(account, desired) if arn in wanted)
    return tuple(sentence for sentence in found if sentence)


def missing(account: Account, desired: Desired) -> list[str]:
    """The ARNs of AWS's policies that the account refers to, or should, and does not show."""
    arns = [policy.arn for group in desired.groups for policy in group.policies if policy.arn]
    for entities in (account.users, account.groups, account.roles):
        for entity in entities:
            arns += [policy.arn for policy in entity.attached]
            arns += [boundary] if (boundary := getattr(entity, "boundary", None)) else []
    shown = {policy.arn for policy in account.policies}
    return [arn for arn in dict.fromkeys(arns) if arn not in shown and arn.split(":")[4:5] == ["aws"]]


def _read(connection: Connection, arn: str) -> ManagedPolicy:
    default = connection.call("GetPolicy", {"PolicyArn": arn})["Policy"]["DefaultVersionId"]
    answer = connection.call("GetPolicyVersion", {"PolicyArn": arn, "VersionId": default})["PolicyVersion"]
    version = PolicyVersion(default, answer["Document"], is_default=True)
    return ManagedPolicy(arn_name(arn), arn_path(arn), "", arn, (version,))
