"""The committed policies of a manifest as they were at a git revision, beside those of today."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from policygen.errors import PolicygenError
from policygen.evaluate import Layers, layered
from policygen.loader.policies import load, parse_text
from policygen.loader.revision import Revision, revision
from policygen.manifest.build import Build, recorded
from policygen.manifest.model import Manifest
from policygen.manifest.paths import RECORD
from policygen.manifest.places import Role
from policygen.manifest.sides import Pair
from policygen.policy.model import Kind
from policygen.policy.source import decode


def built_since(manifest: Manifest, build: Build, earlier: str) -> list[Pair]:
    """Each file that build writes or wrote at the revision, and each group whose `attach` differs.

    Raises PolicygenError if there is no such revision, or if build's record was damaged then.
    """
    then = revision(earlier)
    record = _text(then, manifest.folder / RECORD)
    before = recorded(record, f"{RECORD} at `{earlier}`") if record else {}
    now = {file.path: file.after for file in build.files if file.after is not None}
    pairs = []
    for path in sorted(before.keys() | now.keys()):
        was, kind = _text(then, manifest.folder / path), build.kinds.get(path)
        pairs.append(Pair(path, _layers(was or "", path, kind), _layers(now.get(path, ""), path, kind)))
    return [*pairs, *_attached(manifest, _text(then, Path(manifest.source.file)) or "")]


def _text(then: Revision, path: Path) -> str | None:
    return next(
        (decode(item.text, item.file) for item in then.find(str(path)) if item.named and item.text is not None), None
    )


def _layers(text: str, path: str, kind: Kind | None) -> Layers:
    """The policy of a file; a reference to an AWS managed policy cannot be compared."""
    try:
        loaded = load(parse_text(text or "{}", path), kind)
    except PolicygenError as error:
        return Layers(unread=(str(error),))
    if not text or loaded.policies:
        return layered(loaded.policies, Layers())
    return Layers(unread=(f"{path}: refers to an AWS managed policy, whose document is not in the repository",))


def _attached(manifest: Manifest, before: str) -> Iterator[Pair]:
    """A pair that cannot be compared for each group or role whose `attach` differs, or whose boundary given by ARN."""
    try:
        then = tomllib.loads(before)
        tables = {kind: then.get(f"{kind}s", {}).items() for kind in ("group", "role")}
        were = {(kind, name): _references(table) for kind, found in tables.items() for name, table in found}
    except (tomllib.TOMLDecodeError, AttributeError, TypeError):
        raise PolicygenError(f"{manifest.source.file}: was not a valid manifest at the revision") from None
    now = {(place.noun, place.name): place for place in manifest.holders}
    for key, place in now.items():
        own = _references({"attach": place.attach, "boundary": place.boundary if isinstance(place, Role) else ""})
        for name in sorted(own ^ were.get(key, set())):
            why = f"`attach` of {place.words} differs: the document of `{name}` is not in the repository"
            yield Pair(" ".join(key), Layers(), Layers(unread=(why,)))


def _references(table: Mapping[str, Any]) -> set[str]:
    """The managed policies that a group or role only names."""
    boundary = table.get("boundary", "")
    return {*table.get("attach", ()), *([boundary] if boundary.startswith("arn:") else [])}
