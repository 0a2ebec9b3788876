"""Rules that a repository writes as data: what no policy may allow."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.evaluate import Layers, Outcome, compile_policy, decide, person_request
from policygen.lint.never_allowed import NeverAllowed
from policygen.policy.model import Kind
from policygen.policy.unknown import Unknown
from tests.policies import allow, deny, document, policy

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
PAYROLL = NeverAllowed("No policy may let anyone read payroll.", ("s3:GetObject*",), ("arn:aws:s3:::payroll/*",))
WITH_MFA = NeverAllowed(PAYROLL.message, PAYROLL.actions, PAYROLL.resources, MFA)
OBJECTS, OF_APP = "arn:aws:s3:::payroll/*", {"AWS": "arn:aws:iam::123456789012:role/app"}

RULE = """
[[rule]]
id = "payroll-is-private"
message = "No policy here may let anyone read the payroll bucket."
severity = "security-warning"
fires_on = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }]
quiet_on = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::reports/*" }]

[rule.never_allowed]
actions = ["s3:GetObject*"]
resources = ["arn:aws:s3:::payroll/*"]
"""


def said(check, *statements, kind=Kind.IDENTITY):
    """What a rule says: the index of each statement, with `allowed` or `unknown`."""
    found = check(policy(*statements, kind=kind))
    return [(int(at.split("/")[2]), "unknown" if "unknown" in message else "allowed") for at, message in found]


@pytest.mark.parametrize(
    "statement",
    [
        allow(),
        allow("s3:*", "arn:aws:s3:::*"),
        allow("s3:Get*", "arn:aws:s3:::pay*"),
        allow("s3:GetObjectVersion", "arn:aws:s3:::payroll/2026/may"),
        allow("s3:GetObject", OBJECTS, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}),
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::reports/*"},
    ],
)
def test_a_statement_that_allows_it_is_reported_however_it_is_written(statement):
    assert said(PAYROLL, allow("ec2:Describe*"), statement) == [(1, "allowed")]


@pytest.mark.parametrize(
    "statements",
    [
        [allow("s3:GetObject", "arn:aws:s3:::reports/*")],
        [allow("s3:PutObject", OBJECTS), allow("s3:ListBucket", "arn:aws:s3:::payroll")],
        [allow("s3:GetObject", "*"), deny("s3:*", OBJECTS)],
        [{"Effect": "Allow", "Action": "s3:*", "NotResource": OBJECTS}],
        [{"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"}],
    ],
)
def test_what_does_not_allow_it_is_quiet(statements):
    assert said(PAYROLL, *statements) == []


def test_what_the_exception_allows_is_quiet_and_no_more():
    assert said(WITH_MFA, allow("s3:GetObject", OBJECTS, Condition=MFA)) == []
    assert said(WITH_MFA, allow("s3:GetObject", OBJECTS)) == [(0, "allowed")]
    without_mfa = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    assert said(WITH_MFA, allow("s3:GetObject", OBJECTS), deny(Condition=without_mfa)) == []
    if_exists = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}
    assert said(WITH_MFA, allow("s3:GetObject", OBJECTS, Condition=if_exists)) == [(0, "allowed")]


def test_a_policy_of_the_resource_is_asked_too_whoever_it_names():
    for principal in ("*", OF_APP, {"Service": "cloudtrail.amazonaws.com"}):
        statement = allow("s3:GetObject", OBJECTS, Principal=principal)
        assert said(PAYROLL, statement, kind=Kind.RESOURCE) == [(0, "allowed")]
    everybody = deny("s3:*", OBJECTS, Principal="*")
    assert said(PAYROLL, allow("s3:GetObject", OBJECTS, Principal=OF_APP), everybody, kind=Kind.RESOURCE) == []
    to_app, from_app = allow("s3:GetObject", OBJECTS, Principal=OF_APP), deny("s3:*", OBJECTS, Principal=OF_APP)
    assert said(PAYROLL, to_app, from_app, kind=Kind.RESOURCE) == []
    other = {"AWS": "arn:aws:iam::123456789012:role/other"}
    assert said(PAYROLL, to_app, from_app | {"Principal": other}, kind=Kind.RESOURCE) == [(0, "allowed")]
    of_service = {"Bool": {"aws:PrincipalIsAWSService": "true"}}
    through = allow("s3:GetObject", OBJECTS, Principal="*", Condition=of_service)
    assert said(PAYROLL, through, kind=Kind.RESOURCE) == [(0, "allowed")]


def test_what_is_not_known_is_never_silent():
    granted, taken = allow("s3:GetObject", OBJECTS, Principal=OF_APP), deny("s3:*", OBJECTS, Principal=OF_APP)
    assert said(WITH_MFA, granted, taken, kind=Kind.RESOURCE) == [(0, "unknown")]
    itself = allow("s3:GetObject", "*", Principal=OF_APP)
    assert said(PAYROLL, itself, kind=Kind.RESOURCE) == [(0, "unknown")]
    refused = {"Effect": "Allow", "Action": "s3:GetObject"}
    assert said(PAYROLL, refused) == [(0, "unknown")]
    assert said(PAYROLL, allow("s3:GetObject", "arn:aws:s3:::${aws:username}/*")) == [(0, "unknown")]


def test_a_policy_with_very_many_statements_is_not_searched_to_the_end():
    assert said(PAYROLL, *[allow("s3:GetObject", OBJECTS)] * 40)[-1] == (30, "unknown")


def test_who_may_assume_a_role_can_be_ruled_by_its_trust_policy():
    nobody = NeverAllowed("No role may be assumed with SAML.", ("sts:AssumeRoleWithSAML",))
    provider = {"Federated": "arn:aws:iam::123456789012:saml-provider/x"}
    statement = {"Effect": "Allow", "Principal": provider, "Action": "sts:AssumeRoleWithSAML"}
    assert said(nobody, statement, kind=Kind.TRUST) == [(0, "allowed")]
    assert said(replace(nobody, unless=MFA), statement, kind=Kind.TRUST) == [(0, "unknown")]
    assert said(nobody, statement | {"Action": "sts:AssumeRole"}, kind=Kind.TRUST) == []
    stranger = NeverAllowed("No role may be assumed.", ("sts:AssumeRole",))
    trusting = {"Effect": "Allow", "Principal": OF_APP, "Action": "sts:AssumeRole"}
    assert said(stranger, trusting, kind=Kind.TRUST) == [(0, "allowed")]


ACTIONS = ["*", "s3:*", "s3:Get*", "s3:GetObject", "s3:PutObject", "iam:*"]
RESOURCES = ["*", OBJECTS, "arn:aws:s3:::payroll/a*", "arn:aws:s3:::reports/*", "arn:aws:s3:::*"]
STATEMENTS = st.builds(
    lambda effect, action, resource: {"Effect": effect} | action | resource,
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.tuples(st.sampled_from(["Action", "Action", "NotAction"]), st.sampled_from(ACTIONS)).map(lambda p: dict([p])),
    st.tuples(st.sampled_from(["Resource", "NotResource"]), st.sampled_from(RESOURCES)).map(lambda p: dict([p])),
)


@settings(max_examples=150)
@given(st.lists(STATEMENTS, min_size=1, max_size=4), st.sampled_from(["payroll/a", "payroll/a/b", "payroll/z"]))
def test_a_policy_that_allows_such_a_request_is_never_passed_over(statements, key):
    request = person_request("user/alice", "s3:GetObject", f"arn:aws:s3:::{key}", account="123456789012")
    allowed = decide(request, Layers(identity=(compile_policy(policy(*statements)),))).outcome is Outcome.ALLOW
    if allowed:
        assert said(PAYROLL, *statements)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """`repository(toml, **policies)` in the current folder."""
    monkeypatch.chdir(tmp_path)

    def make(toml, **policies):
        (tmp_path / "policygen.toml").write_text(toml)
        for name, statements in policies.items():
            (tmp_path / f"{name}.json").write_text(json.dumps(document(*statements), indent=1))
        return tmp_path

    return make


def test_lint_reports_it_where_it_is_allowed(repository, policygen):
    repository(RULE, open=[allow("s3:Get*") | {"Sid": "Read"}], shut=[allow("s3:PutObject", OBJECTS)])
    run = policygen("lint", "--select", "payroll-is-private", "--format", "json")
    [finding] = json.loads(run.stdout)["findings"]
    assert run.code == 1
    assert (finding["file"], finding["pointer"], finding["sid"]) == ("open.json", "/Statement/0/Action", "Read")
    assert finding["severity"] == "security-warning"
    assert finding["message"].startswith(
        "no policy here may let anyone read the payroll bucket; `s3:GetObject` on `arn:"
    )


def test_it_is_selected_ignored_graded_and_accepted_like_any_rule(repository, policygen):
    root = repository(RULE, open=[allow("s3:Get*") | {"Sid": "Read"}])
    ours = "payroll-is-private"
    assert ours in policygen("lint").stdout
    assert ours in policygen("lint", "--select", "own", "--jobs", "2").stdout
    assert ours not in policygen("lint", "--ignore", "own").stdout
    assert ours not in policygen("lint", "--select", "wildcards").stdout
    (root / "policygen.toml").write_text(RULE + f'[lint]\nseverity = {{ {ours} = "suggestion" }}\n')
    assert policygen("lint", "--select", ours, "--fail-on", "warning").code == 0
    accept = f'[[accept]]\nrule = "{ours}"\nwhere = "open.json#Read"\nreason = "until May"\nactions = ["s3:GetObject'
    (root / "policygen.toml").write_text(RULE + accept + '*"]\n')
    assert policygen("lint", "--select", ours).code == 0
    (root / "policygen.toml").write_text(RULE + accept + '"]\n')
    assert "`s3:GetObjectAcl`" in policygen("lint", "--select", ours).stdout
    for form in ("sarif", "junit", "html", "markdown", "github", "gitlab", "csv"):
        (root / "policygen.toml").write_text(RULE)
        assert ours in policygen("lint", "--select", "own", "--format", form).stdout


def test_what_is_known_only_at_deployment_is_counted_and_not_judged():
    statement = allow("s3:GetObject", Unknown("${aws_s3_bucket.x.arn}/*"))
    unknown = replace(policy(statement), unknown=frozenset({"/Statement/0/Resource"}))
    assert list(PAYROLL(unknown)) == []
    statement = allow("s3:GetObject", [Unknown("${aws_s3_bucket.x.arn}/*"), OBJECTS])
    partly = replace(policy(statement), unknown=frozenset({"/Statement/0/Resource/0"}))
    assert [at for at, _ in PAYROLL(partly)] == ["/Statement/0/Action"]
    both = replace(partly, unknown=frozenset({"/Statement/0/Resource/0", "/Statement/0/Condition"}))
    assert list(PAYROLL(both)) == []


def test_explain_shows_it_with_its_examples(repository, policygen):
    repository(RULE)
    shown = policygen("explain", "payroll-is-private").stdout
    assert "No policy here may let anyone read the payroll bucket." in shown
    assert "Fires on:" in shown and "Quiet on:" in shown and "arn:aws:s3:::payroll/*" in shown
    assert "payroll-is-private" in policygen("explain").stdout
    assert "payroll-is-private" in policygen("explain", "own").stdout


def test_an_audit_knows_that_its_acceptances_are_for_the_linter(repository, policygen):
    repository(RULE + '[[accept]]\nrule = "payroll-is-private"\nwhere = "a.json"\nreason = "why"\n')
    assert "payroll" not in policygen("audit", "--manifest", "policygen.toml", "--snapshot", ".").stderr


@pytest.mark.parametrize(
    ("old", "new", "place", "why"),
    [
        ('"payroll-is-private"', '"full-access"', 3, "another rule or group is called `full-access`"),
        ('"payroll-is-private"', '"wildcards"', 3, "another rule or group is called `wildcards`"),
        ('"payroll-is-private"', '"No Way"', 3, "`No Way` is not a valid id"),
        ("bucket.", "bucket.\\nFires on: {}", 4, "must be one line without control characters"),
        ('["s3:GetObject*"]', '["s3:GetObjct"]', 9, "is about `s3:GetObjct`, which matches no action in AWS's data"),
        ("arn:aws:s3:::payroll/*", "payroll", 9, "is about the resource `payroll`; write `*` or an ARN"),
        ("arn:aws:s3:::payroll/*", "arn:aws:s3:::${aws:username}/*", 9, "an ARN without variables"),
        ('"s3:*"', '"s3:Put*"', 6, "does not report example 1 of `fires_on`; correct the rule or the example"),
        ("reports", "payroll", 7, "reports example 1 of `quiet_on`; correct the rule or the example"),
        ('"arn:aws:s3:::reports/*"', '"arn:aws:s3:::${aws:username}/*"', 7, "`quiet_on`: it is unknown, since"),
        ('severity = "security-warning"', 'severity = "high"', 5, "`severity` must be"),
        ("quiet_on = [", "quiet_in = [", 2, "the rule has no `quiet_on`; add it"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_an_error_with_its_place(repository, policygen, old, new, place, why):
    assert old in RULE
    repository(RULE.replace(old, new), a=[allow("s3:ListBucket")])
    for command in (["lint"], ["test"]):
        run = policygen(*command)
        assert run.code == 2
        assert run.stderr.startswith(f"policygen: policygen.toml:{place}: ")
        assert why in run.stderr and run.stderr.count("\n") == 1


def test_two_rules_of_the_same_name_are_an_error(repository, policygen):
    repository(RULE + RULE)
    assert "policygen.toml:14: another rule or group is called `payroll-is-private`" in policygen("lint").stderr


def test_a_rule_about_accounts_has_its_name_alone(repository, policygen):
    repository(RULE.replace("payroll-is-private", "root-with-access-key"))
    assert "another rule or group is called `root-with-access-key`" in policygen("lint").stderr


def test_dates_of_toml_are_dates_of_a_condition(repository, policygen):
    dated = RULE + 'unless = { DateLessThan = { "aws:CurrentTime" = 2027-01-01T00:00:00Z } }\n'
    until = {"DateLessThan": {"aws:CurrentTime": "2026-06-01T00:00:00Z"}}
    repository(dated, a=[allow("s3:GetObject", OBJECTS, Condition=until)], b=[allow("s3:GetObject", OBJECTS)])
    found = json.loads(policygen("lint", "--select", "own", "--format", "json").stdout)["findings"]
    assert [finding["file"] for finding in found] == ["b.json"]


def test_the_comparer_is_only_imported_for_such_a_rule(repository):
    root = repository("", a=[allow("s3:ListBucket")])
    code = (
        "import sys\nfrom policygen.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print('policygen.evaluate.search' in sys.modules)"
    )
    for toml, imported in (("", "False"), (RULE, "True")):
        (root / "policygen.toml").write_text(toml)
        run = subprocess.run([sys.executable, "-c", code, "lint"], capture_output=True, text=True, cwd=root, check=True)
        assert run.stdout.split()[-1] == imported
