"""Random policies and requests over a small alphabet, chosen so that every rule of IAM meets its exceptions."""

import random
from typing import Any

ACCOUNT = "123456789012"
OTHER = "210987654321"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"

_ACTIONS = ["s3:GetObject", "s3:getobject", "S3:PutObject", "sqs:SendMessage", "iam:GetUser"]
_ACTION_PATTERNS = [
    *("*", "s3:*", "s3:Get*", "S3:GETOBJECT", "s3:?etObject", "s3:*Object", "s3:Get.bject", "s3:Get[O]bject"),
    *("sqs:*", "sqs:SendMessage", "iam:Get*", "iam:*User", "s3:G*t*t", "s3:PutObject"),
]
_RESOURCES = [
    *("arn:aws:s3:::b/k", "arn:aws:s3:::b/alice/k", "arn:aws:s3:::b/alice", "arn:aws:s3:::b", "arn:aws:s3:::b/a*c"),
    *(f"arn:aws:sqs:us-east-1:{ACCOUNT}:alice-queue", ALICE, f"arn:aws:iam::{ACCOUNT}:user/eng/alice"),
    *("arn:aws:s3:::B/k", "arn:aws:s3:::b/a:c"),
]
_RESOURCE_PATTERNS = [
    *(
        "*",
        "arn:aws:s3:::*",
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::b/?",
        "arn:aws:s3:::b/k",
        "arn:*:s3:::b*",
        "arn:aws:*:*:*:*",
    ),
    *("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/${aws:username}*", "arn:aws:s3:::b/${AWS:UserName}"),
    *("arn:aws:s3:::b/a${*}c", "arn:aws:s3:::b/a${?}c", "arn:aws:s3:::${key:s, 'b'}/k", "arn:aws:s3:::b/*k*"),
    *(f"arn:aws:iam::{ACCOUNT}:user/*/alice", f"arn:aws:iam::{ACCOUNT}:user/*", "arn:aws:iam::*:user/${aws:username}"),
    *(
        f"arn:aws:sqs:*:{ACCOUNT}:alice-queue",
        f"arn:aws:sqs:us-east-?:{ACCOUNT}:*",
        "arn:aws:s3:::b/a:*",
        "arn:aws:s3:*",
    ),
    *("arn:aws:sqs:us-east-1:*:${aws:username}-queue", "arn:aws:iam::123456789012:*/*"),
]
_TEXTS = ["a", "A", "b", "alice", "Alice", "a*", "a?", "ab", "", "é", "ß", "a.b", "a[b]", "true"]
_TEXT_PATTERNS = [*_TEXTS, "*", "?", "a*b", "${aws:username}", "${key:s}", "${key:t, 'a'}", "a${*}", "x${aws:username}"]
_NUMBERS = ["10", "10.0", "9", "-1", "11", "0", "+10", "1e1", "12abc", ""]
_DATES = [
    *("2024-01-01T00:00:00Z", "2024-01-01", "2024-01-01T01:00:00+01:00", "2023-12-31T23:59:59Z", "1704067200"),
    *("2024-01-01T00:00:00.5Z", "soon"),
]
_BOOLEANS = ["true", "false", "True", "FALSE", "yes"]
_ADDRESSES = [
    *("10.0.0.1", "10.0.0.0/8", "10.1.2.3/8", "192.0.2.7", "192.0.2.0/24", "0.0.0.0/0", "2001:db8::1", "2001:db8::/32"),
    *("2001:0db8:0:0:0:0:0:1", "::/0", "office"),
]
_CALLERS = ["10.0.0.1", "10.9.9.9", "192.0.2.7", "198.51.100.1", "2001:db8::1", "2001:db9::1", "nowhere"]
_ARNS = [
    *(
        ROLE,
        f"arn:aws:iam::{ACCOUNT}:role/x",
        f"arn:aws:iam::{OTHER}:role/r",
        "arn:aws:s3:::b",
        "arn:aws:s3:::b/a:c",
        "r",
    ),
]
_ARN_PATTERNS = [
    *(*_ARNS, f"arn:aws:iam::{ACCOUNT}:role/*", "arn:aws:iam::*:role/?", "arn:aws:*:::b", "arn:*:*:*:*:*", "*"),
    *("arn:aws:s3:::b/*", "arn:aws:iam::*:role/${key:s}", "arn:aws:*b"),
]
_BINARY = ["YQ==", "Yg==", "YQ"]
_KINDS: dict[str, tuple[str, list[str], list[str], list[str]]] = {
    "text": ("key:s", _TEXTS, _TEXT_PATTERNS, ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"]),
    "folded": ("key:s", _TEXTS, _TEXT_PATTERNS, ["StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"]),
    "number": ("key:n", _NUMBERS, _NUMBERS, [f"Numeric{name}" for name in ("Equals", "NotEquals", "LessThan")]),
    "order": (
        "key:n",
        _NUMBERS,
        _NUMBERS,
        [f"Numeric{name}" for name in ("LessThanEquals", "GreaterThan", "GreaterThanEquals")],
    ),
    "date": (
        "key:d",
        _DATES,
        _DATES,
        [f"Date{name}" for name in ("Equals", "NotEquals", "LessThan", "GreaterThanEquals")],
    ),
    "bool": ("key:b", _BOOLEANS, _BOOLEANS, ["Bool"]),
    "address": ("key:i", _CALLERS, _ADDRESSES, ["IpAddress", "NotIpAddress"]),
    "arn": ("key:a", _ARNS, _ARN_PATTERNS, ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"]),
    "binary": ("key:y", _BINARY, _BINARY, ["BinaryEquals"]),
    "null": ("key:s", _TEXTS, ["true", "false"], ["Null"]),
}

Json = dict[str, Any]


def pairs(seed: int, count: int) -> list[Json]:
    """So many questions of `policygen simulate --requests`, the same for the same seed."""
    rng = random.Random(seed)
    return [_layered(rng) if rng.random() < 0.15 else _plain(rng) for _ in range(count)]


def _plain(rng: random.Random) -> Json:
    """Identity policies with conditions, and now and then a boundary and SCPs."""
    question: Json = {"policies": [_policy(rng) for _ in range(rng.randint(1, 2))]}
    if rng.random() < 0.2:
        question["boundary"] = _policy(rng)
    if rng.random() < 0.2:
        question["scps"] = [[_policy(rng)] for _ in range(rng.randint(1, 2))]
    return question | {"request": _request(rng, rng.choice([ALICE, SESSION]), _context(rng))}


def _policy(rng: random.Random) -> Json:
    version = rng.choice(["2012-10-17"] * 6 + ["2008-10-17", None])
    statements = [_statement(rng) for _ in range(rng.randint(1, 3))]
    body: Any = statements[0] if len(statements) == 1 and rng.random() < 0.3 else statements
    return ({"Version": version} if version else {}) | {"Statement": body}


def _statement(rng: random.Random) -> Json:
    statement: Json = {"Effect": rng.choice(["Allow", "Allow", "Deny"])}
    statement[rng.choice(["Action"] * 4 + ["NotAction"])] = _some(rng, _ACTION_PATTERNS)
    statement[rng.choice(["Resource"] * 4 + ["NotResource"])] = _some(rng, _RESOURCE_PATTERNS)
    if rng.random() < 0.75:
        block: dict[str, Json] = {}
        for _ in range(rng.choice([1, 1, 2])):
            operator, key, values = _condition(rng)
            block.setdefault(operator, {})[key] = values
        statement["Condition"] = block
    return statement


def _condition(rng: random.Random) -> tuple[str, str, Any]:
    key, _, patterns, operators = _KINDS[rng.choice(list(_KINDS))]
    operator = rng.choice(operators)
    if operator != "Null":
        operator = rng.choice(["", "", "", "ForAllValues:", "ForAnyValue:"]) + operator
        operator += rng.choice(["", "", "IfExists"])
    return operator, rng.choice([key, key.upper()]), _some(rng, patterns)


def _context(rng: random.Random) -> Json:
    context: Json = {"aws:username": "alice"} if rng.random() < 0.8 else {}
    for key, values, _, _ in _KINDS.values():
        if rng.random() < 0.7:
            value = rng.choice(values) if rng.random() < 0.7 else rng.sample(values, rng.randint(1, 2))
            context[key] = value
    return context


def _request(rng: random.Random, principal: str, context: Json) -> Json:
    resource = rng.choice(_RESOURCES)
    owner = resource.split(":")[4] or ACCOUNT
    return {
        "principal": principal,
        "action": rng.choice(_ACTIONS),
        "resource": resource,
        "resource_account": owner,
        "context": context,
    }


def _some(rng: random.Random, values: list[str]) -> Any:
    chosen = rng.sample(values, rng.choice([1, 1, 2, 3]) if len(values) > 2 else 1)
    return chosen[0] if len(chosen) == 1 and rng.random() < 0.5 else chosen


def _layered(rng: random.Random) -> Json:
    """Every layer with a say, over plain statements: who is named how, and which layer allows or denies."""
    principal = rng.choice([ALICE, SESSION])
    question: Json = {"policies": [_simple(rng) for _ in range(rng.randint(0, 1))]}
    if rng.random() < 0.4:
        question["boundary"] = _simple(rng)
    if rng.random() < 0.3 and principal == SESSION:
        question["session_policy"] = _simple(rng)
    if rng.random() < 0.4:
        question["scps"] = [[_simple(rng)] for _ in range(rng.randint(1, 2))]
    if rng.random() < 0.7:
        named = {"Principal": rng.choice(_PRINCIPALS)}
        question["resource_policy"] = _document([_body(rng) | named for _ in range(rng.randint(1, 2))])
    action, resource, owner = rng.choice(_TARGETS)
    request = {
        "principal": principal,
        "action": action,
        "resource": resource,
        "resource_account": owner,
        "context": {"aws:SecureTransport": rng.choice(["true", "false"])},
    }
    return question | {"request": request}


_TARGETS = [
    ("s3:GetObject", "arn:aws:s3:::b/k", ACCOUNT),
    ("s3:GetObject", "arn:aws:s3:::b/k", OTHER),
    ("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1", ACCOUNT),
    ("kms:Decrypt", f"arn:aws:kms:us-east-1:{OTHER}:key/1", OTHER),
    ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/t", ACCOUNT),
    ("sts:AssumeRole", f"arn:aws:iam::{OTHER}:role/t", OTHER),
    ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:q", ACCOUNT),
]
_PRINCIPALS: list[Any] = [
    "*",
    {"AWS": "*"},
    {"AWS": ALICE},
    {"AWS": [ALICE, ROLE]},
    {"AWS": ROLE},
    {"AWS": SESSION},
    {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    {"AWS": ACCOUNT},
    {"AWS": OTHER},
    {"Service": "ec2.amazonaws.com"},
]


def _simple(rng: random.Random) -> Json:
    return _document([_body(rng) for _ in range(rng.randint(1, 2))])


def _body(rng: random.Random) -> Json:
    body: Json = {
        "Effect": rng.choice(["Allow"] * 5 + ["Deny"]),
        "Action": rng.choice([["s3:*", "kms:*", "sts:*", "sqs:*"], "s3:*", "kms:Decrypt", "sts:AssumeRole", "sqs:*"]),
        "Resource": "*",
    }
    if rng.random() < 0.3:
        body["Condition"] = {"Bool": {"aws:SecureTransport": rng.choice(["true", "false"])}}
    return body


def _document(statements: list[Json]) -> Json:
    return {"Version": "2012-10-17", "Statement": statements}
