"""Roles are assumed with MFA, external id and session name, and their credentials renewed, on a real moto server."""

import datetime
import os

import pytest

from policygen.account import live
from policygen.account.credentials import MfaSessions
from policygen.account.target import Target
from policygen.errors import PolicygenError

DEVICE = "arn:aws:iam::123456789012:mfa/ada"


@pytest.fixture
def target(aws_account, monkeypatch) -> Target:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in aws_account.environment.items():
        monkeypatch.setenv(name, value)
    return Target(role_arn=f"arn:aws:iam::{aws_account.id}:role/apply", endpoint_url=aws_account.url)


def sent(monkeypatch) -> list[tuple[str, dict]]:
    """The calls to STS, as they go out."""
    calls: list[tuple[str, dict]] = []
    plain = live._client

    def recording(session, service, options):
        client = plain(session, service, options)
        client.meta.events.register(
            "before-parameter-build.sts", lambda params, model, **_: calls.append((model.name, dict(params)))
        )
        return client

    monkeypatch.setattr(live, "_client", recording)
    return calls


def with_options(target: Target, **options: str) -> Target:
    return Target(role_arn=target.role_arn, endpoint_url=target.endpoint_url, **options)


def test_the_session_has_its_name_and_the_role_gets_the_external_id(target, aws_account, monkeypatch):
    calls = sent(monkeypatch)
    connection = live.connect(with_options(target, session_name="ci-42", external_id="acme"))
    assert connection.caller()["Arn"] == f"arn:aws:sts::{aws_account.id}:assumed-role/apply/ci-42"
    assert dict(calls)["AssumeRole"] == {
        "RoleArn": target.role_arn,
        "RoleSessionName": "ci-42",
        "ExternalId": "acme",
    }
    assert connection.long_term_key is False


def test_a_code_is_asked_for_once_for_the_roles_of_all_accounts(target, monkeypatch):
    calls, asked = sent(monkeypatch), []
    sessions = MfaSessions(lambda device: asked.append(device) or "123456")
    for _ in range(3):
        live.connect(with_options(target, mfa_serial=DEVICE), mfa=sessions).caller()
    assert asked == [DEVICE]
    assert [name for name, _ in calls].count("GetSessionToken") == 1
    assert [name for name, _ in calls].count("AssumeRole") == 3


def test_without_a_terminal_the_device_is_named(target):
    with pytest.raises(PolicygenError, match=f"the code of the MFA device `{DEVICE}` is needed, and nobody can be"):
        live.connect(with_options(target, mfa_serial=DEVICE))


def test_credentials_are_renewed_before_they_expire(target, monkeypatch):
    calls = sent(monkeypatch)
    connection = live.connect(target)
    connection.caller()
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=55)
    monkeypatch.setattr("botocore.credentials._local_now", lambda: later)
    monkeypatch.setattr("botocore.credentials.RefreshableCredentials._seconds_remaining", lambda self: 300)
    connection.caller()
    assert [name for name, _ in calls].count("AssumeRole") == 2
