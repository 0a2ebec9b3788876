"""`policygen test`: what recipes promise, decided."""

import json
from xml.etree import ElementTree as ET

import pytest

from policygen import load_catalog
from policygen.lint.rules import registry

TEMPLATE = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "ReadReports",
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:ListBucket"],
      "Resource": ["arn:{{ partition }}:s3:::reports", "arn:{{ partition }}:s3:::reports/*"],
      "Condition": {"BoolIfExists": {"aws:SecureTransport": "true"}},
    },
  ],
}"""
CASES = """
[[case]]
name = "reports are read over TLS"
action = "s3:GetObject"
resource = "arn:{{ partition }}:s3:::reports/2026"
context = { "aws:SecureTransport" = true }
decision = "allow"
sid = "ReadReports"

[[case]]
name = "nothing is written"
action = "s3:PutObject"
resource = "arn:aws:s3:::reports/2026"
context = { "aws:SecureTransport" = true }
decision = "implicit-deny"
"""


@pytest.fixture
def reports(make_recipe, tmp_path):
    """A recipe `reports` with the cases given, in the catalog folder that this returns."""

    def make(cases: str):
        (make_recipe("reports", TEMPLATE) / "cases.toml").write_text(cases)
        return tmp_path

    return make


STREAMS = "Resource without arn:aws:logs:*:123456789012:log-group:/aws/lambda/orders-*:*"
EQUIVALENT = {
    "enforce-mfa": {"DenyAllWithoutMFA: NotAction without sts:GetSessionToken"},  # no policy controls these two
    "audit-readonly": {"ReadAccount: Action without sts:GetCallerIdentity"},
    "lambda-execution": {f"WriteOwnLogs: {STREAMS}"},  # the other pattern matches the streams of a group too
    "logs-reader": {f"ReadLogs: {STREAMS}"},
}
FEW = {"quarantine": 2, "audit-scanner": 0, "job-managed": 0}
"""How many mutants the recipes have that have hardly anything to change; the others have four or more."""


@pytest.mark.parametrize("name", sorted(load_catalog()))
def test_a_recipe_that_ships_keeps_its_promises_and_no_mutant_goes_unnoticed(policygen, name):
    code, stdout, stderr = policygen("test", name, "--mutate", "--format", "json")
    assert (code, stderr) == (0, "")
    [recipe] = json.loads(stdout)["recipes"]
    assert recipe["mutants"] >= FEW.get(name, 4)
    assert recipe["survivors"] == []
    assert {survivor["change"].partition(" (")[0] for survivor in recipe["equivalent"]} == EQUIVALENT.get(name, set())


def test_the_whole_catalog_is_tested_unless_recipes_are_named(policygen):
    names = set(load_catalog())
    tested = json.loads(policygen("test", "--format", "json").stdout)["recipes"]
    assert {recipe["name"] for recipe in tested} == names


def test_kept_promises_are_a_line_a_recipe(policygen, reports):
    code, stdout, _ = policygen("test", "reports", "--catalog", reports(CASES))
    assert code == 0
    assert stdout == "reports  2 cases, 2 requests  ok\n\n2 cases in 1 recipe: all as promised\n"


def test_a_recipe_without_cases_does_not_pass(policygen, make_recipe, tmp_path):
    make_recipe("silent", TEMPLATE)
    code, stdout, _ = policygen("test", "silent", "--catalog", tmp_path)
    assert code == 1
    assert "silent  0 cases, 0 requests  FAILED\n        has no cases: write cases.toml" in stdout
    suite = ET.fromstring(policygen("test", "silent", "--catalog", tmp_path, "--format", "junit").stdout)[0]
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")


def test_a_broken_promise_is_explained(policygen, reports):
    catalog = reports(CASES.replace('"s3:PutObject"', '"s3:ListBucket"'))
    code, stdout, _ = policygen("test", "reports", "--catalog", catalog)
    assert code == 1
    assert "reports  2 cases, 2 requests  FAILED" in stdout
    assert "FAILED reports: nothing is written" in stdout
    assert "  request   arn:aws:iam::123456789012:user/alice s3:ListBucket on arn:aws:s3:::reports/2026" in stdout
    assert "  expected  implicit-deny\n  got       allow by ReadReports" in stdout


def test_the_right_decision_by_the_wrong_statement_is_a_failure(policygen, reports):
    code, stdout, _ = policygen("test", "reports", "--catalog", reports(CASES.replace('"ReadReports"', '"Another"')))
    assert code == 1
    assert "  expected  allow by Another\n  got       allow by ReadReports" in stdout


def test_a_wildcard_in_a_case_stands_for_every_action_that_is_not_left_out(policygen, reports):
    case = """
[[case]]
name = "nothing else in S3 is allowed"
action = "s3:*"
except = ["s3:GetObject", "s3:ListBucket"]
resource = "arn:aws:s3:::reports/2026"
context = { "aws:SecureTransport" = true }
decision = "implicit-deny"
"""
    code, stdout, _ = policygen("test", "reports", "--catalog", reports(case), "--format", "json")
    assert code == 0
    assert json.loads(stdout)["recipes"][0]["requests"] > 100


def test_condition_keys_that_a_case_leaves_open_are_listed(policygen, reports):
    stdout = policygen(
        "test", "reports", "--catalog", reports(CASES.replace('"aws:SecureTransport" = true', ""))
    ).stdout
    assert "not set in every case: aws:SecureTransport" in stdout


def test_a_mutant_that_no_case_notices_is_shown_as_a_diff(policygen, reports):
    code, stdout, _ = policygen("test", "reports", "--catalog", reports(CASES), "--mutate")
    assert code == 1
    assert "SURVIVES reports: ReadReports: Action without s3:ListBucket" in stdout
    assert '-        "s3:ListBucket"\n' in stdout
    # the key is in every request
    assert "equivalent reports: ReadReports: BoolIfExists aws:SecureTransport without IfExists" in stdout
    assert "ReadReports: left out" not in stdout


def test_groups_have_parameters_accounts_and_partitions_of_their_own(policygen, reports):
    group = """
[[group]]
name = "in China"
partition = "aws-cn"
account = "999988887777"
[[group.case]]
name = "only there"
action = "s3:GetObject"
resource = "arn:aws:s3:::reports/x"
context = { "aws:SecureTransport" = true }
decision = "allow"
"""
    code, stdout, _ = policygen("test", "reports", "--catalog", reports(CASES + group))
    assert code == 1
    assert "arn:aws-cn:iam::999988887777:user/alice s3:GetObject on arn:aws:s3:::reports/x" in stdout
    assert "  group     in China" in stdout


BUCKETS = """{"Version": "2012-10-17", "Statement": [
  {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject",
   "Resource": [{% for name in buckets %}"arn:{{ partition }}:s3:::{{ name }}/*",{% endfor %}]}
  {% if key %},{"Sid": "Use", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "{{ key }}"}{% endif %}
]}"""
OF_BUCKETS = """
parameters.buckets = {type = "array", items = {type = "string", format = "bucket-name"}, description = "Names."}
parameters.key = {type = "string", format = "arn", required = false, description = "A key."}
"""
ALWAYS = """
[[always]]
name = "objects are read"
action = "s3:GetObject"
resource = "arn:{{ partition }}:s3:::{{ buckets }}/x"
decision = "allow"
sid = "Read"

[[always]]
name = "the key decrypts"
action = "kms:Decrypt"
resource = "{{ key }}"
decision = "allow"

[[always]]
name = "the key does nothing else"
action = "kms:*"
except = ["kms:Decrypt"]
resource = "{{ key }}"
decision = "implicit-deny"

[[always]]
name = "nothing else"
action = "s3:*"
except = ["s3:GetObject"]
resources = ["arn:{{ partition }}:s3:::{{ buckets }}/x", "*"]
decision = "implicit-deny"

[[always]]
name = "no other bucket"
actions = ["s3:GetObject", "kms:Decrypt"]
resources = ["arn:{{ partition }}:s3:::other/x", "arn:{{ partition }}:kms:cn-north-1:{{ account }}:key/other"]
decision = "implicit-deny"
"""
TWO_BUCKETS = """
[[group]]
name = "one bucket"
parameters = { buckets = ["a-1"] }

[[group]]
name = "two buckets and a key, in China"
partition = "aws-cn"
parameters = { buckets = ["a-2", "b-2"], key = "arn:aws-cn:kms:cn-north-1:123456789012:key/k" }
"""


@pytest.fixture
def buckets(make_recipe, tmp_path):
    def make(cases):
        (make_recipe("buckets", BUCKETS, OF_BUCKETS) / "cases.toml").write_text(cases)
        return "buckets", "--catalog", tmp_path

    return make


def test_cases_for_every_set_of_parameters_name_the_parameters(policygen, buckets):
    cases = ALWAYS.removeprefix("\n") + TWO_BUCKETS
    cases = f'parameters = {{ buckets = ["first-bucket"] }}\n{cases}'
    code, stdout, stderr = policygen("test", *buckets(cases), "--mutate")
    assert (code, stderr) == (0, "")
    assert "0 of 13 mutants not noticed" in stdout


def test_every_entry_of_a_list_must_be_decided_as_promised(policygen, buckets):
    case = '[[case]]\nname = "one"\naction = "s3:GetObject"\nresource = "{0}"\ndecision = "{1}"\n'
    cases = 'parameters = { buckets = ["a-2", "b-2"] }\n'
    cases += case.format("arn:aws:s3:::{{ buckets }}/x", "implicit-deny")
    code, stdout, _ = policygen("test", *buckets(cases))
    assert code == 1
    assert "1 requests more in this case" in stdout or "1 request more in this case" in stdout


def test_a_case_must_not_be_about_a_parameter_without_a_value(policygen, buckets):
    cases = 'parameters = { buckets = ["a-2"] }\n'
    cases += '[[case]]\nname = "one"\naction = "kms:Decrypt"\nresource = "{{ key }}"\ndecision = "allow"\n'
    code, _, stderr = policygen("test", *buckets(cases))
    assert code == 2
    assert "cases.toml:2: names a parameter that has no value here" in stderr


def test_a_survivor_comes_with_the_case_that_catches_it(policygen, reports):
    catalog = reports(CASES)
    code, stdout, _ = policygen("test", "reports", "--catalog", catalog, "--mutate", "--suggest")
    assert code == 1
    added = [part for part in stdout.split("\n\n") if part.startswith("[[case]]")]
    added += [part[part.index("[[case]]") :] for part in stdout.split("\n\n") if "\n[[case]]" in part]
    (catalog / "reports" / "cases.toml").write_text(CASES + "\n" + "\n".join(added))
    again = json.loads(policygen("test", "reports", "--catalog", catalog, "--mutate", "--format", "json").stdout)[
        "recipes"
    ][0]
    assert again["failures"] == []
    assert again["survivors"] == []


def test_suggestions_are_about_mutants(policygen, reports):
    code, _, stderr = policygen("test", "reports", "--catalog", reports(CASES), "--suggest")
    assert code == 2
    assert "--suggest needs --mutate" in stderr


def test_a_broken_promise_is_explained_statement_by_statement(policygen, reports):
    catalog = reports(CASES.replace('"s3:GetObject"\nres', '"s3:GetObjectAcl"\nres'))
    stdout = policygen("test", "reports", "--catalog", catalog).stdout
    assert "ReadReports: no match: `s3:GetObjectAcl` is not in its Action" in stdout


CALLERS = """
[[case]]
name = "{0}"
principal = "{0}"
action = "s3:GetObject"
resource = "arn:aws:s3:::data/k"
decision = "{1}"
"""


def test_services_accounts_and_people_without_credentials_ask_too(policygen, tmp_path):
    open_ = [
        {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:GetObject"},
        {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject"},
    ]
    document = {"Version": "2012-10-17", "Statement": [one | {"Resource": "arn:aws:s3:::data/*"} for one in open_]}
    (tmp_path / "bucket.json").write_text(json.dumps(document))
    cases = CALLERS.format("logging.s3.amazonaws.com", "allow") + CALLERS.format("111122223333", "allow")
    cases += CALLERS.format("config.amazonaws.com", "implicit-deny") + CALLERS.format("*", "implicit-deny")
    (tmp_path / "cases.toml").write_text('on_top_of = "allow-all"\n' + cases)
    arguments = (tmp_path / "bucket.json", "--cases", tmp_path / "cases.toml", "--type", "resource")
    assert policygen("test", *arguments).code == 0


def test_a_case_names_the_policies_of_the_other_layers(policygen, tmp_path):
    allow = {"Sid": "Ceiling", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    (tmp_path / "boundary.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    case = '[[case]]\nname = "{0}"\naction = "s3:ListAllMyBuckets"\n{0}\ndecision = "{1}"\n'.replace('"{0}"', "'{0}'")
    only_lists = '{ Effect = "Allow", Action = "s3:List*", Resource = "*" }'
    denies = '{ Effect = "Deny", Action = "s3:List*", Resource = "*" }'
    cases = [
        (f"identity = {only_lists}", "allow"),
        (f"identity = {only_lists.replace('List', 'Get')}", "implicit-deny"),
        (f"scp = [{denies}]", "explicit-deny"),
        (f"session_policy = {denies}", "explicit-deny"),
    ]
    (tmp_path / "cases.toml").write_text("".join(case.format(*one) for one in cases))
    arguments = (tmp_path / "boundary.json", "--cases", tmp_path / "cases.toml", "--type", "boundary")
    code, stdout, stderr = policygen("test", *arguments)
    assert (code, stderr) == (0, ""), stdout


def test_a_policy_file_has_cases_too(policygen, tmp_path, reports):
    catalog = reports(CASES)
    policygen("render", "reports", "--catalog", catalog, "--account", "123456789012", "-o", tmp_path / "p.json")
    assert policygen("test", tmp_path / "p.json", "--cases", catalog / "reports" / "cases.toml").code == 0


BUCKET = {"Sid": "Partner", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject"}
OF_BUCKET = """
[[case]]
name = "{who} reads"
principal = "arn:aws:iam::{who}:role/reader/s"
action = "s3:GetObject"
resource = "arn:aws:s3:::data/k"
decision = "{decision}"
{more}
"""


def bucket(tmp_path, cases):
    document = {"Version": "2012-10-17", "Statement": [BUCKET | {"Resource": "arn:aws:s3:::data/*"}]}
    (tmp_path / "bucket.json").write_text(json.dumps(document))
    (tmp_path / "cases.toml").write_text('on_top_of = "allow-all"\n' + cases)
    return tmp_path / "bucket.json", "--cases", tmp_path / "cases.toml", "--type", "resource"


def test_the_policy_of_a_resource_belongs_to_the_account_of_its_group(policygen, tmp_path):
    cases = OF_BUCKET.format(who="111122223333", decision="allow", more="")
    cases += OF_BUCKET.format(who="999988887777", decision="implicit-deny", more="")
    cases += OF_BUCKET.format(who="999988887777", decision="allow", more='resource_account = "999988887777"')
    cases += OF_BUCKET.format(who="999988887777", decision="implicit-deny", more='resource_account = "{{ account }}"')
    assert policygen("test", *bucket(tmp_path, cases)).code == 0


def test_a_case_that_contradicts_itself_about_the_owner_is_named_with_the_line(policygen, tmp_path):
    more = 'resource_account = "210987654321"\ncontext = { "aws:ResourceAccount" = "999988887777" }'
    arguments = bucket(tmp_path, OF_BUCKET.format(who="111122223333", decision="allow", more=more))
    code, _, stderr = policygen("test", *arguments)
    assert code == 2
    assert "cases.toml:3: the resource account says that account 210987654321 owns the resource, and `aws:Re" in stderr


def test_an_scp_limits_what_others_allow(policygen, tmp_path):
    fence = {"Sid": "OnlyFrankfurt", "Effect": "Deny", "Action": "*", "Resource": "*"}
    fence["Condition"] = {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}
    (tmp_path / "scp.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [fence]}))
    case = (
        '[[case]]\nname = "{0}"\naction = "ec2:RunInstances"\n'
        'context = {{ "aws:RequestedRegion" = "{0}" }}\ndecision = "{1}"\n'
    )
    cases = case.format("eu-central-1", "allow") + case.format("us-east-1", "explicit-deny")
    (tmp_path / "cases.toml").write_text('on_top_of = "allow-all"\n' + cases)
    arguments = (tmp_path / "scp.json", "--cases", tmp_path / "cases.toml", "--type", "scp")
    assert policygen("test", *arguments).code == 0


def test_a_boundary_grants_nothing_but_caps(policygen, tmp_path):
    allow = {"Sid": "Ceiling", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    (tmp_path / "boundary.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    case = '[[case]]\nname = "{0}"\naction = "{0}"\ndecision = "{1}"\n'
    (tmp_path / "cases.toml").write_text(
        case.format("s3:ListAllMyBuckets", "allow") + case.format("ec2:RunInstances", "implicit-deny")
    )
    arguments = (tmp_path / "boundary.json", "--cases", tmp_path / "cases.toml", "--type", "boundary")
    assert policygen("test", *arguments).code == 0


def test_junit_has_a_test_a_case(policygen, reports):
    catalog = reports(CASES.replace('"s3:PutObject"', '"s3:ListBucket"'))
    suite = ET.fromstring(policygen("test", "reports", "--catalog", catalog, "--format", "junit").stdout)[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [case.get("name") for case in suite] == ["reports are read over TLS", "nothing is written"]


@pytest.mark.parametrize(
    ("cases", "sentence"),
    [
        (CASES.replace("GetObject", "G?t"), "cases.toml:4: `s3:G?t` is not an action that a request can have"),
        (CASES.replace("s3:GetObject", "s3:Nothing*"), "cases.toml:2: `s3:Nothing*` matches no AWS action"),
        (
            CASES.replace("{{ partition }}", "{{ partion }}"),
            "cases.toml:2: `{{ partion }}` is not a placeholder for cases; did",
        ),
        (CASES.replace("s3:PutObject", "s3:PutObjct"), "no action `s3:PutObjct`; did you mean `s3:PutObject`?"),
        (CASES.replace("aws:SecureTransport", "aws:SecureTransprt"), "did you mean `aws:securetransport`?"),
        (
            CASES.replace('action = "s3:PutObject"', 'action = "s3:*"\nexcept = ["s3:GetObjekt"]'),
            "cases.toml:10: AWS's data of",
        ),
        (CASES.replace('"allow"', '"alow"'), "cases.toml:7: "),
        (
            CASES.replace("sid =", "sd ="),
            "cases.toml:8: `sd` does not belong in a case of a cases file; did you mean `sid`?",
        ),
        ("parameters = { x = 1 }\n" + CASES, "cases.toml:1: reports: there is no parameter `x`"),
        ("", "promise something"),
        ("[[case", "cases.toml:1: not TOML"),
    ],
)
def test_a_broken_cases_file_is_named_with_the_line(policygen, reports, cases, sentence):
    code, stdout, stderr = policygen("test", "reports", "--catalog", reports(cases))
    assert (code, stdout) == (2, "")
    assert sentence in stderr
    assert stderr.count("\n") == 1


def test_what_rendering_does_not_come_across_is_checked_too(policygen, make_recipe, tmp_path):
    unused = '[parameters.x]\ntype = "boolean"\ndefault = true\ndescription = "Nothing."\n'
    make_recipe("idle", TEMPLATE, unused)
    code, _, stderr = policygen("test", "idle", "--catalog", tmp_path)
    assert code == 2
    assert "recipe.toml:8: parameter `x` is declared, but the template does not use it" in stderr


LOOSE = TEMPLATE.replace('"s3:GetObject", "s3:ListBucket"', '"s3:*"').replace("reports/*", "*")
ACCEPT = """
[[accept]]
rule = "{rule}"
where = "#ReadReports"
reason = "The tests want it so."
"""


def test_an_accepted_finding_is_no_finding(policygen, make_recipe, tmp_path):
    make_recipe("loose", LOOSE)
    arguments = ("render", "loose", "--catalog", tmp_path, "--account", "123456789012")
    findings = policygen(*arguments).stderr
    rules = [rule for rule in registry() if f"  {rule}\n" in findings]
    assert rules
    named = {rule: "" if rule == "redundant-resource" else 'actions = ["s3:*"]\n' for rule in rules}
    accepted = [ACCEPT.format(rule=rule) + actions for rule, actions in named.items()]
    (tmp_path / "loose" / "recipe.toml").open("a").writelines(accepted)
    assert policygen(*arguments).stderr == ""


@pytest.mark.parametrize(
    ("actions", "complete"),
    [("", False), ('actions = ["s3:DeleteBucket"]\n', False), ('actions = ["s3:CreateBucket", "s3:Delete*"]\n', True)],
)
def test_a_recipe_accepts_only_the_actions_that_it_names(policygen, make_recipe, tmp_path, actions, complete):
    rule = "delete-on-every-resource"
    folder = make_recipe("loose", LOOSE.replace('"s3:*"', '"s3:CreateBucket", "s3:DeleteBucket"'))
    (folder / "cases.toml").write_text(CASES)
    (folder / "recipe.toml").open("a").write(ACCEPT.format(rule=rule) + actions)
    rendered = policygen("render", "loose", "--catalog", tmp_path, "--account", "123456789012")
    assert (f"  {rule}\n" in rendered.stderr) is not complete
    tested = policygen("test", "loose", "--catalog", tmp_path)
    assert ("which this `[[accept]]` does not name" in tested.stderr) is not complete
    assert (tested.code == 2) is not complete


def test_an_acceptance_of_nothing_is_an_error(policygen, reports):
    catalog = reports(CASES)
    (catalog / "reports" / "recipe.toml").open("a").write(ACCEPT.format(rule="full-access"))
    code, _, stderr = policygen("test", "reports", "--catalog", catalog)
    assert code == 2
    assert "recipe.toml:9: `full-access` is not found with any parameters of the cases; remove it" in stderr


TOKENS = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
SUBJECT = "token.actions.githubusercontent.com:sub"


def test_the_case_that_would_catch_a_mutant_of_a_trust_policy_is_about_a_token(policygen, tmp_path):
    body = {"Effect": "Allow", "Principal": {"Federated": TOKENS}, "Action": "sts:AssumeRoleWithWebIdentity"}
    statement = {"Sid": "Ci", **body, "Condition": {"StringLike": {SUBJECT: "repo:me/*"}}}
    (tmp_path / "p.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    (tmp_path / "p.toml").write_text(f"""
[[case]]
name = "our repositories take the role"
action = "sts:AssumeRoleWithWebIdentity"
resource = "arn:aws:iam::123456789012:role/ci"
principal = "{TOKENS}"
context = {{ "{SUBJECT}" = "repo:me/app" }}
decision = "allow"
""")
    arguments = [str(tmp_path / "p.json"), "--cases", str(tmp_path / "p.toml"), "--mutate", "--suggest"]
    _, stdout, _ = policygen("test", *arguments)
    mutant = stdout.partition(f"Ci: without StringLike {SUBJECT}\n")[2].partition("SURVIVES")[0]
    assert f'context = {{ "{SUBJECT}" = "example" }}' in mutant
    assert 'principal = "arn:{{ partition }}:iam::{{ account }}:oidc-provider/token.actions' in mutant


def test_cases_suggested_for_a_trust_policy_notice_its_mutants(policygen, tmp_path):
    account = {"AWS": "arn:aws:iam::111122223333:root"}
    condition = {"StringEquals": {"sts:ExternalId": "x"}}
    statement = {
        "Sid": "In",
        "Effect": "Allow",
        "Principal": account,
        "Action": "sts:AssumeRole",
        "Condition": condition,
    }
    policy, cases = tmp_path / "trust.json", tmp_path / "cases.toml"
    policy.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    cases.write_text(
        '[[case]]\nname = "a stranger is refused"\naction = "sts:AssumeRole"\ndecision = "implicit-deny"\n'
        'resource = "arn:aws:iam::123456789012:role/r"\nprincipal = "arn:aws:iam::444455556666:user/x"\n'
    )
    arguments = ("test", policy, "--cases", cases, "--type", "trust", "--mutate", "--format", "json")
    survivors = json.loads(policygen(*arguments).stdout)["recipes"][0]["survivors"]
    assert len(survivors) > 3
    cases.write_text(cases.read_text() + "\n".join(dict.fromkeys(survivor["case"] for survivor in survivors)))
    code, stdout, _ = policygen(*arguments)
    assert (code, json.loads(stdout)["recipes"][0]["survivors"]) == (0, [])
