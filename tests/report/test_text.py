from dataclasses import replace

import click
import pytest

from policygen.finding import Finding, Severity
from policygen.policy.source import Source
from policygen.report import Report, render


def plain(report):
    return click.unstyle(render(report, "text"))


def test_a_finding_is_shown_with_its_line_and_a_caret_under_the_place(report):
    lines = plain(report).splitlines()
    assert lines[0] == "policies/all.json"
    assert lines[4] == "  4:69 in All  error  `*` is every bucket  star"
    assert lines[5].endswith('"Resource": "*"}')
    assert lines[5][lines[6].index("^") :].startswith('"*"')
    assert lines[6].count("^") == 3


def test_a_place_with_several_findings_is_shown_once(report):
    star = report.findings[1]
    text = plain(replace(report, findings=[star, replace(star, rule="other", message="again")]))
    assert text.count('"Resource": "*"}') == 1
    assert text.index("every bucket") < text.index("again") < text.index("^")


def test_the_last_line_sums_up(report):
    last = "2 findings (1 error, 1 warning) in 1 policy; 2 more accepted or in the baseline"
    assert plain(report).splitlines()[-1] == last


def test_a_clean_run_says_what_was_looked_at():
    assert plain(Report([], checked={"policies": 2, "files": 1})) == "no findings in 2 policies, 1 file\n"


def test_colours_are_there_for_click_to_keep_or_drop(report):
    assert "\x1b[31m" in render(report, "text")


def long_line(before: str) -> tuple[str, str]:
    """The excerpt and the caret line for a finding on the word HERE."""
    text = f"{before}HERE{'z' * 300}"
    start = len(before) + 1
    finding = Finding("x", Severity.ERROR, "m", "", "f", 1, start, 1, start + 4)
    lines = plain(Report([finding], {"f": Source(text, "f")})).splitlines()
    return lines[2], lines[3]


def test_a_long_line_is_cut_around_the_place():
    line, caret = long_line("a" * 5000)
    assert len(line) < 120
    assert line[caret.index("^") :].startswith("HERE")


@pytest.mark.parametrize("columns", [40, 80, 111])
def test_a_line_is_cut_to_the_terminal_so_that_the_caret_stays_below_it(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    line, caret = long_line("a" * 5000)
    assert len(caret) <= len(line) <= columns
    assert line[caret.index("^") :].startswith("HERE")


def test_the_caret_stands_right_behind_tabs_and_wide_characters():
    assert long_line("\t\t")[1].index("^") == 11 + 2
    assert long_line("日本")[1].index("^") == 11 + 4


def test_nothing_in_a_policy_or_a_file_name_can_command_the_terminal():
    text = '{"Sid": "\u202e\x9b31m"}'
    finding = Finding("x", Severity.ERROR, "bad \x1b[2J", "", "a\x1b]0;b", 1, 1, 1, len(text) + 1)
    shown = plain(Report([finding], {finding.file: Source(text, finding.file)}))
    assert all(character.isprintable() or character == "\n" for character in shown)
    assert "\\x1b[2J" in shown and "\\u202e" in shown


def test_what_is_about_the_whole_of_a_policy_shows_no_line():
    finding = Finding("x", Severity.ERROR, "too long", "", "f", 1, 1, 3, 2)
    assert plain(Report([finding], {"f": Source("{\n\n}", "f")})).splitlines()[:3] == [
        "f",
        "  1:1  error  too long  x",
        "",
    ]
