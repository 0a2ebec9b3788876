"""The schemas against two independent judges: jsonschema, and a moto server that validates what it is given."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from policygen.policy.schema import violations
from policygen.shipped import schema as read_schema

ALLOW = {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}
ASSUME = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
MISSING = object()
ELEMENTS_SCHEMA = Resource.from_contents(read_schema("policy-elements"))
REGISTRY = Registry().with_resource(ELEMENTS_SCHEMA.id(), ELEMENTS_SCHEMA)


def policy(**changes: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement(**changes)]}


def statement(base: dict[str, Any] = ALLOW, **changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**base, **changes}.items() if value is not MISSING}


# values of an element about which moto and the schema agree, right ones first
ELEMENTS: dict[str, list[Any]] = {
    "Sid": [MISSING, "Read1", "", 7, None, ["a"]],
    "Effect": ["Allow", "Deny", "allow", "ALLOW", "", None, True, ["Allow"], MISSING],
    "Action": [
        "*",
        "iam:GetUser",
        "iam:*",
        "IAM:get?ser",
        ["s3:Get*", "s3:Put*"],
        "*:Get",
        MISSING,
        [],
        "GetUser",
        "s*:Get",
        "i?m:Get",
        "iam:Get:User",
        "",
        7,
        None,
        {"iam": "GetUser"},
        ["iam:GetUser", 7],
        ["iam:GetUser", ["iam:GetUser"]],
    ],
    "NotAction": [MISSING, "iam:*", ["iam:*"]],
    "Resource": [
        "*",
        "arn:aws:s3:::bucket/*",
        "arn:*:s3:::bucket",
        ["arn:aws-cn:s3:::bucket", "*"],
        "arn:aws:iam::123456789012:user/${aws:username}",
        "arn:aws:sqs:*",
        MISSING,
        [],
        "bucket",
        "",
        "arn:aws",
        "arn:aws*:s3:::bucket",
        "arn:${aws:partition}:s3:::bucket",
        7,
        None,
        {},
        ["arn:aws:s3:::bucket", 7],
    ],
    "NotResource": [MISSING, "*", ["arn:aws:s3:::bucket"]],
    "Condition": [
        MISSING,
        {},
        {"StringEquals": {}},
        {"StringEquals": {"aws:username": "alice"}},
        {"StringEquals": {"aws:username": []}, "Bool": {"aws:SecureTransport": False}},
        {"ForAllValues:StringLikeIfExists": {"aws:TagKeys": ["a*", "b?"]}},
        {"ForAnyValue:Null": {"aws:TagKeys": "true"}},
        {"DateLessThan": {"aws:CurrentTime": "2026-11-23T00:00:00Z"}},
        {"StringEquals": "alice"},
        {"StringEquals": {"aws:username": None}},
        {"StringEquals": {"aws:username": {"a": "b"}}},
        {"stringEquals": {"aws:username": "alice"}},
        {"StringEqualsIfExist": {"aws:username": "alice"}},
        {"ForSomeValue:StringEquals": {"aws:username": "alice"}},
        {"IfExists": {"aws:username": "alice"}},
        [],
        "",
        None,
    ],
    "action": [MISSING, MISSING, MISSING, "iam:GetUser"],
}
DOCUMENTS: list[Any] = [
    {"Version": "2012-10-17"},
    {"Version": "2012-10-17", "Statement": []},
    {"Version": "2012-10-17", "Statement": {}},
    {"Version": "2012-10-17", "Statement": ALLOW},
    {"Version": "2012-10-17", "Statement": [ALLOW, {**ALLOW, "Sid": "Two"}]},
    {"Version": "2012-10-17", "Statement": "all"},
    {"Version": "2012-10-17", "Statement": None},
    {"Version": "2012-10-17", "Statement": [[ALLOW]]},
    {"Version": "2012-10-17", "Id": "mine", "Statement": ALLOW},
    {"Version": "2012-10-17", "Id": 7, "Statement": ALLOW},
    {"Version": "2020-01-01", "Statement": ALLOW},
    {"Version": 2012, "Statement": ALLOW},
    {"Version": "2012-10-17", "Statements": [ALLOW]},
    {"Version": "2012-10-17", "Statement": ALLOW, "Comment": "mine"},
    [],
    "",
    None,
    7,
]
NUMBER = {"NumericLessThan": {"aws:MultiFactorAuthAge": 1}}
TWINS = {"Version": "2012-10-17", "Statement": [statement(Sid="Twin"), statement(Sid="Twin")]}
IN_REGION = "arn:aws:iam:us-east-1:123456789012:user/alice"
DIFFERENCES: list[tuple[str, Any, bool]] = [  # why, the document, what the schema says (moto says the opposite)
    ("IAM takes a policy without Version, which means 2008-10-17", {"Statement": ALLOW}, True),
    ("IAM takes inline policies of 2008-10-17", {"Version": "2008-10-17", "Statement": ALLOW}, True),
    ("the grammar has numbers in conditions", policy(Condition=NUMBER), True),
    ("the grammar has no lists in lists", policy(Condition={"StringEquals": {"aws:username": [["a"]]}}), False),
    ("the grammar has no null in lists", policy(Resource=["*", None]), False),
    ("the grammar knows Condition in statements only", {**policy(), "Conditions": {}}, False),
    ("the grammar knows no such operator, whatever it holds", policy(Condition={"Like": {}}), False),
    ("Null takes no IfExists", policy(Condition={"NullIfExists": {"aws:username": "true"}}), False),
    ("IAM: Policy document should not specify a principal", policy(Principal="*"), False),
    ("IAM: Statement IDs (SID) must be alpha-numeric", policy(Sid="read it"), False),
    ("IAM takes U+0009, U+000A, U+000D and U+0020 to U+00FF only", policy(Resource="arn:aws:s3:::b/\u2014"), False),
    ("an ARN begins with arn", policy(Resource="urn:aws:s3:::bucket"), False),
    ("an action has a service", policy(Action=":GetUser"), False),
    ("a schema compares no two statements; unique-sids-required does", TWINS, True),
    ("which ARNs have a region is data; arn-region-not-allowed", policy(Resource=IN_REGION), True),
    ("which ARNs a service has is data; invalid-arn-resource", policy(Resource="arn:aws:iam::123456789012:root"), True),
    ("AWS adds partitions", policy(Resource="arn:aws-moon:s3:::bucket"), True),
    ("how many parts an ARN lacks is for missing-arn-field", policy(Resource="arn:aws:s3::bucket"), True),
    ("dates are for type-mismatch-date", policy(Condition={"DateLessThan": {"aws:CurrentTime": "x"}}), True),
]  # fmt: skip
TRUST: list[tuple[Any, bool]] = [
    (policy(base=ASSUME), True),
    (policy(base=ASSUME, Action=["sts:AssumeRole", "sts:TagSession"]), True),
    (policy(base=ASSUME, Effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}}), True),
    (policy(base=ASSUME, Resource="*"), False),
    (policy(base=ASSUME, Action="s3:GetObject"), False),
    (policy(base=ASSUME, Action="sts:*"), False),
    (policy(base=ASSUME, Action=MISSING, NotAction="sts:AssumeRole"), False),
    (policy(base=ASSUME, Action=[]), False),
]
TRUST_DIFFERENCES: list[tuple[str, Any, bool]] = [
    ('IAM: AssumeRolepolicy contained an invalid principal: "STAR":"*"', policy(base=ASSUME, Principal="*"), False),
    ("somebody must be trusted", policy(base=ASSUME, Principal=MISSING), False),
    ("a trust policy has no NotPrincipal", policy(base=ASSUME, NotPrincipal={"AWS": "*"}), False),
    ("which actions AWS STS has is data", policy(base=ASSUME, Action="sts:SetContext"), True),
]


class Moto:
    def __init__(self, endpoint: str) -> None:
        import boto3
        from botocore.config import Config

        self.iam = boto3.client(
            "iam",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )
        self.iam.create_group(GroupName="schema")
        # moto looks at a trust policy when it is updated, not when the role is made
        self.iam.create_role(RoleName="schema", AssumeRolePolicyDocument="{}")

    def takes(self, document: Any) -> bool:
        return self._takes(
            self.iam.put_group_policy, GroupName="schema", PolicyName="p", PolicyDocument=json.dumps(document)
        )

    def trusts(self, document: Any) -> bool:
        return self._takes(self.iam.update_assume_role_policy, RoleName="schema", PolicyDocument=json.dumps(document))

    def _takes(self, call: Any, **arguments: str) -> bool:
        try:
            call(**arguments)
        except self.iam.exceptions.MalformedPolicyDocumentException:
            return False
        return True


@pytest.fixture(scope="module")
def moto(moto_server):
    return Moto(moto_server)


@st.composite
def policies(draw: Any) -> Any:
    """Statements from the elements above: about half of them right, most others wrong in one place."""
    wrong = draw(st.sets(st.sampled_from(sorted(ELEMENTS)), max_size=2))
    element = {
        name: draw(st.sampled_from(values if name in wrong else values[:1])) for name, values in ELEMENTS.items()
    }
    return policy(**element)


def test_the_schema_and_moto_agree_on_whole_documents(moto):
    disagree = [d for d in DOCUMENTS if moto.takes(d) == bool(violations("identity-policy", d))]
    assert disagree == []


@settings(max_examples=150)
@given(document=policies())
def test_the_schema_and_moto_agree_on_statements(moto, document):
    assert moto.takes(document) == (not violations("identity-policy", document))


@pytest.mark.parametrize(("why", "document", "ours"), DIFFERENCES, ids=[d[0] for d in DIFFERENCES])
def test_the_schema_differs_from_moto_where_it_should(moto, why, document, ours):
    assert (not violations("identity-policy", document), moto.takes(document)) == (ours, not ours)


def test_the_schema_and_moto_agree_on_trust_policies(moto):
    for document, right in TRUST:
        assert (not violations("trust-policy", document), moto.trusts(document)) == (right, right), document


@pytest.mark.parametrize(("why", "document", "ours"), TRUST_DIFFERENCES, ids=[d[0] for d in TRUST_DIFFERENCES])
def test_the_trust_schema_differs_from_moto_where_it_should(moto, why, document, ours):
    assert (not violations("trust-policy", document), moto.trusts(document)) == (ours, not ours)


TAGGED = {"ForAllValues:StringLikeIfExists": {"aws:TagKeys": ["a", True]}, "NumericLessThan": {"aws:EpochTime": 7}}
VALID: dict[str, dict[str, Any]] = {
    "identity-policy": policy(Sid="A", Action=["iam:*", "*"], Condition=TAGGED) | {"Id": "mine"},
    "scp": policy(Action=MISSING, NotAction=["iam:*"], Resource=MISSING, NotResource="arn:aws:s3:::b"),
    "rcp": policy(Effect="Deny", Principal="*", Action=["s3:*"], Condition=TAGGED),
    "resource-policy": policy(Sid="a b", Principal={"AWS": ["123456789012", "*"], "Service": "s3.amazonaws.com"}),
    "trust-policy": {"Statement": statement(ASSUME, Condition=TAGGED)},
    "recipe": {
        "title": "t",
        "summary": "s",
        "kind": "scp",
        "principals": ["user", "role"],
        "tags": ["cis-2.14"],
        "notes": "",
        "sources": [{"title": "t", "url": "https://aws.example"}],
        "replaces": [{"name": "n", "differs": "d"}],
        "accept": [{"rule": "r", "where": "#S", "reason": "r"}],
        "parameters": {
            "a": {"type": "string", "description": "d", "format": "arn", "resource-type": "iam:role", "default": ""},
            "b": {"type": "integer", "description": "d", "minimum": 1, "maximum": 2.5, "required": False},
            "c": {
                "type": "array",
                "description": "d",
                "items": {"type": "string", "enum": ["x"]},
                "minItems": 1,
                "uniqueItems": True,
                "examples": [["x"]],
            },
        },
    },
    "cases": {
        "on_top_of": "allow-all",
        "parameters": {"x": 1},
        "case": [{"name": "n", "action": "iam:GetUser", "decision": "allow", "context": {"aws:x": ["a", 1]}}],
        "group": [
            {
                "name": "g",
                "partition": "aws-cn",
                "account": "111122223333",
                "case": [
                    {
                        "name": "n",
                        "actions": ["iam:GetUser"],
                        "resources": ["*"],
                        "decision": "explicit-deny",
                        "session": "mfa",
                        "principal": "user/a",
                        "sid": "A",
                    }
                ],
            }
        ],
    },
    "policygen": {
        "output": "x",
        "accounts": {"main": {"id": "123456789012", "parameters": {"x": {"y": 1}}}},
        "groups": {"a b": {"recipes": ["x"], "accounts": ["main"]}},
    },
}
JUNK = [
    "",
    "*",
    "a\u2014b",
    "iam:Get:User",
    "string",
    "array",
    "Deny",
    0,
    1,
    -1,
    1.5,
    True,
    None,
    [],
    ["a", "a"],
    {},
    {"a": 1},
]


@st.composite
def broken(draw: Any, name: str) -> Any:
    """A valid document with a few of its parts replaced, removed, or joined by others."""
    document = copy.deepcopy(VALID[name])
    for _ in range(draw(st.integers(0, 3))):
        part: Any = document
        while isinstance(part, dict | list) and part and draw(st.integers(0, 4)):
            container, key = part, draw(st.sampled_from(list(part) if isinstance(part, dict) else range(len(part))))
            part = container[key]
        if part is document:
            continue
        change = draw(st.sampled_from(["replace", "remove", "double", "rename"]))
        if change == "replace":
            container[key] = copy.deepcopy(draw(st.sampled_from(JUNK)))
        elif change == "double" and isinstance(container, list):
            container.append(copy.deepcopy(part))
        elif change == "rename" and isinstance(container, dict):
            container[draw(st.sampled_from(["x", "NotAction", "resource", "minimum", "Null", "a\n"]))] = part
        else:
            del container[key]
    return document


@pytest.mark.parametrize("name", VALID)
def test_the_valid_documents_are_valid(name):
    assert violations(name, VALID[name]) == []


@pytest.mark.parametrize("name", VALID)
@settings(max_examples=60)
@given(data=st.data())
def test_there_are_violations_where_jsonschema_on_its_own_finds_fault(name, data):
    document = data.draw(broken(name))
    valid = Draft202012Validator(read_schema(name), registry=REGISTRY).is_valid(document)
    assert (violations(name, document) == []) == valid


def test_every_policy_that_aws_manages_is_accepted(corpus):
    assert [entry["name"] for entry in corpus if violations("identity-policy", entry["document"])] == []
