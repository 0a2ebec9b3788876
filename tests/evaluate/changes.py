"""Random pairs of an old and a new policy, over names that AWS has and names that it has not, and requests to try.

The requests are such as AWS could receive, and are made without the engine that compares.
"""

import json
import random
from typing import Any

from policygen.evaluate import Request, person_request

ACCOUNT = "123456789012"
OTHER = "111122223333"

Json = dict[str, Any]

_ACTIONS = [
    *(
        "s3:GetObject",
        "S3:getobject",
        "s3:Get*",
        "s3:G?tObject",
        "s3:*Object",
        "s3:*",
        "s3:GetFoo",
        "s3:GetF*",
        "s3:Get?",
    ),
    *(
        "s3:Get?",
        "s3:ListBucket",
        "s3:List*",
        "sqs:SendMessage",
        "sqs:Send*",
        "SQS:sendmessag?",
        "iam:GetUser",
        "iam:Get?ser",
    ),
    *("newsvc:DeleteThing", "newsvc:Del*", "NewSvc:*", "newsvc:?eleteThing", "new:Del", "n*:Del*", "*", "*:Get*"),
    *("*Thing", "s?:GetObject", "new*", "*:*ete*", "?ewsvc:DeleteThing", "iam:*", "ec2:DescribeInstances", "ec2:*"),
]
_ASKED = [
    *(
        "s3:GetObject",
        "s3:PutObject",
        "s3:GetFoo",
        "s3:GetFob",
        "s3:Getx",
        "s3:ListBucket",
        "s3:ListFoo",
        "s3:ThisObject",
    ),
    *("sqs:SendMessage", "sqs:SendFoo", "sqs:sendmessagx", "iam:GetUser", "iam:Getuser", "iam:Getxser", "iam:GetRole"),
    *("newsvc:DeleteThing", "newsvc:Delay", "newsvc:deletething", "newsvc:Other", "newsvc:xeleteThing", "new:Del"),
    *(
        "nothing:Delete",
        "newest:Get",
        "other:GetMe",
        "other:BigThing",
        "sx:GetObject",
        "xewsvc:DeleteThing",
        "ec2:RunFoo",
    ),
    *("ec2:DescribeInstances", "a:b", "a:Complete", "s3-new:Gets"),
]
_RESOURCES = {
    "s3:GetObject": ["arn:aws:s3:::b/k", "arn:aws:s3:::b/alice/k", "arn:aws:s3:::b/x1", "arn:aws:s3:::c/k"],
    "s3:PutObject": ["arn:aws:s3:::b/k", "arn:aws:s3:::b/alice/k"],
    "s3:ListBucket": ["arn:aws:s3:::b", "arn:aws:s3:::c"],
    "sqs:SendMessage": [f"arn:aws:sqs:us-east-1:{ACCOUNT}:q", f"arn:aws:sqs:eu-west-1:{OTHER}:q"],
    "iam:GetUser": [f"arn:aws:iam::{ACCOUNT}:user/alice", f"arn:aws:iam::{ACCOUNT}:user/eng/bob"],
    "iam:GetRole": [f"arn:aws:iam::{ACCOUNT}:role/app"],
    "ec2:DescribeInstances": ["*"],
}
_ANY = sorted(
    {arn for arns in _RESOURCES.values() for arn in arns} | {"arn:aws:newsvc:us-east-1::thing", "arn:aws:x:::"}
)
_PATTERNS = [
    *(
        "*",
        "*",
        "arn:aws:s3:::*",
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::b",
        "arn:aws:s3:::b/?",
        "arn:aws:s3:::b/k",
        "arn:*:*:*:*:*",
    ),
    *("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/x*", "arn:aws:sqs:*:*:q", f"arn:aws:sqs:*:{ACCOUNT}:*"),
    *(f"arn:aws:iam::{ACCOUNT}:user/*", "arn:aws:iam::*:user/${aws:username}", "arn:aws:newsvc:*:*:*", "arn:aws:s3:*"),
    *(f"arn:aws:s3:*:{ACCOUNT}:", "arn:aws:*::*:thing"),
]
_STRINGS = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIfExists"]
_NUMBERS = ["NumericLessThan", "NumericGreaterThan", "NumericGreaterThanIfExists", "NumericLessThanEquals"]
_DATES = ["DateLessThan", "DateGreaterThan", "DateGreaterThanEquals"]
_ARNS = ["ArnLike", "ArnNotLike", "ArnEquals", "StringLike", "StringNotLike"]
_SETS = [f"{q}:{o}" for q in ("ForAllValues", "ForAnyValue") for o in ("StringEquals", "StringNotEquals", "StringLike")]
_NULL = ["Null"]
_BOOLEANS = ["Bool", "BoolIfExists"]
_CONDITIONS = [
    ("aws:SecureTransport", [*_BOOLEANS], ["true", "false"]),
    ("aws:RequestedRegion", [*_STRINGS, "ForAllValues:StringEquals"], ["us-east-1", "eu-*", "eu-west-1"]),
    ("aws:SourceIp", ["IpAddress", "NotIpAddress", "IpAddressIfExists"], ["10.0.0.0/8", "203.0.113.0/24", "0.0.0.0/0"]),
    ("aws:MultiFactorAuthPresent", _BOOLEANS, ["true", "false"]),
    ("aws:MultiFactorAuthAge", _NUMBERS, ["60", "3600"]),
    (
        "aws:PrincipalArn",
        _ARNS,
        [f"arn:aws:iam::{ACCOUNT}:user/*", "arn:aws:iam::*:role/app", f"arn:aws:iam::{OTHER}:*"],
    ),
    ("aws:PrincipalAccount", ["StringEquals", "StringNotEquals"], [ACCOUNT, OTHER]),
    ("aws:PrincipalType", ["StringEquals", "StringNotEquals"], ["User", "AssumedRole", "Account"]),
    ("aws:username", _STRINGS, ["alice", "b*", "${aws:PrincipalTag/team}"]),
    ("aws:CurrentTime", _DATES, ["2026-01-01T00:00:00Z", "1700000000"]),
    ("aws:TagKeys", _SETS, ["team", "cost", "t*"]),
    ("aws:ResourceTag/team", [*_STRINGS, "StringEqualsIgnoreCase"], ["red", "${aws:PrincipalTag/team}", "r*"]),
    ("key:s", [*_STRINGS, *_SETS], ["a", "b", "a*"]),
]


def pair(rng: random.Random) -> tuple[list[Json], list[Json]]:
    """The statements of a policy and what a small change or a rewriting makes of them."""
    old = [_statement(rng) for _ in range(rng.randint(1, 3))]
    new = json.loads(json.dumps(old))
    for _ in range(rng.randint(1, 2)):
        new = _changed(rng, new)
    return (old, new) if rng.random() < 0.5 else (new, old)


def request(rng: random.Random) -> Request:
    """A request of a user or a role, with keys as AWS sets them."""
    action = rng.choice(_ASKED)
    resource = rng.choice(_RESOURCES.get(action, _ANY))
    account = rng.choice([ACCOUNT, ACCOUNT, OTHER])
    who = rng.choice(["user/alice", "user/eng/bob", "role/app/s", "role/dev/s"])
    session = rng.choice(["mfa", "no-mfa"] if who.startswith("role") else ["mfa", "no-mfa", "long-term-key"])
    time = rng.choice(["2026-06-01T00:00:00Z", "2023-01-01T00:00:00Z", "2026-01-01T00:00:00Z"])
    context: Json = {
        "aws:SecureTransport": rng.choice(["true", "false"]),
        "aws:RequestedRegion": rng.choice(["us-east-1", "eu-west-1", "eu-north-1", "ap-south-1"]),
        "aws:CurrentTime": time,
    }
    if session == "mfa":
        context["aws:MultiFactorAuthAge"] = rng.choice(["0", "60", "61", "3600", "9000"])
    for key, values in (
        ("aws:SourceIp", ["10.1.2.3", "203.0.113.9", "198.51.100.1", "2001:db8::1"]),
        ("aws:ResourceTag/team", ["red", "Red", "blue", ""]),
        ("aws:PrincipalTag/team", ["red", "blue", "alice", "*"]),
        ("key:s", ["a", "b", "ab", ["a", "b"], ["c"], ""]),
        ("aws:TagKeys", [["team"], ["team", "cost"], ["other"], ["team", "other"]]),
    ):
        if rng.random() < 0.7:
            context[key] = rng.choice(values)
    return person_request(who, action, resource, account=account, session=session, context=context)


def _statement(rng: random.Random) -> Json:
    statement: Json = {"Effect": rng.choice(["Allow", "Allow", "Deny"])}
    statement[rng.choice(["Action"] * 4 + ["NotAction"])] = rng.sample(_ACTIONS, rng.choice([1, 1, 2, 3]))
    statement[rng.choice(["Resource"] * 5 + ["NotResource"])] = rng.sample(_PATTERNS, rng.choice([1, 1, 2]))
    if rng.random() < 0.6:
        statement["Condition"] = {}
        for _ in range(rng.choice([1, 1, 2])):
            operator, key, values = _condition(rng)
            statement["Condition"].setdefault(operator, {})[key] = values
    return statement


def _condition(rng: random.Random) -> tuple[str, str, list[str]]:
    key, operators, values = rng.choice(_CONDITIONS)
    if rng.random() < 0.1:
        return "Null", key, [rng.choice(["true", "false"])]
    return rng.choice(operators), key, rng.sample(values, rng.choice([1, 1, 2]))


def _changed(rng: random.Random, statements: list[Json]) -> list[Json]:
    changed: list[Json] = json.loads(json.dumps(statements))
    if not changed:
        return [_statement(rng)]
    one = rng.choice(changed)
    match rng.randrange(8):
        case 0:
            changed.remove(one)
        case 1:
            one.pop("Condition", None)
        case 2:
            changed.append(_statement(rng))
        case 3:
            name = next(name for name in ("Action", "NotAction") if name in one)
            one[name] = [*one[name], rng.choice(_ACTIONS)]
        case 4:
            name = next(name for name in ("Resource", "NotResource") if name in one)
            one[name] = [*one[name], rng.choice(_PATTERNS)]
        case 5:
            name = next(name for name in ("Action", "NotAction") if name in one)
            one[name] = one[name][:1]
        case 6 if one["Effect"] == "Allow" and len(one.get("Condition", {})) == 1:
            (operator, keys), *_ = one.pop("Condition").items()
            for key, values in keys.items():
                unless = _opposite(operator)
                changed.append(one | {"Effect": "Deny", "Condition": {unless: {key: values}}})
        case _:
            operator, key, values = _condition(rng)
            one.setdefault("Condition", {}).setdefault(operator, {})[key] = values
    return changed


def _opposite(operator: str) -> str:
    """An operator that may well match where the other one does not."""
    for name, other in (("StringEquals", "StringNotEquals"), ("ArnLike", "ArnNotLike"), ("IpAddress", "NotIpAddress")):
        if operator == name:
            return other
    return {"NumericLessThan": "NumericGreaterThanEqualsIfExists", "Bool": "BoolIfExists"}.get(operator, operator)
