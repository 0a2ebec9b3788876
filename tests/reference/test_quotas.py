"""Every quota of AWS is written down once, in one file with its sources and their date."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import policygen
from policygen.lint.rules import registry
from policygen.reference.data import load
from policygen.reference.quotas import account_quotas, longest_document, places, quotas
from policygen.shipped import schema

PACKAGE = Path(policygen.__file__).parent
DATA = PACKAGE / "reference" / "data"
DOCUMENTS = load("quotas")["documents"]
LIMITS = {
    limit
    for limit in (
        *account_quotas().values(),
        *(quota.limit for quota in quotas().values()),
        *map(longest_document, DOCUMENTS),
    )
    if limit >= 1000
}
"""Those that are seldom written for another reason."""
NOT_ROLES = ["baseline.py: 1000", "live.py: 1000", "ocsf.py: 1000", "table.py: 1000"]
"""A count of findings, the size of a page, milliseconds, the width of a table: not the quota of roles."""


def numbers(value: Any) -> Iterator[int]:
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from numbers(part)
    elif isinstance(value, int):
        yield value


def test_the_file_says_where_its_numbers_come_from_and_when():
    data = load("quotas")
    assert data["source"] and all(url.startswith("https://docs.aws.amazon.com/") for url in data["urls"])
    assert date.fromisoformat(data["date"]) <= date.today()
    assert all(entry["source"] for entry in DOCUMENTS.values())


def test_no_other_data_and_no_code_repeats_a_quota():
    assert {1500, 2048, 5120, 6144, 10240, 20480} <= LIMITS
    copies = [
        file.name for file in DATA.glob("*.json") if file.stem != "quotas" and {*numbers(load(file.stem))} & LIMITS
    ]
    for file in PACKAGE.rglob("*.py"):
        nodes = [*ast.walk(ast.parse(file.read_text("utf-8")))]
        caches = {
            id(part)
            for node in nodes
            if isinstance(node, ast.Call) and "cache" in ast.unparse(node.func)
            for part in ast.walk(node)
        }
        constants = (node.value for node in nodes if isinstance(node, ast.Constant) and id(node) not in caches)
        copies += [f"{file.name}: {value}" for value in constants if type(value) is int and value in LIMITS]
    assert sorted(copies) == NOT_ROLES


def test_one_quota_is_not_under_two_names_and_one_name_not_in_two_tables():
    data = load("quotas")
    entries = [*data["places"].values(), *data["elsewhere"].values()]
    assert max(Counter((entry["where"], *entry["kinds"]) for entry in entries).values()) == 1
    names = [*data["counts"], *(entry["summary"] for entry in entries if "summary" in entry)]
    assert sorted(names) == sorted(account_quotas())
    assert len({*data["places"], *data["elsewhere"]}) == len(entries)


def test_no_name_appears_twice_in_the_file():
    """JSON would silently take the later one."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert max(Counter(key for key, _ in pairs).values(), default=1) == 1
        return dict(pairs)

    json.loads((DATA / "quotas.json").read_text("utf-8"), object_pairs_hook=once)


def test_a_rule_about_lengths_does_not_write_down_the_number():
    """The documentation of a rule would go on saying it when AWS has raised the quota."""
    said = {
        rule.id: number
        for rule in registry().values()
        for number in re.findall(r"\b\d{1,2},\d{3}\b", rule.documentation)
        if int(number.replace(",", "")) in LIMITS
    }
    assert said == {}


def test_settings_know_the_places_that_the_command_line_knows():
    assert set(schema("lint-settings")["$defs"]["path"]["properties"]["for"]["enum"]) == set(places())
