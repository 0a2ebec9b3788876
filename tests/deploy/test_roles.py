"""Roles of the manifest: their trust policies, policies and boundaries are planned, applied, revoked and taken back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from policygen.account.model import InlinePolicy, Role
from policygen.deploy.desired import Desired, DesiredPolicy, DesiredRole
from policygen.deploy.effects import effects
from policygen.deploy.ownership import owning
from policygen.deploy.plan import Plan, make_plan
from policygen.deploy.record import OwnedRole
from policygen.deploy.rollback import undo
from policygen.deploy.state import observe
from tests.cli.test_apply import journals, run  # noqa: F401 (a fixture)
from tests.deploy.test_plan import AWS_ARN, ID, MFA, SELF, account, allow, arn, operations
from tests.policies import document

CI = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ID}:role/ci"}, "Action": "sts:AssumeRole"}
EC2 = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
LIMIT = arn("limit")
DEPLOY = DesiredRole("deploy", "/", document(CI), (DesiredPolicy("work", SELF), DesiredPolicy("RO", None, AWS_ARN)))


def role(name: str, trust: dict = CI, boundary: str | None = None, **inline: dict) -> Role:
    policies = tuple(InlinePolicy(key, value) for key, value in inline.items())
    return Role(
        name, "/", "", f"arn:aws:iam::{ID}:role/{name}", trust=document(trust), boundary=boundary, inline=policies
    )


def wants(*roles: DesiredRole, **more) -> Desired:
    return Desired(ID, "aws", (), roles=roles, **more)


def planned(desired: Desired, of=None) -> Plan:
    return make_plan(desired, observe(of or account(), desired), {})


def then(found: Plan, *roles: DesiredRole) -> Plan:
    """The plan after a plan was carried out and the manifest was changed."""
    return make_plan(wants(*roles, owned=owning(found)(found.after())), found.after(), {})


def test_a_role_is_created_with_its_limit_before_it_can_do_anything():
    found = planned(wants(replace(DEPLOY, boundary=LIMIT, max_session_hours=4), boundaries={LIMIT: SELF}))
    assert operations(found) == ["CreatePolicy", "CreateRole", "PutRolePolicy", "AttachRolePolicy"]
    created = found.steps[1].arguments
    assert (created["PermissionsBoundary"], created["MaxSessionDuration"]) == (LIMIT, 4 * 3600)
    assert planned(found.desired, account()).after().policies[LIMIT].holders == ("role/deploy",)
    assert make_plan(found.desired, found.after(), {}).steps == ()


def test_a_role_that_another_trusts_is_created_first():
    ci = DesiredRole("ci", "/", document(EC2))
    assert [step.arguments["RoleName"] for step in planned(wants(DEPLOY, ci)).steps[:2]] == ["ci", "deploy"]
    mutual = DesiredRole("ci", "/", document({**CI, "Principal": {"AWS": f"arn:aws:iam::{ID}:role/deploy"}}))
    assert operations(planned(wants(DEPLOY, mutual)))[:2] == ["CreateRole", "CreateRole"]


def test_another_trust_policy_says_who_can_newly_assume_the_role():
    now = account(roles=(role("deploy", EC2, work=SELF),))
    found = planned(wants(replace(DEPLOY, policies=(DesiredPolicy("work", SELF),))), now)
    (step,) = found.steps
    assert (step.operation, step.subject) == ("UpdateAssumeRolePolicy", "trust policy of role deploy")
    (effect,) = effects(found, now)
    assert effect.gives.startswith("sts:AssumeRole on ") and "assumed-role/ci/" in effect.gives
    assert effect.takes.endswith("by ec2.amazonaws.com") and not effect.unknown


@pytest.mark.parametrize(
    ("had", "wanted", "operation", "word"),
    [
        (None, LIMIT, "PutRolePermissionsBoundary", "takes"),
        (arn("other"), LIMIT, "PutRolePermissionsBoundary", "takes"),
    ],
)
def test_another_boundary_is_set_and_what_it_takes_is_said(had, wanted, operation, word):
    from tests.deploy.test_plan import managed

    policies = (managed("limit", document(allow("s3:GetObject"))), managed("other", document(allow("s3:*"))))
    now = account(roles=(role("deploy", CI, had, work=document(allow("s3:*"))),), policies=policies)
    declared = replace(DEPLOY, policies=(DesiredPolicy("work", document(allow("s3:*"))),), boundary=wanted)
    found = planned(wants(declared), now)
    assert operations(found) == [operation]
    assert getattr(effects(found, now)[0], word).startswith("s3:")


def test_a_boundary_that_somebody_else_set_is_left_and_named():
    now = account(roles=(role("deploy", CI, LIMIT, work=SELF),))
    found = planned(wants(replace(DEPLOY, policies=(DesiredPolicy("work", SELF),))), now)
    assert found.steps == ()
    assert found.remarks == (f"role deploy has the permissions boundary {LIMIT}, not declared",)


def test_what_a_role_no_longer_has_in_the_manifest_is_removed():
    first = planned(wants(replace(DEPLOY, boundary=LIMIT), boundaries={LIMIT: SELF}))
    less = then(first, replace(DEPLOY, policies=()))
    assert operations(less) == [
        "DeleteRolePermissionsBoundary",
        "DeleteRolePolicy",
        "DetachRolePolicy",
        "DeletePolicy",
    ]
    gone = then(first)
    assert operations(gone) == ["DeleteRolePolicy", "DetachRolePolicy", "DeleteRole", "DeletePolicy"]
    assert gone.after().roles == {}


def test_a_role_with_an_instance_profile_is_not_deleted():
    first = planned(wants(DEPLOY))
    state = first.after()
    used = replace(state, roles={"deploy": replace(state.roles["deploy"], used_by=("web",))})
    found = make_plan(wants(owned=owning(first)(state)), used, {})
    assert "DeleteRole" not in operations(found)
    assert found.remarks == (
        "role deploy is no longer declared, but has other policies, or an instance profile; not deleted",
    )


def test_a_foreign_policy_on_a_declared_role_is_drift_and_goes_from_an_exclusive_one():
    now = account(roles=(role("deploy", CI, work=SELF, theirs=MFA),))
    declared = replace(DEPLOY, policies=(DesiredPolicy("work", SELF),))
    assert planned(wants(declared), now).drift == (
        "role deploy has the inline policy theirs, which is not declared; it only denies",
    )
    assert operations(planned(wants(replace(declared, exclusive=True)), now)) == ["DeleteRolePolicy"]


@pytest.mark.parametrize("count", range(8))
def test_whatever_was_done_can_be_taken_back(count):
    policies = {"boundaries": {LIMIT: SELF}}
    now = account(roles=(role("old", EC2, work=MFA),))
    desired = wants(
        replace(DEPLOY, boundary=LIMIT),
        DesiredRole("old", "/", document(CI), (DesiredPolicy("work", SELF),), boundary=LIMIT),
        **policies,
    )
    found = planned(desired, now)
    state = found.after(count)
    back, left = undo(found.steps[:count], state)
    for step in back:
        state = step.after(state)
    assert left == [] and state.fingerprint == found.observed.fingerprint


MANIFEST = """
catalogs = ["recipes"]

[accounts.prod]
id = "{id}"

[groups.AllUsers]
recipes = ["read-password-policy"]

[boundaries.workload]
recipe = "boundary-workload"
parameters = {{ services = ["logs"], regions = ["eu-central-1"] }}

[roles.build]
trust = "trust-service"
recipes = ["work"]
boundary = "workload"
parameters.trust-service = {{ services = ["codebuild.amazonaws.com"] }}
"""
RECIPE = {
    "recipe.toml": 'title = "Work"\nsummary = "Reads logs."\nkind = "identity"\nprincipals = ["role"]\n'
    '[[sources]]\ntitle = "Logs"\nurl = "https://example.org"\ndate = "2026-12-01"\n',
    "policy.json.j2": json.dumps(document(allow("logs:GetLogEvents")), indent=2),
    "cases.toml": '[[case]]\nname = "it reads"\nprincipal = "role/build/session"\naction = "logs:GetLogEvents"\n'
    'resource = "*"\ndecision = "allow"\n',
}


@pytest.fixture
def project(aws_account, tmp_path) -> Path:
    (tmp_path / "policygen.toml").write_text(MANIFEST.format(id=aws_account.id))
    folder = tmp_path / "recipes" / "work"
    folder.mkdir(parents=True)
    for name, text in RECIPE.items():
        (folder / name).write_text(text)
    return tmp_path


def test_a_role_of_the_manifest_comes_and_goes_in_a_real_account(run, aws_account, project):  # noqa: F811
    iam = aws_account.iam
    applied = run("apply", "--auto-approve")
    assert applied.code == 0, applied.stderr + applied.stdout
    made = iam.get_role(RoleName="build")["Role"]
    assert made["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(":policy/policygen/workload")
    assert made["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": ["codebuild.amazonaws.com"]}
    assert iam.list_role_policies(RoleName="build")["PolicyNames"] == ["work"]
    assert run("plan", "--exit-code").stdout.splitlines()[-1] == "nothing to do"
    record = json.loads((project / "policygen.state.json").read_text())["accounts"][aws_account.id]
    assert OwnedRole(**record["roles"]["build"]).created

    text = (project / "policygen.toml").read_text()
    (project / "policygen.toml").write_text(text[: text.index("[boundaries.workload]")])
    assert run("apply", "--auto-approve").code == 0
    assert iam.list_roles()["Roles"] == [] and iam.list_policies(Scope="Local")["Policies"] == []
    back = run("rollback", str(journals(project)[-1]), "--auto-approve")
    assert back.code == 0, back.stderr
    assert iam.get_role(RoleName="build")["Role"]["AssumeRolePolicyDocument"] == made["AssumeRolePolicyDocument"]
    (project / "policygen.toml").write_text(text)
    assert run("plan", "--exit-code").stdout.splitlines()[-1] == "nothing to do"
