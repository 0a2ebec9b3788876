"""AWS's own managed policies: their names and paths, and the ARN of a policy that somebody names."""

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
    """Name → path (`/job-function/`) of the policies that AWS had in the partition `aws` on `date()`."""
    return {name: path for path, names in load("aws_managed_policies")["paths"].items() for name in names}


def date() -> str:
    """The day of which the names are."""
    return str(load("aws_managed_policies")["date"])


def resolve(text: str, *, partition: str, account: str) -> str:
    """The ARN of a managed policy that a principal of the account can hold, named by its ARN or by AWS's name.

    The name of one of AWS's policies is enough: its path is known. Raises PolicygenError for what is not a policy, is
    in another partition or account, has another path or spelling, or belongs to service-linked roles only. A name that
    is not listed gives an ARN all the same: AWS adds policies every week (see `unlisted`).
    """
    match = (_ARN if text.startswith("arn:") else _NAME).fullmatch(text)
    if not match:
        raise PolicygenError(f"`{text}` is not the name of an AWS managed policy and not the ARN of a managed policy")
    if not text.startswith("arn:"):
        return _of_aws(text, partition, match[1], match[2])
    if match[1] != partition:
        raise PolicygenError(f"`{text}` is a policy of partition {match[1]}, and account {account} is in {partition}")
    if match[2] == "aws":
        return _of_aws(text, partition, match[3] or "", match[4])
    if match[2] != account:
        raise PolicygenError(
            f"`{text}` is a policy of account {match[2]}; a principal of account {account} can hold only that "
            "account's policies and AWS's"
        )
    return text


def unlisted(arn: str) -> str:
    """Why nothing is known about one of AWS's policies, with the likeliest name; "" for one that is listed."""
    _, partition, _, _, owner, resource = arn.split(":", 5)
    name = resource.rpartition("/")[2]
    if owner != "aws" or (partition == load("aws_managed_policies")["partition"] and name in paths()):
        return ""
    where = f"the data of {date()} does not list the AWS managed policy `{name}`"
    if name in paths():
        return f"the data of {date()} lists the AWS managed policies of partition `aws` only, not of `{partition}`"
    return f"{where}{did_you_mean(name, paths())}"


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
