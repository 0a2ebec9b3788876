"""`policygen lint`, as its users meet it."""

import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator

import policygen as package
from policygen import shipped
from policygen.finding import Severity
from policygen.lint.rule import AboutPolicies, Rule, policy_of
from policygen.lint.rules import registry
from policygen.report import FORMATS

CHECKOUT = Path(package.__file__).parents[1]
CLEAN = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}],
}
REDUNDANT = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Twice", "Effect": "Allow", "Action": ["s3:GetObject", "s3:Get*"], "Resource": "arn:aws:s3:::b/*"}
    ],
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """`folder(name=text or JSON, …)` in the current folder, `__` standing for `/`; the AWS rules are all that runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POLICYGEN_LINT_SELECT", "access-analyzer")

    def make(**files):
        for name, content in files.items():
            path = tmp_path / f"{name.replace('__', '/')}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                path.write_text(content if isinstance(content, str) else json.dumps(content, indent=2))
        return tmp_path

    return make


@pytest.fixture
def lint(policygen):
    """`lint(…)`: exit code, findings as (file, rule, pointer), stderr."""

    def run(*arguments, **more):
        result = policygen("lint", "--format", "json", *arguments, **more)
        findings = json.loads(result.stdout)["findings"] if result.stdout else None
        return result.code, findings and [(f["file"], f["rule"], f["pointer"]) for f in findings], result.stderr

    return run


def names(result):
    return {rule for _, rule, _ in result[1]}


def test_a_clean_policy_is_silence_and_0(folder, policygen):
    folder(a=CLEAN)
    assert policygen("lint", "a.json") == (0, "no findings in 1 policy, 1 file\n", "")


def test_a_finding_is_shown_and_1(folder, policygen):
    folder(a=REDUNDANT)
    result = policygen("lint", "a.json")
    assert result.code == 1
    assert "\n  8:9 in Twice  suggestion  " in result.stdout
    assert '       8 |         "s3:GetObject",\n         |         ^^^^^^^^^^^^^^\n' in result.stdout
    assert result.stdout.endswith("\n1 finding (1 suggestion) in 1 policy, 1 file\n")


@pytest.mark.parametrize(
    "options", [["--fail-on", "never"], ["--fail-on", "warning"], ["--ignore", "redundant-action"]]
)
def test_what_is_found_need_not_fail(folder, lint, options):
    folder(a=REDUNDANT)
    assert lint("a.json", *options)[0] == 0


def test_rules_and_groups_are_chosen_by_name(folder, lint):
    folder(a=REDUNDANT | {"Version": "2008-10-17", "Id": 7})
    assert {rule for _, rule, _ in lint("a.json")[1]} == {"data-type-mismatch", "redundant-action"}
    assert {rule for _, rule, _ in lint("a.json", "--select", "data-type-mismatch,wildcards")[1]} == {
        "data-type-mismatch"
    }
    assert {rule for _, rule, _ in lint("a.json", "--ignore", "data-type-mismatch")[1]} == {"redundant-action"}


def test_a_name_that_no_rule_has_is_said_with_a_guess(folder, policygen):
    result = policygen("lint", "--select", "redundant-actions")
    sentence = "policygen: no rule and no group is called `redundant-actions`; did you mean `redundant-action`?\n"
    assert result == (2, "", sentence)


def test_stdin_is_linted_under_the_name_that_it_is_given(folder, lint):
    folder()
    text = json.dumps(REDUNDANT)
    assert lint("-", stdin=text)[1] == [("<stdin>", "redundant-action", "/Statement/0/Action/0")]
    assert lint("-", "--stdin-filename", "x.json", stdin=text)[1][0][0] == "x.json"


def test_a_folder_is_linted_in_one_order_without_what_is_ignored(folder, lint):
    root = folder(b=REDUNDANT, a__z=REDUNDANT, a__gone=REDUNDANT, node_modules__x=REDUNDANT, vendor__v=REDUNDANT)
    (root / ".gitignore").write_text("gone.json\n")
    (root / "a" / "notes.txt").write_text("not JSON")
    assert [file for file, _, _ in lint("--exclude", "/vendor")[1]] == ["a/z.json", "b.json"]
    assert [file for file, _, _ in lint("a/gone.json", "vendor")[1]] == ["a/gone.json", "vendor/v.json"]


@pytest.mark.parametrize("table", ["policygen.toml", "command line"])
def test_what_is_excluded_is_linted_if_it_is_named_unless_exclude_is_forced(folder, lint, table):
    at = folder(vendor__a=REDUNDANT, own=REDUNDANT)
    options = ("--exclude", "vendor/") if table == "command line" else ()
    if not options:
        (at / "policygen.toml").write_text('[lint]\nexclude = ["vendor/"]\n')
    for named in ("vendor/a.json", str(at / "vendor/a.json"), "vendor"):
        assert len(lint(named, "own.json", *options)[1]) == 2
        code, found, stderr = lint(named, "own.json", "--force-exclude", *options)
        assert (code, [file for file, _, _ in found], stderr) == (1, ["own.json"], "")
        assert lint(named, "--force-exclude", "--require-policy", *options) == (0, [], "")


def test_a_forced_exclude_spares_what_the_command_line_wants_back(folder, lint):
    at = folder(vendor__a=REDUNDANT, vendor__b=REDUNDANT)
    (at / "policygen.toml").write_text('[lint]\nexclude = ["/vendor/*"]\n')
    found = lint("vendor/a.json", "vendor/b.json", "--exclude", "!/vendor/a.json", "--force-exclude")[1]
    assert [file for file, _, _ in found] == ["vendor/a.json"]


def test_a_file_is_linted_once_however_often_it_is_named(folder, lint):
    folder(a=REDUNDANT)
    assert len(lint("a.json", "./a.json", ".")[1]) == 1


def test_a_link_to_a_folder_above_is_no_endless_way(folder, lint):
    root = folder(a__b=REDUNDANT)
    (root / "a" / "up").symlink_to(root)
    assert len(lint(".")[1]) == 1


def test_what_holds_no_policy_in_a_folder_is_said(folder, policygen):
    folder(a=CLEAN, package={"name": "x"})
    assert policygen("lint") == (
        0,
        "no findings in 1 policy, 1 file\n",
        "policygen: package.json: does not contain a policy\n",
    )


def test_many_files_without_policies_are_said_in_one_sentence(folder, policygen):
    folder(a=CLEAN, **{f"x{number}": {} for number in range(9)})
    sentence = "policygen: 9 files do not contain a policy: x0.json, x1.json, x2.json and 6 more\n"
    assert policygen("lint").stderr == sentence


def test_a_named_file_without_a_policy_is_a_note_unless_one_is_required(folder, policygen):
    folder(package={"name": "x"})
    said = "policygen: package.json: does not contain a policy\n"
    assert policygen("lint", "package.json") == (0, "", said)
    assert policygen("lint", "package.json", "--require-policy") == (2, "", said)


def test_a_folder_without_any_policy_is_a_note_unless_one_is_required(folder, policygen):
    folder(deep__x={})
    said = "policygen: no policy in `deep`; the files are deep/x.json\n"
    assert policygen("lint", "deep") == (0, "", said)
    assert policygen("lint", "deep", "--require-policy") == (2, "", said)


BROKEN = {
    "not JSON": ("policy", 1, 1, "not JSON"),
    "empty": ("", 1, 1, "the text is empty"),
    "only white space": (" \n ", 1, 1, "the text is empty"),
    "duplicate key": ('{"Version": "2012-10-17",\n "Version": "2012-10-17"}', 2, 2, "the key `Version` appears twice"),
    "trailing comma": ('{"Statement": [\n],}', 2, 2, "not JSON: a trailing comma before `}`"),
    "trailing comma in a list": ('{"Statement": [1\n,\n]}', 2, 1, "not JSON: a trailing comma before `]`"),
    "comment": ('{\n  // why\n  "Statement": []}', 2, 3, "not JSON: JSON has no comments"),
    "comment behind": ('{"Statement": [] /* why */}', 1, 18, "not JSON: JSON has no comments"),
    "hash": ('# why\n{"Statement": []}', 1, 1, "not JSON: JSON has no comments"),
    "single quotes": ("{'Statement': []}", 1, 2, "not JSON"),
    "NaN": ('{"Statement": NaN}', 1, 15, "`NaN` is not a JSON value"),
    "trailing text": ('{"Statement": []} x', 1, 19, "there is more text after the end of the JSON value"),
    "cut off": ('{"Statement": [\n', 1, 16, "not JSON: the text ends too soon"),
    "byte order mark": (b'\xef\xbb\xbf{"Statement": []}', 1, 1, "starts with a byte order mark"),
    "UTF-16": ('{"Statement": []}'.encode("utf-16"), 1, 1, "UTF-16"),
    "UTF-16 without a mark": ('{"Statement": []}'.encode("utf-16-le"), 1, 1, "UTF-16"),
    "Latin-1": ('{"Statement": [],\n"Id": "é"}'.encode("latin-1"), 2, 8, "not UTF-8 text"),
    "deep": ('{"Statement": ' + "[" * 100_000, 1, 1, "nested too deeply"),
    "a number of many digits": ('{"Statement": ' + "7" * 10_000 + "}", 1, 1, ""),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_text_is_a_finding_at_its_place_and_the_run_goes_on(folder, policygen, kind):
    text, line, column, message = BROKEN[kind]
    folder(a=text, b=REDUNDANT)
    result = policygen("lint", "--format", "json")
    broken, other = json.loads(result.stdout)["findings"]
    assert (broken["rule"], broken["severity"], broken["file"]) == ("json-syntax-error", "error", "a.json")
    assert (broken["line"], broken["column"]) == (line, column)
    assert broken["message"].startswith(message) or message in broken["message"]
    assert other["rule"] == "redundant-action"
    assert (result.code, result.stderr) == (1, "")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("gone.json", "gone.json: cannot be read: no such file or directory"),
        ("a\0b", "a\0b: cannot be read: embedded null byte"),
        ("x" * 300, f"{'x' * 300}: cannot be read: file name too long"),
    ],
)
def test_what_cannot_be_read_is_a_sentence_and_2_and_the_run_goes_on(folder, lint, name, what):
    folder(b=REDUNDANT)
    code, findings, stderr = lint(name, "b.json")
    assert (code, len(findings), stderr) == (2, 1, f"policygen: {what}\n")


def test_a_broken_link_in_a_folder_is_a_sentence_and_2(folder, lint):
    (folder(b=REDUNDANT) / "a.json").symlink_to("gone")
    code, findings, stderr = lint()
    assert (code, len(findings), stderr) == (2, 1, "policygen: a.json: cannot be read: a broken link\n")


def test_a_pipe_in_a_folder_does_not_hang(folder, lint):
    os.mkfifo(folder(b=REDUNDANT) / "a.json")
    code, _, stderr = lint()
    assert (code, stderr) == (2, "policygen: a.json: cannot be read: not a regular file\n")


def test_a_folder_without_permission_is_a_sentence_and_2(folder, lint, monkeypatch):
    def scandir(path, scandir=os.scandir):  # root, who may run the tests, has every permission
        if Path(path).name == "secret":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    folder(b=REDUNDANT, secret__a=CLEAN)
    monkeypatch.setattr(os, "scandir", scandir)
    code, findings, stderr = lint()
    assert (code, len(findings), stderr) == (2, 1, "policygen: secret: cannot be read: permission denied\n")


def test_a_file_of_100_mb_is_no_policy_and_costs_no_time(folder, lint):
    with (folder(b=REDUNDANT) / "a.json").open("wb") as file:
        file.truncate(100 * 2**20)
    start = time.monotonic()
    code, findings, stderr = lint()
    assert (code, len(findings)) == (2, 1)
    assert stderr == "policygen: a.json: larger than 64 MiB, which is too large for a policy; leave it out\n"
    assert time.monotonic() - start < 5


def test_a_policy_longer_than_any_is_an_error_and_costs_no_time(folder, lint):
    endless = CLEAN | {"Statement": [CLEAN["Statement"][0] | {"Action": [f"s3:*{n}*a?" for n in range(9000)]}]}
    folder(a=endless, b=REDUNDANT)
    start = time.monotonic()
    assert lint()[1] == [
        ("a.json", "policy-too-long-to-lint", ""),
        ("b.json", "redundant-action", "/Statement/0/Action/0"),
    ]
    assert time.monotonic() - start < 10


def test_an_exception_in_a_rule_names_rule_and_file_and_the_rest_is_linted(folder, lint, monkeypatch):
    def bad(policy):
        raise KeyError("oops")
        yield

    folder(a=REDUNDANT)
    broken = Rule("bad-rule", Severity.ERROR, "access-analyzer", bad, AboutPolicies(), "")
    monkeypatch.setitem(registry(), "bad-rule", broken)
    code, findings, stderr = lint("--ignore", "json-syntax-error")
    assert (code, len(findings)) == (2, 1)
    assert stderr.startswith("policygen: rule bad-rule failed on a.json: KeyError('oops')")


def test_the_output_of_aws_is_linted_policy_by_policy(folder, lint, policygen):
    folder(a={"GroupName": "ops", "PolicyName": "p", "PolicyDocument": quote(json.dumps(REDUNDANT))})
    assert lint()[1] == [("a.json", "redundant-action", "/Statement/0/Action/0")]
    assert "a.json (group/ops/p)" in policygen("lint").stdout


def test_the_type_is_what_the_command_line_says(folder, lint):
    statement = CLEAN["Statement"][0] | {"Principal": "*"}
    folder(a=CLEAN | {"Statement": [statement]})
    assert "unsupported-principal" not in names(lint())
    assert "unsupported-principal" in names(lint("--type", "identity"))


LONG = CLEAN | {"Statement": [CLEAN["Statement"][0] | {"Resource": f"arn:aws:s3:::{'x' * 5200}/*"}]}


@pytest.mark.parametrize(("place", "fits"), [("group-inline", False), ("role-inline", True), ("managed", True)])
def test_a_policy_is_measured_for_where_it_will_live(folder, lint, place, fits):
    folder(a=LONG)
    assert lint("--select", "quotas", "--for", place)[0] == (0 if fits else 1)


def test_the_configuration_says_where_policies_will_live(folder, lint):
    (folder(groups__a=LONG, b=LONG) / "policygen.toml").write_text('[lint.per_path."groups/"]\nfor = "group-inline"\n')
    assert lint("--select", "quotas")[1] == [("groups/a.json", "policy-exceeds-quota", "")]


PASS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}]}
RUN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}]}


def test_policies_of_one_identity_are_looked_at_together_when_told_so(folder, lint):
    folder(a=PASS, b=RUN)
    assert lint("--select", "escalation")[1] == []
    assert lint("--select", "escalation", "--together")[1] == [
        ("a.json", "escalation-by-pass-role", "/Statement/0/Action")
    ]
    assert lint("--select", "escalation", "--ignore", "escalation-by-pass-role", "--together")[1] == []


def test_policies_that_a_group_will_hold_are_counted_when_told_so(folder, policygen, lint):
    folder(**{f"p{number:02}": PASS for number in range(11)})
    assert lint("--select", "quotas", "--for", "managed")[1] == []
    assert lint("--select", "quotas", "--for", "managed", "--together")[1] == [("p10.json", "policy-exceeds-quota", "")]
    shown = policygen("lint", "--select", "quotas", "--for", "managed", "--together").stdout
    assert "a group can have 10 of these 11 managed policies; merge some" in shown


def test_what_policies_come_to_together_is_shown_and_counted_like_any_finding(folder, policygen):
    folder(a=PASS, b=RUN)
    shown = policygen("lint", "--select", "escalation", "--together").stdout
    assert '"Action": "iam:PassRole"' in shown
    assert shown.endswith("1 finding (1 error) in 2 policies, 2 files\n")


def test_policies_of_one_owner_are_looked_at_together(folder, lint):
    def holder(name, *documents):
        held = [{"PolicyName": f"p{number}", "PolicyDocument": document} for number, document in enumerate(documents)]
        return {"GroupName": name, "GroupPolicyList": held}

    folder(
        a={"GroupDetailList": [holder("ops", PASS, RUN)]}, b={"GroupDetailList": [holder("x", PASS), holder("y", RUN)]}
    )
    assert {file for file, _, _ in lint("--select", "escalation")[1]} == {"a.json"}


def test_two_runs_say_the_same_in_the_same_words(tmp_path):
    examples = [example for rule in registry().values() for example in rule.examples]
    for number, example in enumerate(examples):
        (tmp_path / f"{number}.json").write_text(json.dumps(policy_of(example).document), "utf-8")
    program = [sys.executable, "-m", "policygen", "lint", "--fail-on", "never", str(tmp_path)]
    runs = [
        subprocess.run(program, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": seed}, check=True)
        for seed in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout


def test_every_format_is_one_that_programs_read(folder, policygen):
    folder(a=REDUNDANT)
    schema = shipped.schema("findings")
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(policygen("lint", "--format", "json").stdout))
    assert json.loads(policygen("lint", "--format", "sarif").stdout)["runs"][0]["results"][0]["ruleId"]
    assert policygen("lint", "--format", "github").stdout.startswith("::notice file=a.json,line=8,")
    assert policygen("lint", "--format", "junit").stdout.startswith("<?xml")
    assert "### `a.json`" in policygen("lint", "--format", "markdown").stdout


def test_statistics_count_the_rules(folder, policygen):
    folder(a=REDUNDANT, b=REDUNDANT)
    summary = "2 findings (2 suggestions) in 2 policies, 2 files"
    assert policygen("lint", "--statistics").stdout == f"     2  suggestion        redundant-action\n{summary}\n"
    assert policygen("lint", "--statistics", "--format", "json").code == 2


def test_an_accepted_finding_is_counted_and_not_shown(folder, policygen):
    accept = '[[accept]]\nrule = "redundant-action"\nwhere = "a.json#Twice"\nreason = "why"\n'
    (folder(a=REDUNDANT) / "policygen.toml").write_text(accept)
    expected = "no findings in 1 policy, 1 file; 1 more accepted or in the baseline\n"
    assert policygen("lint") == (0, expected, "")


def test_a_finding_that_grew_after_it_was_accepted_fails_the_run(folder, lint, monkeypatch):
    monkeypatch.setenv("POLICYGEN_LINT_SELECT", "wildcards")
    statement = {"Sid": "Stop", "Effect": "Allow", "Action": ["ec2:StopInstances"], "Resource": "*"}
    accept = '[[accept]]\nrule = "write-on-every-resource"\nwhere = "a.json#Stop"\nreason = "why"\n'
    root = folder(a=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    (root / "policygen.toml").write_text(f'{accept}actions = ["ec2:StopInstances"]\n')
    assert lint()[:2] == (0, [])
    statement["Action"].append("ec2:StartInstances")
    (root / "a.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    code, findings = lint()[:2]
    assert code == 1
    assert [rule for _, rule, _ in findings] == ["write-on-every-resource", "incomplete-accept"]


def test_an_acceptance_of_nothing_fails_the_run(folder, lint):
    accept = '[[accept]]\nrule = "redundant-action"\nwhere = "a.json#Gone"\nreason = "why"\n'
    (folder(a=CLEAN) / "policygen.toml").write_text(accept)
    assert lint()[:2] == (1, [("policygen.toml", "stale-accept", "")])


def test_an_acceptance_that_has_expired_fails_the_run(folder, lint):
    accept = '[[accept]]\nrule = "redundant-action"\nwhere = "a.json"\nreason = "why"\nuntil = 2020-01-31\n'
    (folder(a=REDUNDANT) / "policygen.toml").write_text(accept)
    assert [rule for _, rule, _ in lint()[1]] == ["redundant-action", "expired-accept"]


def test_a_baseline_leaves_what_is_new(folder, lint, policygen):
    root = folder(a=REDUNDANT)
    assert policygen("lint", "--baseline", "policygen.baseline.json", "--update-baseline").code == 0
    moved = REDUNDANT | {"Statement": [CLEAN["Statement"][0], *REDUNDANT["Statement"]]}
    folder(a=moved, b=REDUNDANT)
    assert [file for file, _, _ in lint("--baseline", root / "policygen.baseline.json")[1]] == ["b.json"]


@pytest.mark.parametrize(
    "change",
    [
        {"Action": ["ec2:StopInstances", "ec2:StartInstances"]},
        {"Action": ["ec2:StopInstances"], "Condition": {}},
    ],
)
def test_a_baseline_does_not_know_a_statement_that_says_something_else(folder, lint, policygen, change):
    narrowed = {"Bool": {"aws:ViaAWSService": "true"}} if "Condition" in change else {}
    statement = {"Sid": "Any", "Effect": "Allow", "Action": "ec2:StopInstances", "Resource": "*", "Condition": narrowed}
    root = folder(a={"Version": "2012-10-17", "Statement": [statement]})
    assert "write-on-every-resource" in [rule for _, rule, _ in lint("--select", "wildcards")[1]]
    base = root / "base.json"
    assert policygen("lint", "--select", "wildcards", "--baseline", base, "--update-baseline").code == 0
    assert lint("--select", "wildcards", "--baseline", base)[0] == 0
    folder(a={"Version": "2012-10-17", "Statement": [statement | change]})
    code, found, _ = lint("--select", "wildcards", "--baseline", base)
    assert code == 1
    assert "write-on-every-resource" in [rule for _, rule, _ in found]


def test_a_baseline_of_an_earlier_version_accepts_nothing(folder, policygen):
    root = folder(a=REDUNDANT)
    (root / "base.json").write_text('{"version": 1, "findings": []}')
    result = policygen("lint", "a.json", "--baseline", "base.json")
    assert (result.code, result.stdout) == (2, "")
    assert "an earlier policygen wrote it" in result.stderr
    assert "--update-baseline" in result.stderr


@pytest.mark.parametrize("content", [None, "{}", "[", '{"version": 2, "findings": [1]}'])
def test_a_baseline_that_is_none_is_said(folder, policygen, content):
    root = folder(a=REDUNDANT)
    if content is not None:
        (root / "base.json").write_text(content)
    result = policygen("lint", "a.json", "--baseline", "base.json")
    assert (result.code, result.stdout) == (2, "")
    assert result.stderr.startswith("policygen: base.json:")


def test_diff_shows_what_fix_does_and_fix_does_it(folder, policygen):
    root = folder(a=REDUNDANT)
    before = (root / "a.json").read_text()
    shown = policygen("lint", "--diff")
    assert (root / "a.json").read_text() == before
    assert (shown.code, '-        "s3:GetObject",' in shown.stdout) == (1, True)
    done = policygen("lint", "--fix")
    assert done == (0, "no findings in 1 policy, 1 file\n", "fixed a.json\n")
    assert json.loads((root / "a.json").read_text())["Statement"][0]["Action"] == ["s3:Get*"]
    assert policygen("lint", "--diff") == (0, "", "")


def test_fix_leaves_an_accepted_finding_and_a_container_alone(folder, policygen):
    root = folder(a=REDUNDANT, b={"PolicyVersion": {"Document": REDUNDANT}})
    (root / "policygen.toml").write_text('[[accept]]\nrule = "redundant-action"\nwhere = "a.json"\nreason = "why"\n')
    before = [(root / name).read_text() for name in ("a.json", "b.json")]
    assert policygen("lint", "--fix").code == 1
    assert json.loads((root / "a.json").read_text()) == json.loads(before[0])
    assert (root / "b.json").read_text() == before[1]


@pytest.mark.parametrize("form", FORMATS)
def test_half_a_surrogate_pair_and_a_name_that_is_no_utf_8_harm_no_format(folder, policygen, form):
    policy = json.dumps(REDUNDANT).replace("Twice", "\\ud800\\u001b[2J")
    Path(os.fsdecode(bytes(folder()) + b"/b\xff\n::error::\x1b.json")).write_text(policy)
    result = policygen("lint", "--format", form)
    assert (result.code, result.stderr) == (1, "")
    assert "\x1b" not in result.stdout
    assert "\n::error" not in result.stdout


def test_fix_keeps_half_a_surrogate_pair_as_it_is(folder, policygen):
    before = json.dumps(REDUNDANT).replace("Twice", "\\ud800")
    root = folder(a=before)
    policygen("lint", "--fix")
    assert (root / "a.json").read_text() == before.replace('"s3:GetObject", ', "")


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_processes_give_the_same_bytes_as_one(folder, form):
    root = folder(**{f"d{n % 7}__{n}": [REDUNDANT, CLEAN, "{", {}][n % 4] for n in range(150)})
    one, many = (
        subprocess.run(
            [sys.executable, "-m", "policygen", "lint", "--format", form, "--jobs", jobs, str(root)],
            capture_output=True,
            cwd=CHECKOUT,
        )
        for jobs in ("1", "3")
    )
    assert (one.returncode, one.stdout, one.stderr) == (many.returncode, many.stdout, many.stderr)
    assert one.returncode == 1


def test_a_closed_stdout_is_no_traceback(folder):
    root = folder(**{f"a{n}": REDUNDANT for n in range(60)})
    command = f"'{sys.executable}' -m policygen lint --select access-analyzer '{root}' | head -1"
    result = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, cwd=CHECKOUT)
    assert result.stdout
    assert "Traceback" not in result.stderr


def test_one_small_policy_loads_nothing_heavy(folder):
    policy = folder(a=REDUNDANT) / "a.json"
    code = (
        f"import sys; sys.argv[1:] = ['lint', {str(policy)!r}]\n"
        "from policygen.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*{'jsonschema', 'rich', 'policyuniverse', 'jinja2', 'boto3'} & sys.modules.keys())"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=CHECKOUT)
    assert "redundant-action" in result.stdout
    assert result.stdout.splitlines()[-1] == ""


def test_the_baseline_of_a_run_is_not_looked_for_policies(policygen, tmp_path):
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": []}
    (tmp_path / "p.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    baseline = tmp_path / "known.json"
    assert policygen("lint", tmp_path, "--baseline", baseline, "--update-baseline").code == 0
    run = policygen("lint", tmp_path, "--baseline", baseline)
    assert run.code == 0 and "known.json" not in run.stderr


def test_scripts_that_say_exit_zero_are_understood(folder, policygen):
    folder(a={"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Gett", "Resource": "*"}]})
    assert policygen("lint", "a.json").code == 1
    assert policygen("lint", "a.json", "--exit-zero").code == 0
    assert "--exit-zero" not in policygen("lint", "--help").stdout


def test_a_kind_that_a_folder_suggests_is_said_and_the_user_has_the_last_word(folder, policygen):
    full = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    folder(scps__full=full)
    run = policygen("lint")
    assert run.code == 0
    note = "1 file is linted as `--type scp` because of the name of the folder; give --type if that is wrong"
    assert note in run.stderr
    run = policygen("lint", "--type", "identity")
    assert "pass-role" in run.stdout and "folder" not in run.stderr


def test_an_acceptance_for_the_audit_is_refused_where_no_audit_reads_it(folder, policygen):
    accept = '[[{}accept]]\nrule = "root-with-access-key"\nwhere = "root"\nowner = "ops"\nreason = "why"\n'
    root = folder(a=CLEAN)
    (root / "policygen.toml").write_text(accept.format(""))
    assert policygen("lint").code == 0
    (root / "policygen.toml").unlink()
    (root / "pyproject.toml").write_text(accept.format("tool.policygen."))
    run = policygen("lint")
    assert run.code == 2
    assert run.stderr == (
        "policygen: pyproject.toml:1: `root-with-access-key` is about accounts, and `audit` only reads policygen.toml; "
        "move it there\n"
    )


def test_settings_that_nobody_would_read_are_refused(folder, policygen):
    root = folder(a=CLEAN)
    (root / "policygen.toml").write_text('output = "out"\n')
    (root / "pyproject.toml").write_text('[tool.policygen.lint]\nignore = ["wildcards"]\n')
    assert policygen("lint").code == 0
    (root / "policygen.toml").write_text('[lint]\nselect = ["access-analyzer"]\n')
    run = policygen("lint")
    assert run.code == 2
    assert "pyproject.toml:1: `lint` is not read, since policygen.toml next to it has settings; move it" in run.stderr
