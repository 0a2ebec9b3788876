"""`policygen simulate`, as a person and as a script use it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from policygen.cli import app
from policygen.errors import PolicygenError
from policygen.reference.services import data_date
from tests.access.accounts import SKETCH, write_snapshot
from tests.evaluate.ask import ACCOUNT, ALICE, OTHER
from tests.policies import allow, deny

ROOT = Path(__file__).parents[2]
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        allow("s3:Get*", "arn:aws:s3:::home/${aws:username}/*", Sid="OwnFolder"),
        deny(Sid="NoMFA", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
    ],
}
ASSUMED = (
    f"the resource is assumed to belong to account {ACCOUNT}, because its ARN does not name one; "
    "name the owner if that is wrong (`--resource-account`, `resource_account`)"
)
MINE = ["--action", "s3:GetObject", "--resource", "arn:aws:s3:::home/alice/x"]


@pytest.fixture
def policy(tmp_path):
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(POLICY, indent=2))
    return str(path)


def simulate(*arguments, stdin=None):
    result = CliRunner().invoke(app, ["simulate", *arguments], input=stdin, standalone_mode=False)
    if result.exception:
        raise result.exception
    return result


def decided(*arguments, stdin=None):
    return json.loads(simulate(*arguments, "--format", "json", stdin=stdin).stdout)


def test_the_json_names_the_deciding_statements_and_the_open_keys(policy):
    assert decided(policy, *MINE, "--session", "mfa") == {
        "decision": "allow",
        "reason": "a statement allows it, and none denies it",
        "statements": [{"policy": policy, "pointer": "/Statement/0", "sid": "OwnFolder", "effect": "Allow"}],
        "missing_context": [],
        "assumed": ASSUMED,
        "odd": None,
    }
    assert decided(policy, *MINE)["missing_context"] == ["aws:MultiFactorAuthPresent"]


def test_the_text_says_which_part_of_each_statement_did_not_match(policy):
    text = simulate(policy, *MINE, "--principal", "user/bob", "--session", "mfa").stdout
    assert text.startswith("implicit-deny: no identity policy allows it")
    assert "OwnFolder: no match: `arn:aws:s3:::home/alice/x` is not in its Resource" in text
    assert (
        "NoMFA: no match: `BoolIfExists` of `aws:MultiFactorAuthPresent` requires `false`, and the request has `true`"
        in text
    )


def test_the_text_says_where_a_condition_held_for_want_of_its_key(policy):
    text = simulate(policy, *MINE, "--session", "long-term-key").stdout
    assert text.startswith("explicit-deny")
    assert f"{policy}:10:5 NoMFA: matches" in text
    assert "`BoolIfExists` on `aws:MultiFactorAuthPresent` matched because the key is missing" in text


def test_the_text_names_the_variable_that_has_no_value(policy):
    text = simulate(policy, *MINE, "--principal", "role/app/session").stdout
    assert "the request has no value for `aws:username`" in text


def test_a_policy_can_come_from_stdin():
    assert decided("-", *MINE, "--session", "mfa", stdin=json.dumps(POLICY))["decision"] == "allow"


def test_a_context_key_takes_a_text_a_list_and_nothing(tmp_path):
    path = tmp_path / "tags.json"
    condition = {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}, "Null": {"aws:TagKeys": "false"}}
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": allow(Condition=condition)}))
    ask = [str(path), "--action", "ec2:CreateTags"]
    assert decided(*ask, "--context", "aws:TagKeys=a")["decision"] == "allow"
    assert decided(*ask, "--context", "aws:TagKeys=a", "--context", "aws:TagKeys=c")["decision"] == "implicit-deny"
    assert decided(*ask, "--context", 'aws:TagKeys=["a","b"]')["decision"] == "allow"
    assert decided(*ask, "--context", "aws:TagKeys=[]") == {
        "decision": "implicit-deny",
        "reason": "no identity policy allows it",
        "statements": [],
        "missing_context": [],
        "assumed": None,
        "odd": None,
    }


def test_a_recipe_decides_with_its_parameters():
    ask = ["--recipe", "enforce-mfa", "--action", "s3:GetObject"]
    assert decided(*ask, "--session", "long-term-key")["statements"][0]["sid"] == "DenyAllWithoutMFA"
    late = [*ask, "--session", "mfa", "--context", "aws:MultiFactorAuthAge=30000"]
    assert decided(*late)["decision"] == "implicit-deny"
    assert decided(*late, "--set", "max_session_hours=8")["decision"] == "explicit-deny"


def test_several_recipes_decide_together_each_with_its_parameters():
    arguments = ("--recipe", "self-manage", "--recipe", "enforce-mfa", "--set", "max_session_hours=1")
    asked = ("--action", "iam:ChangePassword", "--resource", ALICE, "--context", "aws:MultiFactorAuthAge=3601")
    decision = decided(*arguments, *asked)
    assert decision["decision"] == "explicit-deny"
    assert {statement["policy"] for statement in decision["statements"]} == {"enforce-mfa"}
    with pytest.raises(PolicygenError, match="there is no parameter `max_session_hour`"):
        simulate(*arguments, *asked, "--set", "max_session_hour=1")


def test_every_layer_can_be_given(tmp_path, policy):
    none = tmp_path / "none.json"
    none.write_text(json.dumps({"Version": "2012-10-17", "Statement": [deny("iam:*")]}))
    trust = tmp_path / "trust.json"
    named = {"Effect": "Allow", "Principal": {"AWS": ALICE}, "Action": "s3:*", "Resource": "*"}
    trust.write_text(json.dumps({"Version": "2012-10-17", "Statement": [named]}))
    ask = [policy, *MINE, "--session", "mfa"]
    assert decided(*ask, "--boundary", str(none))["reason"] == "the permissions boundary does not allow it"
    assert decided(*ask, "--session-policy", str(none))["reason"] == "the session policy does not allow it"
    assert decided(*ask, "--scp", policy, "--scp", str(none))["reason"] == "no SCP of level 2 allows it"
    named = [*ask, "--boundary", str(none), "--resource-policy", str(trust), "--resource-account"]
    assert decided(*named, ACCOUNT)["decision"] == "allow"
    assert decided(*named, OTHER)["reason"] == "the permissions boundary does not allow it"


def bucket_policy(tmp_path, effect, principal, **more):
    path = tmp_path / "bucket.json"
    statement = allow("s3:GetObject", "arn:aws:s3:::home/*", Effect=effect, Principal=principal, **more)
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return str(path)


def test_a_stranger_reads_a_bucket_only_if_it_is_known_whose_bucket_it_is(tmp_path):
    everything = tmp_path / "all.json"
    everything.write_text(json.dumps({"Version": "2012-10-17", "Statement": [allow()]}))
    stranger = ["--principal", "arn:aws:iam::999988887777:user/x"]
    ask = [str(everything), "--resource-policy", bucket_policy(tmp_path, "Allow", {"AWS": OTHER}), *MINE, *stranger]
    decision = decided(*ask)
    assert (decision["decision"], decision["assumed"]) == ("unknown", None)
    assert "which account owns the resource" in decision["reason"]
    for told in (["--resource-account", ACCOUNT], ["--context", f"aws:ResourceAccount={ACCOUNT}"]):
        assert decided(*ask, *told)["decision"] == "implicit-deny"
    assert decided(*ask, "--resource-account", "999988887777")["decision"] == "allow"


def test_a_policy_of_the_resource_that_decides_the_same_whoever_owns_it_needs_no_owner(policy, tmp_path):
    ask = [policy, *MINE, "--session", "mfa", "--resource-policy"]
    assert decided(*ask, bucket_policy(tmp_path, "Allow", {"AWS": ALICE}))["decision"] == "allow"
    assert decided(*ask, bucket_policy(tmp_path, "Deny", {"AWS": ALICE}))["decision"] == "explicit-deny"


def test_without_a_policy_of_the_resource_the_owner_is_assumed_and_the_assumption_said(policy):
    assert f"assumed: {ASSUMED}" in simulate(policy, *MINE, "--session", "mfa").stdout
    known = [policy, *MINE, "--session", "mfa", "--resource-account"]
    assert decided(*known, ACCOUNT)["assumed"] is None
    assert decided(*known, OTHER)["decision"] == "unknown"
    with_account = ["--action", "iam:GetUser", "--resource", ALICE, "--recipe", "self-manage"]
    assert decided(*with_account, "--session", "mfa")["assumed"] is None


def test_whoever_is_said_to_own_the_resource_is_in_the_context(tmp_path):
    path = tmp_path / "own.json"
    condition = {"StringEquals": {"aws:ResourceAccount": ACCOUNT}}
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": allow(Condition=condition)}))
    assert decided(str(path), *MINE, "--resource-account", ACCOUNT)["decision"] == "allow"
    assert decided(str(path), *MINE)["missing_context"] == ["aws:ResourceAccount"]


def test_a_policy_that_only_limits_stands_on_one_that_allows_everything(policy):
    result = simulate("--scp", policy, *MINE, "--session", "mfa")
    assert result.stdout.startswith("allow")
    assert result.stderr == "decided on top of an identity policy that allows everything\n"


DETAILS = {
    "UserDetailList": [
        {
            "UserName": "alice",
            "UserId": "AIDAALICE",
            "Path": "/eng/",
            "Arn": f"arn:aws:iam::{ACCOUNT}:user/eng/alice",
            "GroupList": ["Common"],
            "Tags": [{"Key": "team", "Value": "blue"}],
            "UserPolicyList": [
                {"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow("s3:Get*")]}}
            ],
            "AttachedManagedPolicies": [],
        }
    ],
    "GroupDetailList": [
        {
            "GroupName": "Common",
            "GroupId": "AGPACOMMON",
            "Path": "/",
            "Arn": f"arn:aws:iam::{ACCOUNT}:group/Common",
            "GroupPolicyList": [
                {
                    "PolicyName": "team",
                    "PolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [
                            allow("ec2:*", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}}),
                            deny("s3:*", Sid="D", Condition={"StringEquals": {"aws:userid": "AIDAALICE"}}),
                        ],
                    },
                }
            ],
            "AttachedManagedPolicies": [],
        }
    ],
    "RoleDetailList": [],
    "Policies": [],
}


def user(tmp_path, *arguments, details=DETAILS, name="Alice"):
    path = tmp_path / "details.json"
    path.write_text(json.dumps(details))
    return decided("--user", name, "--snapshot", str(path), *arguments)


def test_a_users_own_policies_the_groups_and_the_tags_decide_together(tmp_path):
    assert user(tmp_path, "--action", "ec2:RunInstances")["decision"] == "allow"
    denied = user(tmp_path, "--action", "s3:GetObject")
    assert denied["statements"] == [
        {"policy": "group/Common/team", "pointer": "/Statement/1", "sid": "D", "effect": "Deny"}
    ]


def test_an_attached_policy_that_the_snapshot_does_not_hold_makes_the_decision_unknown(tmp_path):
    details = json.loads(json.dumps(DETAILS))
    attached = {"PolicyName": "ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    details["GroupDetailList"][0]["AttachedManagedPolicies"] = [attached]
    decision = user(tmp_path, "--action", "ec2:RunInstances", details=details)
    assert decision["decision"] == "unknown"
    assert decision["reason"] == "the snapshot does not hold the policy `arn:aws:iam::aws:policy/ReadOnlyAccess`"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--action"),
        (["--action", "s3:GetObject"], "there are no policies; name files"),
        (["{policy}", "--action", "s3:*"], "not one action"),
        (["{policy}", *MINE, "--context", "x"], "KEY=VALUE"),
        (["{policy}", *MINE, "--context", "aws:x=["], "not valid JSON"),
        (["{policy}", *MINE, "--principal", "x"], "principal"),
        (["{policy}", *MINE, "--user", "alice"], "--snapshot, which is missing"),
        (["--recipe", "enforce-mf", *MINE], "did you mean `enforce-mfa`"),
        (["{policy}", "--action", "s3:DeleteBukcet"], "no action `s3:DeleteBukcet`; did you mean `s3:DeleteBucket`"),
        (["{policy}", "--action", "newsvc:Make"], "no service `newsvc`.* declare it in `extra_actions`"),
        (["{policy}", *MINE, "--context", "iam:PassedToServce=x"], "did you mean `iam:passedtoservice`"),
        (["{policy}", "--requests", "-", "--expect", "allow"], "from its file alone"),
        (["{policy}", *MINE, "--resource-account", "1234"], "`1234` is not an account id; give 12 digits"),
        (
            ["{policy}", *MINE, "--resource-account", ACCOUNT, "--context", f"aws:ResourceAccount={OTHER}"],
            f"account {ACCOUNT} owns the resource, and `aws:ResourceAccount` says {OTHER}",
        ),
        (
            ["{policy}", "--action", "iam:GetUser", "--resource", ALICE, "--resource-account", OTHER],
            f"account {OTHER} owns the resource, and the ARN `{ALICE}` says {ACCOUNT}",
        ),
        (["{policy}", "--requests", "-"], "from its file alone"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(policy, arguments, message):
    with pytest.raises(Exception, match=message):
        simulate(*(argument.format(policy=policy) if "{policy}" in argument else argument for argument in arguments))


def test_the_policies_of_several_principals_are_not_taken_together(tmp_path):
    write_snapshot(tmp_path / "prod", SKETCH)
    details = tmp_path / "prod" / "authorization-details.json"
    with pytest.raises(PolicygenError, match="which do not apply together; choose one"):
        simulate(str(details), "--action", "s3:GetObject")
    assert decided("--snapshot", str(details), "--role", "ci", "--action", "s3:GetObject")["decision"]


@pytest.mark.parametrize(
    "key",
    [
        *("aws:ResourceTag/x", "aws:RequestTag/any thing", "ec2:ResourceTag/x", "s3:ExistingObjectTag/x", "saml:aud"),
        *("token.actions.githubusercontent.com:sub", "oidc.eks.us-east-1.amazonaws.com/id/ABC:aud", "AWS:SOURCEIP"),
        *("cognito-identity.amazonaws.com:aud", "graph.facebook.com:app_id", "idp.example.org:any", "sts:ExternalId"),
    ],
)
def test_a_key_that_a_request_can_carry_is_taken(policy, key):
    assert decided(policy, *MINE, "--context", f"{key}=x", "--session", "mfa")["decision"] == "allow"


def test_an_action_that_the_settings_declare_is_decided(policy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ask = [policy, "--action", "newsvc:Make", "--session", "mfa"]
    with pytest.raises(PolicygenError, match="newsvc"):
        simulate(*ask)
    (tmp_path / "policygen.toml").write_text('[lint]\nextra_actions = ["newsvc:Make"]\n')
    assert decided(*ask, "--context", "newsvc:Colour=red")["decision"] == "implicit-deny"
    question = json.dumps(QUESTION | {"request": {"principal": ALICE, "action": "newsvc:Make"}})
    assert "explicit-deny" in simulate("--requests", "-", stdin=question).stdout


def test_a_resource_that_the_action_does_not_take_is_noted(tmp_path):
    everything = tmp_path / "all.json"
    everything.write_text(json.dumps({"Version": "2012-10-17", "Statement": [allow()]}))
    instance = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1"
    text = simulate(str(everything), "--action", "s3:GetObject", "--resource", instance).stdout
    assert f"does not list `{instance}` as a resource of `s3:GetObject`, which acts on `arn:" in text
    assert f"unlisted: AWS's data of {data_date()}" in text
    assert "unlisted" not in simulate(str(everything), *MINE).stdout
    assert "lists no resource types" in simulate(str(everything), "--action", "iam:GetAccountSummary", *MINE[2:]).stdout


def test_a_resource_that_aws_names_and_its_data_does_not_is_not_noted(tmp_path):
    everything = tmp_path / "all.json"
    everything.write_text(json.dumps({"Version": "2012-10-17", "Statement": [allow()]}))
    for action, resource in [
        ("ssmmessages:OpenDataChannel", f"arn:aws:ssm:us-east-1:{ACCOUNT}:session/alice-0a1b2c3d"),
        ("eks:CreateCluster", f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/blue"),
        ("eks:ListClusters", f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/*"),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::*"),
        ("elasticloadbalancing:CreateRule", f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:anything/1"),
    ]:
        assert "unlisted" not in simulate(str(everything), "--action", action, "--resource", resource).stdout
    assert (
        "unlisted"
        in simulate(str(everything), "--action", "s3:ListAllMyBuckets", "--resource", "arn:aws:s3:::b").stdout
    )


def test_the_headline_names_the_deciding_statement(policy):
    text = simulate(policy, *MINE, "--session", "mfa").stdout
    assert text.startswith(f"allow: a statement allows it, and none denies it ({policy}:4:5 OwnFolder)\n")


def test_several_actions_and_resources_are_decided_a_line_each(policy):
    many = ["--action", "s3:GetObject", "--action", "s3:PutObject"]
    many += ["--resource", "arn:aws:s3:::home/alice/x", "--resource", "arn:aws:s3:::home/bob/x", "--session", "mfa"]
    lines = simulate(policy, *many).stdout.splitlines()
    assert [line.split()[:4:3] for line in lines[:4]] == [
        ["allow", "arn:aws:s3:::home/alice/x:"],
        ["implicit-deny", "arn:aws:s3:::home/bob/x:"],
        ["implicit-deny", "arn:aws:s3:::home/alice/x:"],
        ["implicit-deny", "arn:aws:s3:::home/bob/x:"],
    ]
    assert lines[4:] == [f"assumed: {ASSUMED}"]
    answers = decided(policy, *many)
    assert [answer["decision"] for answer in answers] == ["allow", *["implicit-deny"] * 3]
    assert (answers[1]["action"], answers[1]["resource"]) == ("s3:GetObject", "arn:aws:s3:::home/bob/x")


@pytest.mark.parametrize(
    ("arguments", "expected", "code"),
    [
        (["--session", "mfa"], "allow", 0),
        (["--session", "mfa"], "deny", 1),
        (["--session", "no-mfa"], "deny", 0),
        (["--session", "no-mfa"], "explicit-deny", 0),
        (["--session", "no-mfa"], "implicit-deny", 1),
        (["--session", "mfa", "--action", "s3:PutObject"], "allow", 1),
        (["--session", "mfa", "--resource-account", OTHER], "allow", 1),
        (["--session", "mfa", "--resource-account", OTHER], "deny", 1),
    ],
)
def test_what_is_expected_decides_the_exit_code(policygen, policy, arguments, expected, code):
    assert policygen("simulate", policy, *MINE, *arguments, "--expect", expected).code == code


def test_the_folder_of_a_snapshot_is_taken_for_its_authorization_details(policygen, tmp_path):
    ask = ("simulate", "--user", "alice", "--action", "ec2:RunInstances", "--snapshot", tmp_path)
    code, _, stderr = policygen(*ask)
    assert code == 2
    assert "does not contain `authorization-details.json`" in stderr
    (tmp_path / "authorization-details.json").write_text(json.dumps(DETAILS))
    assert policygen(*ask).stdout.startswith("allow")


DEPLOY = f"arn:aws:iam::{ACCOUNT}:role/ops/deploy"
WITH_ROLES = {
    **DETAILS,
    "RoleDetailList": [
        {
            "RoleName": "deploy",
            "RoleId": "AROA1",
            "Path": "/ops/",
            "Arn": DEPLOY,
            "Tags": [{"Key": "team", "Value": "red"}],
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "Partner",
                        "Effect": "Allow",
                        "Principal": {"AWS": [OTHER, f"arn:aws:iam::{ACCOUNT}:user/eng/alice"]},
                        "Action": "sts:AssumeRole",
                        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
                    }
                ],
            },
            "RolePolicyList": [
                {"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow("sqs:*")]}}
            ],
            "AttachedManagedPolicies": [],
        }
    ],
}


@pytest.fixture
def account(tmp_path):
    """The file of an account with the user Alice, the group Common and the role deploy."""
    path = tmp_path / "details.json"
    path.write_text(json.dumps(WITH_ROLES))
    return str(path)


def test_a_role_and_a_group_of_a_snapshot_decide_with_their_policies(account):
    assert decided("--snapshot", account, "--role", "deploy", "--action", "sqs:SendMessage")["decision"] == "allow"
    assert decided("--snapshot", account, "--role", "deploy", "--action", "s3:GetObject")["decision"] == "implicit-deny"
    group = ("--snapshot", account, "--group", "common", "--action", "ec2:RunInstances")
    assert decided(*group)["decision"] == "implicit-deny"
    assert decided(*group, "--context", "aws:PrincipalTag/team=blue")["statements"] == [
        {"policy": "group/Common/team", "pointer": "/Statement/0", "sid": None, "effect": "Allow"}
    ]


def test_a_principal_of_the_snapshots_account_decides_with_its_policies(account):
    ask = ["--snapshot", account, "--action", "sqs:SendMessage", "--principal"]
    assert decided(*ask, "role/deploy/session")["decision"] == "allow"
    assert decided(*ask, DEPLOY)["decision"] == "allow"
    with pytest.raises(PolicygenError, match="the account has no role `deplyo`; did you mean `role/deploy`"):
        decided(*ask, "role/deplyo/session")


def test_the_trust_policy_of_the_snapshot_decides_who_assumes_a_role(account):
    ask = ["--snapshot", account, "--action", "sts:AssumeRole", "--resource", DEPLOY]
    allowed = decided(*ask, "--user", "alice", "--session", "mfa")
    assert allowed["decision"] == "allow"
    assert allowed["statements"][-1]["policy"] == "role/deploy/trust"
    assert decided(*ask, "--user", "alice", "--session", "no-mfa")["decision"] == "implicit-deny"
    assert decided(*ask, "--role", "deploy", "--session", "mfa")["decision"] == "implicit-deny"


def test_an_identity_provider_assumes_a_role_of_the_snapshot_as_its_trust_policy_says(tmp_path):
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    role = {
        **WITH_ROLES["RoleDetailList"][0],
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}},
            },
        },
    }
    path = tmp_path / "details.json"
    path.write_text(json.dumps({**WITH_ROLES, "RoleDetailList": [role]}))
    ask = ["--snapshot", str(path), "--principal", provider, "--resource", DEPLOY]
    ask += ["--action", "sts:AssumeRoleWithWebIdentity", "--context"]
    assert decided(*ask, "token.actions.githubusercontent.com:sub=repo:acme/app")["decision"] == "allow"
    assert decided(*ask, "token.actions.githubusercontent.com:sub=repo:evil/app")["decision"] == "implicit-deny"


def test_what_a_stranger_may_do_by_itself_is_not_in_the_snapshot(account, tmp_path):
    ask = ["--snapshot", account, "--action", "sts:AssumeRole", "--resource", DEPLOY, "--session", "mfa"]
    ask += ["--principal", f"arn:aws:iam::{OTHER}:user/carol"]
    assert "are not in the snapshot" in decided(*ask)["reason"]
    path = tmp_path / "carol.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [allow("sts:AssumeRole")]}))
    assert decided(str(path), *ask)["decision"] == "allow"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--user", "alice", "--role", "deploy"], "exclude each other"),
        ([], "--snapshot needs a principal"),
        (["--role", "deplyo"], "the account has no role `deplyo`; did you mean `role/deploy`"),
    ],
)
def test_a_snapshot_needs_one_principal_that_it_contains(account, arguments, message):
    with pytest.raises(Exception, match=message):
        simulate("--snapshot", account, "--action", "s3:GetObject", *arguments)


QUESTION = {
    "policies": [POLICY],
    "request": {"principal": ALICE, "action": "s3:GetObject", "resource": "arn:aws:s3:::home/alice/x"},
}


def with_context(**context):
    return QUESTION | {"request": QUESTION["request"] | {"context": context}}


def lines(*questions):
    return "\n".join(q if isinstance(q, str) else json.dumps(q) for q in questions) + "\n"


def test_questions_are_answered_line_by_line_in_order_with_nothing_filled_in():
    asked = lines(
        QUESTION,
        with_context(**{"aws:username": "alice"}),
        with_context(**{"aws:username": "alice", "aws:MultiFactorAuthPresent": "false"}),
        with_context(**{"aws:username": "alice", "aws:MultiFactorAuthPresent": True}),
    )
    answers = [json.loads(line) for line in simulate("--requests", "-", stdin=asked).stdout.splitlines()]
    assert [answer["decision"] for answer in answers] == ["explicit-deny", "explicit-deny", "explicit-deny", "allow"]


def test_a_bad_line_is_an_error_and_the_others_are_decided_all_the_same():
    asked = lines(QUESTION, "{", "[]", {"policies": [1], "request": {}}, QUESTION | {"polices": []}, QUESTION)
    done = subprocess.run(
        [sys.executable, "-m", "policygen", "simulate", "--requests", "-"],
        input=asked,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [list(answer) for answer in answers] == [["decision"], *[["error"]] * 4, ["decision"]]
    assert "line 2, column 2" in answers[1]["error"]
    assert "did you mean `policies`" in answers[4]["error"]
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"policies": {}}, "`policies` is not a list of policies"),
        ({"scps": [POLICY]}, "level 1 of `scps` is not a list of policies"),
        ({"rcps": {}}, "`rcps` is not a list of levels"),
        ({"boundary": []}, "`boundary` is not a policy document"),
        ({"resource_policy": "x"}, "`resource_policy` is not a policy document"),
        ({"request": {"principal": ALICE}}, "lacks the field `action`"),
        ({"request": {"principal": 1, "action": "s3:GetObject"}}, "`request.principal` is not a string"),
        ({"request": {"principal": ALICE, "action": "s3:Get*"}}, "not one action"),
        ({"request": {"principal": ALICE, "action": "s3:GetObject", "context": []}}, "not an object"),
        ({"request": {"principal": "group/x", "action": "s3:GetObject"}}, "principal"),
    ],
)
def test_a_question_that_is_none_says_why(change, complaint):
    from policygen.evaluate.question import answer

    assert complaint in answer(json.dumps(QUESTION | change).encode(), 1)["error"]


def test_an_unknown_answer_says_why():
    from policygen.evaluate.question import answer

    statement = allow(Condition={"StringEqual": {"a": "b"}})
    asked = QUESTION | {"policies": [{"Version": "2012-10-17", "Statement": statement}]}
    reply = answer(json.dumps(asked).encode(), 1)
    assert reply["decision"] == "unknown"
    assert "did you mean `StringEquals`" in reply["reason"]
