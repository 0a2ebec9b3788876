"""Groups, roles, boundaries and the organization: what `build`, `export`, `plan` and `compare` make of each place."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

MANIFEST = """
catalogs = ["catalog"]

[values]
regions = ["eu-central-1", "eu-west-1"]

[organization]
id = "o-a1b2c3d4e5"
root = "r-ab12"
scps = ["our-regions"]

[ous."Workloads/Prod"]
id = "ou-ab12-11111111"
rcps = ["our-organization"]
[ous."Workloads/Prod".policies.one-region]
recipe = "our-regions"
parameters = { regions = ["eu-central-1"] }

[accounts.prod]
id = "123456789012"
[accounts.test]
id = "210987654321"
values = { bucket = "test-data" }

[boundaries.workload]
recipe = "our-boundary"

[roles.deploy]
accounts = ["prod"]
trust = "our-trust"
boundary = "workload"
path = "/ci/"
max_session_hours = 4
attach = ["ReadOnlyAccess"]
parameters.our-trust = { account_id = "111122223333" }
[roles.deploy.policies.reports]
recipe = "our-bucket"
parameters = { bucket = "reports-{{ account.name }}" }
[roles.deploy.policies.logs]
recipe = "our-bucket"
parameters = { bucket = "logs-{{ account.id }}" }

[groups.Data]
recipes = ["enforce-tls", "our-bucket"]
parameters.our-bucket = { bucket = "shared" }
[groups.Data.policies.extra]
recipe = "our-bucket"
parameters = { bucket = "extra" }
"""


def parameter(name: str, more: str) -> str:
    return f'[parameters.{name}]\ndescription = "What it is."\n{more}\n'


def statement(**body) -> str:
    return (
        json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "A", **body}]}).replace('"<<', "").replace('>>"', "")
    )


@pytest.fixture
def project(make_recipe, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bucket = parameter("bucket", 'type = "resource"\nresource_type = "s3:bucket"')
    read = statement(Effect="Allow", Action="s3:GetObject", Resource="{{ bucket }}/*")
    make_recipe("catalog/our-bucket", read, bucket)
    text = (tmp_path / "catalog/our-bucket/recipe.toml").read_text()
    (tmp_path / "catalog/our-bucket/recipe.toml").write_text(text.replace('["user"]', '["user", "role"]'))
    regions = parameter("regions", 'type = "array"\nitems = { type = "string", format = "region" }')
    not_here = {"StringNotEquals": {"aws:RequestedRegion": "<<{{ regions }}>>"}}
    denied = statement(Effect="Deny", Action="ec2:RunInstances", Resource="*", Condition=not_here)
    make_recipe("catalog/our-regions", denied, regions, "scp")
    org = parameter("org_id", 'type = "string"\nformat = "org-id"')
    strangers = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "{{ org_id }}"}}
    rcp = statement(Effect="Deny", Principal="*", Action="s3:GetObject", Resource="*", Condition=strangers)
    make_recipe("catalog/our-organization", rcp, org, "rcp")
    make_recipe("catalog/our-boundary", statement(Effect="Allow", Action="s3:GetObject", Resource="*"), "", "boundary")
    trusted = parameter("account_id", 'type = "string"\nformat = "account-id"')
    trust = statement(Effect="Allow", Principal={"AWS": "{{ account_id }}"}, Action="sts:AssumeRole")
    make_recipe("catalog/our-trust", trust, trusted, "trust")
    (tmp_path / "policygen.toml").write_text(MANIFEST)
    return tmp_path


def built(project: Path, path: str):
    return json.loads((project / "policies" / path).read_text())["Statement"][0]


def test_build_writes_the_policies_of_every_place(policygen, project):
    result = policygen("build")
    assert result.code == 0, result.stderr
    assert {str(path.relative_to(project / "policies")) for path in project.glob("policies/**/*.json")} == {
        *(
            f"{account}/Data/{name}.json"
            for account in ("prod", "test")
            for name in ("enforce-tls", "our-bucket", "extra")
        ),
        *("prod/boundaries/workload.json", "test/boundaries/workload.json"),
        *("prod/roles/deploy/trust.json", "prod/roles/deploy/reports.json", "prod/roles/deploy/logs.json"),
        *("organization/scps/our-regions.json", "ous/Workloads/Prod/scps/one-region.json"),
        "ous/Workloads/Prod/rcps/our-organization.json",
    }
    assert policygen("build", "--check").code == 0


def test_a_place_carries_a_recipe_several_times_each_with_its_own_parameters(policygen, project):
    policygen("build")
    assert built(project, "prod/roles/deploy/reports.json")["Resource"] == "arn:aws:s3:::reports-prod/*"
    assert built(project, "prod/roles/deploy/logs.json")["Resource"] == "arn:aws:s3:::logs-123456789012/*"
    assert built(project, "prod/Data/extra.json")["Resource"] == "arn:aws:s3:::extra/*"


def test_values_are_offered_by_name_and_parameters_override_them(policygen, project):
    policygen("build")
    key = "aws:RequestedRegion"
    assert built(project, "organization/scps/our-regions.json")["Condition"]["StringNotEquals"][key] == [
        "eu-central-1",
        "eu-west-1",
    ]
    one = built(project, "ous/Workloads/Prod/scps/one-region.json")["Condition"]["StringNotEquals"][key]
    assert one in ("eu-central-1", ["eu-central-1"])
    rcp = built(project, "ous/Workloads/Prod/rcps/our-organization.json")["Condition"]
    assert rcp["StringNotEqualsIfExists"]["aws:PrincipalOrgID"] == "o-a1b2c3d4e5"
    (project / "policygen.toml").write_text(MANIFEST.replace('parameters.our-bucket = { bucket = "shared" }', ""))
    assert "parameter `bucket` is missing" in policygen("build").stderr
    manifest = MANIFEST.replace('parameters.our-bucket = { bucket = "shared" }', 'accounts = ["test"]')
    (project / "policygen.toml").write_text(manifest)
    policygen("build")
    assert built(project, "test/Data/our-bucket.json")["Resource"] == "arn:aws:s3:::test-data/*"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            'scps = ["our-regions"]',
            'scps = ["enforce-tls"]',
            "is of kind identity, which is for users, groups and roles",
        ),
        ('boundary = "workload"', 'boundary = "worklod"', "there is no boundary `worklod`; did you mean `workload`?"),
        ('trust = "our-trust"', 'trust = "enforce-tls"', "parameters for `our-trust`, which is not among"),
        ("regions = [", "region = [", "no recipe of the manifest has a parameter `region`; did you mean `regions`?"),
        ("reports-{{ account.name }}", "x-{{ account.nam }}", "is not a placeholder; did you mean `account.name`?"),
        ('["eu-central-1"] }', '["{{ account.id }}"] }', "cannot be replaced here; the organization is not an account"),
        ("policies.extra", "policies.enforce-tls", "`enforce-tls` is the name of a recipe here already"),
        ('root = "r-ab12"', "", "the organization has no `root`; add it"),
        ('id = "ou-ab12-11111111"', 'id = "ou-1"', "id `ou-1` is not the id of an organizational unit"),
        ('[ous."Workloads/Prod"]', '[ous."../x"]', "is not a valid name"),
        ('id = "o-a1b2c3d4e5"', 'id = "o-1"', "id `o-1` is not the id of an organization"),
        (
            "[boundaries.workload]",
            '[boundaries.workload]\naccounts = ["test"]',
            "is not in account `prod`, where the role",
        ),
    ],
)
def test_a_mistake_in_a_place_gets_one_sentence(policygen, project, old, new, sentence):
    assert old in MANIFEST
    (project / "policygen.toml").write_text(MANIFEST.replace(old, new, 1))
    code, _, stderr = policygen("build")
    assert (code, sentence in stderr) == (2, True), stderr
    assert stderr.startswith("policygen: policygen.toml:"), stderr


def test_a_recipe_for_users_does_not_go_on_a_role(policygen, project):
    changed = MANIFEST.replace(
        '[roles.deploy.policies.logs]\nrecipe = "our-bucket"\n', "[roles.deploy.policies.logs]\n"
    )
    changed = changed.replace('parameters = { bucket = "logs-{{ account.id }}" }', 'recipe = "self-manage"')
    (project / "policygen.toml").write_text(changed)
    assert "`self-manage` only works for user; this is a role" in policygen("build").stderr


def test_a_boundary_and_a_managed_policy_of_one_name_are_refused_if_they_differ(policygen, project):
    managed = MANIFEST.replace("[groups.Data]", "[groups.Data]\nmanaged = true").replace(
        "policies.extra", "policies.workload"
    )
    (project / "policygen.toml").write_text(managed)
    assert (
        "needs another managed policy `workload` than group `Data`; give one another name" in policygen("build").stderr
    )


def test_policies_of_the_organization_of_one_name_are_the_same_everywhere(policygen, project):
    (project / "policygen.toml").write_text(MANIFEST.replace("policies.one-region", "policies.our-regions"))
    assert "needs another policy of the organization `our-regions` than the organization" in policygen("build").stderr


def test_plans_name_the_places_that_they_leave_alone(policygen, project):
    (project / "snapshot").mkdir()
    details = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
    alice = {"UserName": "alice", "UserId": "AIDA1", "Arn": "arn:aws:iam::123456789012:user/alice", "GroupList": []}
    (project / "snapshot/authorization-details.json").write_text(json.dumps(details | {"UserDetailList": [alice]}))
    printed = policygen("plan", "--snapshot", "snapshot").stdout
    assert "create role deploy" in printed and "create managed policy workload" in printed
    for words in ("the organization", "OU `Workloads/Prod`"):
        assert f"note: {words} is in the manifest, but `plan` and `apply` leave it alone" in printed
    notes = json.loads(policygen("plan", "--snapshot", "snapshot", "--format", "json").stdout)
    assert "`policygen export --organization` writes a template for it" in json.dumps(notes)


def test_a_place_can_be_compared(policygen, project):
    same = policygen("compare", "manifest:prod/role/deploy", "manifest:prod/role/deploy")
    assert "the document of `ReadOnlyAccess` is not in the manifest" in same.stdout + same.stderr
    assert policygen("compare", "manifest:organization", "manifest:organization").code == 0
    assert policygen("compare", "manifest:prod/role/deploy/trust", "manifest:prod/role/deploy/trust").code == 0


EXPORTS = [("--account", "prod"), ("--account", "test"), ("--organization",)]


def test_the_template_of_an_account_has_its_roles_and_boundaries(policygen, project):
    result = policygen("export", "--account", "prod")
    resources = json.loads(result.stdout)["Resources"]
    role = resources["Roledeploy"]["Properties"]
    assert (role["RoleName"], role["Path"], role["MaxSessionDuration"]) == ("deploy", "/ci/", 14400)
    assert role["PermissionsBoundary"] == {"Ref": "Policyworkload"}
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": "111122223333"}
    assert [policy["PolicyName"] for policy in role["Policies"]] == ["reports", "logs"]
    assert "the policies of the organization are left out; `--organization` exports them" in result.stderr
    assert "Roledeploy" not in json.loads(policygen("export", "--account", "test").stdout)["Resources"]


def test_the_template_of_the_organization_attaches_its_policies(policygen, project):
    resources = json.loads(policygen("export", "--organization").stdout)["Resources"]
    assert {name: entry["Properties"]["TargetIds"] for name, entry in resources.items()} == {
        "Scpourregions": ["r-ab12"],
        "Scponeregion": ["ou-ab12-11111111"],
        "Rcpourorganization": ["ou-ab12-11111111"],
    }
    assert policygen("export", "--organization", "--account", "prod").code == 2


@pytest.mark.parametrize(
    ("path", "arguments"),
    [
        ("prod/roles/deploy/trust.json", ("--account", "prod")),
        ("prod/boundaries/workload.json", ("--account", "prod")),
        ("ous/Workloads/Prod/scps/one-region.json", ("--organization",)),
    ],
)
def test_only_what_was_built_and_reviewed_is_exported(policygen, project, path, arguments):
    policygen("build")
    built = project / "policies" / path
    built.write_text(built.read_text().replace('"A"', '"B"'))
    code, _, stderr = policygen("export", *arguments)
    assert (code, f"{path}` is not what the manifest renders now" in stderr) == (2, True)


@pytest.mark.proof
@pytest.mark.parametrize("arguments", EXPORTS, ids=" ".join)
def test_cloudformation_accepts_the_template(policygen, project, arguments):
    assert policygen("export", *arguments, "-o", "template.json").code == 0
    checker = Path(sys.executable).with_name("cfn-lint")
    checked = subprocess.run([checker, "template.json"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.proof
@pytest.mark.parametrize("arguments", EXPORTS, ids=" ".join)
def test_terraform_accepts_the_configuration(policygen, project, arguments, terraform):
    (project / "main").mkdir()
    assert policygen("export", *arguments, "--format", "terraform", "-o", "main/main.tf.json").code == 0
    terraform("init", folder=project / "main")
    terraform("validate", folder=project / "main")
