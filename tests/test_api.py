"""`import policygen`: the small API for Python."""

import subprocess
import sys

import pytest

import policygen


def test_render_gives_the_document_and_its_text():
    rendered = policygen.render("enforce-mfa", account="123456789012", parameters={"max_session_hours": 8})
    assert rendered.ok
    assert rendered.policy.document["Statement"][0]["Effect"] == "Deny"
    assert rendered.text().endswith("}\n")


def test_the_account_is_the_one_that_was_named():
    parameters = {"account": "999988887777", "partition": "aws-cn"}
    text = policygen.render("self-manage", account="123456789012", parameters=parameters).text()
    assert "arn:aws:iam::123456789012:" in text
    assert "999988887777" not in text


def test_lint_takes_text_or_a_document():
    text = '{"Version": "2012-10-17",\n "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
    located = policygen.lint(text, file="x.json")
    assert {finding.file for finding in located} == {"x.json"}
    assert all(finding.line for finding in located)
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    assert [f.rule for f in policygen.lint(document)] == [f.rule for f in located] != []


def test_lint_is_a_function_whatever_else_has_been_imported():
    code = "import policygen, policygen.lint.linter, policygen.lint.rule; assert callable(policygen.lint)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_catalog_is_a_mapping_of_recipes():
    catalog = policygen.load_catalog()
    assert catalog["self-manage"].kind == "identity"
    assert "mfa" in catalog["enforce-mfa"].tags


@pytest.mark.parametrize(
    "call",
    [
        lambda: policygen.render("self-manag", account="123456789012"),
        lambda: policygen.render("self-manage", account="1"),
        lambda: policygen.lint("{"),
        lambda: policygen.lint("[]"),
        lambda: policygen.lint({}, kind="user"),
        lambda: policygen.load_catalog("/nowhere"),
    ],
)
def test_what_a_caller_gets_wrong_is_a_policygen_error(call):
    with pytest.raises(policygen.PolicygenError):
        call()


def test_a_tuple_is_a_list():
    given = {"extra_exempt_actions": ("iam:ListAccountAliases",)}
    assert "iam:ListAccountAliases" in policygen.render("enforce-mfa", account="123456789012", parameters=given).text()
