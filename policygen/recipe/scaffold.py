"""Scaffold a recipe that renders and passes its own tests, from scratch or from a policy."""

import json
import re
from pathlib import Path
from typing import Any

from policygen.errors import PolicygenError
from policygen.files import write_text
from policygen.policy.canonical import dumps
from policygen.policy.model import Kind, Policy
from policygen.recipe.catalog import NAME, recipe_names
from policygen.recipe.first_cases import first_cases, for_account
from policygen.recipe.formats import problem
from policygen.recipe.page import ACCOUNT
from policygen.shipped import schema_text

_START: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "ReadOwnUser",
            "Effect": "Allow",
            "Action": "iam:GetUser",
            "Resource": [
                "arn:aws:iam::123456789012:user/${aws:username}",
                "arn:aws:iam::123456789012:user/*/${aws:username}",
            ],
        }
    ],
}
_SCHEMAS = {"recipe": "policygen.recipe.schema.json", "cases": "policygen.cases.schema.json"}
"""The schemas for editors, in the folder of the catalog; `lint` ignores files with these names."""

_METADATA = """#:schema ../policygen.recipe.schema.json
title = {title}
summary = {summary}
kind = "{kind}"
principals = {principals}
tags = []

[[sources]]
title = "IAM User Guide: Policies and permissions"
url = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html"
"""

_CASES = """#:schema ../policygen.cases.schema.json
# What the policy promises; `policygen test` decides each case and compares.

[[case]]
name = "users read their own user"
action = "iam:GetUser"
resource = "arn:{{ partition }}:iam::{{ account }}:user/alice"
decision = "allow"
sid = "ReadOwnUser"

[[case]]
name = "users under a path read their own user too"
principal = "user/eng/carol"
action = "iam:GetUser"
resource = "arn:{{ partition }}:iam::{{ account }}:user/eng/carol"
decision = "allow"

[[case]]
name = "users read nobody else"
action = "iam:GetUser"
resources = [
    "arn:{{ partition }}:iam::{{ account }}:user/bob",
    "arn:{{ partition }}:iam::{{ account }}:user/eng/carol",
]
decision = "implicit-deny"

[[case]]
name = "users change nothing, not even their own user"
action = "iam:DeleteUser"
resource = "arn:{{ partition }}:iam::{{ account }}:user/alice"
decision = "implicit-deny"
"""


def scaffold(name: str, directory: Path, policy: Policy | None, account: str | None) -> list[Path]:
    """Write a new recipe into a catalog folder; return the files written.

    A policy becomes the template, with placeholders for the account and for the partition of each ARN; `cases.toml`
    then says what the policy decides today, and is left out if none of its decisions is certain. Raises PolicygenError
    for a name that is taken or not allowed, and for an account that is not 12 digits or not in the policy.
    """
    folder = directory / name
    _check_name(name, folder)
    if account and (fault := problem("account-id", account)):
        raise PolicygenError(f"account `{account}` {fault}")
    text = dumps(policy.document if policy else _START)
    account = account if policy else ACCOUNT
    if account and account not in text:
        raise PolicygenError(f"the policy does not name the account `{account}`")
    files = {
        "recipe.toml": _METADATA.format(
            title=_toml(name.replace("-", " ").capitalize()),
            summary=_toml("Say in a sentence what the policy lets people do."),
            kind=policy.kind if policy else Kind.IDENTITY,
            principals='["user"]' if "${aws:username}" in text else '["user", "role"]',
        ),
        "policy.json.j2": _template(text, account),
    }
    if cases := first_cases(policy, account) if policy else _CASES:
        files["cases.toml"] = cases
    folder.mkdir(parents=True)
    files |= {f"../{file}": schema_text(schema) for schema, file in _SCHEMAS.items()}
    for file, content in files.items():
        write_text(folder / file, content)
    return [folder / file for file in files if not file.startswith("..")]


def _check_name(name: str, folder: Path) -> None:
    if not NAME.fullmatch(name):
        raise PolicygenError(f"`{name}` is not a valid recipe name; use lower-case words with hyphens between them")
    if folder.exists():
        raise PolicygenError(f"{folder}: already exists")
    if name in recipe_names(*([folder.parent] if folder.parent.is_dir() else [])):
        raise PolicygenError(f"a recipe `{name}` ships with policygen; take another name")


def _template(text: str, account: str | None) -> str:
    """The policy's text as a template: Jinja's own marks are escaped, partition and account become placeholders."""
    text = re.sub(r"\{\{|\{%|\{#", lambda mark: f'{{{{ "{mark[0]}" }}}}', text)
    return for_account(text, account, "{{ partition }}", "{{ account }}")


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
