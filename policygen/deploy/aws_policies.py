"""Check that the AWS managed policies of a plan exist, and read their documents, before anything is changed."""

from dataclasses import replace

from policygen.account.live import AwsError, Connection
from policygen.account.model import Account, ManagedPolicy, PolicyVersion
from policygen.deploy.desired import Desired, arn_name, arn_path
from policygen.deploy.state import holders_of_policies
from policygen.errors import PolicygenError, did_you_mean
from policygen.reference.managed_policies import paths, unlisted


def with_documents(connection: Connection, account: Account, desired: Desired) -> tuple[Account, tuple[str, ...]]:
    """The account with the AWS managed policies that it lacks, and a sentence for each that cannot be read.

    An account's details include AWS managed policies only while they are attached (IAM API Reference,
    GetAccountAuthorizationDetails). Raises PolicygenError for a desired policy that does not exist.
    """
    found, unknown = [], []
    for arn in missing(account, desired):
        try:
            found.append(_read(connection, arn))
        except AwsError as error:
            if error.code == "NoSuchEntity" and arn in desired.arns:
                hint = did_you_mean(arn_name(arn), paths())
                raise PolicygenError(f"AWS has no managed policy `{arn}`{hint}; nothing was changed") from None
            if not (error.denied or error.code == "NoSuchEntity"):
                raise
            unknown.append(f"the document of the policy `{arn}` is not known: {error}")
    return replace(account, policies=(*account.policies, *found)), tuple(unknown)


def unlisted_of(account: Account, desired: Desired) -> tuple[str, ...]:
    """A sentence for each AWS managed policy to attach that neither the account nor the list of names contains."""
    found = (unlisted(arn) for arn in missing(account, desired) if arn in desired.arns)
    return tuple(sentence for sentence in found if sentence)


def missing(account: Account, desired: Desired) -> list[str]:
    """The ARNs of AWS managed policies that are attached, or should be, but not in the account's details."""
    arns = dict.fromkeys([*desired.arns, *holders_of_policies(account)])
    return [arn for arn in arns if not account.policy(arn) and arn.split(":")[4:5] == ["aws"]]


def _read(connection: Connection, arn: str) -> ManagedPolicy:
    default = connection.call("GetPolicy", {"PolicyArn": arn})["Policy"]["DefaultVersionId"]
    answer = connection.call("GetPolicyVersion", {"PolicyArn": arn, "VersionId": default})["PolicyVersion"]
    version = PolicyVersion(default, answer["Document"], is_default=True)
    return ManagedPolicy(arn_name(arn), arn_path(arn), "", arn, (version,))
