"""AWS managed policies: their names and paths, and the ARN of a policy given by name."""

import re
from collections.abc import Mapping
from functools import cache

from policygen.errors import PolicygenError, did_you_mean
from policygen.reference.data import load

_ARN = re.compile(r"arn:([a-z0-9-]+):iam::(aws|\d{12}):policy/([\x21-\x7e]*/)?([\w+=,.@-]{1,128})", re.ASCII)
_NAME = re.compile(r"([\x21-\x7e]*/)?([\w+=,.@-]{1,128})", re.ASCII)
_SERVICE_LINKED = "/aws-service-role/"


@cache
def paths() -> Mapping[str, str]:
    """Name → path (`/job-function/`) of the AWS managed policies in partition `aws` on `date()`."""
    return {name: path for path, names in load("aws_managed_policies")["paths"].items() for name in names}


def date() -> str:
    """The day of the list of names."""
    return str(load("aws_managed_policies")["date"])


def resolve(text: str, *, partition: str, account: str) -> str:
    """The ARN of a managed policy that can be attached in the account, given by ARN or by the name of AWS's policy.

    Raises PolicygenError for text that does not name a policy, for another partition or account, for a wrong path or
    spelling, and for policies of service-linked roles. A name that is not listed is accepted, since AWS adds policies
    every week (see `unlisted`).
    """
    match = (_ARN if text.startswith("arn:") else _NAME).fullmatch(text)
    if not match:
        raise PolicygenError(f"`{text}` is neither the name of an AWS managed policy nor the ARN of a managed policy")
    if not text.startswith("arn:"):
        return _of_aws(text, partition, match[1], match[2])
    if match[1] != partition:
        raise PolicygenError(f"`{text}` is a policy of partition {match[1]}, and account {account} is in {partition}")
    if match[2] == "aws":
        return _of_aws(text, partition, match[3] or "", match[4])
    if match[2] != account:
        raise PolicygenError(
            f"`{text}` is a policy of account {match[2]}; only AWS managed policies and those of account {account} "
            "can be attached there"
        )
    return text


def unlisted(arn: str) -> str:
    """Why nothing is known about an AWS managed policy, with the likeliest name; "" for a listed or other policy."""
    _, partition, _, _, owner, resource = arn.split(":", 5)
    name = resource.rpartition("/")[2]
    if owner != "aws" or (partition == load("aws_managed_policies")["partition"] and name in paths()):
        return ""
    if name in paths():
        return f"the data of {date()} lists the AWS managed policies of partition `aws` only, not of `{partition}`"
    return f"the data of {date()} does not list the AWS managed policy `{name}`{did_you_mean(name, paths())}"


def _of_aws(text: str, partition: str, path: str | None, name: str) -> str:
    known = paths().get(name)
    if known is None:
        if other := _folded().get(name.lower()):
            raise PolicygenError(f"AWS has no managed policy `{name}`; did you mean `{other}`?")
        return f"arn:{partition}:iam::aws:policy/{path or ''}{name}"
    arn = f"arn:{partition}:iam::aws:policy{known}{name}"
    if path is not None and f"/{path.lstrip('/')}" != known:
        raise PolicygenError(f"`{text}` has another path than AWS's policy `{name}`; did you mean `{arn}`?")
    if known == _SERVICE_LINKED:
        raise PolicygenError(f"AWS's policy `{name}` can be attached to its service-linked role only")
    return arn


@cache
def _folded() -> Mapping[str, str]:
    return {name.lower(): name for name in paths()}
