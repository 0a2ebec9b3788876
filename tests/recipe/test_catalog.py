"""The catalog that ships: each recipe renders clean everywhere, stays small, and keeps what the documentation says."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name

from policygen.account.live import Connection, read
from policygen.evaluate import Layers, Outcome, compile_policy, decide, person_request
from policygen.policy.model import Kind, Policy
from policygen.policy.schema import violations
from policygen.recipe.catalog import Recipe, load_catalog, verify
from policygen.recipe.page import example, sizes
from policygen.recipe.parameters import from_settings
from policygen.recipe.read_cases import recipe_groups
from policygen.recipe.render import render_recipe
from policygen.reference.partitions import partitions
from policygen.reference.quotas import quotas
from policygen.reference.services import expand

ACCOUNT = "123456789012"
CATALOG = load_catalog()
MIGRATING = Path(__file__).parents[2] / "docs" / "migrating-from-aws-recipes.md"
SEED = {
    "CredentialsSelfManagement-Minimal.json",
    "CredentialsSelfManagement-WithGetPasswordPolicy.json",
    "EnforceIPAddressWhitelist.json",
    "EnforceMFA-12HourSession-AllowEnableMFARecipes.json",
    "EnforceMFA-12HourSession-Strict.json",
    "EnforceMFA-8HourSession-AllowEnableMFAChangePassword.json",
    "EnforceMFA-8HourSession-AllowEnableMFARecipes.json",
    "EnforceMFA-8HourSession-Strict.json",
    "EnforceTLS.json",
    "Scout2-Default.json",
}
ALLOW_ALL = compile_policy(
    Policy({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}, Kind.IDENTITY)
)


def parameter_sets(recipe: Recipe) -> list[dict[str, Any]]:
    """What the recipe's own cases are rendered with, the account and the partition included."""
    if recipe.kind == "managed":
        return [dict(example(recipe, {}).parameters)]
    known = [({"account": group.account, "partition": group.partition}) for group in recipe_groups(recipe)]
    tables = tomllib.loads((recipe.folder / "cases.toml").read_text("utf-8"))
    own = [group.get("parameters", {}) for group in tables.get("group", ())]
    first = [{}] if "case" in tables or "parameters" in tables or "group" not in tables else []
    return [tables.get("parameters", {}) | given | ids for given, ids in zip(first + own, known, strict=True)]


SETS = [
    pytest.param(recipe, given, id=f"{name}-{i}")
    for name, recipe in CATALOG.items()
    for i, given in enumerate(parameter_sets(recipe))
]


def statements(recipe: Recipe, given: dict[str, Any], **common: str) -> list[dict[str, Any]]:
    document = render_recipe(recipe, {"account": ACCOUNT} | given | common, check=False).policy.document
    return list(document.get("Statement", ()))


def entries(statement: dict[str, Any], *names: str) -> list[str]:
    values = [statement[name] for name in names if name in statement]
    return [entry for value in values for entry in ([value] if isinstance(value, str) else value)]


def test_the_catalog_ships_the_common_recipes() -> None:
    assert set(CATALOG) >= {
        *("self-manage", "self-manage-password", "self-manage-access-keys", "self-manage-mfa", "read-password-policy"),
        *("enforce-mfa", "enforce-mfa-strict", "enforce-tls", "enforce-source-ip", "quarantine", "audit-readonly"),
    }


@pytest.mark.parametrize(("recipe", "given"), SETS)
def test_a_recipe_renders_without_a_finding_in_every_partition(recipe: Recipe, given: dict[str, Any]) -> None:
    of_one = re.search(r"amazonaws|[a-z]{2}-[a-z]+-\d", str(given))  # a service's or a region's name there
    for partition in [given["partition"]] if of_one else partitions():
        moved = json.loads(re.sub(r"arn:aws[a-z-]*:", f"arn:{partition}:", json.dumps(given)))
        rendered = render_recipe(recipe, moved | {"partition": partition})
        assert rendered.findings == ()
        arns = [arn.split(":", 5) for arn in re.findall(r"arn:[^\"]*", rendered.text())]
        assert {arn[1] for arn in arns} <= {partition}
        named = {"", "*", "aws", *re.findall(r"\d{12}", str(given))}
        assert {arn[4] for arn in arns} <= named


@pytest.mark.parametrize(("recipe", "given"), SETS)
def test_a_recipe_of_any_size_fits_where_it_goes_and_two_fit_into_a_group(
    recipe: Recipe, given: dict[str, Any]
) -> None:
    for size in sizes(render_recipe(recipe, given, check=False)):
        if size.quota == quotas()["group-inline"]:
            assert size.characters <= size.quota.limit // 2
        elif size.quota != quotas()["user-inline"]:
            assert size.characters <= size.quota.limit


@pytest.mark.parametrize("recipe", CATALOG.values(), ids=CATALOG)
def test_a_recipe_as_it_comes_fits_into_the_inline_policies_of_a_user(recipe: Recipe) -> None:
    rendered = render_recipe(recipe, parameter_sets(recipe)[0], check=False)
    assert all(size.characters <= size.quota.limit for size in sizes(rendered))


@pytest.mark.parametrize(("recipe", "given"), SETS)
def test_every_statement_has_a_sid_and_names_its_actions(recipe: Recipe, given: dict[str, Any]) -> None:
    for statement in statements(recipe, given):
        assert statement["Sid"]
        assert statement["Effect"] == "Deny" or "NotAction" not in statement
        actions = entries(statement, "Action", "NotAction")
        wide = {action for action in actions if "*" in action}
        whole_services = all(re.fullmatch(r"[a-z0-9-]+:\*", action) for action in wide)
        if statement["Effect"] == "Deny":
            # the list of exempt services, and an RCP for whole services, are about actions that AWS adds later too
            assert not wide or actions == ["*"] or (whole_services and recipe.kind in ("scp", "rcp", "resource"))
        elif recipe.kind == "boundary":  # it only limits
            assert whole_services or statement["Sid"] == "ReadIAM"
        elif (recipe.name, statement["Sid"]) != ("kms-key-policy", "LetTheAccountDecide"):  # or nobody manages the key
            assert not wide


@pytest.mark.parametrize(("recipe", "given"), SETS)
def test_what_depends_on_the_name_or_mfa_of_a_user_is_only_for_users(recipe: Recipe, given: dict[str, Any]) -> None:
    text = str(statements(recipe, given))
    if recipe.kind == "identity" and ("aws:username" in text or "aws:MultiFactorAuth" in text):
        assert recipe.principals == ("user",)


@pytest.mark.parametrize(("recipe", "given"), SETS)
def test_own_user_means_the_user_under_every_path_asked_for(recipe: Recipe, given: dict[str, Any]) -> None:
    paths = given.get("user_paths", ["/", "/*/"])
    for statement in statements(recipe, given):
        named = entries(statement, "Resource", "NotResource")
        own = [arn for arn in named if ":user/" in arn and "${aws:username}" in arn]
        user = f"arn:{given['partition']}:iam::{given['account']}:user"
        assert own in ([], [f"{user}{path}${{aws:username}}" for path in paths])


@pytest.mark.parametrize("recipe", CATALOG.values(), ids=CATALOG)
def test_a_recipe_says_where_its_facts_come_from(recipe: Recipe) -> None:
    assert recipe.metadata["sources"]
    assert recipe.metadata["notes"].strip()
    assert recipe.tags


def test_every_policy_of_aws_recipes_has_a_successor() -> None:
    replaced = {entry["name"] for recipe in CATALOG.values() for entry in recipe.metadata.get("replaces", ())}
    assert {name for name in replaced if name.startswith("IAM-Policies/")} == {f"IAM-Policies/{name}" for name in SEED}


def test_the_migration_guide_names_each_policy_and_a_recipe_that_replaces_it() -> None:
    rows = re.findall(r"^\| `([\w-]+\.json)` \| `([\w-]+)`", MIGRATING.read_text("utf-8"), re.MULTILINE)
    assert {name for name, _ in rows} == SEED
    for name, recipe in rows:
        replaces = {entry["name"] for entry in CATALOG[recipe].metadata["replaces"]}
        assert f"IAM-Policies/{name}" in replaces


def migration_rows() -> list[Any]:
    """Each row of the guide's decision tables, with the command that stands above its table."""
    rows, command = [], ""
    for line in MIGRATING.read_text("utf-8").splitlines():
        if line.startswith("    policygen render "):
            command = line.strip()
        elif len(cells := [cell.strip() for cell in line.strip("| ").split(" | ")]) == 6 and cells[0].startswith("`"):
            rows.append(pytest.param(command, *cells[:3], cells[4], id=f"{command.split()[2]}: {cells[2]}"))
    return rows


@pytest.mark.parametrize(("command", "who", "session", "request_cell", "now"), migration_rows())
def test_the_migration_guide_says_what_the_recipes_decide(
    command: str, who: str, session: str, request_cell: str, now: str
) -> None:
    recipe = CATALOG[command.split()[2]]
    given = from_settings(recipe.parameters, re.findall(r"--set (\S+)", command))
    action, resource, *keys = re.findall(r"`([^`]+)`", request_cell)
    request = person_request(
        who.strip("`"),
        action,
        resource if resource == "*" else f"arn:aws:iam::{ACCOUNT}:{resource}",
        account=ACCOUNT,
        session=session.strip("`"),
        context=dict(key.split("=", 1) for key in keys),
    )
    policy = compile_policy(render_recipe(recipe, {"account": ACCOUNT} | given, check=False).policy)
    on_top_of = (ALLOW_ALL,) if recipe.name.startswith("enforce-") else ()
    assert str(decide(request, Layers(identity=(policy, *on_top_of))).outcome) == now


@pytest.mark.parametrize("session", ["no-mfa", "long-term-key"])
def test_under_self_manage_and_enforce_mfa_a_user_without_mfa_enrols_a_device_and_does_nothing_else(
    session: str,
) -> None:
    policies = tuple(
        compile_policy(render_recipe(CATALOG[name], {"account": ACCOUNT}, check=False).policy)
        for name in ("self-manage", "enforce-mfa")
    )

    def allowed(resource: str) -> set[str]:
        return {
            action.name
            for action in expand("iam:*")
            if decide(
                person_request("user/alice", str(action), resource, account=ACCOUNT, session=session),
                Layers(identity=policies),
            ).outcome
            is Outcome.ALLOW
        }

    users = f"arn:aws:iam::{ACCOUNT}:user"
    account_wide = {"ListVirtualMFADevices"}
    enrolment = {"EnableMFADevice", "GetMFADevice", "GetUser", "ListMFADevices", "ResyncMFADevice"}
    assert allowed("*") == account_wide
    assert allowed(f"{users}/alice") == enrolment | account_wide
    assert allowed(f"{users}/bob") == account_wide
    assert allowed(f"arn:aws:iam::{ACCOUNT}:mfa/alices-phone") == {"CreateVirtualMFADevice"} | account_wide


class Recorder:
    """In place of boto3's clients: notes each call and answers as AWS does for an account without anything in it."""

    def __init__(self) -> None:
        self.calls: set[str] = set()
        self.meta = boto3.client("iam", region_name="us-east-1").meta

    def __getattr__(self, name: str) -> Any:
        self.calls.add(name)
        return lambda **_: {"State": "COMPLETE", "Content": b""}

    def get_paginator(self, name: str) -> Any:
        self.calls.add(name)
        return self

    def paginate(self, **_: Any) -> Any:
        return self

    def build_full_result(self) -> dict[str, Any]:
        return {}


def test_audit_readonly_is_exactly_what_reading_an_account_calls() -> None:
    client = Recorder()
    read(Connection(iam=client, sts=client))
    [statement] = statements(CATALOG["audit-readonly"], {})
    assert {xform_name(action.partition(":")[2]) for action in statement["Action"]} == client.calls


@pytest.mark.parametrize("recipe", load_catalog().values(), ids=lambda recipe: recipe.name)
def test_what_ships_obeys_the_schemas_that_start_up_does_not_hold_it_against(recipe: Recipe) -> None:
    assert violations("recipe", recipe.metadata) == []
    verify(recipe)
