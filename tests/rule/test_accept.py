from dataclasses import replace
from datetime import date

import pytest

from policygen.finding import Entity, Finding, Result, Severity
from policygen.lint.linter import lint
from policygen.policy.model import Kind, Policy
from policygen.rule.accept import Acceptance
from policygen.rule.accept import accept as marked

FOUND = [
    Finding("star", Severity.ERROR, "m", "/Statement/0/Resource", "a.json", sid="All"),
    Finding("star", Severity.ERROR, "m", "/Statement/1/Resource", "a.json", sid="More"),
    Finding("sidless", Severity.SUGGESTION, "m", "/Statement/2", "a.json"),
]


def accept(findings, acceptances, today=date.min):
    """What is not accepted, and the notices."""
    return [finding for finding in marked(findings, acceptances, today) if finding.fails]


def left(*acceptances, today=date.min):
    return [(f.rule, f.sid) for f in accept(FOUND, acceptances, today)]


def test_without_acceptances_everything_is_left():
    assert accept(FOUND, []) == FOUND


@pytest.mark.parametrize("statement", ["All", "/Statement/0", "/Statement/0/Resource"])
def test_a_statement_is_named_by_its_sid_or_by_a_pointer(statement):
    assert left(Acceptance("star", "why", f"#{statement}")) == [("star", "More"), ("sidless", "")]


def test_without_a_statement_every_finding_of_the_rule_is_accepted():
    assert left(Acceptance("star", "why")) == [("sidless", "")]


@pytest.mark.parametrize("statement", ["Other", "/Statement/1/Resource/0", "/Statement/11", "/Stat"])
def test_an_acceptance_that_accepts_nothing_is_an_error(statement):
    result = accept(FOUND, [Acceptance("star", "why", f"a.json#{statement}", declared="policygen.toml", line=7)])
    assert result[:-1] == FOUND
    assert (result[-1].rule, result[-1].severity, result[-1].place) == ("stale-accept", "error", "policygen.toml:7:1")
    assert result[-1].message == (
        f"`star` on `a.json#{statement}` no longer matches any finding; remove this `[[accept]]`"
    )


def test_an_acceptance_holds_through_its_last_day():
    until = Acceptance("star", "why", until=date(2026, 6, 30))
    assert left(until, today=date(2026, 6, 30)) == [("sidless", "")]


def test_an_acceptance_that_has_expired_accepts_nothing_and_says_so():
    until = Acceptance("star", "why", "#All", until=date(2026, 6, 30))
    result = accept(FOUND, [until], date(2026, 7, 1))
    assert result[:-1] == FOUND
    assert result[-1].rule == "expired-accept"
    assert "was only accepted until 2026-06-30" in result[-1].message


def test_an_acceptance_of_another_file_accepts_nothing_here():
    result = accept(FOUND, [Acceptance("star", "why", "b.json")])
    assert [finding.rule for finding in result] == ["star", "star", "sidless", "stale-accept"]


def policy(kind=Kind.IDENTITY, **statement):
    body = {"Sid": "X", "Effect": "Allow", "Resource": "*", **statement}
    return Policy({"Version": "2012-10-17", "Statement": [body]}, kind)


MFA = {"Effect": "Deny", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
# rule → statements of which the first is accepted, and the second adds to the set that the finding is about
GROWN = {
    "write-on-every-resource": ({"Action": "ec2:StopInstances"}, {"Action": ["ec2:StopInstances", "s3:CreateBucket"]}),
    "delete-on-every-resource": ({"Action": "s3:DeleteBucket"}, {"Action": ["s3:DeleteBucket", "s3:CreateBucket"]}),
    "permissions-management-on-every-resource": (
        {"Action": "iam:PassRole"},
        {"Action": ["iam:PassRole", "iam:CreateAccessKey"]},
    ),
    "wildcard-reaches-permissions-of-named-resources": (
        {"Action": "s3:PutBucketPol*", "Resource": "arn:aws:s3:::reports"},
        {"Action": "s3:*", "Resource": "arn:aws:s3:::reports"},
    ),
    "service-wildcard": ({"Action": "pricing:*"}, {"Action": ["pricing:*", "consoleapp:*"]}),
    "returns-credentials-of-everything": (
        {"Action": "ssm:GetParameter"},
        {"Action": ["ssm:GetParameter", "secretsmanager:GetSecretValue"]},
    ),
    "exposes-every-resource": (
        {"Action": "s3:PutBucketPolicy"},
        {"Action": ["s3:PutBucketPolicy", "ec2:ModifySnapshotAttribute"]},
    ),
    "escalation-by-policy": (
        {"Action": "iam:CreatePolicyVersion"},
        {"Action": ["iam:CreatePolicyVersion", "iam:AttachUserPolicy"]},
    ),
    "mfa-deny-exempts-credentials": (
        {**MFA, "NotAction": ["iam:EnableMFADevice", "iam:DeleteVirtualMFADevice"]},
        {**MFA, "NotAction": ["iam:EnableMFADevice", "iam:DeleteVirtualMFADevice", "iam:CreateAccessKey"]},
    ),
    "public-access": (
        {"kind": Kind.RESOURCE, "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*"},
        {"kind": Kind.RESOURCE, "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::site/*"},
    ),
}


def of_rule(rule, statement):
    return [finding for finding in lint(policy(**statement)) if finding.rule == rule]


@pytest.mark.parametrize("rule", GROWN)
def test_a_grown_set_of_actions_is_not_accepted_and_an_equal_or_smaller_one_is(rule):
    small, large = (of_rule(rule, statement) for statement in GROWN[rule])
    known, more = (tuple({action for f in found for action in f.actions}) for found in (small, large))
    assert accept(small, [Acceptance(rule, "why", "#X", actions=known)]) == []
    assert accept(small, [Acceptance(rule, "why", "#X", actions=more + known)]) == []
    assert accept(large, [Acceptance(rule, "why", "#X", actions=more)]) == []
    *left, notice = accept(large, [Acceptance(rule, "why", "#X", actions=known)])
    assert left
    assert notice.rule == "incomplete-accept"


@pytest.mark.parametrize("rule", GROWN)
def test_a_set_of_actions_is_not_accepted_unnamed(rule):
    found = of_rule(rule, GROWN[rule][0])
    result = accept(found, [Acceptance(rule, "why", "#X")])
    assert result[:-1] == found
    assert result[-1].rule == "incomplete-accept"


def test_an_incomplete_acceptance_says_which_action_it_lacks_and_what_to_write():
    rule = "write-on-every-resource"
    found = of_rule(rule, GROWN[rule][1])
    incomplete = Acceptance(rule, "why", "#X", actions=("EC2:stop*",), declared="policygen.toml", line=3)
    notice = accept(found, [incomplete])[-1]
    assert notice.place == "policygen.toml:3:1"
    assert notice.message == (
        "`write-on-every-resource` on `#X` is about `s3:CreateBucket`, which this `[[accept]]` does not name; "
        'fix the policy, or write `actions = ["EC2:stop*", "s3:CreateBucket"]`'
    )


def test_many_actions_can_be_named_by_a_wildcard():
    found = of_rule("permissions-management-on-every-resource", {"Action": "iam:*"})
    rule = found[0].rule
    assert accept(found, [Acceptance(rule, "why", actions=("iam:*",))]) == []
    assert "with wildcards such as `iam:*`" in accept(found, [Acceptance(rule, "why")])[-1].message


def test_what_another_acceptance_accepts_makes_none_incomplete():
    rule = "write-on-every-resource"
    found = of_rule(rule, GROWN[rule][1])
    both = [Acceptance(rule, "why", "#X", actions=("ec2:*",)), Acceptance(rule, "why", actions=("ec2:*", "s3:*"))]
    assert accept(found, both) == []


def test_actions_of_a_finding_that_is_about_none_are_pointed_out():
    *left, notice = accept(FOUND[:1], [Acceptance("star", "why", actions=("s3:GetObject",))])
    assert left == FOUND[:1]
    assert notice.message == "`star` is not about a set of actions; remove `actions` from this `[[accept]]`"


def test_what_is_accepted_stays_with_its_reason():
    until = date(2027, 6, 30)
    found = marked(FOUND, [Acceptance("star", "the pipeline needs it", "#All", owner="ops", until=until)])
    assert [finding.result for finding in found] == ["accepted", "fail", "fail"]
    assert found[0].reason == "the pipeline needs it (ops until 2027-06-30)"


def test_a_path_with_a_hash_escapes_it():
    [finding] = FOUND[:1]
    named = Acceptance("star", "why", r"a\#b.json#All")
    assert named.fits(replace(finding, file="a#b.json"))
    assert not named.fits(replace(finding, file="a"))


def test_a_finding_about_an_account_is_accepted_by_its_entity_and_account():
    finding = Finding("key", Severity.ERROR, "m", entity=Entity("user", "Legacy-1"), account="1" * 12)
    for where, account, fits in (
        ("user/legacy-*", "", True),
        ("USER/*", "1" * 12, True),
        ("user/legacy", "", False),
        ("user/legacy-*", "2" * 12, False),
    ):
        acceptance = Acceptance("key", "why", where, account, "ops", of_account=True)
        assert acceptance.fits(finding) is fits
        assert acceptance.fits(replace(finding, result=Result.UNKNOWN)) is False


def test_a_notice_about_an_account_names_the_owner_and_the_entity():
    gone = Acceptance("key", "why", "user/zoe", owner="ops", of_account=True, declared="policygen.toml", line=3)
    [notice] = marked([], [gone])
    assert (notice.rule, str(notice.entity), notice.place) == (
        "stale-accept",
        "accept/key on user/zoe",
        "policygen.toml:3:1",
    )
    assert notice.message.startswith("`key` on `user/zoe`, owned by ops, no longer matches any finding")
