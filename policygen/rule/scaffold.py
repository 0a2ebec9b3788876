"""Scaffold a rule: add a function whose examples fail until it is written to the module of its group."""

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import FunctionType
from typing import Any

from policygen.errors import PolicygenError, did_you_mean
from policygen.files import read_text, write_text
from policygen.rule.rule import Rule

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_DOCSTRING = '''    """Write in one sentence what is wrong.

    Why it matters: write what an attacker could do, or what does not work.

    Instead: write what to do.

    Fires on: {fires}
    Quiet on: {quiet}
    """
    yield from ()  # replace this; the other rules of this module show how
'''
_POLICY = (
    """@rule("{id}", Severity.WARNING, group="{group}")
def {name}(policy: Policy) -> Objections:
"""
    + _DOCSTRING
)
_ACCOUNT = (
    """@rule("{id}", Severity.WARNING)
def {name}(subject: Subject) -> Iterator[Verdict]:
"""
    + _DOCSTRING
)
_NAMES = {
    False: {
        "Objections": "policygen.lint.rule",
        "Policy": "policygen.policy.model",
        "Severity": "policygen.finding",
        "rule": "policygen.lint.rule",
    },
    True: {
        "Iterator": "collections.abc",
        "Severity": "policygen.finding",
        "Subject": "policygen.audit.subject",
        "Verdict": "policygen.audit.result",
        "rule": "policygen.audit.rule",
    },
}
"""Whether the rule is about accounts → the names that it uses, with their modules."""
_PACKAGE = Path(__file__).parents[1]


def scaffold(rule: str, group: str, rules: Mapping[str, Rule[Any]], *, about_accounts: bool) -> Path:
    """Append a rule to the shortest module of its group, among `rules`, and return the path of the module.

    Raises PolicygenError for an id that is taken or is not words joined by hyphens, for an unknown group, and if
    policygen does not run from a checkout.
    """
    if not _ID.fullmatch(rule):
        raise PolicygenError(
            f"`{rule}` is not a valid rule id; write lower-case words joined by hyphens, such as `user-without-mfa`"
        )
    if rule in rules:
        raise PolicygenError(f"the rule `{rule}` already exists")
    groups = {known.group for known in rules.values()}
    if group not in groups:
        hint = did_you_mean(group, groups) or f"; the groups are {', '.join(sorted(groups))}"
        raise PolicygenError(f"the group `{group}` does not exist{hint}")
    if not (_PACKAGE.parent / "pyproject.toml").is_file():
        raise PolicygenError("rules are part of policygen itself; run this from a checkout of its repository")
    if about_accounts:
        path, template = _PACKAGE / "audit" / "rules" / f"{group.replace('-', '_')}.py", _ACCOUNT
    else:
        path, template = _shortest(known for known in rules.values() if known.group == group), _POLICY
    text = template.format(
        id=rule, name=rule.replace("-", "_"), group=group, **_examples(about_accounts=about_accounts)
    )
    write_text(path, f"{_with_imports(read_text(path), _NAMES[about_accounts]).rstrip()}\n\n\n{text}")
    return path


def _shortest(rules: Iterable[Rule[Any]]) -> Path:
    """The shortest module whose rules are functions, not rows of a table."""
    functions = [rule.check for rule in rules if isinstance(rule.check, FunctionType)]
    files = {Path(f.__code__.co_filename) for f in functions if f.__name__ == f.__qualname__}
    return min(files, key=lambda file: (len(read_text(file)), file))


def _examples(*, about_accounts: bool) -> dict[str, str]:
    if about_accounts:
        return {"fires": '{"UserDetailList": [{"UserName": "alice"}]}', "quiet": '{"UserDetailList": []}'}
    statement = '{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "{}"}}'.format
    return {"fires": statement("*"), "quiet": statement("arn:aws:s3:::app/*")}


def _with_imports(text: str, names: Mapping[str, str]) -> str:
    """The module's text with imports of the names; `make format` sorts them."""
    imports = [node for node in ast.parse(text).body if isinstance(node, ast.ImportFrom)]
    known = {name.name for node in imports for name in node.names}
    lines = text.split("\n")
    first = imports[0].lineno - 1
    lines[first:first] = [f"from {module} import {name}" for name, module in names.items() if name not in known]
    return "\n".join(lines)
