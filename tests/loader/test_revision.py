"""Files as they were at a git revision."""

import os
import subprocess

import pytest

from policygen.errors import PolicygenError
from policygen.loader.revision import revision


def git(*arguments):
    names = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    subprocess.run(["git", *arguments], check=True, capture_output=True, env=os.environ | names)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with two policies in a folder, committed, as the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "a.json").write_text("{}")
    (tmp_path / "policies" / "b é.json").write_text("[]")
    (tmp_path / "policies" / "notes.txt").write_text("not a policy")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "c.json").write_text("{}")
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "policies")
    return tmp_path


def found(path, name="main"):
    return {item.file: item.text for item in revision(name).find(path)}


def test_a_file_has_the_text_that_was_committed(repository):
    (repository / "policies" / "a.json").write_text("changed since")
    assert found("policies/a.json") == {"policies/a.json": b"{}"}


def test_of_a_folder_the_files_that_may_hold_policies_are_found_at_any_depth(repository):
    assert found(".") == {"policies/a.json": b"{}", "policies/b é.json": b"[]"}


def test_a_file_is_found_under_the_name_that_it_has_from_here(repository, monkeypatch):
    monkeypatch.chdir(repository / ".hidden")
    assert found("../policies/a.json") == {"../policies/a.json": b"{}"}


def test_what_was_not_there_is_not_found(repository):
    assert found("policies/new.json") == {}


def test_a_named_file_is_read_whatever_its_name_ends_in(repository):
    assert found("policies/notes.txt") == {"policies/notes.txt": b"not a policy"}


def test_a_link_is_refused_and_not_taken_for_nothing(repository):
    (repository / "policies" / "link.json").symlink_to("a.json")
    git("add", "-A")
    git("commit", "-q", "-m", "a link")
    with pytest.raises(PolicygenError, match=r"policies/link.json at `main`: is a link"):
        found("policies")


@pytest.mark.parametrize("name", ["nowhere", "--all", "-h", ""])
def test_a_revision_that_does_not_exist_gets_one_sentence(repository, name):
    with pytest.raises(PolicygenError, match="there is no git revision"):
        revision(name)


def test_a_path_outside_of_the_repository_is_refused(repository):
    with pytest.raises(PolicygenError, match=r"`\.\./x` cannot be read with git"):
        found("../x")


def test_outside_of_a_repository_git_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(PolicygenError, match="not a git repository"):
        revision("main")
