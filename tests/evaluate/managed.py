"""AWS managed policies, and small edits of them such as people make."""

import copy
import json
import random
from functools import cache
from typing import Any

Json = dict[str, Any]
_CONDITIONS: list[tuple[str, str, Any]] = [
    ("StringEquals", "aws:RequestedRegion", ["eu-west-1", "us-east-1"]),
    ("Bool", "aws:MultiFactorAuthPresent", "true"),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", "false"),
    ("IpAddress", "aws:SourceIp", ["10.0.0.0/8"]),
    ("NotIpAddress", "aws:SourceIp", ["10.0.0.0/9", "10.128.0.0/9"]),
    ("StringLike", "aws:ResourceTag/team", "red*"),
    ("StringNotEquals", "aws:ResourceTag/team", "red"),
    ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/admin*"),
    ("NumericLessThan", "aws:MultiFactorAuthAge", "3600"),
    ("Null", "aws:MultiFactorAuthAge", "true"),
    ("StringEquals", "iam:PassedToService", ["ec2.amazonaws.com"]),
    ("Bool", "aws:SecureTransport", "true"),
]
_ACTIONS = ["s3:*", "iam:PassRole", "ec2:Describe*", "newsvc:Do", "newsvc:D*", "kms:Decrypt", "s3:Get*", "*:List*"]
_RESOURCES = ["*", "arn:aws:s3:::example-*", "arn:aws:s3:::example-*/*", "arn:aws:iam::123456789012:role/app"]


@cache
def managed() -> dict[str, Json]:
    """The AWS managed policies of the mock that the tests use, by name."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    found = {name: entry["Document"] for name, entry in json.loads(aws_managed_policies_data).items()}
    parsed = {name: json.loads(document) if isinstance(document, str) else document for name, document in found.items()}
    return {name: document | {"Statement": _list(document["Statement"])} for name, document in parsed.items()}


def edited(rng: random.Random, document: Json) -> Json:
    """The document with one small change."""
    changed = copy.deepcopy(document)
    statements = changed["Statement"] = _list(changed["Statement"])
    one = rng.choice(statements)
    action, resource = (next(n for n in (name, f"Not{name}") if n in one) for name in ("Action", "Resource"))
    match rng.randrange(9):
        case 0 if len(statements) > 1:
            statements.remove(one)
        case 1:
            gone = rng.choice(_list(one[action]))
            one[action] = [name for name in _list(one[action]) if name != gone] or gone
        case 2:
            one[action] = [*_list(one[action]), rng.choice(_ACTIONS)]
        case 3:
            one[resource] = rng.choice(_RESOURCES)
        case 4:
            operator, key, value = rng.choice(_CONDITIONS)
            one.setdefault("Condition", {}).setdefault(operator, {})[key] = value
        case 5 if one.get("Condition"):
            del one["Condition"][rng.choice(list(one["Condition"]))]
        case 6:
            names = list(_list(one[action]))
            place = rng.randrange(len(names))
            names[place] = names[place].partition(":")[0] + ":" + rng.choice(["*", "Get*", "*Tag*", "Describe?*"])
            one[action] = names
        case 7:
            one["Effect"] = "Deny" if one["Effect"] == "Allow" else "Allow"
        case _:
            operator, key, value = rng.choice(_CONDITIONS)
            condition = {operator: {key: value}}
            entry = {"Action": rng.choice(["*", "iam:*", "s3:Delete*"]), "Resource": rng.choice(_RESOURCES)}
            statements.append({"Effect": "Deny", **entry, "Condition": condition})
    return changed


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
