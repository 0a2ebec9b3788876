"""Build: write every policy of a manifest to a file, and find files that are stale or no longer needed."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from policygen.errors import PolicygenError
from policygen.files import read_text, stage_text
from policygen.finding import Finding
from policygen.manifest.carried import carried, unlisted_policies
from policygen.manifest.model import Carried, Manifest
from policygen.manifest.paths import RECORD, check_output, path_of
from policygen.policy.model import Kind
from policygen.policy.source import Source
from policygen.recipe.render import Rendered
from policygen.reference.managed_policies import unlisted


@dataclass(frozen=True)
class File:
    """One file of the repository before and after a build; None if it does not exist."""

    path: str
    before: str | None
    after: str | None

    @property
    def state(self) -> str:
        """`missing`, `stale`, `extra`, or `fresh`."""
        if self.before == self.after:
            return "fresh"
        if self.before is None:
            return "missing"
        return "extra" if self.after is None else "stale"


@dataclass(frozen=True)
class Build:
    """What a build would do: all files, and the findings about their policies."""

    files: tuple[File, ...]
    findings: tuple[Finding, ...]
    sources: Mapping[str, Source]
    ok: bool
    """Whether no policy has an error."""
    unlisted: tuple[str, ...] = ()
    """A sentence for each AWS managed policy that the list of AWS managed policies does not contain."""
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    """Path → the kind of the policy that the manifest has there."""


def plan_build(manifest: Manifest) -> Build:
    """Render every policy of the manifest and compare it with the repository; write nothing.

    Raises PolicygenError for two policies with the same path, a path outside of the manifest's folder, and anything
    that `carried` raises, so that `plan` never refuses what was built.
    """
    rendered = _render_all(manifest)
    texts = {path: result.text() for path, result in rendered.items()}
    record = _read_record(manifest.folder)
    files = [File(path, _current(manifest.folder / path), text) for path, text in texts.items()]
    files += [File(path, _current(manifest.folder / path), None) for path in record if path not in texts]
    findings = tuple(finding for result in rendered.values() for finding in result.findings)
    sources = {r.policy.file: r.policy.source for r in rendered.values() if r.findings and r.policy.source}
    unknown = (*unlisted_policies(manifest), *_unlisted(rendered))
    kinds = {path: result.policy.kind for path, result in rendered.items()}
    return Build(tuple(files), findings, sources, all(result.ok for result in rendered.values()), unknown, kinds)


def check_committed(manifest: Manifest, policies: Iterable[Carried]) -> None:
    """Raise PolicygenError if policies are not the ones in the files that `policygen build` wrote and people reviewed.

    Nothing is raised if the manifest was never built.
    """
    if not (manifest.folder / RECORD).exists():
        return
    for policy in policies:
        path = path_of(manifest, policy, policy.rendered.recipe.kind)
        if _current(manifest.folder / path) != policy.rendered.text():
            raise PolicygenError(
                f"`{manifest.folder / path}` is not what the manifest renders now; run `policygen build` and have the "
                "change reviewed"
            )


def _unlisted(rendered: Mapping[str, Rendered]) -> Iterator[str]:
    for path, result in rendered.items():
        if result.recipe.kind == "managed" and (why := unlisted(result.policy.document["PolicyArn"])):
            yield f"{path}: {why}"


def write_build(manifest: Manifest, build: Build, *, prune: bool) -> None:
    """Write the files that changed, all or none: all are staged before any is replaced.

    `prune` also deletes extra files. Raises PolicygenError, before anything is written, for an extra file that was
    changed by hand.
    """
    record = _read_record(manifest.folder)
    extra = [file for file in build.files if file.state == "extra"]
    pruned = extra if prune else []
    for file in pruned:
        if _digest(file.before or "") != record[file.path]:
            raise PolicygenError(f"{file.path}: was changed by hand since it was built; remove it yourself")
    changed = {file.path: file.after for file in build.files if file.state in ("missing", "stale") and file.after}
    kept = {} if prune else {file.path: record[file.path] for file in extra}
    wanted = {file.path: _digest(file.after) for file in build.files if file.after is not None} | kept
    if wanted != record:
        changed[RECORD] = json.dumps({"version": 1, "files": dict(sorted(wanted.items()))}, indent=2) + "\n"
    _replace_all(manifest.folder, changed)
    for file in pruned:
        (manifest.folder / file.path).unlink()


def _replace_all(folder: Path, texts: Mapping[str, str]) -> None:
    staged: list[tuple[Path, Path]] = []
    try:
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            staged.append((stage_text(path, text), path))
        for temporary, path in staged:
            temporary.replace(path)
    finally:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)


def _render_all(manifest: Manifest) -> dict[str, Rendered]:
    check_output(manifest)
    rendered: dict[str, Rendered] = {}
    folded: set[str] = set()
    for policy in carried(manifest, partial(path_of, manifest)):
        if policy.file.casefold() in folded:
            message = f"two policies have the path `{policy.file}`; `output` needs more placeholders"
            raise manifest.source.error("/output", message)
        folded.add(policy.file.casefold())
        rendered[policy.file] = policy.rendered
    return rendered


def _current(path: Path) -> str | None:
    return read_text(path) if path.exists() else None


def _read_record(folder: Path) -> dict[str, str]:
    path = folder / RECORD
    if not path.exists():
        return {}
    return {name: digest for name, digest in recorded(read_text(path), str(path)).items() if _inside(folder, name)}


def recorded(text: str, name: str) -> dict[str, str]:
    """The files in the text of a record, each with its SHA-256; `name` is what messages call the record.

    Raises PolicygenError if it is damaged.
    """
    try:
        return {str(file): str(digest) for file, digest in json.loads(text)["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PolicygenError(f"{name}: is damaged; restore it, or remove it and build again") from None


def _inside(folder: Path, name: str) -> bool:
    """Whether a file of the record exists. Anybody can edit the record, so its paths must not leave the folder."""
    if not (folder / name).resolve().is_relative_to(folder.resolve()):
        raise PolicygenError(f"{folder / RECORD}: the path `{name}` is outside of the manifest's folder")
    return (folder / name).exists()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def changes(build: Build) -> Iterator[File]:
    """The files that a build would change."""
    return (file for file in build.files if file.state != "fresh")
