"""Patterns for paths as git reads them in .gitignore files (git documentation, "gitignore", PATTERN FORMAT).

A .gitignore file is as untrusted as the policies beside it. Patterns made into one regular expression, as libraries do,
take minutes for a name against five `*`; here each pattern takes time in proportion to the path.
"""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path
from typing import NamedTuple

_PIECE = re.compile(r"\\(?P<escaped>.)|\[(?P<set>[!^]?\]?(?:\\.|[^\]\\])*)\]|[^\[\\]", re.DOTALL)
_NOTHING = re.compile("(?!)")


class _Pattern(NamedTuple):
    segments: tuple[re.Pattern[str] | None, ...]
    """One for each folder on the way; None is `**`, any number of folders."""
    negated: bool
    folders_only: bool


@dataclass(frozen=True)
class PathPatterns:
    """Patterns that speak about the paths below a folder; the last one that matches a path decides."""

    base: str
    """An absolute path."""
    patterns: tuple[_Pattern, ...]

    def verdict(self, path: str, *, folder: bool) -> bool | None:
        """Whether an absolute path is meant; None where no pattern speaks about it."""
        if not path.startswith(self.base):
            return None
        names = path[len(self.base) :].split("/")
        for pattern in reversed(self.patterns):
            if (folder or not pattern.folders_only) and _matches(pattern.segments, names):
                return not pattern.negated
        return None

    def cover(self, path: str) -> bool:
        """Whether a file, or a folder that it is in, is meant."""
        path = absolute(path)
        if not path.startswith(self.base):
            return False
        names = path.removeprefix(self.base).split("/")
        folders = (self.base + "/".join(names[:depth]) for depth in range(1, len(names)))
        return bool(self.verdict(path, folder=False) or any(self.verdict(at, folder=True) for at in folders))


def path_patterns(base: str | Path, lines: Iterable[str]) -> PathPatterns:
    """The patterns of the lines of a .gitignore file that is, or might be, in a folder."""
    patterns = (_pattern(line) for line in lines)
    return PathPatterns(f"{absolute(base).rstrip('/')}/", tuple(p for p in patterns if p))


def absolute(path: str | Path) -> str:
    """The path from the root with `/` between its names, also on Windows; without `..`, its links left as they are."""
    # Path.resolve follows links, Path.absolute keeps `..`
    return os.path.abspath(path).replace(os.path.sep, "/")  # noqa: PTH100


def read_gitignore(folder: Path) -> PathPatterns | None:
    """The patterns of a folder's .gitignore, None where it has none; raises OSError where it cannot be read."""
    file = folder / ".gitignore"
    if not file.is_file():
        return None
    return path_patterns(folder, file.read_text("utf-8-sig", errors="surrogateescape").split("\n"))


def gitignores_above(folder: Path) -> list[PathPatterns]:
    """Those of the folders above, outermost first, up to the one that holds the repository."""
    folders = [folder.absolute(), *folder.absolute().parents]
    top = next((depth for depth, place in enumerate(folders) if (place / ".git").exists()), 0)
    found = (read_gitignore(place) for place in reversed(folders[1 : top + 1]))
    return [patterns for patterns in found if patterns]


def _pattern(line: str) -> _Pattern | None:
    text = re.sub(r"(?<!\\) +$", "", line.removesuffix("\r"))
    if not text or text.startswith("#"):
        return None
    negated = text.startswith("!")
    text = text[negated:]
    names = text.rstrip("/").split("/")
    if len(names) == 1:
        names.insert(0, "**")
    names = names[1:] if names[0] == "" else names
    if names[-1] == "**":  # what is in the folder, not the folder
        names.append("*")
    return _Pattern(tuple(map(_segment, names)), negated, text.endswith("/"))


def _segment(name: str) -> re.Pattern[str] | None:
    if name == "**":
        return None
    if _PIECE.sub("", name):  # a bracket that is not closed, or a backslash at the end
        return _NOTHING
    return re.compile(translate(_PIECE.sub(_piece, name)))


def _piece(piece: re.Match[str]) -> str:
    """What `fnmatch` reads as git reads the piece of a pattern; it knows no backslash, and only `!` negates a set."""
    if piece["escaped"]:
        return f"[{piece['escaped']}]"
    if piece["set"] is None:
        return piece[0]
    negated = piece["set"][:1] in ("!", "^")
    names = re.sub(r"\\(.)", r"\1", piece["set"][negated:])
    return f"[{'!' * negated}{names}]"


def _matches(segments: Sequence[re.Pattern[str] | None], names: Sequence[str]) -> bool:
    reached = {0}  # how many names the segments so far can match
    for segment in segments:
        if segment is None:
            reached = set(range(min(reached), len(names) + 1))
        else:
            reached = {count + 1 for count in reached if count < len(names) and segment.match(names[count])}
        if not reached:
            return False
    return len(names) in reached
