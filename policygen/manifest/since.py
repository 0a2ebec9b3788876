"""The committed policies of a manifest as they were at a git revision, beside those of today."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from policygen.errors import PolicygenError
from policygen.evaluate import Layers, layered
from policygen.loader.policies import load, parse_text
from policygen.loader.revision import Revision, revision
from policygen.manifest.build import RECORD, Build, recorded
from policygen.manifest.model import Manifest
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
    """A pair that cannot be compared for each group whose `attach` differs."""
    try:
        groups = {name: {*table.get("attach", ())} for name, table in tomllib.loads(before).get("groups", {}).items()}
    except (tomllib.TOMLDecodeError, AttributeError, TypeError):
        raise PolicygenError(f"{manifest.source.file}: was not a valid manifest at the revision") from None
    for group in manifest.groups:
        for name in sorted({*group.attach} ^ groups.get(group.name, set())):
            why = f"`attach` of group `{group.name}` differs: the document of `{name}` is not in the repository"
            yield Pair(f"group {group.name}", Layers(), Layers(unread=(why,)))
