"""Fragments: pieces of a template that the recipes of a catalog share, `{% include "own-user" %}`."""

import re
from pathlib import Path

from policygen.errors import PolicygenError, did_you_mean
from policygen.recipe.files import read_inside
from policygen.shipped import folder

FOLDER, ENDING = "fragments", ".json.j2"
"""The folder of a catalog's fragments, and how the names of its files end."""

_INCLUDE = re.compile(r"""\{%-?\s*include\s+"([a-z0-9-]+)"\s*-?%\}""")


def with_fragments(text: str, file: str, catalog: Path) -> str:
    """A template with its fragments in place: those of the catalog, and those that ship with policygen.

    A fragment becomes one line, so that the lines of the template keep their numbers, and may not include another.
    Raises PolicygenError with `file:line` for a fragment that does not exist.
    """

    def fragment(found: re.Match[str]) -> str:
        known = {
            path.name.removesuffix(ENDING): path.parent
            for directory in (catalog, folder("recipes"))
            for path in (directory / FOLDER).glob(f"*{ENDING}")
        }
        if found[1] not in known:
            line = text.count("\n", 0, found.start()) + 1
            hint = did_you_mean(found[1], known) or f"; {catalog / FOLDER} has none of that name"
            raise PolicygenError(f"{file}:{line}: there is no fragment `{found[1]}`{hint}")
        return " ".join(read_inside(known[found[1]], found[1] + ENDING).split("\n")).strip()

    return _INCLUDE.sub(fragment, text)
