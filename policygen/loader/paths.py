"""The files that paths name, and their text."""

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from policygen.errors import PolicygenError
from policygen.files import too_large
from policygen.loader.gitignore import PathPatterns, absolute, gitignores_above, path_patterns, read_gitignore
from policygen.loader.policies import LARGEST, parse_text
from policygen.policy.source import Source, decode

_USUAL = 2**16

_ENDINGS = (".json", ".yaml", ".yml", ".tf", ".tofu", ".template")
"""Of the files that may hold policies; in folders, others are passed over."""

USUALLY = (".*/", "node_modules/", "policygen.*.json")
"""What is passed over in folders: hidden ones, other people's, this tool's own records."""


@dataclass(frozen=True, slots=True)
class Input:
    """One file, under the name by which the user knows it."""

    file: str
    named: bool = True
    """Whether the user named it, rather than a folder that it is in."""
    text: bytes | None = None
    """What is to be read instead of the file: stdin, or what an editor has open."""
    alone: bool = False
    """Whether nothing beside the file may be read."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something that was to be linted was not: one sentence."""

    sentence: str
    fails: bool = True
    """Whether the run fails for it, as it must where it did not do what it was told."""
    line: int = 0
    column: int = 0
    """The place in the file, counted from 1; 0 if it is about the whole file."""

    def __str__(self) -> str:
        return self.sentence


def find(paths: Iterable[str], exclude: tuple[PathPatterns, ...]) -> Iterator[Input | Problem]:
    """The files of paths, in a fixed order, each once; of a folder, those at any depth that may hold policies.

    In folders, what .gitignore files, `exclude` and USUALLY name is passed over, the later of them winning; in the
    end `exclude` decides. What is named itself is always wanted.
    """
    seen: set[str] = set()
    for path in paths:
        folder = Path(path)
        for item in _folder(folder, exclude) if _is_folder(folder) else [Input(folder.as_posix())]:
            if isinstance(item, Problem) or item.file not in seen:
                yield item
            if isinstance(item, Input):
                seen.add(item.file)


def excluded(path: str, exclude: tuple[PathPatterns, ...]) -> bool:
    """Whether `exclude` matches a path, or a folder that it is in, as `find` would decide on the way down to it."""
    full = PurePosixPath(absolute(path))
    above = any(_verdict(exclude, str(folder), is_folder=True) for folder in full.parents)
    return above or _verdict(exclude, str(full), _is_folder(Path(path)))


def taken_from_folder(path: str) -> bool:
    """Whether `find` takes a file of a folder, as far as its path tells."""
    return path.lower().endswith(_ENDINGS) and not path_patterns("/", USUALLY).cover(f"/{path}")


def read(item: Input) -> Source:
    """The text of a file.

    Raises JsonSyntaxError for what is not UTF-8, PolicygenError for what cannot be read.
    """
    if item.text is not None and len(item.text) > LARGEST:
        raise too_large(item.file, LARGEST)
    if item.text is not None:
        return parse_text(decode(item.text, item.file), item.file)
    try:
        with Path(item.file).open("rb") as stream:
            data = stream.read(_USUAL)
            if len(data) == _USUAL:  # memory is taken for all that is asked for, whatever there is
                data += stream.read(LARGEST + 1 - _USUAL)
    except OSError as error:
        raise PolicygenError(f"{item.file}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:
        raise PolicygenError(f"{item.file}: cannot be read: {error}") from None
    if len(data) > LARGEST:
        raise too_large(item.file, LARGEST)
    return parse_text(decode(data, item.file), item.file)


def stdin(file: str) -> Input:
    """The text on stdin, under a name."""
    return Input(file, text=sys.stdin.buffer.read(LARGEST + 1), alone=True)


def _folder(folder: Path, exclude: tuple[PathPatterns, ...]) -> Iterator[Input | Problem]:
    place = absolute(folder)
    patterns = [path_patterns(Path(place).anchor, USUALLY), *gitignores_above(folder)]
    yield from _Walk(exclude).files(folder, place, tuple(patterns), frozenset())


@dataclass(frozen=True)
class _Walk:
    exclude: tuple[PathPatterns, ...]

    def files(
        self, folder: Path, absolute: str, ignored: tuple[PathPatterns, ...], above: frozenset[tuple[int, int]]
    ) -> Iterator[Input | Problem]:
        try:
            about = folder.stat()
            if (about.st_dev, about.st_ino) in above:
                return  # a link to a folder that it is in
            own = read_gitignore(folder)
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            yield Problem(f"{folder.as_posix()}: cannot be read: {(error.strerror or str(error)).lower()}")
            return
        ignored = (*ignored, own) if own else ignored
        for entry in entries:
            path, full = folder / entry.name, f"{absolute}/{entry.name}"
            is_folder = _is_folder(entry)
            wanted = is_folder or entry.name.lower().endswith(_ENDINGS)
            if not wanted or _verdict((*ignored, *self.exclude), full, is_folder):
                continue
            if is_folder:
                yield from self.files(path, full, ignored, above | {(about.st_dev, about.st_ino)})
            else:
                yield _file(path)


def _verdict(patterns: Iterable[PathPatterns], path: str, is_folder: bool) -> bool:
    verdicts = [verdict for p in patterns if (verdict := p.verdict(path, folder=is_folder)) is not None]
    return bool(verdicts and verdicts[-1])


def _is_folder(entry: "os.DirEntry[str] | Path") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # whatever is the matter with it is said when it is read


def _file(path: Path) -> Input | Problem:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        what = "a broken link" if path.is_symlink() else (error.strerror or str(error)).lower()
        return Problem(f"{path.as_posix()}: cannot be read: {what}")
    if not stat.S_ISREG(mode):
        return Problem(f"{path.as_posix()}: cannot be read: not a regular file")
    return Input(path.as_posix(), named=False)
