"""Read the JSON of AWS's answers into the model; fields that are not used are ignored."""

import base64
import csv
import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from policygen.account.model import (
    AccessKey,
    AttachedPolicy,
    Caller,
    CredentialReport,
    Credentials,
    Document,
    Group,
    InlinePolicy,
    ManagedPolicy,
    PasswordPolicy,
    PolicyVersion,
    Role,
    User,
    VirtualMfaDevice,
)

_NO_DATE = {"", "N/A", "no_information", "not_supported"}


class ShapeError(ValueError):
    """The data does not have the form of AWS's answer; the message says where and why."""


class Entry:
    """One JSON object of an answer, and where in the answer it is, for error messages."""

    __slots__ = ("data", "place")

    def __init__(self, data: Any, place: str = "") -> None:
        if not isinstance(data, dict):
            raise ShapeError(f"{place or 'the answer'} is not a JSON object")
        self.data, self.place = data, place

    def text(self, key: str, default: str | None = None) -> str:
        """A string field; required unless there is a default."""
        value = self.data.get(key, default)
        if not isinstance(value, str):
            raise ShapeError(f"`{self.place}/{key}` is {'missing' if value is None else 'not text'}")
        return value

    def flag(self, key: str) -> bool:
        """A boolean field; False if absent, because AWS leaves out false ones."""
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            raise ShapeError(f"`{self.place}/{key}` is not true or false")
        return value

    def number(self, key: str) -> int | None:
        """An integer field; None if absent."""
        value = self.data.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise ShapeError(f"`{self.place}/{key}` is not a whole number")
        return value

    def date(self, key: str) -> datetime | None:
        """A time, as text or as seconds since 1970; None if absent."""
        value = self.data.get(key)
        return None if value is None else date(value, f"{self.place}/{key}")

    def entry(self, key: str) -> "Entry | None":
        """An object; None if absent."""
        value = self.data.get(key)
        return None if value is None else Entry(value, f"{self.place}/{key}")

    def require(self, *keys: str) -> "Entry":
        """Return the object itself if it has these keys and is not just the first page of an answer."""
        for key in keys:
            if self.data.get(key) is None:
                raise ShapeError(f"there is no `{key}`")
        if any(map(self.data.get, ("IsTruncated", "NextToken", "Marker"))):
            raise ShapeError("it holds the first page only; read it without `--max-items` and `--no-paginate`")
        return self

    def entries(self, key: str) -> "Iterator[Entry]":
        """A list of objects; empty if absent, because AWS leaves out empty lists."""
        for index, item in enumerate(self._list(key)):
            yield Entry(item, f"{self.place}/{key}/{index}")

    def names(self, key: str) -> tuple[str, ...]:
        """A list of strings; empty if absent."""
        items = self._list(key)
        if not all(isinstance(item, str) for item in items):
            raise ShapeError(f"`{self.place}/{key}` holds something that is not text")
        return tuple(items)

    def document(self, key: str) -> Document:
        """A policy document: an object as the AWS CLI prints it, or the percent-encoded text that the API sends."""
        value = self.data.get(key)
        if isinstance(value, str):
            try:
                value = json.loads(unquote(value))
            except (ValueError, RecursionError):
                raise ShapeError(f"`{self.place}/{key}` is not a policy document") from None
        if not isinstance(value, dict):
            raise ShapeError(f"`{self.place}/{key}` is {'missing' if value is None else 'not a policy document'}")
        return value

    def _list(self, key: str) -> list[Any]:
        value = self.data.get(key, [])
        if not isinstance(value, list):
            raise ShapeError(f"`{self.place}/{key}` is not a list")
        return value


def date(value: Any, place: str) -> datetime | None:
    """A time in any of the forms that the AWS CLI prints; it always has a time zone."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, datetime):
            return value
        if value in _NO_DATE:
            return None
        parsed = datetime.fromisoformat(value)
    except (ValueError, TypeError, OverflowError, OSError):
        raise ShapeError(f"`{place}` is not a time") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def authorization_details(data: Any) -> dict[str, Any]:
    """Users, groups, roles and policies from `get-account-authorization-details`."""
    answer = Entry(data).require("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    return {
        "users": tuple(_user(entry) for entry in answer.entries("UserDetailList")),
        "groups": tuple(Group(**_common(entry, "Group")) for entry in answer.entries("GroupDetailList")),
        "roles": tuple(_role(entry) for entry in answer.entries("RoleDetailList")),
        "policies": tuple(_managed(entry) for entry in answer.entries("Policies")),
    }


def _common(entry: Entry, kind: str) -> dict[str, Any]:
    """The fields that users, groups and roles have in common."""
    attached = entry.entries("AttachedManagedPolicies")
    return {
        "name": entry.text(f"{kind}Name"),
        "path": entry.text("Path", "/"),
        "id": entry.text(f"{kind}Id", ""),
        "arn": entry.text("Arn"),
        "created": entry.date("CreateDate"),
        "inline": tuple(
            InlinePolicy(item.text("PolicyName"), item.document("PolicyDocument"))
            for item in entry.entries(f"{kind}PolicyList")
        ),
        "attached": tuple(AttachedPolicy(item.text("PolicyName"), item.text("PolicyArn")) for item in attached),
    }


def _user(entry: Entry) -> User:
    groups = entry.names("GroupList")
    return User(**_common(entry, "User"), groups=groups, boundary=_boundary(entry), tags=_tags(entry))


def _role(entry: Entry) -> Role:
    used = entry.entry("RoleLastUsed")
    return Role(
        **_common(entry, "Role"),
        trust=entry.document("AssumeRolePolicyDocument"),
        boundary=_boundary(entry),
        tags=_tags(entry),
        last_used=used.date("LastUsedDate") if used else None,
        use_read=used is not None,
        instance_profiles=tuple(item.text("InstanceProfileName") for item in entry.entries("InstanceProfileList")),
    )


def _managed(entry: Entry) -> ManagedPolicy:
    versions = tuple(
        PolicyVersion(
            id=version.text("VersionId"),
            document=version.document("Document"),
            is_default=version.flag("IsDefaultVersion"),
            created=version.date("CreateDate"),
        )
        for version in entry.entries("PolicyVersionList")
    )
    if sum(version.is_default for version in versions) != 1:
        raise ShapeError(f"`{entry.place}/PolicyVersionList` does not have exactly one default version")
    arn = entry.text("Arn")
    return ManagedPolicy(
        name=entry.text("PolicyName", arn.rpartition("/")[2]),
        path=entry.text("Path", "/"),
        id=entry.text("PolicyId", ""),
        arn=arn,
        versions=versions,
        attachment_count=entry.number("AttachmentCount") or 0,
        boundary_count=entry.number("PermissionsBoundaryUsageCount") or 0,
        created=entry.date("CreateDate"),
        updated=entry.date("UpdateDate"),
    )


def _boundary(entry: Entry) -> str | None:
    boundary = entry.entry("PermissionsBoundary")
    return boundary.text("PermissionsBoundaryArn") if boundary else None


def _tags(entry: Entry) -> Mapping[str, str]:
    return {tag.text("Key"): tag.text("Value") for tag in entry.entries("Tags")}


def credential_report(data: Any) -> CredentialReport:
    """From `get-credential-report`: the JSON that the AWS CLI prints, or its CSV as text."""
    if isinstance(data, str):
        return CredentialReport(_rows(data))
    answer = Entry(data)
    try:
        text = base64.b64decode(answer.text("Content"), validate=True).decode()
    except ValueError:
        raise ShapeError("`/Content` is not a CSV in base64") from None
    return CredentialReport(_rows(text), answer.date("GeneratedTime"))


def _rows(text: str) -> tuple[Credentials, ...]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        missing = {"user", "arn", "password_enabled", "mfa_active"} - set(reader.fieldnames or ())
        if missing:
            raise ShapeError(f"the report has no column `{min(missing)}`")
        return tuple(_row(row, reader.line_num) for row in reader)
    except csv.Error as error:
        raise ShapeError(f"line {reader.line_num} is not CSV: {error}") from None


def _row(row: dict[str, str | None], line: int) -> Credentials:
    if None in row or any(value is None for value in row.values()):
        raise ShapeError(f"line {line} does not have as many fields as the report has columns")

    def when(column: str) -> datetime | None:
        return date(row.get(column) or "", f"{column}` of line {line}: `{row.get(column)}")

    return Credentials(
        user=row["user"] or "",
        arn=row["arn"] or "",
        created=when("user_creation_time"),
        password_enabled=_boolean(row, "password_enabled"),
        password_last_used=when("password_last_used"),
        password_last_changed=when("password_last_changed"),
        password_next_rotation=when("password_next_rotation"),
        mfa_active=_boolean(row, "mfa_active"),
        access_keys=tuple(
            AccessKey(
                active=_boolean(row, f"access_key_{n}_active"),
                last_rotated=when(f"access_key_{n}_last_rotated"),
                last_used=when(f"access_key_{n}_last_used_date"),
            )
            for n in (1, 2)
        ),
        certificates_active=tuple(_boolean(row, f"cert_{n}_active") for n in (1, 2)),
    )


def _boolean(row: Mapping[str, str | None], column: str) -> bool | None:
    return {"true": True, "false": False}.get((row.get(column) or "").lower())


def password_policy(data: Any) -> PasswordPolicy | None:
    """From `get-account-password-policy`; an empty object means that the account does not have one of its own."""
    answer = Entry(data)
    if not answer.data:
        return None
    policy = Entry(answer.require("PasswordPolicy").data["PasswordPolicy"], "/PasswordPolicy")
    return PasswordPolicy(
        minimum_length=policy.number("MinimumPasswordLength") or 0,
        require_symbols=policy.flag("RequireSymbols"),
        require_numbers=policy.flag("RequireNumbers"),
        require_uppercase=policy.flag("RequireUppercaseCharacters"),
        require_lowercase=policy.flag("RequireLowercaseCharacters"),
        allow_users_to_change=policy.flag("AllowUsersToChangePassword"),
        max_age_days=policy.number("MaxPasswordAge") or None,
        reuse_prevention=policy.number("PasswordReusePrevention") or None,
        hard_expiry=policy.flag("HardExpiry"),
    )


def account_summary(data: Any) -> Mapping[str, int]:
    """From `get-account-summary`."""
    answer = Entry(Entry(data).require("SummaryMap").data["SummaryMap"], "/SummaryMap")
    return {key: number for key in answer.data if (number := answer.number(key)) is not None}


def virtual_mfa_devices(data: Any) -> tuple[VirtualMfaDevice, ...]:
    """From `list-virtual-mfa-devices`."""
    return tuple(
        VirtualMfaDevice(
            serial=entry.text("SerialNumber"),
            user_arn=user.text("Arn") if (user := entry.entry("User")) and user.data else None,
            enabled=entry.date("EnableDate"),
        )
        for entry in Entry(data).require("VirtualMFADevices").entries("VirtualMFADevices")
    )


def caller_identity(data: Any) -> Caller:
    """From `sts get-caller-identity`."""
    answer = Entry(data)
    return Caller(answer.text("Account"), answer.text("Arn"), answer.text("UserId"))
