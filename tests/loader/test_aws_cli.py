import json
from urllib.parse import quote

import pytest

from policygen.loader.kind import infer
from policygen.loader.policies import load
from policygen.policy.model import Kind
from policygen.policy.source import JsonSyntaxError, Source

DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
ENCODED = quote(json.dumps(DOCUMENT))


def found(data):
    text = data if isinstance(data, str) else json.dumps(data, indent=1)
    return list(load(Source(text, "f.json")).policies)


DETAILS = {
    "UserDetailList": [
        {"UserName": "alice", "UserPolicyList": [{"PolicyName": "mine", "PolicyDocument": DOCUMENT}]},
        {"UserName": "bob"},
    ],
    "GroupDetailList": [{"GroupName": "ops", "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument": ENCODED}]}],
    "RoleDetailList": [
        {
            "RoleName": "app",
            "AssumeRolePolicyDocument": TRUST,
            "RolePolicyList": [{"PolicyName": "r", "PolicyDocument": DOCUMENT}],
        }
    ],
    "Policies": [
        {
            "PolicyName": "Big",
            "PolicyVersionList": [
                {"VersionId": "v2", "IsDefaultVersion": True, "Document": DOCUMENT},
                {"VersionId": "v1", "IsDefaultVersion": False, "Document": DOCUMENT},
            ],
        }
    ],
}


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (DOCUMENT, [""]),
        ({"PolicyVersion": {"VersionId": "v1", "Document": DOCUMENT}}, [""]),
        ({"PolicyVersion": {"VersionId": "v1", "Document": ENCODED}}, [""]),
        ({"GroupName": "ops", "PolicyName": "p", "PolicyDocument": DOCUMENT}, ["group/ops/p"]),
        ({"UserName": "alice", "PolicyName": "p", "PolicyDocument": ENCODED}, ["user/alice/p"]),
        ({"RoleName": "app", "PolicyName": "p", "PolicyDocument": DOCUMENT}, ["role/app/p"]),
        ({"Role": {"RoleName": "app", "AssumeRolePolicyDocument": TRUST}}, ["role/app/trust"]),
        ({"Roles": [{"RoleName": "app", "AssumeRolePolicyDocument": quote(json.dumps(TRUST))}]}, ["role/app/trust"]),
        ({"Policy": json.dumps(DOCUMENT)}, [""]),
        (DETAILS, ["user/alice/mine", "group/ops/p", "role/app/trust", "role/app/r", "policy/Big", "policy/Big/v1"]),
        ([DOCUMENT, DETAILS["GroupDetailList"], {"PolicyVersion": {"Document": DOCUMENT}}], ["", "", ""]),
    ],
)
def test_every_policy_is_found_and_named_by_its_owner(data, names):
    assert [policy.name for policy in found(data)] == names


@pytest.mark.parametrize(
    "data", [1, None, [], {}, {"Policy": {}}, {"PolicyVersion": {}}, {"name": "x", "version": "1"}]
)
def test_another_kind_of_document_holds_no_policy(data):
    assert found(data) == []


JUNK = [7, None, [], [1], [{}], {"Document": {}}, [{"UserPolicyList": 5}]]


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("key", ["Role", "Roles", "UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"])
def test_junk_where_entities_should_be_is_no_policy(key, junk):
    assert found({key: junk}) == []


@pytest.mark.parametrize("junk", [7, None, [], "", "7"])
def test_junk_where_a_policy_should_be_is_a_mistake_at_its_place(junk):
    with pytest.raises(JsonSyntaxError) as caught:
        found({"GroupName": "g", "PolicyDocument": junk})
    assert (caught.value.line, caught.value.column) == (3, 20)


def test_a_finding_in_a_container_points_into_the_file():
    (policy,) = found({"PolicyVersion": {"Document": DOCUMENT}})
    span = policy.span("/Statement/0/Resource")
    assert policy.source.line(span.line)[span.column - 1 : span.end_column - 1] == '"*"'


def test_a_finding_in_an_encoded_document_points_at_its_text():
    (policy,) = found({"PolicyVersion": {"Document": ENCODED}})
    span = policy.span("/Statement/0/Resource")
    assert policy.source.line(span.line)[span.column - 1 :].startswith('"%7B')


@pytest.mark.parametrize("text", ["{", "%7B", '{"Version": "2012-10-17", "Version": "2012-10-17"}'])
def test_a_mistake_in_an_encoded_document_is_a_mistake_at_the_place_of_its_text(text):
    with pytest.raises(JsonSyntaxError) as caught:
        found({"PolicyVersion": {"Document": text}})
    assert (caught.value.line, caught.value.column) == (3, 15)


@pytest.mark.parametrize(
    ("statements", "kind"),
    [
        ([], Kind.IDENTITY),
        ([{"Action": "s3:*", "Resource": "*"}], Kind.IDENTITY),
        ([{"Principal": "*", "Action": "s3:*", "Resource": "*"}], Kind.RESOURCE),
        ([{"Principal": "*", "Action": "sts:AssumeRole"}], Kind.TRUST),
        ([{"NotPrincipal": "*", "Action": ["sts:AssumeRole", "STS:TagSession"]}], Kind.TRUST),
        ([{"Principal": "*", "Action": ["sts:AssumeRole", "s3:GetObject"]}], Kind.TRUST),
        ([{"Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}], Kind.TRUST),
        ([{"Principal": "*", "Action": "sts:*", "NotResource": "*"}], Kind.TRUST),
        ([{"Principal": "*", "Action": "sts:AssumeRole"}, {"Action": "sts:TagSession"}], Kind.TRUST),
        ([{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}], Kind.RESOURCE),
        ([{"Principal": "*", "Action": ["sts:AssumeRole", "s3:GetObject"], "Resource": "*"}], Kind.RESOURCE),
        ([{"Principal": "*", "Action": "sts:GetCallerIdentity", "Resource": "*"}], Kind.RESOURCE),
        ([{"Principal": "*", "Action": "sts:AssumeRole"}, {"Action": "s3:*", "Resource": "*"}], Kind.IDENTITY),
        ([{"Principal": "*", "Action": "s3:*"}, {"Action": "s3:*", "Resource": "*"}], Kind.IDENTITY),
    ],
)
def test_a_document_shows_what_it_is(statements, kind):
    assert infer({"Statement": statements}) is kind


@pytest.mark.parametrize(
    ("name", "kind"), [("SERVICE_CONTROL_POLICY", Kind.SCP), ("RESOURCE_CONTROL_POLICY", Kind.RCP)]
)
def test_organizations_say_what_their_policies_are(name, kind):
    (policy,) = found({"Policy": {"PolicySummary": {"Name": "guard", "Type": name}, "Content": json.dumps(DOCUMENT)}})
    assert (policy.name, policy.kind) == ("guard", kind)
