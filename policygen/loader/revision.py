"""The files that a path named at an earlier revision of a git repository."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from policygen.errors import PolicygenError
from policygen.loader.paths import Input, taken_from_folder
from policygen.loader.policies import LARGEST

_LINK = "120000"


@dataclass(frozen=True)
class Revision:
    """A commit in the repository of the current folder."""

    name: str
    """What the user called it: `main`, `HEAD~1`, a hash."""
    commit: str

    def find(self, path: str) -> Iterator[Input]:
        """The file at a path, or the files of the folder at that path that may hold policies; none if nothing was.

        Raises PolicygenError for a path outside of the repository, a link, and a file that is too large.
        """
        listed = _git("ls-tree", "-r", "-z", "-l", self.commit, "--", path, about=path)
        wanted: dict[Input, str] = {}
        for about, _, name in (line.partition("\t") for line in _text(listed).split("\0") if line):
            mode, _, blob, size = about.split()
            item = Input(name, named=Path(name) == Path(path))
            if size != "-" and (item.named or taken_from_folder(name)):  # a commit of another repository has no size
                if mode == _LINK:
                    raise PolicygenError(
                        f"{name} at `{self.name}`: is a link, which is not followed; name what it is to"
                    )
                if int(size) > LARGEST:
                    raise PolicygenError(f"{name} at `{self.name}`: larger than {LARGEST // 2**20} MiB; leave it out")
                wanted[item] = blob
        for item, text in zip(wanted, _blobs(list(wanted.values()), path), strict=True):
            yield Input(item.file, item.named, text, alone=True)


def revision(name: str) -> Revision:
    """The revision with a name; raises PolicygenError if the current folder's repository does not have it."""
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", about=name, empty=True)
    if not commit:
        raise PolicygenError(
            f"there is no git revision `{name}`; a shallow clone lacks earlier ones, which `git fetch --unshallow` gets"
        )
    return Revision(name, _text(commit).strip())


def _blobs(blobs: list[str], about: str) -> Iterator[bytes]:
    """The contents of blobs, from one process."""
    output = _git("cat-file", "--batch", about=about, stdin="".join(f"{blob}\n" for blob in blobs)) if blobs else b""
    at = 0
    for _ in blobs:
        end = output.index(b"\n", at)
        size = int(output[at:end].split()[2])
        yield output[end + 1 : end + 1 + size]
        at = end + size + 2


def _git(*arguments: str, about: str, stdin: str = "", empty: bool = False) -> bytes:
    """What git prints; with `empty` a failure without a message prints nothing."""
    try:
        run = subprocess.run(["git", *arguments], input=stdin.encode(), capture_output=True, check=False)  # noqa: S607
    except FileNotFoundError:
        raise PolicygenError("git is not installed; it is needed to read an earlier revision") from None
    if run.returncode and not (empty and not run.stderr):
        said = (_text(run.stderr).strip().splitlines() or ["no reason"])[0]
        raise PolicygenError(f"`{about}` cannot be read with git: {said.removeprefix('fatal: ')}")
    return run.stdout


def _text(output: bytes) -> str:
    """Names of files as Python gives them: bytes that are not UTF-8 are kept."""
    return output.decode("utf-8", "surrogateescape")
