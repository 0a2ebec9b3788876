"""Accounts as files, and `policygen audit` on them."""

import json

import pytest

from tests.audit import sketches


@pytest.fixture
def account(tmp_path):
    """Write the snapshot of a sketch and return its folder."""
    return lambda sketch: sketches.write(tmp_path / "snapshot", sketch)


@pytest.fixture
def audit(policygen, tmp_path, monkeypatch):
    """`policygen audit` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: policygen("audit", *arguments)


@pytest.fixture
def failures(audit):
    """Rule → the names of the entities that fail it, as `--format json` has them."""

    def read(*arguments):
        failing = {}
        for finding in json.loads(audit(*arguments, "--format", "json").stdout)["findings"]:
            if finding["result"] == "fail":
                failing.setdefault(finding["rule"], []).append(finding["entity"]["name"])
        return failing

    return read
