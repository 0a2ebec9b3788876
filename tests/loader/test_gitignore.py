"""What a pattern means is asked of git itself where there is one."""

import ntpath
import os
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.loader.gitignore import path_patterns, read_gitignore

PATHS = [
    "a.json",
    "b/a.json",
    "b/c/a.json",
    "build/x.json",
    "b/build/x.json",
    "[x].json",
    "é.json",
    " a.json",
    "#a.json",
]


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("a.json", ["a.json", "b/a.json", "b/c/a.json"]),
        ("/a.json", ["a.json"]),
        ("build/", ["build/x.json", "b/build/x.json"]),
        ("/build", ["build/x.json"]),
        ("b/*/a.json", ["b/c/a.json"]),
        ("b/**/a.json", ["b/a.json", "b/c/a.json"]),
        ("**/c", ["b/c/a.json"]),
        ("b/**", ["b/a.json", "b/c/a.json", "b/build/x.json"]),
        ("\\#a.json", ["#a.json"]),
        ("# a.json", []),
        ("\\[x].json", ["[x].json"]),
        ("[!b-z].json   ", ["a.json", "b/a.json", "b/c/a.json", "é.json"]),
        ("", []),
        ("/", []),
    ],
)
def test_a_pattern_means_what_git_says(line, meant):
    patterns = path_patterns("/repo", [line])
    assert [path for path in PATHS if patterns.cover(f"/repo/{path}")] == meant


def test_the_last_pattern_that_speaks_of_a_path_decides():
    patterns = path_patterns("/repo", ["*.json", "!a.json"])
    assert patterns.verdict("/repo/b.json", folder=False) is True
    assert patterns.verdict("/repo/a.json", folder=False) is False
    assert patterns.verdict("/repo/a.txt", folder=False) is None


def test_a_pattern_says_nothing_of_paths_outside_its_folder():
    assert not path_patterns("/repo", ["*"]).cover("/repository/a.json")


@pytest.mark.parametrize("path", ["vendor\\x.json", "vendor/x.json", ".\\a\\..\\vendor\\b\\x.json"])
def test_patterns_cover_paths_as_windows_writes_them(monkeypatch, path):
    with monkeypatch.context() as windows:
        windows.setattr(os, "path", ntpath)
        for line in ("vendor/", "/vendor", "vendor/**", "x.json", "**/x.json"):
            assert path_patterns(".", [line]).cover(path), line
        for line in ("/x.json", "vendor/y.json", "end/"):
            assert not path_patterns(".", [line]).cover(path), line
        for drive in ("C:\\repo", "C:\\", "\\\\server\\share"):
            assert path_patterns(drive, ["vendor/"]).cover(ntpath.join(drive, "vendor\\x.json")), drive
            assert not path_patterns(drive, ["vendor/"]).cover("D:\\repo\\vendor\\x.json")


@pytest.mark.skipif(not shutil.which("git"), reason="git is not here to be asked")
def test_git_agrees_on_whatever_patterns_there_are(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    for path in PATHS:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(st.text("ab*?/!c.[]x\\ \t#", min_size=1, max_size=8), min_size=1, max_size=3),
        st.sampled_from(["\n", "\r\n"]),
        st.booleans(),
    )
    def agrees(lines, ending, marked):
        (tmp_path / ".gitignore").write_text(ending.join(lines) + ending, "utf-8-sig" if marked else "utf-8")
        command = ["git", "-C", str(tmp_path), "-c", "core.quotePath=false", "check-ignore", "--stdin", "-z"]
        asked = subprocess.run(command, input="\0".join(PATHS), capture_output=True, text=True)
        patterns = read_gitignore(tmp_path)
        ours = [path for path in PATHS if ignored(patterns, tmp_path, path)]
        assert ours == [path for path in asked.stdout.split("\0") if path]

    agrees()


def ignored(patterns, root, path):
    """As a walk does it: what is below an ignored folder is never looked at."""
    at = root
    for name in path.split("/"):
        at = at / name
        if patterns.verdict(str(at), folder=at.is_dir()):
            return True
    return False


def test_a_hostile_pattern_costs_no_time():
    assert not path_patterns("/repo", ["**/" * 50 + "*a" * 100 + "b"]).cover("/repo/" + "a/" * 200 + "a" * 250)
