"""What a user reads when a document departs from its schema."""

import json
import subprocess
import sys
import time
import tomllib

import pytest

from policygen.policy.model import Kind, Policy
from policygen.policy.schema import validate, violations
from policygen.policy.source import Source

ALLOW = '{"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}'


def said(text: str, kind: Kind = Kind.IDENTITY) -> list[str]:
    """`line:column message` of every finding on a policy text."""
    source = Source(text, "policy.json")
    return [f"{f.line}:{f.column} {f.message}" for f in validate(Policy(source.data, kind, source))]


def said_of(statement: str, kind: Kind = Kind.IDENTITY) -> list[str]:
    """The messages on a policy of one statement."""
    return [line.partition(" ")[2] for line in said(f'{{"Version": "2012-10-17", "Statement": {statement}}}', kind)]


@pytest.mark.parametrize(
    "text",
    [
        f'{{"Version": "2012-10-17", "Statement": [{ALLOW}]}}',
        f'{{"Version": "2008-10-17", "Statement": {ALLOW}}}',
        f'{{"Statement": {ALLOW}}}',
        (
            '{"Statement": {"Sid": "A", "Effect": "Deny", "NotAction": ["iam:*"], "NotResource": ["*"], "Condition": '
            '{"Bool": {"aws:SecureTransport": false}, "NumericLessThan": {"aws:MultiFactorAuthAge": [1, "2"]}}}}'
        ),
    ],
)
def test_what_iam_accepts_has_no_findings(text):
    assert said(text) == []


def test_a_finding_is_an_error_of_the_rule_schema_with_its_place():
    source = Source('{\n  "Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}\n}', "p.json")
    (finding,) = validate(Policy(source.data, source=source))
    assert (finding.rule, finding.severity, finding.pointer) == ("schema", "error", "/Statement/Effect")
    assert (finding.place, finding.end_line, finding.end_column) == ("p.json:2:27", 2, 34)


def test_a_policy_inside_another_document_is_placed_in_that_document():
    source = Source('{"Policy":\n {"Statement": []}}', "role.json")
    (finding,) = validate(Policy(source.data["Policy"], source=source, base="/Policy"))
    assert (finding.place, finding.pointer) == ("role.json:2:16", "/Statement")


def test_findings_come_in_the_order_of_the_file():
    assert said('{"Statement": [{"Effect": 1,\n"Resource": 2,\n"Action": 3}],\n"Version": 4}') == [
        "1:27 `Effect` must be text, not a whole number",
        "2:13 `Resource` must be text or a list, not a whole number",
        "3:11 `Action` must be text or a list, not a whole number",
        "4:12 `Version` must be text, not a whole number",
    ]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("{}", "the statement has no `Effect`; add it"),
        ("{}", "the statement has no `Action` and no `NotAction`; add one of them"),
        ("{}", "the statement has no `Resource` and no `NotResource`; add one of them"),
        (ALLOW[:-1] + ', "NotAction": "*"}', "the statement has both `Action` and `NotAction`; keep one of them"),
        (ALLOW[:-1] + ', "NotResource": "*"}', "the statement has both `Resource` and `NotResource`; keep one of them"),
        (ALLOW[:-1] + ', "Principal": "*"}', "`Principal` does not belong in a statement of an identity policy"),
        (
            ALLOW[:-1] + ', "Conditions": {}}',
            "`Conditions` does not belong in a statement of an identity policy; did you mean `Condition`?",
        ),
        (ALLOW.replace("Allow", "allow"), "`Effect` must be `Allow` or `Deny`, not `allow`"),
        (ALLOW.replace('"*"', "[]"), "`Resource` must not be empty"),
        (ALLOW.replace('"*"', "[1.5]"), "an entry of `Resource` must be text, not a number"),
        (
            ALLOW.replace('"*"', '"bucket"'),
            "`bucket` is not an ARN; write `arn:`, a partition such as `aws`, a service and so on, or `*`",
        ),
        (
            ALLOW.replace("iam:GetUser", "i*:GetUser"),
            "`i*:GetUser` is not an action; write `service:Action`, with no wildcard in the service, or `*`",
        ),
        (
            ALLOW[:-1] + ', "Sid": "read it"}',
            "`read it` is not a Sid; IAM accepts the letters A-Z and a-z and the digits 0-9",
        ),
        (
            ALLOW[:-1] + ', "Condition": {"stringEquals": {"a:b": "c"}}}',
            "`stringEquals` is not a condition operator; case matters, as in `StringEquals` and "
            "`ForAnyValue:BoolIfExists`",
        ),
        (
            ALLOW[:-1] + ', "Condition": {"StringEquals": {"a:b": "c\u2014"}}}',
            "`c\u2014` contains U+2014, a character that IAM does not accept in a policy",
        ),
        (
            ALLOW[:-1] + ', "Condition": {"StringEquals": {"a:b": null}}}',
            "`a:b` must be text, a number, true or false or a list, not null",
        ),
        (
            ALLOW.replace("Get", "Get\u200b"),
            "`iam:Get\\u200bUser` contains U+200B, a character that IAM does not accept in a policy",
        ),
        ("[]", "`Statement` must not be empty"),
        ('"*"', "`Statement` must be an object or a list, not text"),
    ],
)
def test_a_violation_reads_like_a_sentence(statement, message):
    assert message in said_of(statement)


@pytest.mark.parametrize("text", ["[]", "null", '"all"'])
def test_a_document_that_is_no_object_is_one_finding(text):
    (message,) = said(text)
    assert message.startswith("1:1 the document must be an object, not ")


def test_a_sid_that_ends_in_a_line_end_is_refused():
    assert len(said_of(ALLOW[:-1] + r', "Sid": "A\n"}')) == 1
    assert len(said_of(ALLOW[:-1] + r', "Condition": {"Bool\n": {}}}')) == 1


@pytest.mark.parametrize(
    ("kind", "statement", "messages"),
    [
        (Kind.BOUNDARY, ALLOW, []),
        (Kind.SCP, ALLOW, []),
        (
            Kind.SCP,
            ALLOW[:-1] + ', "Principal": "*"}',
            ["`Principal` does not belong in a statement of a service control policy"],
        ),
        (Kind.RCP, '{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}', []),
        (
            Kind.RCP,
            '{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*"}',
            [
                "`Effect` must be `Deny`, not `Allow`",
                '`Principal` must be `*`, not `{"AWS": "*"}`',
                "`*` is not an action of a service; write `service:Action`",
            ],
        ),
        (Kind.RESOURCE, '{"Sid": "Enable IAM", "Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "kms:*"}', []),
        (Kind.RESOURCE, ALLOW, ["the statement has no `Principal` and no `NotPrincipal`; add one of them"]),
        (
            Kind.RESOURCE,
            ALLOW[:-1] + ', "Principal": {"Aws": "*"}}',
            ["`Aws` does not belong in a principal of a resource policy; did you mean `AWS`?"],
        ),
        (Kind.TRUST, '{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["sts:AssumeRole"]}', []),
        (
            Kind.TRUST,
            '{"Effect": "Allow", "Principal": "*", "Action": "sts:*", "Resource": "*"}',
            [
                "`Principal` must be an object, not text",
                "`sts:*` is not an action that assumes a role; write `sts:AssumeRole` or another action of AWS STS",
                "`Resource` does not belong in a statement of a role trust policy",
            ],
        ),
    ],
)
def test_each_kind_of_policy_has_rules_of_its_own(kind, statement, messages):
    assert said_of(statement, kind) == messages


@pytest.mark.parametrize("kind", [Kind.SCP, Kind.RCP])
def test_control_policies_must_name_the_current_version(kind):
    statement = '{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}'
    assert said(f'{{"Statement": {statement}}}', kind)[0].endswith("control policy has no `Version`; add it")
    assert "1:13 `Version` must be `2012-10-17`, not `2008-10-17`" in said(
        f'{{"Version": "2008-10-17", "Statement": {statement}}}', kind
    )


def test_a_message_shows_nothing_that_a_terminal_would_act_on():
    for message in said_of(ALLOW.replace("GetUser", "\\u001b[31mGet:User\\u202e\\n" + "x" * 200)):
        assert message.startswith("`iam:\\x1b[31mGet:User\\u202e\\nxxx")
        assert "…`" in message
        assert message.isprintable()


def test_a_hostile_document_is_refused_at_once():
    deep = "[" * 900 + "]" * 900
    wide = json.dumps({"Statement": [{"Effect": "Allow", "Action": ["x"] * 200_000, "Resource": "*"}]})
    keys = json.dumps({"Statement": {f"key{n}": n for n in range(50_000)}})
    began = time.perf_counter()
    deep_principal = f'{{"Statement": {{"Principal": {deep}}}}}'
    for text in (
        deep,
        f'{{"Statement": {deep}}}',
        f'{{"Statement": {{"Action": {deep}}}}}',
        deep_principal,
        wide,
        keys,
    ):
        findings = validate(Policy(json.loads(text), Kind.RCP))
        assert 1 <= len(findings) <= 100
        assert all(len(finding.message) < 400 for finding in findings)
    assert time.perf_counter() - began < 5


def test_findings_are_the_same_in_every_process():
    script = (
        "from policygen.policy.schema import violations\n"
        "print(violations('identity-policy', {key: 1 for key in ('b', 'a', 'Statements', 'c', 'd')}))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in "123"
    }
    assert len(runs) == 1


def test_a_recipe_is_told_what_its_parameters_lack():
    recipe = tomllib.loads("""
        title = "t"
        summary = "two\\nlines"
        kind = "identiy"
        principals = ["user"]
        tilte = "x"
        [parameters.account]
        type = "string"
        description = "d"
        [parameters.names]
        type = "array"
        description = "d"
        items = { type = "string", patern = "^x$" }
        [parameters.days]
        type = "integer"
        description = "d"
        format = "arn"
        minItems = 1
        [parameters.when]
        type = "string"
        enum = ["a", "a"]
        description = 2026-11-23
        """)
    assert [f"{pointer} {message}" for pointer, message in violations("recipe", recipe)] == [
        "/tilte `tilte` does not belong in a recipe; did you mean `title`?",
        "/summary `two\\nlines` is not one line of text",
        (
            "/kind `kind` must be `identity`, `boundary`, `scp`, `rcp`, `resource`, `trust` or `managed`, "
            "not `identiy`; did you mean `identity`?"
        ),
        (
            "/parameters/account `account` is not a valid parameter name; use lower-case letters, digits and `_`, and "
            "not `account` or `partition`"
        ),
        "/parameters/account the parameter takes text and has no `format`, `pattern` or `enum`; add one of them",
        (
            "/parameters/names/items/patern `patern` does not belong in a declaration of an entry of a recipe; "
            "did you mean `pattern`?"
        ),
        "/parameters/names/items the parameter takes text and has no `format`, `pattern` or `enum`; add one of them",
        "/parameters/days/format `format` is for text, which this parameter does not take",
        "/parameters/days/minItems `minItems` is for lists, which this parameter does not take",
        "/parameters/when/description `description` must be text, not a date",
        "/parameters/when/enum `enum` must not contain anything twice",
    ]


def test_cases_are_told_what_they_lack():
    cases = tomllib.loads("""
        [[case]]
        name = "n"
        action = "iam:Create?ser"
        resource = "user/alice"
        decision = "deny"
        session = "mfaa"
        [[case]]
        name = "n"
        principal = "alice"
        decision = "allow"
        """)
    assert [f"{pointer} {message}" for pointer, message in violations("cases", cases)] == [
        "/case/0/action `iam:Create?ser` is not an action that a request can have; write one in full, as in "
        "`iam:CreateUser`, or `iam:*` for all of them",
        (
            "/case/0/resource `user/alice` is not a resource that a request can have; write an ARN, or `*` for "
            "an action without resources"
        ),
        "/case/0/session `session` must be `mfa`, `no-mfa` or `long-term-key`, not `mfaa`",
        "/case/0/decision `decision` must be `allow`, `implicit-deny` or `explicit-deny`, not `deny`",
        "/case/1 the case has no `action`; add one",
        (
            "/case/1/principal `alice` is not a principal; write `user/alice`, `role/ops/session`, `root`, an ARN, "
            "an account id, a service such as `lambda.amazonaws.com`, or `*`"
        ),
    ]
    assert violations("cases", {})[0].message == "the cases file has no `[[case]]`; promise something"
