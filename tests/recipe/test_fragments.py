"""Fragments that the templates of a catalog share."""

import json

import pytest

from policygen.recipe.catalog import load_catalog

TEMPLATE = """{"Version": "2012-10-17",
"Statement": [{"Sid": "A", "Effect": "Allow", "Action": "s3:GetObject",
"Resource": [{% include "own-table" %}]}]}"""


@pytest.fixture
def render(policygen, make_recipe, tmp_path):
    def run(fragment, template=TEMPLATE):
        make_recipe("mine", template)
        (tmp_path / "fragments").mkdir()
        (tmp_path / "fragments/own-table.json.j2").write_text(fragment)
        return policygen("render", "mine", "--catalog", str(tmp_path), "--account", "123456789012")

    return run


def test_a_fragment_sees_the_parameters_of_the_recipe(render):
    result = render('"arn:{{ partition }}:s3:::a-{{ account }}/*",\n"arn:{{ partition }}:s3:::b/*",\n')
    assert json.loads(result.stdout)["Statement"][0]["Resource"] == [
        "arn:aws:s3:::a-123456789012/*",
        "arn:aws:s3:::b/*",
    ]


@pytest.mark.parametrize(
    ("fragment", "template", "why"),
    [
        ("", TEMPLATE.replace("own-table", "own-tabel"), "json.j2:3: there is no fragment `own-tabel`; did you mean"),
        ('{% include "own-table" %}', TEMPLATE, "json.j2:3: `include` is not part of the template language"),
        ("{{ nobody }}", TEMPLATE, "json.j2:3:"),
        ("", TEMPLATE.replace('"own-table"', "account"), "`include` is not part of the template language"),
        ("", TEMPLATE.replace("own-table", "../mine/policy"), "`include` is not part of the template language"),
    ],
)
def test_what_is_wrong_with_a_fragment_is_said_at_the_line_that_includes_it(render, fragment, template, why):
    result = render(fragment, template)
    assert (result.code, why in result.stderr) == (2, True), result.stderr


def test_a_fragment_that_leads_out_of_its_folder_is_not_read(render, tmp_path):
    (tmp_path / "secret.json.j2").write_text('"secret"')
    render('"x"')
    (tmp_path / "fragments/own-table.json.j2").unlink()
    (tmp_path / "fragments/own-table.json.j2").symlink_to(tmp_path / "secret.json.j2")
    with pytest.raises(Exception, match="leads out of"):
        load_catalog(tmp_path)
