"""The files of a catalog, which may be a stranger's: regular, small, UTF-8, and inside of their folder."""

from pathlib import Path

from policygen.errors import PolicygenError
from policygen.toml import TomlSource

_MAX_BYTES = 262_144


def read_inside(directory: Path, name: str) -> str:
    """The text of a recipe's file; raises PolicygenError if it cannot be read or is outside of the folder."""
    path = directory / name
    if not path.resolve().is_relative_to(directory.resolve()):
        raise PolicygenError(f"{path}: leads out of its recipe's folder")
    if not path.is_file():  # reading a pipe or a device would never end
        raise PolicygenError(f"{path}: {'is not a file' if path.exists() else 'does not exist'}")
    with path.open("rb") as file:
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise PolicygenError(f"{path}: is larger than {_MAX_BYTES} bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise PolicygenError(f"{path}: is not UTF-8 text") from None


def read_toml(directory: Path, name: str) -> TomlSource:
    """A recipe's TOML file; raises PolicygenError like `read_inside`."""
    return TomlSource(read_inside(directory, name), str(directory / name))
