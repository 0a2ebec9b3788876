"""The records of operations agree with IAM, with one another, and with the schema of plan files."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from botocore.loaders import Loader

from policygen.deploy.operation import Rank
from policygen.deploy.operations import OPERATIONS, Step
from policygen.deploy.state import GroupState, PolicyState, State, UserState, VersionState
from policygen.deploy.stored import from_json
from policygen.reference.quotas import account_quotas

IAM = Loader().load_service_model("iam", "service-2")
PLAN = Path(__file__).parents[2] / "schemas" / "plan.schema.json"
STATE = State(
    "arn:aws:iam::123456789012:policy",
    {"all": GroupState("All", "/", {"self": {"Statement": []}}, ("arn:aws:iam::aws:policy/X",), ("alice",))},
    {"arn:aws:iam::123456789012:policy/policygen/p": PolicyState((VersionState("v1", {"Statement": []}),), "v1")},
    {"alice": UserState("Alice", ("all",))},
)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_record_names_parameters_of_iam_and_quotas_and_operations_that_exist(name):
    record = OPERATIONS[name]
    shape = IAM["shapes"][IAM["operations"][name]["input"]["shape"]]
    assert set(shape.get("required", ())) <= set(record.arguments) <= set(shape["members"])
    assert {quota.name for quota in record.quotas} <= account_quotas().keys()
    assert set(record.inverse) <= OPERATIONS.keys()


def test_a_plan_file_may_contain_what_can_be_undone():
    allowed = json.loads(PLAN.read_text())["$defs"]["step"]["properties"]["operation"]["enum"]
    assert set(allowed) == {name for name, record in OPERATIONS.items() if record.undo}
    assert {record.rank for record in OPERATIONS.values()} - {None} <= set(Rank)


@pytest.mark.parametrize("value", [STATE, Step("DeletePolicy", {"PolicyArn": "a"}, "policy p", {"Statement": []})])
def test_what_is_stored_is_read_back(value):
    assert from_json(type(value), json.loads(json.dumps(asdict(value)))) == value


@pytest.mark.parametrize(
    "damage", [{"prefix": 7}, {"groups": []}, {"users": {"alice": {"name": "Alice", "groups": ""}}}]
)
def test_what_does_not_have_the_form_is_refused(damage):
    with pytest.raises(ValueError, match="is not a"):
        from_json(State, json.loads(json.dumps(asdict(STATE))) | damage)
