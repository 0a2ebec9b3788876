"""First cases for a policy without any: what it decides today on a request for each statement, for review."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from policygen.errors import PolicygenError
from policygen.evaluate import Outcome, decide, person_request
from policygen.evaluate.known import check_keys, odd_resource
from policygen.policy.model import Kind, Policy, Statement
from policygen.policy.principals import named
from policygen.recipe.case_text import case_lines
from policygen.recipe.cases import Group
from policygen.recipe.page import ACCOUNT
from policygen.reference.services import expand

_UNTOUCHED = ("s3:ListAllMyBuckets", "ec2:DescribeInstances", "iam:ListUsers", "sns:ListTopics")
_USER = "user/alice"
_HEAD = """# What the policy decides today, written by `policygen new recipe`: check that each case is what you want,
# and add what must never be allowed. `policygen test --mutate` shows changes that no case would notice.
"""
_KEY_OF_PRINCIPAL = re.compile(r"aws:(principal|userid|username)", re.IGNORECASE)
_PLAIN = re.compile(r"arn:[^\r\n{}?]+|\*")


def first_cases(policy: Policy, account: str | None) -> str:
    """The text of a `cases.toml` for a policy; "" if none of its decisions is certain.

    `account` becomes a placeholder in the recipe; the cases are decided for the account of all examples.
    """
    policy = Policy(json.loads(for_account(json.dumps(policy.document), account, "aws", ACCOUNT)), policy.kind)
    only_denies = not any(statement.allows for statement in policy.statements)
    allow_all = only_denies and policy.kind in (Kind.IDENTITY, Kind.SCP, Kind.BOUNDARY)
    layers = Group("", policy, ACCOUNT, "aws", allow_all, ()).layers()
    replaced = {"arn:aws:": "arn:{{ partition }}:"} | ({ACCOUNT: "{{ account }}"} if account else {})
    cases: dict[str, str] = {}
    for asked in _candidates(policy):
        owner = ACCOUNT if policy.kind in (Kind.RESOURCE, Kind.RCP) and asked["resource"].count(":::") else ""
        request = person_request(**asked, account=ACCOUNT, resource_account=owner)
        decision = decide(request, layers)
        if decision.outcome is not Outcome.UNKNOWN and not odd_resource(request):
            case = case_lines(asked, decision, replaced)
            cases.setdefault(case.partition("\n")[0], case)
    if not cases:
        return ""
    on_top = 'on_top_of = "allow-all"\n' if allow_all else ""
    return _HEAD + on_top + "".join(f"\n[[case]]\n{case}" for case in cases.values())


def for_account(text: str, account: str | None, new_partition: str, new_account: str) -> str:
    """The text of a policy with another partition in every ARN, and another account in place of `account`."""
    text = re.sub(r'"arn:aws[a-z-]*:', f'"arn:{new_partition}:', text)
    return re.sub(rf"(?<!\d){account}(?!\d)", new_account, text) if account else text


def _candidates(policy: Policy) -> Iterator[dict[str, Any]]:
    """The arguments of requests for each statement, and of one request that no statement names."""
    named = set[str]()
    for statement in policy.statements:
        found = [action for entry in statement.actions for action in expand(entry.value)]
        named |= {str(action) for action in found}
        principal = _principal(statement)
        if not found or not principal:
            continue
        for resource in _resources(statement):
            asked = {"principal": principal, "action": str(found[0]), "resource": resource}
            yield {**asked, "context": _context(statement)}
            yield {**asked, "context": {}}
    for action in _UNTOUCHED:
        if action not in named:
            yield {"principal": _USER, "action": action, "resource": "*", "context": {}}
            return


def _resources(statement: Statement) -> Iterator[str]:
    """An example for each Resource entry; `*` if there is none."""
    entries = [entry.value for entry in statement.resources] or ["*"]
    for entry in entries:
        filled = re.sub(r"\$\{aws:username\}", "alice", entry, flags=re.IGNORECASE)
        example = filled if filled == "*" else filled.replace("*", "example").replace("?", "x")
        segments = example.split(":", 5)
        if len(segments) == 6 and segments[4] == "example":
            example = ":".join([*segments[:4], ACCOUNT, segments[5]])
        if _PLAIN.fullmatch(example):
            yield example


def _principal(statement: Statement) -> str:
    """A principal that the statement names, as cases write it; "" if there is none."""
    names = named(statement, "AWS")
    for name in names:
        if re.fullmatch(r"\d{12}", name):
            return f"arn:aws:iam::{name}:user/alice"
        if re.fullmatch(r"arn:aws:(iam|sts)::\d{12}:(user|role|assumed-role)/[^*]+", name):
            return name
        if re.fullmatch(r"arn:aws:iam::\d{12}:root", name):
            return name.replace(":root", ":user/alice")
    return _USER if "*" in names or "Principal" not in statement.body else ""


def _context(statement: Statement) -> Mapping[str, Any]:
    """Values that meet the conditions of a statement, where a condition names a plain value."""
    context: dict[str, Any] = {}
    for condition in statement.conditions:
        value = condition.values[0].value if condition.values else None
        plain = isinstance(value, bool) or (isinstance(value, str) and not re.search(r"[*?${}/]", value))
        if re.match("not|null", condition.operator.lower()) or "not" in condition.operator.lower() or not plain:
            continue
        try:
            check_keys([condition.key])
        except PolicygenError:
            continue
        if not _KEY_OF_PRINCIPAL.match(condition.key):
            context[condition.key] = [value] if condition.qualifier else value
    return context
