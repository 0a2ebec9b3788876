"""`import policygen`: the small API for Python."""

import doctest
import json
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import policygen
from tests.test_readme import MANIFEST, SNAPSHOT

DOCS = Path(__file__).parents[1] / "docs"
GUIDE = (DOCS / "api.md").read_text("utf-8")
NAMES = re.compile(r"\bpolicygen\.[A-Za-z_]+(?:\.[A-Za-z_]+)*")
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """The current folder has the README's manifest, and a snapshot of one of its accounts."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policygen.toml").write_text(MANIFEST)
    (tmp_path / "snapshot").mkdir()
    (tmp_path / "snapshot" / "authorization-details.json").write_text(json.dumps(SNAPSHOT))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: re.search(r"policygen\.(\w+)\(", block)[1])
def test_an_example_of_the_guide_runs(repository, block):
    test = doctest.DocTestParser().get_doctest(block, {}, "docs/api.md", None, None)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append)
    assert test.examples
    assert said == []


def test_the_guide_documents_every_public_name():
    assert {f"policygen.{name}" for name in policygen.__all__ if name != "__version__"} <= set(NAMES.findall(GUIDE))


@pytest.mark.parametrize("page", [*DOCS.glob("*.md"), DOCS.parent / "README.md"], ids=lambda page: page.name)
def test_guides_name_only_what_is_public(page):
    named = {name.removeprefix("policygen.") for name in NAMES.findall(page.read_text("utf-8"))}
    assert named <= {*policygen.__all__, "toml", "baseline.json", "build.json", "state.json", "catalogs"}


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
    located = policygen.lint_policy(text, file="x.json")
    assert {finding.file for finding in located} == {"x.json"}
    assert all(finding.line for finding in located)
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    assert [f.rule for f in policygen.lint_policy(document)] == [f.rule for f in located] != []


MODULES = [module.name for module in pkgutil.walk_packages(policygen.__path__, "policygen.")]


def test_every_module_can_be_imported_by_its_name():
    """No function hides a module: `import a.b as x` and `a.b` reach it."""
    code = "import sys; exec('\\n'.join(f'import {m} as x\\nimport {m}\\nassert x is {m}' for m in sys.argv[1:]))"
    modules = [name for name in MODULES if not name.endswith("__main__")]
    assert "policygen.lint.linter" in modules
    subprocess.run([sys.executable, "-c", code, *modules], check=True)


def test_the_catalog_is_a_mapping_of_recipes():
    catalog = policygen.load_catalog()
    assert catalog["self-manage"].kind == "identity"
    assert "mfa" in catalog["enforce-mfa"].tags


@pytest.mark.parametrize(
    "call",
    [
        lambda: policygen.render("self-manag", account="123456789012"),
        lambda: policygen.render("self-manage", account="1"),
        lambda: policygen.lint_policy("{"),
        lambda: policygen.lint_policy("[]"),
        lambda: policygen.lint_policy({}, kind="user"),
        lambda: policygen.load_catalog("/nowhere"),
        lambda: policygen.simulate({}, "s3:GetObjekt", account="123456789012"),
        lambda: policygen.compare({}, "[]"),
        lambda: policygen.audit_accounts(["/nowhere"]),
        lambda: policygen.plan("/nowhere", []),
    ],
)
def test_what_a_caller_gets_wrong_is_a_policygen_error(call):
    with pytest.raises(policygen.PolicygenError):
        call()


def test_a_tuple_is_a_list():
    given = {"extra_exempt_actions": ("iam:ListAccountAliases",)}
    assert "iam:ListAccountAliases" in policygen.render("enforce-mfa", account="123456789012", parameters=given).text()
