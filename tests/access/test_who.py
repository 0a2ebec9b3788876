"""`policygen who`: who can, in which way, and for whom it is unknown; the evaluator agrees with every answer."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from policygen.access.asked import Asked
from policygen.access.stack import Stacks
from policygen.access.subject import Subject
from policygen.access.who import Given, who
from policygen.account import snapshot
from policygen.audit.example import answers
from policygen.evaluate import Outcome, Request, compile_policy, decide
from policygen.evaluate.known import odd_resource
from policygen.policy.model import Kind, Policy
from policygen.shipped import schema
from tests.access.accounts import ACCOUNT, GITHUB, IAM, OTHER, ROLE, SKETCH, inline, trusts, write_snapshot
from tests.policies import allow, deny, document


@pytest.fixture
def folder(tmp_path):
    return write_snapshot(tmp_path / "snapshot", SKETCH)


@pytest.fixture
def ask(policygen, folder):
    """The JSON answer to a question about the account."""

    def ask(*arguments):
        code, stdout, stderr = policygen("who", *arguments, "--snapshot", folder, "--format", "json")
        assert code == 0, stderr
        found = json.loads(stdout)
        Draft202012Validator(schema("who")).validate(found)
        return found

    return ask


def names(found):
    return [f"{entry['type']}/{entry['name']}" for entry in found]


def test_everyone_who_can_is_listed_with_the_way(ask):
    found = ask("s3:DeleteBucket", "arn:aws:s3:::prod-logs")
    assert names(found["can"]) == ["user/alice", "user/bob", "user/carol", "role/ci", "role/deploy"]
    assert names(found["unknown"]) == ["user/dave"]
    assert found["unknown"][0]["reasons"] == [
        "the snapshot does not hold the policy `arn:aws:iam::aws:policy/ReadOnlyAccess`"
    ]
    ways = {way["policy"]: way for way in found["ways"]}
    assert ways["group/Developers/dev"]["attached_to"] == "group/Developers"
    assert ways["group/Developers/dev"]["denies"] == [
        {
            "policy": "group/AllUsers/enforce-mfa",
            "pointer": "/Statement/0",
            "sid": "NoMFA",
            "conditions": "aws:MultiFactorAuthPresent is false or missing",
        }
    ]
    assert ways["role/deploy/delete"]["conditions"] == "aws:SourceIp is inside 203.0.113.0/24"
    assert found["can"][3]["trusts"][0]["conditions"] == "token.actions.githubusercontent.com:sub is like repo:acme/*"


def test_a_boundary_and_scps_take_away(ask, tmp_path):
    assert "user/erin" in names(ask("s3:GetObject", "arn:aws:s3:::prod-logs/x")["can"])
    assert "user/erin" not in names(ask("s3:DeleteBucket")["can"])
    scp = tmp_path / "scp.json"
    scp.write_text(json.dumps(document(allow("ec2:*"))))
    found = ask("s3:GetObject", "--scp", scp)
    assert found["can"] == found["unknown"] == []


def test_a_variable_is_the_own_user_only(ask):
    assert names(ask("iam:CreateAccessKey", f"{IAM}:user/bob")["can"]) == ["user/bob", "user/carol"]
    assert names(ask("iam:CreateAccessKey")["can"]) == ["user/alice", "user/bob", "user/carol"]


def test_the_tags_of_a_user_are_known(ask):
    assert names(ask("ec2:TerminateInstances")["can"]) == ["user/alice", "user/carol"]


def test_wildcards_ask_for_any_of_the_requests(ask):
    found = ask("s3:Put*", "arn:aws:s3:::prod-*")
    assert names(found["can"]) == ["user/carol", "role/ci"]
    assert found["ways"][1]["actions"] == ["s3:Put*"]


def test_a_trust_policy_lets_in_users_accounts_and_services(ask):
    found = ask("sts:AssumeRole", ROLE)
    assert names(found["can"]) == [
        *("user/alice", "user/bob", "user/carol"),
        *(f"account/{OTHER}", "service/ec2.amazonaws.com"),
    ]
    way = found["ways"][0]
    assert (way["policy"], way["roles"]) == ("group/Developers/dev", [ROLE])
    assert [beside["conditions"] for beside in way["beside"]] == ["aws:MultiFactorAuthPresent is true"]
    assert found["ways"][-2]["conditions"] == "sts:ExternalId is x1"


def test_a_role_for_an_identity_provider_is_assumed_by_its_identities(ask):
    found = ask("sts:AssumeRoleWithWebIdentity")
    assert names(found["can"]) == [f"provider/{GITHUB}"]
    assert found["ways"][0]["conditions"] == "token.actions.githubusercontent.com:sub is like repo:acme/*"


def test_the_policy_of_a_bucket_lets_in_outsiders(ask, tmp_path):
    bucket, objects = tmp_path / "bucket.json", "arn:aws:s3:::shared/*"
    named = [f"{IAM}:user/erin", f"{IAM}:user/gone", f"arn:aws:iam::{OTHER}:role/partner"]
    public = trusts("AWS", "*", "s3:GetObject", Resource=objects)
    bucket.write_text(json.dumps(document(trusts("AWS", named, "s3:PutObject", Resource=objects), public)))
    found = ask("s3:PutObject", objects, "--resource-policy", bucket)
    assert names(found["can"]) == ["user/carol", "user/erin", f"principal/arn:aws:iam::{OTHER}:role/partner"]
    assert names(found["unknown"]) == ["user/dave", f"principal/{IAM}:user/gone"]
    assert found["notes"][0].startswith(f"assumed: `{objects}` belongs to the account of the snapshot")
    everyone = ask("s3:GetObject", objects, "--resource-policy", bucket)
    assert names(everyone["can"])[-3:] == ["role/deploy", "everyone/*", "anonymous/*"]
    foreign = ask("s3:PutObject", objects, "--resource-policy", bucket, "--resource-account", OTHER)
    assert names(foreign["can"]) == [f"principal/arn:aws:iam::{OTHER}:role/partner"]


def test_a_deny_counts_whatever_the_statement_beside_it_allows(policygen, tmp_path):
    own = inline("own", allow("s3:*", f"{IAM}:user/${{aws:username}}"), deny("s3:*", "arn:aws:s3:::b*"))
    folder = write_snapshot(tmp_path / "one", {"RoleDetailList": [{"RoleName": "app", "RolePolicyList": own}]})
    bucket = tmp_path / "bucket.json"
    bucket.write_text(json.dumps(document(trusts("AWS", "*", "s3:*", Resource="*"))))
    ask = ("who", "s3:GetObject", "--snapshot", folder, "--resource-policy", bucket, "--format", "json")
    can = json.loads(policygen(*ask)[1])["can"]
    assert names(can)[0] == "role/app"
    assert not any(way["request"]["resource"].startswith("arn:aws:s3:::b") for way in can[0]["ways"])


def test_the_text_groups_by_way_and_names_what_is_not_considered(policygen, folder):
    code, text, _ = policygen("who", "s3:DeleteBucket", "arn:aws:s3:::prod-logs", "--snapshot", folder)
    assert code == 0
    assert text.startswith(
        "3 users and 2 roles can `s3:DeleteBucket` on `arn:aws:s3:::prod-logs`; it is unknown for 1 user\n"
    )
    assert (
        """\
`group/Developers/dev` Buckets allows s3:DeleteBucket on every resource
  unless aws:MultiFactorAuthPresent is false or missing (denied by `group/AllUsers/enforce-mfa` NoMFA)
    group Developers: users alice, bob
"""
        in text
    )
    assert "not considered: SCPs (`--scp`)" in text


def test_the_guide_shows_what_the_command_prints(policygen, folder):
    guide = (Path(__file__).parents[2] / "docs" / "asking.md").read_text()
    shown = guide.partition("$ policygen who s3:DeleteBucket arn:aws:s3:::prod-logs --snapshot production\n")[2]
    printed = policygen("who", "s3:DeleteBucket", "arn:aws:s3:::prod-logs", "--snapshot", folder)[1]
    assert shown.partition("```")[0] == printed


def test_control_characters_of_an_account_do_not_reach_the_terminal(policygen, tmp_path):
    policies = inline("own\x1b[31m", allow("s3:GetObject", Sid="a\x1b[2J", Condition={"Bool": {"x:\x07y": "true"}}))
    user = {"UserName": "mallory\x1b[1A", "UserPolicyList": policies}
    folder = write_snapshot(tmp_path / "hostile", {**SKETCH, "UserDetailList": [user]})
    for asked in (("who", "s3:GetObject"), ("can", "user/mallory\x1b[1A")):
        code, text, _ = policygen(*asked, "--snapshot", folder)
        assert code == 0
        assert "mallory" in text
        assert not {"\x1b", "\x07"} & set(text)


def test_many_are_counted_unless_all_are_wanted(policygen, tmp_path):
    users = [{"UserName": f"u{number}", "GroupList": ["Developers"]} for number in range(20)]
    folder = write_snapshot(tmp_path / "many", {**SKETCH, "UserDetailList": users})
    ask = ("who", "s3:GetObject", "--snapshot", folder)
    assert "u0, u1, u2, u3, u4, u5, u6, u7 and 12 more" in policygen(*ask)[1]
    assert "u19" in policygen(*ask, "--all")[1]


def test_several_accounts_are_asked_at_once(policygen, folder, tmp_path):
    other = json.loads(json.dumps(answers(SKETCH)).replace(ACCOUNT, "999988887777"))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "authorization-details.json").write_text(json.dumps(other["authorization-details"]))
    code, stdout, _ = policygen(
        *("who", "s3:Put*", "--snapshot", folder, "--snapshot", tmp_path / "other", "--format", "json")
    )
    assert code == 0
    assert [entry["arn"].split(":")[4] for entry in json.loads(stdout)["can"]] == [
        *(ACCOUNT, ACCOUNT, "999988887777", "999988887777")
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["s3:DeleteBukcet"], "did you mean `s3:DeleteBucket`"),
        (["s3:Pot*"], "`s3:Pot*` matches no AWS action"),
        (["s3"], "`s3` is not an action"),
        (["s3:GetObject", "prod"], "`prod` is not an ARN"),
        (["s3:GetObject", "--resource-account", "12"], "`12` is not an account id; give 12 digits"),
    ],
)
def test_a_question_that_aws_could_not_get_is_an_error(policygen, folder, arguments, message):
    code, _, stderr = policygen("who", *arguments, "--snapshot", folder)
    assert code == 2
    assert message in stderr


ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:DeleteBucket", "iam:GetUser")
RESOURCES = ("arn:aws:s3:::a/x", "arn:aws:s3:::b/x", "arn:aws:s3:::b", f"{IAM}:user/ann", f"{IAM}:user/ben")
CONDITIONS = (
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    {"StringEquals": {"aws:PrincipalTag/team": "red"}},
    {"StringNotEquals": {"aws:PrincipalTag/team": "red"}},
    {"StringLike": {"aws:username": "a*"}},
    {"StringEquals": {"aws:PrincipalTag/team": "${aws:username}"}},
    {"ArnLike": {"aws:PrincipalArn": f"{IAM}:role/*"}},
    {"Null": {"aws:username": "true"}},
    {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
)
statements = st.builds(
    lambda effect, action, resource, condition: {**effect("*", resource), **action, **condition},
    st.sampled_from([allow, allow, deny]),
    st.sampled_from(
        [{"Action": "s3:*"}, {"Action": ["s3:Get*", "iam:*"]}, {"Action": "*"}, {"Action": "s3:PutObject"}]
    ),
    st.sampled_from(["*", "arn:aws:s3:::b*", "arn:aws:s3:::a/*", f"{IAM}:user/${{aws:username}}", f"{IAM}:user/*"]),
    st.one_of(st.just({}), st.sampled_from(CONDITIONS).map(lambda condition: {"Condition": condition})),
)
policies = st.lists(statements, max_size=3)
NAMED = ("*", {"AWS": f"{IAM}:root"}, {"AWS": [f"{IAM}:user/ann", f"{IAM}:role/app"]}, {"AWS": OTHER})
of_resource = st.lists(
    st.builds(lambda statement, who: {**statement, "Principal": who}, statements, st.sampled_from(NAMED)), max_size=3
)
CONTEXTS = [
    {key: value for key, value in (("aws:multifactorauthpresent", mfa), ("aws:sourceip", ip)) if value}
    for mfa in ("", "true", "false")
    for ip in ("", "203.0.113.9", "198.51.100.1")
]


@settings(max_examples=60)
@given(
    st.tuples(*[policies] * 5),
    st.one_of(st.none(), of_resource),
    st.booleans(),
    st.sampled_from((*ACTIONS, "s3:*")),
    st.sampled_from(("*", *RESOURCES)),
)
def test_the_evaluator_allows_every_answer_and_nobody_else(drawn, shared, limited, action, resource):
    anns, bens, groups, roles, boundary = drawn
    limit = {"PermissionsBoundary": {"PermissionsBoundaryArn": f"{IAM}:policy/limit"}} if limited else {}
    sketch = {
        "UserDetailList": [
            {"UserName": "ann", "UserPolicyList": inline("own", *anns), "GroupList": ["Team"], **limit},
            {
                "UserName": "ben",
                "UserPolicyList": inline("own", *bens),
                "GroupList": ["Team"],
                "Tags": [{"Key": "team", "Value": "red"}],
            },
        ],
        "GroupDetailList": [{"GroupName": "Team", "GroupPolicyList": inline("shared", *groups)}],
        "RoleDetailList": [{"RoleName": "app", "RolePolicyList": inline("own", *roles)}],
        "Policies": [{"PolicyName": "limit", "Document": document(*boundary)}],
    }
    account = snapshot.account(answers(sketch))
    of = None if shared is None else (compile_policy(Policy(document(*shared), Kind.RESOURCE)),)
    found = {
        answer.who.entity.name: answer
        for answer in who([account], Asked((action,), (resource,)), Given(resource=of))
        if isinstance(answer.who, Subject)
    }
    stacks = Stacks(account)
    for entity in (*account.users, *account.roles):
        subject, layers = Subject(account, entity), replace(stacks.of(entity).layers, resource=of)
        answer = found.get(entity.name)
        for _, request in answer.ways if answer else ():
            assert decide(request, layers).outcome is Outcome.ALLOW
            assert request.principal == subject.principal
            assert all(request.context.get(key) == value for key, value in subject.principal.keys.items())
        if answer is None:
            assert not any(_requests(subject, layers, action, resource))


def _requests(subject, layers, action, resource):
    """Requests of a subject that are allowed."""
    for one in ACTIONS[:3] if action == "s3:*" else [action]:
        for on in RESOURCES if resource == "*" else [resource]:
            for context in CONTEXTS:
                request = Request(subject.principal, one, on, {**subject.keys, **context}, resource_account=ACCOUNT)
                if decide(request, layers).outcome is Outcome.ALLOW and not _odd(request):
                    yield request


def _odd(request):
    """Whether AWS would never get a request for the action on the resource."""
    return bool(odd_resource(request))
