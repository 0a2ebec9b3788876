"""Read text files, and write them so that none is ever half-written."""

import os
from pathlib import Path

from policygen.errors import PolicygenError


def read_text(path: str | Path, largest: int = -1) -> str:
    """The UTF-8 text of a file, or of stdin for `-`.

    Raises PolicygenError if it is not UTF-8, or has more bytes than `largest`.
    """
    limit = largest + 1 if largest >= 0 else -1
    if str(path) == "-":
        import sys

        data, name = sys.stdin.buffer.read(limit), "<stdin>"
    else:
        with Path(path).open("rb") as file:
            data, name = file.read(limit), str(path)
    if 0 <= largest < len(data):
        raise too_large(name, largest)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PolicygenError(f"{name}:{line}: is not UTF-8 text") from None


def too_large(name: str, largest: int) -> PolicygenError:
    """The error about a file with more bytes than are read."""
    return PolicygenError(f"{name}: larger than {largest // 2**20} MiB, which is too large for a policy; leave it out")


def write_text(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Write a text to a file, all or nothing; `mode` applies to a new file, an existing file keeps its mode.

    A symbolic link is followed. What exists and is not a regular file, such as `/dev/null` or a pipe, is written to and
    not replaced. Raises PolicygenError, naming `path`, if it cannot be written.
    """
    path = path.resolve() if path.is_symlink() else path
    if path.exists() and not path.is_file():
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise PolicygenError(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}") from None
        return
    staged = stage_text(path, text, mode=mode)
    try:
        staged.replace(path)
    except BaseException:
        staged.unlink()
        raise


def stage_text(path: Path, text: str, *, mode: int = 0o644) -> Path:
    """Write a text to a hidden file next to `path`, ready to replace it; return the hidden file.

    Raises PolicygenError, naming `path`, if it cannot be written.
    """
    import tempfile  # not needed by commands that only print

    staged = None
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:64]}.", suffix=".tmp", dir=path.parent)
        staged = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        staged.chmod(path.stat().st_mode & 0o777 if path.exists() else mode)
    except BaseException as error:
        if staged:
            staged.unlink()
        if isinstance(error, OSError):
            raise PolicygenError(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}") from None
        raise
    return staged
