"""A small account from a few of AWS's own fields, for the examples and tests of rules."""

import base64
import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from policygen.account import snapshot
from policygen.audit.strategy import Carried, Category, Strategy
from policygen.audit.subject import Subject

NOW = datetime(2026, 11, 1, tzinfo=UTC)
"""The date of every example."""

_ACCOUNT = "123456789012"
_KINDS = {"UserDetailList": "User", "GroupDetailList": "Group", "RoleDetailList": "Role", "Policies": "Policy"}
_OTHERS = {
    "password-policy": "PasswordPolicy",
    "account-summary": "SummaryMap",
    "virtual-mfa-devices": "VirtualMFADevices",
}
_KEY = ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
_COLUMNS = (
    *("user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed"),
    *("password_next_rotation", "mfa_active"),
    *(f"access_key_{number}_{column}" for number in (1, 2) for column in _KEY),
    *(f"cert_{number}_{column}" for number in (1, 2) for column in ("active", "last_rotated")),
)
_TRUST = {"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}


def subject(sketch: Mapping[str, Any]) -> Subject:
    """The account of a sketch.

    A sketch has the lists of `get-account-authorization-details`, `credentials` (rows of the credential report),
    `PasswordPolicy`, `SummaryMap` and `VirtualMFADevices`, and from the manifest `common_groups`, `categories` and
    `carried`. Only names are required (for an attached policy, the end of its ARN). A part that is left out was not
    read.
    """
    return Subject(snapshot.account(answers(sketch)), NOW, _strategy(sketch))


def answers(sketch: Mapping[str, Any]) -> dict[str, Any]:
    """What AWS would answer about the account of a sketch: part → JSON."""
    given: dict[str, Any] = {
        "caller-identity": {"Account": _ACCOUNT, "Arn": f"arn:aws:iam::{_ACCOUNT}:root", "UserId": _ACCOUNT}
    }
    if _KINDS.keys() & sketch.keys():
        details = {key: [_entity(kind, item) for item in sketch.get(key, ())] for key, kind in _KINDS.items()}
        given["authorization-details"] = details
    if "credentials" in sketch:
        content = base64.b64encode(credential_report(sketch["credentials"]).encode()).decode()
        given["credential-report"] = {"Content": content, "GeneratedTime": NOW.isoformat()}
    for part, key in _OTHERS.items():
        if key in sketch:
            given[part] = {key: sketch[key]} if sketch[key] is not None else {}
    return given


def credential_report(rows: list[Mapping[str, str]]) -> str:
    """The CSV of a credential report; a column that a row leaves out says `false` or `N/A`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        name = row["user"]
        arn = f"arn:aws:iam::{_ACCOUNT}:{'root' if name == '<root_account>' else f'user/{name}'}"
        flags = {column: "false" for column in _COLUMNS if column.endswith(("_active", "_enabled"))}
        times = dict.fromkeys((c for c in _COLUMNS if c.endswith(("_used", "_changed", "_date", "_rotated"))), "N/A")
        writer.writerow({**flags, **times, "arn": arn, "user_creation_time": "2026-01-01T00:00:00+00:00", **row})
    return text.getvalue()


def _entity(kind: str, item: Mapping[str, Any]) -> Mapping[str, Any]:
    name = item[f"{kind}Name"]
    filled: dict[str, Any] = {
        "Path": "/",
        f"{kind}Id": name,
        "Arn": f"arn:aws:iam::{_ACCOUNT}:{kind.lower()}{item.get('Path', '/')}{name}",
        "CreateDate": "2026-01-01T00:00:00+00:00",
    }
    if "AttachedManagedPolicies" in item:
        ends = item["AttachedManagedPolicies"]
        attached = [{"PolicyName": end.rpartition("/")[2], "PolicyArn": f"arn:aws:iam::{end}"} for end in ends]
        item = {**item, "AttachedManagedPolicies": attached}
    if kind == "Role":
        filled |= {"AssumeRolePolicyDocument": _TRUST, "RoleLastUsed": {}}
    if "Document" in item:
        filled["PolicyVersionList"] = [{"VersionId": "v1", "IsDefaultVersion": True, "Document": item["Document"]}]
    return {**filled, **item}


def _strategy(sketch: Mapping[str, Any]) -> Strategy:
    return Strategy(
        tuple(sketch.get("common_groups", ())),
        tuple(Category(name, (pattern,) if pattern else ()) for name, pattern in sketch.get("categories", {}).items()),
        frozenset(sketch.get("exempt", ())),
        {
            group.lower(): (Carried("the-recipe", {"Version": "2012-10-17", "Statement": statement}),)
            for group, statement in sketch.get("carried", {}).items()
        },
    )
