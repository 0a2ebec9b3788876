"""A universe so small that every request in it can be tried: principals, actions, resources and keys of all kinds.

The policies over it are random stacks of every kind of policy, with an action and a key that AWS does not have.
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from hypothesis import strategies as st

from policygen.evaluate import Layers, Request, compile_policy
from policygen.evaluate import principal as principals
from policygen.evaluate.principal import Principal, PrincipalType
from policygen.evaluate.principal_classes import following
from policygen.policy.model import Kind, Policy
from policygen.reference.identity_providers import calls_of, is_vouched_for

A, B, C = "123456789012", "111122223333", "999988887777"
GITHUB = f"arn:aws:iam::{A}:oidc-provider/token.actions.githubusercontent.com"
SAML = f"arn:aws:iam::{A}:saml-provider/corp"
SUB = "token.actions.githubusercontent.com:sub"
PEOPLE = [
    f"arn:aws:iam::{A}:user/alice",
    f"arn:aws:iam::{A}:user/eng/bob",
    f"arn:aws:sts::{A}:assumed-role/app/s",
    f"arn:aws:sts::{A}:assumed-role/app/t",
    f"arn:aws:sts::{B}:assumed-role/app/s",
    f"arn:aws:iam::{C}:user/alice",
    f"arn:aws:iam::{B}:root",
    "s3.amazonaws.com",
    "sns.amazonaws.com",
    GITHUB,
    f"arn:aws:iam::{B}:oidc-provider/gitlab.com",
    SAML,
    "*",
]
QUEUES = [f"arn:aws:sqs:us-east-1:{account}:q" for account in (A, B)]
OBJECTS = ["arn:aws:s3:::b/k", "arn:aws:s3:::b/x"]
ROLES = [f"arn:aws:iam::{account}:role/ci" for account in (A, B)]
TARGETS = {
    Kind.RESOURCE: [
        *product(["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:Invented"], QUEUES),
        *product(["s3:GetObject"], OBJECTS),
    ],
    Kind.TRUST: [
        *product(
            ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML", "sts:TagSession"], ROLES
        ),
    ],
}
KEYS = {
    "aws:principalorgid": [None, "o-1", "o-2"],
    "aws:sourceaccount": [None, A, C],
    "aws:securetransport": ["true", "false"],
    SUB: [None, "repo:me/a:main", "repo:you/a:main"],
    "saml:aud": [None, "https://signin.aws.amazon.com/saml"],
    "invented:key": [None, "a", "b"],
}
CONDITIONS = [
    ("StringEquals", "aws:PrincipalOrgID", "o-1"),
    ("StringNotEquals", "aws:PrincipalOrgID", "o-1"),
    ("StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-1"),
    ("StringEquals", "aws:PrincipalAccount", A),
    ("StringNotEquals", "aws:PrincipalAccount", B),
    ("StringEquals", "aws:PrincipalType", "User"),
    ("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{A}:user/*"),
    ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/app"),
    ("StringLike", "aws:PrincipalArn", f"arn:aws:iam::{A}:*"),
    ("StringLike", "aws:username", "a*"),
    ("Bool", "aws:PrincipalIsAWSService", "false"),
    ("BoolIfExists", "aws:PrincipalIsAWSService", "true"),
    ("StringEquals", "aws:PrincipalServiceName", "sns.amazonaws.com"),
    ("StringEquals", "aws:SourceAccount", A),
    ("StringNotEqualsIfExists", "aws:SourceAccount", A),
    ("Bool", "aws:SecureTransport", "false"),
    ("StringLike", SUB, "repo:me/*"),
    ("StringEquals", "saml:aud", "https://signin.aws.amazon.com/saml"),
    ("StringEquals", "aws:ResourceAccount", A),
    ("StringEquals", "invented:key", "a"),
    ("Null", "aws:PrincipalArn", "true"),
]
PRINCIPALS = [
    "*",
    {"AWS": "*"},
    {"AWS": A},
    {"AWS": f"arn:aws:iam::{B}:root"},
    {"AWS": f"arn:aws:iam::{A}:user/alice"},
    {"AWS": [f"arn:aws:iam::{A}:role/app", B]},
    {"AWS": f"arn:aws:sts::{A}:assumed-role/app/s"},
    {"Service": "sns.amazonaws.com"},
    {"Federated": GITHUB},
    {"Federated": SAML},
    {"AWS": f"arn:aws:iam::{A}:user/alice", "Service": "s3.amazonaws.com", "Federated": GITHUB},
]
ACTIONS = {
    Kind.RESOURCE: ["*", "sqs:*", "sqs:SendMessage", "sqs:Inv*", "s3:GetObject", "s3:Get?bject"],
    Kind.TRUST: [
        "*",
        "sts:*",
        "sts:AssumeRole",
        "sts:AssumeRoleWith*",
        "sts:AssumeRoleWithWebIdentity",
        "sts:TagSession",
    ],
}
RESOURCES = ["*", *QUEUES, *OBJECTS, "arn:aws:sqs:*:*:q", f"arn:aws:sqs:*:{A}:*", "arn:aws:s3:::b/*"]


@st.composite
def statements(draw, kind, about=Kind.RESOURCE):
    """One statement of a kind of policy; `about` says which actions."""
    effect = "Deny" if kind is Kind.RCP else draw(st.sampled_from(["Allow", "Allow", "Deny"]))
    statement = {"Effect": effect}
    action = "Action" if draw(st.integers(0, 4)) else "NotAction"
    statement[action] = draw(st.lists(st.sampled_from(ACTIONS[about]), min_size=1, max_size=2, unique=True))
    if kind is not Kind.TRUST:
        resource = "Resource" if draw(st.integers(0, 4)) else "NotResource"
        statement[resource] = draw(st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=2, unique=True))
    if kind in (Kind.RESOURCE, Kind.TRUST):
        name = "NotPrincipal" if effect == "Deny" and not draw(st.integers(0, 5)) else "Principal"
        statement[name] = draw(st.sampled_from(PRINCIPALS))
    if kind is Kind.RCP:
        statement["Principal"] = "*"
    for operator, key, value in draw(st.lists(st.sampled_from(CONDITIONS), max_size=2)):
        statement.setdefault("Condition", {}).setdefault(operator, {})[key] = value
    return statement


@st.composite
def policies(draw, kind, about=Kind.RESOURCE, size=2):
    listed = draw(st.lists(statements(kind, about), min_size=1, max_size=size))
    return compile_policy(Policy({"Version": "2012-10-17", "Statement": listed}, kind))


@st.composite
def edited(draw, policy, about=Kind.RESOURCE):
    """The policy with a statement more, less, or with one part changed."""
    kind, listed = policy.policy.kind, list(policy.policy.document["Statement"])
    fresh = draw(statements(kind, about))
    place = draw(st.integers(0, len(listed) - 1))
    match draw(st.sampled_from(["more", "less", "part", "bare", "effect"])):
        case "more":
            listed.append(fresh)
        case "less":
            del listed[place]
        case "bare":
            listed[place] = {name: part for name, part in listed[place].items() if name != "Condition"}
        case "effect" if kind is not Kind.RCP:
            listed[place] = listed[place] | {"Effect": "Deny" if listed[place]["Effect"] == "Allow" else "Allow"}
        case _:
            part = draw(st.sampled_from(["Action", "NotAction", "Resource", "Principal", "Condition"]))
            if part in listed[place] and part in fresh:
                listed[place] = listed[place] | {part: fresh[part]}
    return compile_policy(Policy({"Version": "2012-10-17", "Statement": listed}, kind))


class Pair(NamedTuple):
    """Two stacks, and the kind of resource that they are about."""

    old: Layers
    new: Layers
    about: Kind

    def __repr__(self):
        return "\n".join(
            f"{side}: {[(layer, policy.policy.document) for layer, policy in layers.named()]}"
            for side, layers in zip(("old", "new"), self[:2], strict=True)
        )


@st.composite
def stacks(draw):
    """Two stacks that differ in one layer, and the kind of resource that they are about."""
    about = draw(st.sampled_from([Kind.RESOURCE, Kind.RESOURCE, Kind.TRUST]))
    layers = {
        "identity": draw(st.one_of(st.just(()), st.tuples(policies(Kind.IDENTITY, about)))),
        "boundary": draw(st.one_of(st.none(), st.none(), policies(Kind.BOUNDARY, about))),
        "session": draw(st.one_of(st.none(), st.none(), st.none(), policies(Kind.IDENTITY, about))),
        "scps": draw(st.lists(st.tuples(policies(Kind.SCP, about)), max_size=2).map(tuple)),
        "rcps": draw(st.one_of(st.just(()), st.just(()), st.tuples(st.tuples(policies(Kind.RCP, about))))),
        "resource": draw(st.one_of(st.none(), st.tuples(policies(about, about)))),
    }
    if not any(layers.values()):
        layers["resource"] = (draw(policies(about, about)),)
    changed = draw(st.sampled_from([name for name, value in layers.items() if value]))
    other = dict(layers)
    match changed:
        case "identity" | "resource":
            other[changed] = (draw(edited(layers[changed][0], about)),)
        case "scps" | "rcps":
            level, *rest = layers[changed]
            other[changed] = ((draw(edited(level[0], about)),), *rest)
        case _:
            other[changed] = draw(edited(layers[changed], about))
    return Pair(Layers(**layers), Layers(**other), about)


def requests(about: Kind, keys: frozenset[str]) -> Iterator[Request]:
    """Every request of the universe, as far as policies look at these keys (lower case)."""
    for text in PEOPLE:
        who = principals.parse(text)
        fixed = following(who, keys)
        free = {key: values for key, values in KEYS.items() if key in keys and key not in fixed}
        for action, resource in (target for target in TARGETS[about] if can_ask(who, target[0].lower())):
            for owner in owners(who, resource):
                for chosen in product(*free.values()):
                    context = {**who.keys, "aws:resourceaccount": owner, **dict(zip(free, chosen, strict=True))}
                    known = {key: value for key, value in context.items() if value is not None}
                    yield Request(who, action, resource, known, resource_account=owner)


def can_ask(who: Principal, action: str) -> bool:
    """Whether a principal can make the call: those for tokens need one, and a token is good for nothing else."""
    if who.type is PrincipalType.FEDERATED:
        return action in calls_of(who.arn)
    return not is_vouched_for(action)


def owners(who: Principal, resource: str) -> list[str]:
    account = resource.split(":")[4]
    if account:
        return [account]
    return list(dict.fromkeys([who.account or A, A, B] if who.type is not PrincipalType.ANONYMOUS else [A]))
