"""The configuration file: where it is looked for, and which tables it may contain."""

import pytest

from policygen.configuration import configuration_files, read_configuration
from policygen.errors import PolicygenError


def test_files_are_found_from_here_up_to_the_top_of_the_repository(tmp_path, monkeypatch):
    deep = tmp_path / "repository" / "deep"
    deep.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    paths = [deep / "pyproject.toml", deep.parent / "policygen.toml", deep.parent / "pyproject.toml"]
    for path in (*paths, tmp_path / "policygen.toml"):
        path.touch()
    monkeypatch.chdir(deep)
    assert list(configuration_files()) == paths


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("policygen.toml", "\n[adit]", "x:2: `adit` does not belong here; did you mean `audit`?"),
        ("pyproject.toml", "[tool.policygen]\n[tool.policygen.audit]", "x:2: `audit` does not belong here"),
        ("policygen.toml", "a", "x:1: not TOML: "),
    ],
)
def test_a_table_that_nobody_reads_is_an_error(tmp_path, name, text, sentence):
    (tmp_path / name).write_text(text)
    with pytest.raises(PolicygenError) as caught:
        read_configuration(tmp_path / name, "x")
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("text", ["", "tool = 1", "[tool]\npolicygen = 1", "[tool.ruff]"])
def test_a_pyproject_without_our_table_has_no_settings(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text)
    assert read_configuration(tmp_path / "pyproject.toml", "x").data == {}


def test_lines_are_those_of_the_whole_file(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n\n[tool.policygen.lint]\nselect = []\n")
    source = read_configuration(tmp_path / "pyproject.toml", "x")
    assert source.data == {"lint": {"select": []}}
    assert str(source.error("/lint/select", "is wrong")) == "x:4: is wrong"
