"""The file of each policy of a manifest, relative to the manifest's folder."""

import re
from os.path import normpath
from pathlib import Path

from policygen.errors import did_you_mean
from policygen.manifest.model import Carried, Manifest, Wanted
from policygen.manifest.places import Group

RECORD = "policygen.build.json"
"""The record next to the manifest: the files that build wrote, each with the SHA-256 of its content."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PLACEHOLDERS = ("account", "account_id", "partition", "group", "recipe")


def check_output(manifest: Manifest) -> None:
    """Raise PolicygenError for an `output` with a control character or an unknown placeholder."""
    if not manifest.output.isprintable():
        raise manifest.source.error("/output", "`output` contains a control character; remove it")
    for name in _PLACEHOLDER.findall(manifest.output):
        if name not in _PLACEHOLDERS:
            raise manifest.source.error(
                "/output",
                f"`{{{name}}}` is not a placeholder{did_you_mean(name, _PLACEHOLDERS)} ({', '.join(_PLACEHOLDERS)})",
            )


def path_of(manifest: Manifest, wanted: Wanted | Carried, kind: str) -> str:
    """The file of one policy, whose recipe is of a kind.

    `output` says where the policies of groups are; those of other places are under its folders without placeholders:
    `policies/prod/roles/deploy/trust.json`, `policies/organization/scps/deny-root-user.json`. Raises PolicygenError for
    a path outside of the manifest's folder.
    """
    path = Path(
        normpath(_in_group(manifest, wanted) if isinstance(wanted.place, Group) else _elsewhere(manifest, wanted, kind))
    )
    root = manifest.folder.resolve()
    if path.is_absolute() or not (root / path).resolve().is_relative_to(root):
        raise manifest.source.error("/output", f"the path `{path}` is outside of the manifest's folder")
    if path.as_posix().casefold() in (Path(manifest.source.file).name.casefold(), RECORD):
        raise manifest.source.error("/output", f"the path `{path}` is that of the manifest or of build's record")
    return path.as_posix()


def label(wanted: Wanted, _kind: str) -> str:
    """What findings about a policy name as its file."""
    parts = (wanted.account.name if wanted.account else "organization", wanted.place.name, wanted.instance.name)
    return "/".join(filter(None, parts))


def _in_group(manifest: Manifest, wanted: Wanted | Carried) -> str:
    account = wanted.account
    values = {"group": wanted.place.name, "recipe": wanted.instance.name}
    if account:
        values |= {"account": account.name, "account_id": account.id, "partition": account.partition}
    return _PLACEHOLDER.sub(lambda placeholder: values[placeholder[1]], manifest.output)


def _elsewhere(manifest: Manifest, wanted: Wanted | Carried, kind: str) -> str:
    place, name = wanted.place, f"{wanted.instance.name}.json"
    folder = manifest.output.partition("{")[0].rpartition("/")[0]
    if wanted.account is None:
        of = f"ous/{place.name}" if place.name else "organization"
        return f"{folder}/{of}/{kind}s/{name}".removeprefix("/")
    if place.noun == "boundary":
        return f"{folder}/{wanted.account.name}/boundaries/{name}".removeprefix("/")
    file = "trust.json" if kind == "trust" else name
    return f"{folder}/{wanted.account.name}/roles/{place.name}/{file}".removeprefix("/")
