"""What is claimed because AWS's data does not list it, on the policies that AWS manages: each claim was looked at.

`reviewed_facts.json` lists the distinct facts. A newer data makes this fail where it makes new claims: look at each,
correct the data where AWS's own documents contradict it (`policygen/reference/data/corrections.json`), and write down
the rest with `python -m tests.lint.test_reviewed_facts`.
"""

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from policygen.lint.linter import lint
from policygen.lint.rules import registry
from policygen.policy.model import Policy
from policygen.reference.services import data_date
from tests.conftest import CORPUS

REVIEWED = Path(__file__).with_name("reviewed_facts.json")
CLAIM = re.compile(r"AWS's data of \d|\blist of .* of \d{4}-\d\d-\d\d")
OF_SERVICES = ("invalid-service-in-action", "retired-service")
WITHOUT_TYPES = ("action-without-resource-support", "action-may-need-every-resource")
OF_RESOURCES = (*WITHOUT_TYPES, "action-cannot-act-on-resource", "resource-no-action-can-act-on")


def test_every_claim_from_absent_data_on_policies_of_aws_was_looked_at(corpus):
    reviewed = {rule: set(facts) for rule, facts in json.loads(REVIEWED.read_text("utf-8"))["facts"].items()}
    found = facts_of(corpus)
    new = {rule: sorted(facts - reviewed.get(rule, set())) for rule, facts in found.items()}
    gone = {rule: sorted(facts - found.get(rule, set())) for rule, facts in reviewed.items()}
    assert {rule: facts for rule, facts in new.items() if facts} == {}, "new claims: look at each"
    assert {rule: facts for rule, facts in gone.items() if facts} == {}, "no longer claimed: remove from the list"


def facts_of(policies: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Rule → the distinct facts behind its claims."""
    found = defaultdict(set)
    asked: set[tuple[str, ...]] = set()
    for document in (line["document"] for line in policies):
        for finding in lint(Policy(document)):
            if CLAIM.search(finding.message):
                statement, value = place(document, finding.pointer)
                if finding.rule in OF_RESOURCES:
                    found[finding.rule].update(of_resources(finding.rule, statement, value, asked))
                else:
                    found[finding.rule].add(value.partition(":")[0] if finding.rule in OF_SERVICES else value)
    return found


def of_resources(rule: str, statement: Any, value: str, asked: set[tuple[str, ...]]) -> Iterator[str]:
    """`service:Action`, alone or with the kinds of resources that it does not act on."""
    actions, resources = as_list(statement["Action"]), as_list(statement["Resource"])
    if rule == "resource-no-action-can-act-on":
        service = value.split(":")[2]
        own = [action for action in actions if action.lower().startswith(f"{service}:")]
        yield from (f"{action} on {kind(value)}" for action in own or {a.partition(":")[0] for a in actions})
        return
    for action in actions:
        key = (rule, action, *resources)
        if key not in asked and fires(rule, {**statement, "Action": action}):
            service = action.lower().partition(":")[0]
            own = sorted({kind(text) for text in resources if text.split(":")[2].lower() == service})
            more = f" and {len(own) - 3} more" if len(own) > 3 else ""
            on = f" on {', '.join(own[:3]) or 'other services'}{more}"
            yield action if rule in WITHOUT_TYPES else action + on
        asked.add(key)


def fires(rule: str, statement: Any) -> bool:
    return bool(lint(Policy({"Version": "2012-10-17", "Statement": [statement]}), [registry()[rule]]))


def kind(arn: str) -> str:
    """`service:type` of an ARN."""
    service, resource = arn.split(":", 5)[2::3]
    if service == "s3":
        return "s3:object" if "/" in resource else "s3:bucket"
    return f"{service}:{re.split('[/:*]', resource)[0] or '*'}"


def place(document: Any, pointer: str) -> tuple[Any, str]:
    """The statement that a pointer leads into, and the text at its end."""
    statement, value = {}, document
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value[name]
        if isinstance(value, dict) and "Effect" in value:
            statement = value
    return statement, value if isinstance(value, str) else pointer.rpartition("/")[2]


def as_list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def write_down() -> None:
    lines = gzip.decompress(CORPUS.read_bytes()).decode("utf-8").splitlines()
    facts = {rule: sorted(found) for rule, found in sorted(facts_of([json.loads(line) for line in lines]).items())}
    REVIEWED.write_text(json.dumps({"data": data_date(), "facts": facts}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    write_down()
