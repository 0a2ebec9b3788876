"""A step as IAM is called: as boto3 takes it, and as somebody would type it."""

import re
import shlex
from collections.abc import Mapping
from typing import Any

from policygen.policy.canonical import dumps

OPERATIONS: Mapping[str, frozenset[str]] = {
    "CreateGroup": frozenset({"Path", "GroupName"}),
    "CreatePolicy": frozenset({"PolicyName", "Path", "PolicyDocument"}),
    "PutGroupPolicy": frozenset({"GroupName", "PolicyName", "PolicyDocument"}),
    "AttachGroupPolicy": frozenset({"GroupName", "PolicyArn"}),
    "DetachGroupPolicy": frozenset({"GroupName", "PolicyArn"}),
    "AddUserToGroup": frozenset({"GroupName", "UserName"}),
    "CreatePolicyVersion": frozenset({"PolicyArn", "PolicyDocument", "SetAsDefault"}),
    "SetDefaultPolicyVersion": frozenset({"PolicyArn", "VersionId"}),
    "DeletePolicyVersion": frozenset({"PolicyArn", "VersionId"}),
    "DeletePolicy": frozenset({"PolicyArn"}),
}
"""The calls that plans are made of, each with its arguments."""

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def wire(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a step with the policy document as the text that IAM stores."""
    return {
        key: dumps(value, minify=True).strip() if key == "PolicyDocument" else value for key, value in arguments.items()
    }


def aws_cli(operation: str, arguments: Mapping[str, Any]) -> str:
    """The `aws iam …` command that does the same, quoted for a POSIX shell."""
    words = ["aws", "iam", _kebab(operation)]
    for key, value in wire(arguments).items():
        if isinstance(value, bool):
            words.append(f"--{'' if value else 'no-'}{_kebab(key)}")
        else:
            words += [f"--{_kebab(key)}", str(value)]
    return shlex.join(words)


def _kebab(name: str) -> str:
    return _WORD.sub("-", name).lower()
