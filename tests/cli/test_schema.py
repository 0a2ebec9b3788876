"""`policygen schema`: schemas that an editor can use wherever they are put, and the links to them."""

import json
import re
import tomllib

import pytest
from jsonschema import Draft202012Validator

from policygen.policy.schema import violations
from policygen.shipped import folder, schema_names

MANIFEST = {"accounts": {"main": {"id": "123456789012"}}, "groups": {"All": {"recipes": ["quarantine"]}}}


def references(value):
    if isinstance(value, dict):
        yield from [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        value = list(value.values())
    for part in value if isinstance(value, list) else []:
        yield from references(part)


@pytest.mark.parametrize("name", schema_names())
def test_a_schema_is_one_file_that_refers_to_no_other(policygen, name):
    code, stdout, _ = policygen("schema", name)
    printed = json.loads(stdout)
    Draft202012Validator.check_schema(printed)
    assert code == 0
    for reference in references(printed):
        part = printed
        for step in re.sub("^#/?", "", reference).split("/"):
            part = part[step] if step else part  # KeyError: it leads nowhere
        assert reference.startswith("#")


@pytest.mark.parametrize(
    ("document", "valid"),
    [
        (MANIFEST, True),
        (MANIFEST | {"lint": {"select": ["wildcards"]}, "audit": {"ignore": ["admins"]}}, True),
        (MANIFEST | {"lint": {"selct": []}}, False),
        (MANIFEST | {"lint": {"per_path": {"a/": {"for": "nowhere"}}}}, False),
        (MANIFEST | {"audit": {"ignore": "admins"}}, False),
        (MANIFEST | {"accept": [{"rule": "x"}]}, False),
    ],
)
def test_the_schema_printed_says_what_policygen_itself_says(policygen, document, valid):
    printed = json.loads(policygen("schema", "policygen").stdout)
    assert Draft202012Validator(printed).is_valid(document) is valid
    assert (not [*violations("policygen", document)]) is valid


def test_without_a_name_they_are_listed(policygen):
    code, stdout, _ = policygen("schema")
    assert code == 0
    assert [line.split()[0] for line in stdout.splitlines()[1:]] == schema_names()


def test_a_mistyped_name_gets_a_guess(policygen):
    code, stdout, stderr = policygen("schema", "recpie")
    assert (code, stdout) == (2, "")
    assert stderr == "policygen: there is no schema `recpie`; did you mean `recipe`?\n"


def test_a_schema_can_be_written_to_a_file(policygen, tmp_path):
    assert policygen("schema", "plan", "-o", tmp_path / "plan.json").code == 0
    assert (tmp_path / "plan.json").read_text() == policygen("schema", "plan").stdout


def linked(file):
    """The schema that the first line of a file names, as an editor finds it."""
    target = re.fullmatch(r"#:schema (\.\.?/\S+)", file.read_text().splitlines()[0])[1]
    return json.loads((file.parent / target).read_text())


def test_what_init_and_new_write_links_to_a_schema_beside_it(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    policygen("init", "--yes", "--account", "123456789012")
    policygen("new", "recipe", "mine")
    written = [tmp_path / "policygen.toml", *sorted((tmp_path / "recipes" / "mine").glob("*.toml"))]
    assert [file.name for file in written] == ["policygen.toml", "cases.toml", "recipe.toml"]
    for file in written:
        assert Draft202012Validator(linked(file)).is_valid(tomllib.loads(file.read_text()))
    assert "no policy" in policygen("lint", ".").stderr  # they are not taken for policies
    assert policygen("list", "--catalog", "recipes").code == 0


def test_every_link_in_the_catalog_leads_somewhere():
    files = [file for name in ("recipe.toml", "cases.toml") for file in folder("recipes").glob(f"*/{name}")]
    assert len(files) > 20
    assert all("$id" in linked(file) for file in files)
