"""What to lint: the files that paths stand for, and their text."""

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from policygen.errors import PolicygenError
from policygen.policy.source import Source, decode

LARGEST = 64 * 2**20
"""Bytes of one file: ten times the authorization details of an account that uses up all its quotas' defaults."""


@dataclass(frozen=True, slots=True)
class Input:
    """One file, under the name by which the user knows it."""

    file: str
    named: bool = True
    """Whether the user named it, rather than a folder that it is in."""
    text: bytes | None = None
    """What is to be read instead of the file: stdin."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something that was to be linted was not: one sentence."""

    sentence: str
    fails: bool = True
    """Whether the run fails for it, as it must where it did not do what it was told."""


def find(
    paths: Iterable[str], excluded: Callable[[Path, bool], bool] = lambda path, folder: False
) -> Iterator[Input | Problem]:
    """The files of paths, in a fixed order, each once: a file as it is, a folder's `.json` files at any depth.

    `excluded` says of a path (and whether it is a folder) that it is not wanted; named files are always wanted.
    """
    seen: set[str] = set()
    for path in paths:
        for item in _walk(Path(path), excluded, set()) if Path(path).is_dir() else [Input(Path(path).as_posix())]:
            if isinstance(item, Problem) or item.file not in seen:
                yield item
            if isinstance(item, Input):
                seen.add(item.file)


def read(item: Input) -> Source:
    """The text of a file.

    Raises JsonSyntaxError for what is not UTF-8, PolicygenError for what cannot be read.
    """
    if item.text is not None:
        return decode(item.text, item.file)
    try:
        with Path(item.file).open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise PolicygenError(f"{item.file}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:
        raise PolicygenError(f"{item.file}: cannot be read: {error}") from None
    if len(data) > LARGEST:
        raise PolicygenError(f"{item.file}: larger than {LARGEST // 2**20} MiB, which is no policy; leave it out")
    return decode(data, item.file)


def stdin(file: str) -> Input:
    """What stands on stdin, under a name."""
    return Input(file, text=sys.stdin.buffer.read(LARGEST + 1))


def _walk(
    folder: Path, excluded: Callable[[Path, bool], bool], above: set[tuple[int, int]]
) -> Iterator[Input | Problem]:
    try:
        about = folder.stat()
        if (about.st_dev, about.st_ino) in above:
            return  # a link to a folder that it is in
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Problem(f"{folder.as_posix()}: cannot be read: {(error.strerror or str(error)).lower()}")
        return
    for entry in entries:
        path = folder / entry.name
        if _is_folder(entry):
            if not excluded(path, True):
                yield from _walk(path, excluded, above | {(about.st_dev, about.st_ino)})
        elif entry.name.lower().endswith(".json") and not excluded(path, False):
            yield _file(path)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _file(path: Path) -> Input | Problem:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        what = "a broken link" if path.is_symlink() else (error.strerror or str(error)).lower()
        return Problem(f"{path.as_posix()}: cannot be read: {what}")
    if not stat.S_ISREG(mode):
        return Problem(f"{path.as_posix()}: not a regular file")
    return Input(path.as_posix(), named=False)
