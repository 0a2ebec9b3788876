"""Random pairs of an old and a new policy, over names that AWS has and names that it has not, and requests to try.

The requests are such as AWS could receive, mostly near what the policies name, and are made without the engine that
compares. Most pairs are about services with few actions, which takes a fraction of the time.
"""

import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

from policygen.evaluate import Request, person_request
from policygen.policy.model import Kind
from policygen.reference.services import find_action

ACCOUNT = "123456789012"
OTHER = "111122223333"

Json = dict[str, Any]


def _words(text: str) -> list[str]:
    return text.split()


_ACTIONS = _words("""
    sqs:SendMessage SQS:sendmessag? sqs:Send* sqs:*Message sqs:Get* sqs:G?tFoo sqs:GetFoo sqs:GetF* sqs:Get? sqs:*
    firehose:PutRecord Firehose:putrecord firehose:Put* firehose:P?tRecord firehose:*Record firehose:PutFoo
    tag:GetResources tag:Get* tag:*
    newsvc:DeleteThing newsvc:Del* NewSvc:* newsvc:?eleteThing new:Del n*:Del* new* ?ewsvc:DeleteThing
    * *:Get* *Thing *:*ete* s?s:SendMessage *hose:PutRecord
""")
_LARGE_ACTIONS = _words("""
    s3:GetObject S3:getobject s3:Get* s3:G?tObject s3:*Object s3:* s3:GetFoo s3:Get? s3:ListBucket s3:List* s?:GetObject
    iam:GetUser iam:Get?ser iam:PassRole iam:* ec2:DescribeInstances ec2:*
""")
"""Of services with hundreds of actions."""
_LARGE = 0.03
_ASKED = _words("""
    sqs:SendMessage sqs:SendFoo sqs:sendmessagx firehose:PutRecord firehose:PutFob tag:GetResources tag:GetFoo
    s3:GetObject s3:PutObject s3:GetFoo s3:ListBucket s3:ThisObject iam:GetUser iam:Getxser iam:GetRole
    ec2:DescribeInstances ec2:RunFoo newsvc:DeleteThing newsvc:Other new:Del nothing:Delete newest:Get other:GetMe
    other:BigThing sx:GetObject a:b a:Complete s3-new:Gets
""")
_STREAM = f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/"
_QUEUES = [
    f"arn:aws:sqs:us-east-1:{ACCOUNT}:q",
    f"arn:aws:sqs:eu-west-1:{OTHER}:q",
    f"arn:aws:sqs:us-east-1:{OTHER}:x1",
]
_OBJECTS = ["arn:aws:s3:::b/k", "arn:aws:s3:::b/alice/k", "arn:aws:s3:::b/x1", "arn:aws:s3:::c/k"]
_RESOURCES = {
    "sqs:sendmessage": _QUEUES,
    "firehose:putrecord": [f"{_STREAM}alice", f"{_STREAM}bob", f"{_STREAM}x1"],
    "tag:getresources": ["*"],
    "s3:getobject": _OBJECTS,
    "s3:putobject": _OBJECTS,
    "s3:listbucket": ["arn:aws:s3:::b", "arn:aws:s3:::c"],
    "iam:getuser": [f"arn:aws:iam::{ACCOUNT}:user/alice", f"arn:aws:iam::{ACCOUNT}:user/eng/bob"],
    "iam:getrole": [f"arn:aws:iam::{ACCOUNT}:role/app"],
    "iam:passrole": [f"arn:aws:iam::{ACCOUNT}:role/app"],
    "ec2:describeinstances": ["*"],
}
"""What the actions of AWS that are asked about take."""
_ANY = sorted(
    {arn for arns in _RESOURCES.values() for arn in arns} | {"arn:aws:newsvc:us-east-1::thing", "arn:aws:x:::"}
)
_PATTERNS = _words(f"""
    * * arn:*:*:*:*:* arn:aws:sqs:*:*:q arn:aws:sqs:*:{ACCOUNT}:* arn:aws:sqs:*:*:?1 {_QUEUES[0]}
    arn:aws:firehose:*:*:deliverystream/${{aws:username}} {_STREAM}* {_STREAM}x* {_STREAM}${{aws:PrincipalTag/team}}?
    arn:aws:newsvc:*:*:* arn:aws:*::*:thing arn:aws:*::*:
""")
_LARGE_PATTERNS = _words(f"""
    arn:aws:s3:::* arn:aws:s3:::b arn:aws:s3:::b/* arn:aws:s3:::b/? arn:aws:s3:::b/k arn:aws:s3:::b/x*
    arn:aws:s3:::b/${{aws:username}}/* arn:aws:s3:* arn:aws:s3:*:{ACCOUNT}:
    arn:aws:iam::{ACCOUNT}:user/* arn:aws:iam::*:user/${{aws:username}} arn:aws:iam::*:role/*
""")
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
_KEYS: dict[str, list[Any]] = {
    "aws:SourceIp": ["10.1.2.3", "203.0.113.9", "198.51.100.1", "2001:db8::1"],
    "aws:ResourceTag/team": ["red", "Red", "blue", ""],
    "aws:PrincipalTag/team": ["red", "blue", "alice", "*"],
    "key:s": ["a", "b", "ab", ["a", "b"], ["c"], ""],
    "aws:TagKeys": [["team"], ["team", "cost"], ["other"], ["team", "other"]],
}
"""Values of the keys that are not in every request."""


class _Names:
    """The names that the policies of a pair draw from."""

    def __init__(self, rng: random.Random) -> None:
        large = rng.random() < _LARGE
        self.actions = [*_ACTIONS, *_LARGE_ACTIONS] if large else _ACTIONS
        self.patterns = [*_PATTERNS, *_LARGE_PATTERNS] if large else _PATTERNS


def pair(rng: random.Random) -> tuple[list[Json], list[Json]]:
    """The statements of a policy and what a small change or a rewriting makes of them."""
    names = _Names(rng)
    old = [_statement(rng, names) for _ in range(rng.choice([1, 1, 1, 2, 2, 3]))]
    new = json.loads(json.dumps(old))
    for _ in range(rng.choice([1, 1, 2])):
        new = _changed(rng, names, new)
    return (old, new) if rng.random() < 0.5 else (new, old)


def of_a_kind(rng: random.Random, *policies: list[Json]) -> tuple[Kind, *tuple[list[Json], ...]]:
    """A kind, and the statements of the policies as that kind has them."""
    kind = rng.choice([Kind.IDENTITY] * 6 + [Kind.SCP, Kind.BOUNDARY, Kind.RCP])
    if kind is Kind.RCP:
        return kind, *([s | {"Effect": "Deny", "Principal": "*"} for s in policy] for policy in policies)
    return kind, *policies


def requests(rng: random.Random, statements: Sequence[Json], number: int) -> Iterator[Request]:
    """Requests of a user or a role, with keys as AWS sets them."""
    actions = [_filled(rng, name) for s in statements for name in s.get("Action", s.get("NotAction"))]
    resources = [_filled(rng, name) for s in statements for name in s.get("Resource", s.get("NotResource"))]
    text = json.dumps(statements)
    for _ in range(number):
        action = rng.choice(actions if rng.random() < 0.7 else _ASKED)
        action = action if ":" in action else rng.choice(_ASKED)
        if find_action(action):
            resource = rng.choice(_RESOURCES.get(action.lower(), ["*"]))
        else:
            resource = rng.choice(resources if rng.random() < 0.5 else _ANY)
        yield _request(rng, action, resource, text)


def _filled(rng: random.Random, pattern: str) -> str:
    """A text that a pattern matches: actions with `Foo`, resources with names that keys have too."""
    if not pattern.startswith("arn:"):
        return pattern.replace("?", rng.choice("ex")).replace("*", rng.choice(["Foo", "Get", "x"]))
    for variable in ("${aws:username}", "${aws:PrincipalTag/team}"):
        pattern = pattern.replace(variable, rng.choice(["alice", "bob", "red"]))
    return pattern.replace("?", "x").replace("*", rng.choice(["", "x1", ACCOUNT, "us-east-1", "alice/k"]))


def _request(rng: random.Random, action: str, resource: str, text: str) -> Request:
    account = rng.choice([ACCOUNT, ACCOUNT, OTHER])
    who = rng.choice(["user/alice", "user/eng/bob", "role/app/s", "role/dev/s"])
    session = rng.choice(["mfa", "no-mfa"] if who.startswith("role") else ["mfa", "no-mfa", "long-term-key"])
    context: Json = {
        "aws:SecureTransport": rng.choice(["true", "false"]),
        "aws:RequestedRegion": rng.choice(["us-east-1", "eu-west-1", "eu-north-1", "ap-south-1"]),
        "aws:CurrentTime": rng.choice(["2026-06-01T00:00:00Z", "2023-01-01T00:00:00Z", "2026-01-01T00:00:00Z"]),
    }
    if session == "mfa":
        context["aws:MultiFactorAuthAge"] = rng.choice(["0", "60", "61", "3600", "9000"])
    for key, values in _KEYS.items():
        if key in text and rng.random() < 0.7:
            context[key] = rng.choice(values)
    return person_request(who, action, resource, account=account, session=session, context=context)


def _statement(rng: random.Random, names: _Names) -> Json:
    statement: Json = {"Effect": rng.choice(["Allow", "Allow", "Deny"])}
    statement[rng.choice(["Action"] * 4 + ["NotAction"])] = rng.sample(names.actions, rng.choice([1, 1, 2, 3]))
    statement[rng.choice(["Resource"] * 5 + ["NotResource"])] = rng.sample(names.patterns, rng.choice([1, 1, 2]))
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


def _changed(rng: random.Random, names: _Names, statements: list[Json]) -> list[Json]:
    changed: list[Json] = json.loads(json.dumps(statements))
    if not changed:
        return [_statement(rng, names)]
    one = rng.choice(changed)
    match rng.randrange(8):
        case 0:
            changed.remove(one)
        case 1:
            one.pop("Condition", None)
        case 2:
            changed.append(_statement(rng, names))
        case 3:
            name = next(name for name in ("Action", "NotAction") if name in one)
            one[name] = [*one[name], rng.choice(names.actions)]
        case 4:
            name = next(name for name in ("Resource", "NotResource") if name in one)
            one[name] = [*one[name], rng.choice(names.patterns)]
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
