"""Scaffold a recipe that renders and passes its own tests, from scratch or from a policy."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from policygen.errors import PolicygenError
from policygen.files import write_text
from policygen.policy.canonical import dumps
from policygen.policy.model import Kind, Policy
from policygen.recipe.catalog import NAME, recipe_names
from policygen.recipe.first_cases import first_cases, for_account
from policygen.recipe.formats import problem
from policygen.recipe.literals import CLOSE, OPEN, with_parameters
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
_ONE: dict[str, Any] = {"Sid": "One", "Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}
_STARTS: Mapping[Kind | None, dict[str, Any]] = {
    kind: {"Version": "2012-10-17", "Statement": [body]}
    for kind, body in {
        Kind.BOUNDARY: {**_ONE, "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"]},
        Kind.SCP: {**_ONE, "Action": "organizations:LeaveOrganization"},
        Kind.RCP: {**_ONE, "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        Kind.RESOURCE: {
            "Sid": "One",
            "Effect": "Allow",
            "Principal": {"AWS": "111122223333"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::example-bucket/*",
        },
        Kind.TRUST: {
            "Sid": "One",
            "Effect": "Allow",
            "Principal": {"AWS": "111122223333"},
            "Action": "sts:AssumeRole",
        },
    }.items()
}
"""What a new recipe of each kind starts with, except an identity policy."""

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


def scaffold(
    name: str, directory: Path, policy: Policy | None, account: str | None, kind: Kind | None = None
) -> list[Path]:
    """Write a new recipe of a kind into a catalog folder; return the files written.

    A policy becomes the template, with placeholders for the account, for the partition of each ARN, and for the
    resources, accounts, organizations and regions that it names, which become parameters; `cases.toml`
    then says what the policy decides today, and is left out if none of its decisions is certain. Raises PolicygenError
    for a name that is taken or not allowed, and for an account that is not 12 digits or not in the policy.
    """
    folder = directory / name
    _check_name(name, folder)
    if account and (fault := problem("account-id", account)):
        raise PolicygenError(f"account `{account}` {fault}")
    if policy is None and kind not in (None, Kind.IDENTITY):
        policy, account = Policy(_STARTS[kind], kind), None
    text = dumps(policy.document if policy else _START)
    account = account if policy else ACCOUNT
    if account and account not in text:
        raise PolicygenError(f"the policy does not name the account `{account}`")
    document, parameters = with_parameters(policy, account) if policy else (_START, {})
    files = {
        "recipe.toml": _METADATA.format(
            title=_toml(name.replace("-", " ").capitalize()),
            summary=_toml("Say in a sentence what the policy lets people do."),
            kind=policy.kind if policy else Kind.IDENTITY,
            principals='["user"]' if "${aws:username}" in text else '["user", "role"]',
        )
        + "".join(_parameter(name, declared) for name, declared in parameters.items()),
        "policy.json.j2": _template(dumps(document), account, parameters),
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


def _template(text: str, account: str | None, parameters: Mapping[str, Mapping[str, Any]]) -> str:
    """The policy's text as a template: Jinja's own marks are escaped; partition, account and marks are placeholders."""
    text = re.sub(r"\{\{|\{%|\{#", lambda mark: f'{{{{ "{mark[0]}" }}}}', text)
    text = for_account(text, account, "{{ partition }}", "{{ account }}")
    for name, declared in parameters.items():
        mark = f"{OPEN}{name}{CLOSE}"
        text = text.replace(f'"{mark}"' if declared["type"] == "array" else mark, f"{{{{ {name} }}}}")
    return text


def _parameter(name: str, declared: Mapping[str, Any]) -> str:
    """The declaration of a parameter as TOML."""
    lines = [f"{key} = {_toml(value)}" for key, value in declared.items()]
    return f"\n[parameters.{name}]\n" + "".join(f"{line}\n" for line in lines)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
