"""Snapshot files: any of AWS's answers exactly as the AWS CLI prints them, read into the model and written back."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policygen.account import parse
from policygen.account.model import Account
from policygen.errors import PolicygenError, did_you_mean
from policygen.files import stage_text, write_text

LARGEST = 256 * 1024 * 1024
"""The most bytes of one file. The answer for an account at IAM's quotas is a fifth of that."""

_UNFINISHED = "unfinished"
"""A file that exists only while a snapshot is being written to the folder."""

Answers = Mapping[str, Any]
"""Part → the JSON that AWS answered."""


@dataclass(frozen=True)
class Part:
    """One part of a snapshot: its name, the command that prints it, its field of Account, and how to read it."""

    name: str
    command: str
    field: str
    parse: Callable[[Any], Any]

    @property
    def file(self) -> str:
        """The file's name in a snapshot folder."""
        return f"{self.name}.json"


PARTS: Mapping[str, Part] = {
    part.name: part
    for part in (
        Part("caller-identity", "aws sts get-caller-identity", "caller", parse.caller_identity),
        Part("authorization-details", "aws iam get-account-authorization-details", "", parse.authorization_details),
        Part("credential-report", "aws iam get-credential-report", "credential_report", parse.credential_report),
        Part("password-policy", "aws iam get-account-password-policy", "password_policy", parse.password_policy),
        Part("account-summary", "aws iam get-account-summary", "summary", parse.account_summary),
        Part(
            "virtual-mfa-devices", "aws iam list-virtual-mfa-devices", "virtual_mfa_devices", parse.virtual_mfa_devices
        ),
    )
}


def read_folder(folder: Path) -> Account:
    """The account of a folder whose files are named after the parts; other files are ignored.

    Raises PolicygenError if the folder does not contain any part, and as `read` does.
    """
    if not folder.is_dir():
        raise PolicygenError(f"`{folder}` is not a folder; `policygen snapshot -o {folder}` creates it")
    paths = find(folder)
    if not paths:
        strangers = sorted(path.name for path in folder.iterdir())
        known = [part.file for part in PARTS.values()]
        hint = next((tail for name in strangers if (tail := did_you_mean(name, known))), "")
        raise PolicygenError(
            f"`{folder}` does not contain any part of a snapshot, such as `{PARTS['authorization-details'].file}`{hint}"
        )
    return read(paths)


def read_entities(path: Path) -> Account:
    """The users, groups, roles and policies of a snapshot folder, or of a file that is its `authorization-details`.

    Raises PolicygenError if the folder does not contain them, and as `read` does.
    """
    part = "authorization-details"
    found = find(path) if path.is_dir() else {part: path}
    if part not in found:
        raise PolicygenError(
            f"{path}: the folder does not contain `{PARTS[part].file}`; `policygen snapshot` writes it"
        )
    return read({name: file for name, file in found.items() if name in (part, "caller-identity")})


def find(folder: Path) -> dict[str, Path]:
    """The snapshot files in a folder: part → path.

    Raises PolicygenError if writing the snapshot was interrupted, because its files may be from two different reads.
    """
    if (folder / _UNFINISHED).is_file():
        raise PolicygenError(
            f"{folder}: the snapshot is unfinished, because writing it was interrupted; read the account again with "
            f"`policygen snapshot -o {folder}`"
        )
    paths = {name: folder / part.file for name, part in PARTS.items() if (folder / part.file).is_file()}
    plain = folder / "credential-report.csv"
    if "credential-report" not in paths and plain.is_file():
        paths["credential-report"] = plain
    return paths


def read(paths: Mapping[str, Path]) -> Account:
    """The account of snapshot files: part → path.

    Raises PolicygenError for a file that is cut off, is not what its command prints, or is about a different account
    than the others.
    """
    return account({name: load(path) for name, path in paths.items()}, {name: str(paths[name]) for name in paths})


def account(answers: Answers, files: Mapping[str, str] | None = None) -> Account:
    """The account of AWS's answers: part → JSON. `files` maps parts to names for messages."""
    fields: dict[str, Any] = {}
    owner: tuple[str, str, str] | None = None  # partition, account and the file that says so
    for name, part in PARTS.items():
        if name not in answers:
            continue
        file = (files or {}).get(name, part.command)
        try:
            value = part.parse(answers[name])
        except parse.ShapeError as error:
            raise PolicygenError(f"{file}: {error}, so it is not what `{part.command}` prints") from None
        fields |= value if not part.field else {part.field: value}
        for partition, number in {owned for arn in _arns(name, value) if (owned := _owner(arn))}:
            owner = owner or (partition, number, file)
            if (partition, number) != owner[:2]:
                raise PolicygenError(
                    f"{file}: is about account {number} of partition {partition}, but {owner[2]} is about account "
                    f"{owner[1]} of partition {owner[0]}; a snapshot is about one account"
                )
    return Account(
        id=owner[1] if owner else None, partition=owner[0] if owner else None, parts=frozenset(answers), **fields
    )


def load(path: Path) -> Any:
    """The JSON of a file, or the text of a `.csv`; in UTF-8, or in the UTF-16 that PowerShell writes.

    Raises PolicygenError for anything else.
    """
    size = path.stat().st_size
    if size > LARGEST:
        raise PolicygenError(
            f"{path}: {size // 1024**2} MB is larger than any answer about an account (at most 256 MB)"
        )
    data = path.read_bytes()
    if not data.strip():
        raise PolicygenError(f"{path}: is empty; the command that should have written it failed")
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        return text if path.suffix.lower() == ".csv" else json.loads(text)
    except UnicodeDecodeError:
        raise PolicygenError(f"{path}: is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        end = error.pos >= len(text.rstrip()) or "Unterminated" in error.msg
        what = "is cut off" if end else f"is not JSON: {error.msg.lower()}"
        raise PolicygenError(f"{path}:{error.lineno}:{error.colno}: {what}") from None
    except (RecursionError, ValueError):
        raise PolicygenError(
            f"{path}: is not an answer from AWS: it is nested too deeply, or has a number that is too long"
        ) from None


def write(folder: Path, answers: Answers) -> list[Path]:
    """Write one file per part, with mode 0600 in a folder with mode 0700, and return their paths.

    Files of parts that are not in `answers` are removed, so that a folder never mixes two reads of an account. If
    something cannot be written, the earlier files are unchanged; an interruption while files are being replaced
    leaves a folder that `find` refuses.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    texts = {folder / PARTS[name].file: dumps(answers[name]) for name in PARTS if name in answers}
    staged: dict[Path, Path] = {}
    try:
        for path, text in texts.items():
            staged[path] = stage_text(path, text, mode=0o600)
        write_text(folder / _UNFINISHED, "`policygen snapshot` was interrupted here\n", mode=0o600)
        for path in {*(folder / part.file for part in PARTS.values()), folder / "credential-report.csv"}:
            path.unlink(missing_ok=True)
        for path, new in staged.items():
            new.chmod(0o600)  # a file that replaces another one would keep the mode of that one
            new.replace(path)
    finally:
        for new in staged.values():
            new.unlink(missing_ok=True)
    (folder / _UNFINISHED).unlink()
    return list(texts)


def dumps(answer: Any) -> str:
    """An answer as the AWS CLI prints it: times as text, bytes in base64."""
    return json.dumps(answer, indent=4, ensure_ascii=False, default=_printed) + "\n"


def _printed(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value.isoformat())


def _arns(part: str, value: Any) -> Iterable[str]:
    match part:
        case "authorization-details":
            return (entity.arn for entities in value.values() for entity in entities)
        case "credential-report":
            return (row.arn for row in value.rows)
        case "virtual-mfa-devices":
            return (device.serial for device in value)
        case "caller-identity":
            return (value.arn,)
    return ()


def _owner(arn: str) -> tuple[str, str] | None:
    """The partition and account id of an ARN; None for the ARN of something that AWS owns."""
    parts = arn.split(":", 5)
    return (parts[1], parts[4]) if len(parts) == 6 and parts[4].isdigit() else None
