"""What looks like a policy and is not one is never passed over."""

import json

import pytest

STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
CLEAN = {"Version": "2012-10-17", "Statement": [STATEMENT]}


@pytest.mark.parametrize(
    ("content", "place", "said"),
    [
        ({"version": "2012-10-17", "statement": [STATEMENT]}, (1, 27), "`statement` is not an element"),
        ({"statement": STATEMENT}, (1, 2), "`statement` is not an element"),
        ({"Statments": [STATEMENT]}, (1, 2), "write `Statement`"),
        ({"version": "2012-10-17", "statement": [{"effect": "allow", "action": "s3:*"}]}, (1, 27), "write `Statement`"),
        (STATEMENT, (1, 1), "a statement is not a policy"),
        ([STATEMENT, STATEMENT], (1, 1), "a list of statements is not a policy"),
        ([CLEAN, STATEMENT], (1, 129), "a statement is not a policy"),
    ],
)
@pytest.mark.parametrize("named", [True, False])
def test_it_is_an_error_even_in_a_folder_beside_a_clean_policy(policygen, tmp_path, content, place, said, named):
    (tmp_path / "clean.json").write_text(json.dumps(CLEAN))
    (tmp_path / "near.json").write_text(json.dumps(content))
    run = policygen("lint", str(tmp_path / "near.json" if named else tmp_path), "--format", "json")
    [finding] = [found for found in json.loads(run.stdout)["findings"] if found["rule"] == "not-a-policy"]
    assert run.code == 1
    assert finding["severity"] == "error"
    assert (finding["line"], finding["column"]) == place
    assert said in finding["message"]


@pytest.mark.parametrize(
    "content", [{"name": "x", "version": "1.0"}, {"statement": "of account"}, [], [1, "a"], {"Effect": "Allow"}]
)
def test_other_json_is_not_taken_for_one(policygen, tmp_path, content):
    (tmp_path / "other.json").write_text(json.dumps(content))
    run = policygen("lint", str(tmp_path / "other.json"))
    assert run.code == 0 and "does not contain a policy" in run.stderr and not run.stdout


@pytest.mark.parametrize("name", ["notes.txt", "README.md", "Makefile", "tool.py"])
def test_a_named_file_that_is_neither_json_nor_mentions_statements_is_only_mentioned(policygen, tmp_path, name):
    (tmp_path / name).write_text("# Notes\n\tabout: policies [\n")
    run = policygen("lint", str(tmp_path / name))
    assert run.code == 0 and "does not contain a policy" in run.stderr and not run.stdout
    assert policygen("lint", str(tmp_path / name), "--require-policy").code == 2


def test_a_bare_statement_in_yaml_is_judged_and_told_as_in_json(policygen, tmp_path):
    (tmp_path / "near.yaml").write_text("Effect: Allow\nAction: s3:Gett*\nResource: arn:aws:s3:::reports/*\n")
    run = policygen("lint", str(tmp_path), "--format", "json", "--select", "dead-wildcard")
    found = {finding["rule"]: finding["line"] for finding in json.loads(run.stdout)["findings"]}
    assert found == {"not-a-policy": 1, "dead-wildcard": 2}
