"""`policygen audit` as people and pipelines meet it."""

import csv
import io
import json
import stat
from dataclasses import replace

import pytest

from policygen.report import FORMATS
from tests.audit.sketches import ADMIN, inline, statement, write

SKETCH = {
    "UserDetailList": [
        {"UserName": "alice", "GroupList": ["AllUsers"], "UserPolicyList": inline(statement("s3:GetObject"))},
        {"UserName": "bob"},
    ],
    "GroupDetailList": [{"GroupName": "AllUsers"}],
}
MANIFEST = """
[accounts.prod]
id = "123456789012"

[groups.AllUsers]
common = true
recipes = ["read-password-policy"]
"""


@pytest.fixture
def manifest(tmp_path):
    return lambda text: (tmp_path / "policygen.toml").write_text(MANIFEST + text, encoding="utf-8")


def results(run):
    return {(f["rule"], f["entity"]["name"]): f["result"] for f in json.loads(run.stdout)["findings"]}


def test_the_exit_code_says_whether_something_fails_at_or_above_a_severity(account, audit):
    folder = account(SKETCH)
    assert audit(folder, "--select", "user-with-inline-policy").code == 1
    assert audit(folder, "--select", "user-with-inline-policy", "--fail-on", "security-warning").code == 0
    assert audit(folder, "--select", "user-with-attached-policy").code == 0


def test_unknown_is_neither_good_nor_a_failure(account, audit):
    run = audit(account(SKETCH), "--select", "user-without-mfa")
    assert run.code == 0
    assert "0 failures, 1 unknown" in run.stdout
    assert "$ aws iam get-credential-report > credential-report.json" in run.stdout


def test_files_by_option_give_what_a_folder_gives(account, audit):
    folder = account(SKETCH | {"credentials": [{"user": "alice"}, {"user": "bob"}]})
    options = [f"--{part}={folder / part}.json" for part in ("authorization-details", "credential-report")]
    by_files, by_folder = (results(audit(*given, "--format", "json")) for given in (options, [folder]))
    assert by_files == by_folder


def test_the_credential_report_may_be_its_csv(account, audit, tmp_path):
    from policygen.audit.example import credential_report

    report = tmp_path / "report.csv"
    text = credential_report([{"user": "a,b", "password_enabled": "true"}])
    lines = [f"{line},{'new_column' if index == 0 else 'x'}" for index, line in enumerate(text.splitlines())]
    report.write_text("\n".join(lines), encoding="utf-8")
    run = audit("--credential-report", report, "--select", "user-without-mfa", "--format", "json")
    assert results(run) == {("user-without-mfa", "a,b"): "fail"}


def test_every_result_is_counted_and_passes_are_listed_on_demand(account, audit):
    folder = account(SKETCH)
    rule = "user-with-inline-policy"
    summary = json.loads(audit(folder, "--select", rule, "--format", "json").stdout)["summary"]
    assert summary["rules"] == {rule: {"fail": 1, "unknown": 0, "accepted": 0, "pass": 1}}
    listed = results(audit(folder, "--select", rule, "--format", "json", "--passed"))
    assert listed == {(rule, "alice"): "fail", (rule, "bob"): "pass"}


def test_an_exception_needs_somebody_who_answers_for_it_and_ends(account, audit, manifest):
    folder = account(SKETCH)
    entry = '[[accept]]\nrule = "user-with-inline-policy"\nwhere = "user/al*"\nreason = "until Q3"\n'
    manifest(entry)
    assert "nobody answers for `user-with-inline-policy` on `user/al*`; add an `owner`" in audit(folder).stderr
    manifest(f'{entry}owner = "sec@example.com"\nuntil = 2999-12-31\n')
    run = audit(folder, "--select", "user-with-inline-policy")
    assert run.code == 0
    assert "accepted: until Q3 (sec@example.com until 2999-12-31)" in run.stdout
    manifest(f'{entry}owner = "sec@example.com"\nuntil = 2020-01-01\n')
    found = results(audit(folder, "--select", "user-with-inline-policy", "--format", "json"))
    assert found[("user-with-inline-policy", "alice")] == "fail"
    assert ("expired-accept", "user-with-inline-policy on user/al*") in found


def test_an_exception_that_meets_nothing_is_reported(account, audit, manifest):
    manifest('[[accept]]\nrule = "user-with-inline-policy"\nwhere = "user/zoe"\nreason = "r"\nowner = "o"\n')
    found = results(audit(account(SKETCH), "--select", "user-with-inline-policy", "--format", "json"))
    assert ("stale-accept", "user-with-inline-policy on user/zoe") in found


def test_an_exception_about_something_unknown_is_not_stale(account, audit, manifest):
    manifest('[[accept]]\nrule = "user-without-mfa"\nwhere = "user/*"\nreason = "r"\nowner = "o"\n')
    run = audit(account(SKETCH), "--select", "user-without-mfa", "--format", "json")
    found = results(run)
    assert {result for (rule, _), result in found.items() if rule == "user-without-mfa"} == {"unknown"}
    assert not [rule for rule, _ in found if rule == "stale-accept"]


def test_an_acceptance_is_read_by_the_command_that_runs_its_rule(account, audit, manifest, policygen):
    folder, both = account(SKETCH), '[[accept]]\nrule = "{}"\nwhere = "{}"\nreason = "r"\nowner = "o"\n'
    manifest(both.format("redundant-action", "a.json") + both.format("user-with-inline-policy", "user/alice"))
    assert audit(folder, "--select", "user-with-inline-policy").code == 0
    assert "no rule is called" not in policygen("lint").stderr
    manifest(both.format("redundnt-action", "a.json"))
    for run in (audit(folder), policygen("lint")):
        assert run.code == 2
        assert "no rule is called `redundnt-action`" in run.stderr


def test_the_common_group_must_carry_the_recipes_of_the_manifest(account, audit, manifest):
    manifest("")
    rule = "common-group-without-recipe"
    run = audit(account(SKETCH), "--select", rule)
    assert run.code == 1
    assert "does not carry `read-password-policy`" in run.stdout
    policy = inline({"Effect": "Allow", "Action": ["iam:getaccountpasswordpolicy"], "Resource": ["*"]})
    sketch = SKETCH | {"GroupDetailList": [{"GroupName": "AllUsers", "GroupPolicyList": policy}]}
    assert audit(account(sketch), "--select", rule).code == 0


def test_rules_are_tuned_in_the_manifest(account, audit, manifest):
    folder = account(
        {
            "credentials": [
                {"user": "a", "access_key_1_active": "true", "access_key_1_last_rotated": "2026-10-20T00:00:00Z"}
            ]
        }
    )
    manifest('[audit.rules.access-key-not-rotated]\ndays = 7\nseverity = "suggestion"\n')
    run = audit(folder, "--select", "access-key-not-rotated", "--format", "json")
    assert [f["severity"] for f in json.loads(run.stdout)["findings"]] == ["suggestion"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[audit.rules.access-key-not-rotated]\nday = 7\n", "has no parameter `day`; did you mean `days`?"),
        ('[audit.rules.access-key-not-rotated]\ndays = "7"\n', "`days` must be a whole number"),
        ("[audit.rules.acces-key-not-rotated]\n", "there is no rule `acces-key-not-rotated`; did you mean"),
        ('[audit]\nselect = ["strateggy"]\n', "called `strateggy`; did you mean `strategy`?"),
        ('[audit]\nignored = ["x"]\n', "`ignored` does not belong in"),
        ('[audit.rulesets]\ncis = ["users"]\n', "choose another name"),
    ],
)
def test_a_mistake_in_the_manifest_is_named_with_its_line(account, audit, manifest, text, message):
    manifest(text)
    run = audit(account(SKETCH))
    assert run.code == 2
    assert message in run.stderr
    assert run.stderr.startswith("policygen: policygen.toml:")


def test_a_ruleset_of_ones_own(account, audit, manifest):
    manifest('[audit.rulesets]\nours = ["users", "redundant-admin"]\n')
    summary = json.loads(audit(account(SKETCH), "--select", "ours", "--format", "json").stdout)["summary"]
    assert set(summary["rules"]) == {"user-with-inline-policy", "user-with-attached-policy", "redundant-admin"}


def test_a_comparison_tells_new_from_still_there_and_fixed(account, audit, tmp_path):
    old = tmp_path / "old.json"
    audit(account(SKETCH), "--common-group", "AllUsers", "--format", "json", "-o", old)
    users = [
        {"UserName": "alice", "GroupList": ["AllUsers"]},
        {"UserName": "bob"},
        {"UserName": "carol"},
    ]
    run = audit(account(SKETCH | {"UserDetailList": users}), "--common-group", "AllUsers", "--compare", old)
    assert "user/bob  is not in `AllUsers` [still]" in run.stdout
    assert "user/carol  is not in `AllUsers` [new]" in run.stdout
    assert "✓ user/alice  user-with-inline-policy" in run.stdout


def test_what_is_unknown_now_is_not_fixed(account, audit, tmp_path):
    old = tmp_path / "old.json"
    with_report = {"credentials": [{"user": "bob", "password_enabled": "true"}]}
    audit(account(SKETCH | with_report), "--format", "json", "-o", old)
    run = audit(account(SKETCH), "--compare", old, "--select", "user-without-mfa")
    assert "fixed" not in run.stdout


def test_many_accounts_are_audited_in_parallel_into_one_report(audit, tmp_path):
    for index in range(3):
        write(tmp_path / "fleet" / f"a{index}", SKETCH)
        path = tmp_path / "fleet" / f"a{index}" / "authorization-details.json"
        for file in path.parent.iterdir():
            file.write_text(file.read_text().replace("123456789012", f"{index}" * 12), encoding="utf-8")
    one, two = (audit(tmp_path / "fleet", "--jobs", jobs, "--format", "json").stdout for jobs in (1, 2))
    assert one == two
    data = json.loads(one)
    assert data["summary"]["accounts"] == 3
    assert {finding["account"] for finding in data["findings"]} == {"000000000000", "1" * 12, "2" * 12}


def test_csv_has_a_line_for_each_finding_and_no_formulas(account, audit):
    sketch = {"UserDetailList": [{"UserName": "=1+1", "AttachedManagedPolicies": [ADMIN]}]}
    text = audit(account(sketch), "--select", "user-with-attached-policy", "--format", "csv").stdout
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["name"] == "'=1+1"
    assert row["result"] == "fail"


def test_markdown_obeys_nothing_that_a_name_says(account, audit):
    sketch = {"UserDetailList": [{"UserName": "a|b`<img>", "AttachedManagedPolicies": [ADMIN]}]}
    text = audit(account(sketch), "--select", "user-with-attached-policy", "--format", "markdown").stdout
    assert "<img>" not in text
    assert "`user-with-attached-policy`" in text


def test_sarif_tells_failures_unknowns_and_exceptions_apart(account, audit):
    run = audit(account(SKETCH), "--select", "user-with-inline-policy,user-without-mfa", "--format", "sarif")
    (log,) = json.loads(run.stdout)["runs"]
    assert [(result["ruleId"], result["kind"]) for result in log["results"]] == [
        ("user-with-inline-policy", "fail"),
        ("user-without-mfa", "open"),
    ]


def test_a_report_is_readable_by_its_owner_only(account, audit, tmp_path):
    audit(account(SKETCH), "--format", "html", "-o", tmp_path / "report.html")
    assert stat.S_IMODE((tmp_path / "report.html").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("authorization-details", lambda text: text[: len(text) // 2], "is cut off"),
        ("authorization-details", lambda text: text.replace("UserDetailList", "Users"), "so it is not what `aws iam"),
        ("authorization-details", lambda text: text.replace(":123456789012:", ":999999999999:"), "about account"),
        ("credential-report", lambda text: '{"Content": "%%%"}', "is not a CSV in base64"),
        ("credential-report", lambda text: "", "is empty"),
    ],
)
def test_bad_input_is_one_sentence_that_names_the_file(account, audit, part, change, message):
    folder = account(SKETCH | {"credentials": [{"user": "alice"}]})
    path = folder / f"{part}.json"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    run = audit(folder)
    assert run.code == 2
    assert f"{part}.json" in run.stderr
    assert message in run.stderr
    assert run.stdout == ""


def test_an_empty_folder_is_no_account_that_passes(audit, tmp_path):
    (tmp_path / "empty").mkdir()
    run = audit(tmp_path / "empty")
    assert run.code == 2
    assert "does not contain any part of a snapshot" in run.stderr


def test_a_file_that_is_no_report_cannot_be_compared_with(account, audit, tmp_path):
    (tmp_path / "old.json").write_text('{"version": 1}', encoding="utf-8")
    run = audit(account(SKETCH), "--compare", tmp_path / "old.json")
    assert run.code == 2
    assert "is not a report that `policygen audit --format json` wrote" in run.stderr


def test_a_rule_that_raises_is_a_bug_and_never_a_pass(monkeypatch):
    from policygen.audit.example import NOW, subject
    from policygen.audit.rules import registry
    from policygen.audit.run import audit
    from policygen.audit.settings import Chosen, Settings
    from policygen.rule.rule import RuleFailedError

    rule = registry()["redundant-admin"]
    monkeypatch.setitem(registry(), rule.id, replace(rule, check=lambda subject: 1 / 0))
    with pytest.raises(RuleFailedError, match="rule redundant-admin failed on prod"):
        audit(subject(SKETCH).account, Settings((Chosen(rule.id, rule.severity, {}),)), name="prod", now=NOW)


def test_categories_and_exempt_users_are_those_of_the_manifest(account, audit, tmp_path):
    users = [{"UserName": "svc-ci", "GroupList": []}, {"UserName": "alice", "GroupList": ["People"]}]
    users.append({"UserName": "breakglass", "GroupList": []})
    text = 'exempt = ["BreakGlass"]\n' + MANIFEST
    text += '[groups.Robots]\ncategory = ["svc-*"]\n[groups.People]\ndefault_category = true\n'
    (tmp_path / "policygen.toml").write_text(text, encoding="utf-8")
    run = audit(
        account({"UserDetailList": users}), "--select", "user-not-in-one-category", "--format", "json", "--passed"
    )
    assert results(run) == {
        ("user-not-in-one-category", "svc-ci"): "fail",
        ("user-not-in-one-category", "alice"): "pass",
    }


def test_explain_tells_about_a_rule_of_the_audit(policygen):
    text = policygen("explain", "access-key-not-rotated").stdout
    assert "Why it matters" in text
    assert "[audit.rules.access-key-not-rotated]" in text
    assert "redundant-admin" in policygen("explain", "audit-admins").stdout


def test_a_report_on_several_accounts_says_which_an_entity_is_of(audit, tmp_path):
    for index in (1, 2):
        folder = write(tmp_path / "fleet" / f"a{index}", {"UserDetailList": [{"UserName": "u", "GroupList": ["g"]}]})
        for file in folder.iterdir():
            file.write_text(file.read_text().replace("123456789012", f"{index}" * 12), encoding="utf-8")
    run = audit(tmp_path / "fleet", "--common-group", "AllUsers", "--select", "user-not-in-common-group")
    assert "111111111111 user/u" in run.stdout
    assert "222222222222 user/u" in run.stdout


def test_one_account_that_cannot_be_read_spoils_nothing_but_itself(audit, tmp_path):
    for name, number in (("a-whole", "1"), ("b-cut", "2"), ("c-unfinished", "3"), ("d-whole", "4")):
        folder = write(tmp_path / "fleet" / name, SKETCH)
        for file in folder.iterdir():
            file.write_text(file.read_text().replace("123456789012", number * 12), encoding="utf-8")
    cut = tmp_path / "fleet" / "b-cut" / "authorization-details.json"
    cut.write_text(cut.read_text()[:100], encoding="utf-8")
    (tmp_path / "fleet" / "c-unfinished" / "unfinished").touch()
    for jobs in (1, 2):
        run = audit(
            tmp_path / "fleet", "--select", "user-with-inline-policy", "--format", "json", "--passed", "--jobs", jobs
        )
        assert run.code == 2
        assert "b-cut" in run.stderr and "is cut off" in run.stderr and "c-unfinished" in run.stderr
        data = json.loads(run.stdout)
        failing = [finding["account"] for finding in data["findings"] if finding["result"] == "fail"]
        assert failing == ["1" * 12, "4" * 12]
        unread = [finding for finding in data["findings"] if finding["rule"] == "account-not-read"]
        assert [finding["result"] for finding in unread] == ["unknown"] * 2
    text = audit(tmp_path / "fleet", "--select", "user-with-inline-policy").stdout
    assert "b-cut" in text and "the snapshot cannot be read" in text


def test_a_file_that_is_written_has_no_colours(account, audit, tmp_path):
    import click

    for form in FORMATS:
        run = audit(account(SKETCH), "--format", form, "-o", tmp_path / f"report.{form}")
        assert run.code == 1
        text = (tmp_path / f"report.{form}").read_text(encoding="utf-8")
        assert "\x1b" not in text and text == click.unstyle(text)


LATE = "2026-11-25T00:00:00+00:00"


@pytest.mark.parametrize(
    ("rule", "row"),
    [
        ("access-key-not-rotated", {"access_key_1_active": "true", "access_key_1_last_rotated": LATE}),
        ("inactive-access-key-kept", {"access_key_1_active": "false", "access_key_1_last_rotated": LATE}),
        ("access-key-never-used", {"access_key_1_active": "true", "access_key_1_last_rotated": LATE}),
        ("credentials-not-used", {"access_key_1_active": "true", "access_key_1_last_used_date": LATE}),
        ("credentials-not-used", {"password_enabled": "true", "password_last_used": LATE}),
        ("root-used-recently", {"user": "<root_account>", "password_last_used": LATE}),
    ],
)
def test_a_date_later_than_the_credential_report_is_unknown(account, audit, rule, row):
    run = audit(account({"credentials": [{"user": "alice", **row}]}), "--select", rule, "--format", "json", "--passed")
    assert list(results(run).values()) == ["unknown"]
    assert "-" not in str([f["message"] for f in json.loads(run.stdout)["findings"]]).replace("root-", "")


def test_a_role_used_after_the_report_was_made_counts_for_some_hours_only(account, audit):
    for used, result in (("2026-11-01T03:00:00Z", "pass"), (LATE, "unknown")):
        sketch = {"RoleDetailList": [{"RoleName": "r", "RoleLastUsed": {"LastUsedDate": used}}], "credentials": []}
        run = audit(account(sketch), "--select", "role-not-used", "--format", "json", "--passed")
        assert list(results(run).values()) == [result]
