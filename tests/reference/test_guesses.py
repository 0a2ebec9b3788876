"""Guesses: what is said to people who write the name of an API operation or of a product."""

import json

import pytest

from policygen.policy.pattern import is_wild, matches
from policygen.reference.data import load
from policygen.reference.guesses import guess_action, guess_service
from policygen.reference.service_principals import guess
from policygen.reference.services import find_action, is_retired, services

OPERATIONS, SERVICES = load("names")["operations"], load("names")["services"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_is_not_an_action_and_all_that_allow_it_are(operation):
    assert is_wild(operation) or find_action(operation) is None
    assert operation.partition(":")[0] in services()
    assert OPERATIONS[operation] and all(find_action(action) for action in OPERATIONS[operation])
    assert all(f"`{action}`" in guess_action(operation.replace("?*", "It")) for action in OPERATIONS[operation])


@pytest.mark.parametrize("name", SERVICES)
def test_a_name_of_a_service_is_not_a_prefix_and_its_targets_are(name):
    assert name == name.lower() and not set(name) & set("-_ ")
    assert name not in services() and not is_retired(name)
    assert SERVICES[name] and all(prefix in services() for prefix in SERVICES[name])
    assert guess_service(name) == f"; did you mean {' or '.join(f'`{prefix}`' for prefix in SERVICES[name])}?"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("s3:HeadBucket", ["s3:ListBucket"]),
        ("S3:headobject", ["s3:GetObject"]),
        ("s3:CopyObject", ["s3:GetObject", "s3:PutObject"]),
        ("lambda:Invoke", ["lambda:InvokeFunction"]),
        ("cloudwatch:PutLogEvents", ["logs:PutLogEvents"]),
        ("apigateway:UpdateRestApi", ["apigateway:PATCH"]),
        ("s3:GtObject", ["s3:GetObject"]),  # a slip of spelling
        ("step-functions:StartExecution", ["states"]),
        ("Step_Functions:StartExecution", ["states"]),
    ],
)
def test_an_action_is_guessed_by_what_the_operation_needs_before_its_spelling(written, meant):
    assert all(f"`{action}`" in guess_action(written) for action in meant)


def test_nothing_is_guessed_where_nothing_comes_near():
    assert guess_action("s3:Qqqqqqqqqq") == guess_service("qqqqqqqqqq") == ""


@pytest.mark.parametrize("written", ["elbv2", "ELBv2", "stepfunctions", "step-functions", "msk", "elasticsearch"])
def test_every_command_guesses_a_service_alike(policygen, tmp_path, written):
    prefix = SERVICES[written.lower().replace("-", "")][0]
    policy = tmp_path / "policy.json"
    statement = {"Effect": "Allow", "Action": f"{written}:List", "Resource": "*"}
    policy.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), encoding="utf-8")
    linted = policygen("lint", policy)
    simulated = policygen("simulate", policy, "--action", f"{written}:List")
    assert f"did you mean `{prefix}`?" in linted.stdout
    assert f"did you mean `{prefix}`?" in simulated.stderr


def test_a_service_principal_is_guessed_by_the_product():
    assert guess("stepfunctions.amazonaws.com") == "; did you mean `states.amazonaws.com`?"


def test_what_the_sdk_signs_for_is_what_is_guessed():
    """AWS's SDK names the service that its requests are signed for: mostly the prefix of their actions."""
    session = pytest.importorskip("botocore.session").get_session()
    clients = [name for name in session.get_available_services() if name.replace("-", "") in SERVICES]
    assert len(clients) > 50
    for client in clients:
        metadata = session.get_service_model(client).metadata
        signed = metadata.get("signingName") or metadata["endpointPrefix"]
        assert signed not in services() or signed in SERVICES[client.replace("-", "")], client


@pytest.mark.parametrize(
    ("client", "prefix"),
    [
        *(("s3", "s3"), ("lambda", "lambda"), ("dynamodb", "dynamodb"), ("sqs", "sqs"), ("sns", "sns"), ("kms", "kms")),
        *(("budgets", "budgets"), ("apigateway", "apigateway"), ("keyspaces", "cassandra")),
        *(("timestream-query", "timestream"), ("bedrock-runtime", "bedrock"), ("cloudfront", "cloudfront")),
    ],
)
def test_an_operation_is_one_of_the_sdk(client, prefix):
    """Or an action of another service that goes by the same name there."""
    session = pytest.importorskip("botocore.session").get_session()
    known = session.get_service_model(client).operation_names
    for operation, allowing in OPERATIONS.items():
        service, _, name = operation.partition(":")
        moved = all(action.partition(":")[2] == name and not action.startswith(f"{service}:") for action in allowing)
        if service == prefix and not moved:
            assert any(matches(name.lower(), one.lower()) for one in known)
