from datetime import date

import pytest

from policygen.finding import Finding, Severity
from policygen.lint.accept import Acceptance, accept

FOUND = [
    Finding("star", Severity.ERROR, "m", "/Statement/0/Resource", "a.json", sid="All"),
    Finding("star", Severity.ERROR, "m", "/Statement/1/Resource", "a.json", sid="More"),
    Finding("sidless", Severity.SUGGESTION, "m", "/Statement/2", "a.json"),
]


def left(*acceptances, today=date.min):
    return [(f.rule, f.sid) for f in accept(FOUND, acceptances, today)]


def test_without_acceptances_everything_is_left():
    assert accept(FOUND, []) == FOUND


@pytest.mark.parametrize("statement", ["All", "/Statement/0", "/Statement/0/Resource"])
def test_a_statement_is_named_by_its_sid_or_by_a_pointer(statement):
    assert left(Acceptance("star", "why", statement)) == [("star", "More"), ("sidless", "")]


def test_without_a_statement_every_finding_of_the_rule_is_accepted():
    assert left(Acceptance("star", "why")) == [("sidless", "")]


@pytest.mark.parametrize("statement", ["Other", "/Statement/1/Resource/0", "/Statement/11", "/Stat"])
def test_an_acceptance_that_accepts_nothing_is_an_error(statement):
    result = accept(FOUND, [Acceptance("star", "why", statement, "a.json", declared="policygen.toml", line=7)])
    assert result[:-1] == FOUND
    assert (result[-1].rule, result[-1].severity, result[-1].place) == ("stale-accept", "error", "policygen.toml:7:1")
    assert result[-1].message == (
        f"`star` in statement `{statement}` of `a.json` is not found any more; remove this `[[accept]]`"
    )


def test_an_acceptance_holds_through_its_last_day():
    until = Acceptance("star", "why", until=date(2026, 6, 30))
    assert left(until, today=date(2026, 6, 30)) == [("sidless", "")]


def test_an_acceptance_that_has_expired_accepts_nothing_and_says_so():
    until = Acceptance("star", "why", "All", until=date(2026, 6, 30))
    result = accept(FOUND, [until], date(2026, 7, 1))
    assert result[:-1] == FOUND
    assert result[-1].rule == "expired-accept"
    assert "was accepted until 2026-06-30 only" in result[-1].message


def test_an_acceptance_of_another_file_accepts_nothing_here():
    result = accept(FOUND, [Acceptance("star", "why", file="b.json")], date.min, lambda a, file: a.file == file)
    assert [finding.rule for finding in result] == ["star", "star", "sidless", "stale-accept"]
