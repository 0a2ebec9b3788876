"""The pitfalls of self-managed credentials, on policies as people write them."""

import pytest

from policygen.lint.linter import lint
from policygen.lint.rules import registry
from policygen.policy.model import Kind, Policy

RULES = [rule for rule in registry().values() if rule.group == "credentials"]
OWN = ["arn:aws:iam::123456789012:user/${aws:username}", "arn:aws:iam::123456789012:user/*/${aws:username}"]
ENROLMENT = ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:GetUser", "iam:ListMFADevices"]
NO_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}


def found(*statements, kind=Kind.IDENTITY, name="", version="2012-10-17"):
    document = {"Version": version, "Statement": list(statements)}
    return {finding.rule for finding in lint(Policy(document, kind, name=name), RULES)}


def allow(action, resource=OWN, **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(condition=NO_MFA, **more):
    return {"Effect": "Deny", "Resource": "*", "Condition": condition} | (more or {"Action": "*"})


def test_the_self_management_of_2015_has_the_holes_that_were_found_since():
    minimal = [
        allow(["iam:*AccessKey*", "iam:*Password", "iam:*MFADevice*", "iam:UpdateLoginProfile"], OWN[0]),
        allow(
            ["iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice"],
            "arn:aws:iam::123456789012:mfa/${aws:username}",
        ),
    ]
    assert found(*minimal) == {
        "access-key-on-self-without-mfa",
        "deactivate-mfa-device-without-mfa",
        "delete-virtual-mfa-device-without-mfa",
        "login-profile-on-self",
        "mfa-device-named-after-user",
        "own-user-without-path",
    }


def test_the_mfa_policy_of_2015_exempts_enrolment_on_every_user_but_misses_no_key():
    null, old = (
        {"Null": {"aws:MultiFactorAuthAge": "true"}},
        {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "28800"}},
    )
    assert found(deny(null), deny(old)) == set()
    assert found(deny(null, NotAction=ENROLMENT), deny(old, NotAction=ENROLMENT)) == {
        "mfa-deny-exempts-enrolment-of-others"
    }
    assert found(deny(old)) == {"mfa-deny-misses-access-keys"}


def test_the_address_list_of_2015_lets_vpc_endpoints_through():
    assert found(deny({"ForAnyValue:NotIpAddress": {"aws:SourceIp": ["203.0.113.9"]}})) == {
        "origin-deny-passes-missing-key"
    }
    assert not found(deny({"NotIpAddress": {"aws:SourceIp": ["203.0.113.9"]}}))


@pytest.mark.parametrize(
    "closing",
    [
        allow("iam:CreateAccessKey", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        allow("iam:CreateAccessKey", Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}),
        allow("iam:CreateAccessKey", Condition={"Null": {"aws:MultiFactorAuthAge": "false"}}),
    ],
)
def test_a_condition_that_demands_mfa_closes_the_hole(closing):
    assert not found(closing)


@pytest.mark.parametrize(
    ("condition", "closes"),
    [
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, True),
        ({"Null": {"aws:MultiFactorAuthAge": "true"}}, True),
        ({"NumericGreaterThanIfExists": {"aws:MultiFactorAuthAge": "3600"}}, True),
        ({"StringNotEquals": {"aws:MultiFactorAuthPresent": "true"}}, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, False),
        ({"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}, False),
        ({"BoolIfExists": {"aws:SecureTransport": "false"}}, False),
    ],
)
def test_a_deny_closes_a_hole_only_if_it_holds_for_access_keys(condition, closes):
    rules = found(allow("iam:CreateAccessKey"), deny(condition))
    assert ("access-key-on-self-without-mfa" not in rules) == closes


def test_a_deny_that_exempts_the_action_does_not_close_the_hole():
    rules = found(allow("iam:DeactivateMFADevice"), deny(NotAction=["iam:Deactivate*"]))
    assert {"deactivate-mfa-device-without-mfa", "mfa-deny-exempts-credentials"} <= rules


def test_whoever_holds_everything_is_left_to_the_rules_on_wildcards():
    assert not found(allow("*", "*"), allow("iam:*", "*"))


def test_enrolment_granted_but_not_exempt_is_told_with_the_actions():
    policy = {
        "Statement": [allow([*ENROLMENT, "iam:GetMFADevice"]), deny(NotAction=ENROLMENT)],
        "Version": "2012-10-17",
    }
    [finding] = [f for f in lint(Policy(policy), RULES) if f.rule == "mfa-deny-blocks-enrolment"]
    assert "`iam:GetMFADevice`" in finding.message
    assert finding.pointer == "/Statement/1/NotAction"


def test_a_role_that_must_show_mfa_is_locked_out():
    assert found(deny(), name="role/app/inline") == {"mfa-deny-binds-roles"}
    assert not found(deny(), name="group/people/inline")


def test_a_statement_object_and_keys_in_any_case_are_read_the_same():
    policy = {"Statement": deny({"BOOL": {"AWS:multifactorauthpresent": False}}), "Version": "2012-10-17"}
    [finding] = lint(Policy(policy), RULES)
    assert (finding.rule, finding.pointer) == (
        "mfa-deny-misses-access-keys",
        "/Statement/Condition/BOOL/AWS:multifactorauthpresent",
    )


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("${aws:username}", "own-user-without-path"),
        ("*${aws:username}", "own-user-matches-others"),
        ("${aws:username}*", "own-user-matches-others"),
        ("*/${aws:username}", None),
        ("eng/${aws:username}", None),
        ("${aws:username, 'nobody'}", "own-user-without-path"),
    ],
)
def test_the_path_of_the_own_user_decides(path, rule):
    assert found(allow("iam:ChangePassword", f"arn:aws:iam::123456789012:user/{path}")) == ({rule} if rule else set())


def test_odd_values_where_text_is_expected_break_nothing():
    for condition in ("x", {"Bool": 1}, {"Bool": {"aws:MultiFactorAuthPresent": [None, {}]}}, {"": {"": []}}, []):
        statement = {"Effect": "Deny", "Action": [1, "*"], "Resource": {}, "NotAction": None, "Condition": condition}
        found(statement, statement | {"Effect": "Allow"})
