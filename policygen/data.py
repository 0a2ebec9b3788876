"""What ships beside the code: the catalog and the schemas, inside an installed package or beside it in a checkout."""

import json
from functools import cache
from pathlib import Path
from typing import Any


def folder(name: str) -> Path:
    """The folder `recipes` or `schemas` that belongs to this very code.

    A wheel holds it inside the package. An editable install leaves copies in site-packages that go stale, but the
    package itself is then imported from the checkout, so a path from `__file__` never finds them; a lookup by package
    name (`importlib.resources`) could.
    """
    packaged = Path(__file__).parent / name
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / name


@cache
def schema(name: str) -> Any:
    """The parsed `schemas/<name>.schema.json`."""
    return json.loads((folder("schemas") / f"{name}.schema.json").read_text(encoding="utf-8"))
