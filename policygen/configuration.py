"""Find and parse the configuration file: policygen.toml, or [tool.policygen] in pyproject.toml."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from policygen import shipped
from policygen.errors import did_you_mean
from policygen.files import read_text

if TYPE_CHECKING:
    from policygen.toml import TomlSource

FILE = "policygen.toml"
_PYPROJECT, _ROOT = "pyproject.toml", "/tool/policygen"
_IN_PYPROJECT = ("lint", "rule", "accept")
"""The tables that pyproject.toml may contain; a manifest is always a file of its own."""


def configuration_files(start: Path | None = None, top: Path | None = None) -> Iterator[Path]:
    """The configuration files from a folder, or the current one, up to `top` or the top of the repository.

    The nearest comes first.
    """
    start = start or Path.cwd()
    for folder in (start, *start.parents):
        yield from (path for name in (FILE, _PYPROJECT) if (path := folder / name).is_file())
        if folder == top or (folder / ".git").exists():
            return


def read_configuration(path: Path, name: str) -> "TomlSource":
    """The tables of a file, which messages call `name`; the readers of the tables check their content.

    Raises PolicygenError, with `file:line`, for a file that is not TOML and for a table that does not belong in it.
    """
    from policygen.toml import TomlSource  # slow to import, and most folders have no such file

    text = read_text(path)
    if path.name != _PYPROJECT:
        source, known = TomlSource(text, name), shipped.schema("policygen")["properties"]
    else:
        # parsing a pyproject.toml takes longer than linting a policy
        source, known = TomlSource(text if "policygen" in text else "", name, _ROOT), _IN_PYPROJECT
    for table in source.data:
        if table not in known:
            raise source.error(f"/{table}", f"`{table}` does not belong here{did_you_mean(table, known)}")
    return source
