"""Where the catalog and the schemas are: inside the installed package, or beside it in a checkout."""

from pathlib import Path


def folder(name: str) -> Path:
    """The folder `recipes` or `schemas` that belongs to this very code.

    A wheel holds it inside the package. An editable install leaves copies in site-packages that go stale, but the
    package itself is then imported from the checkout, so a path from `__file__` never finds them; a lookup by package
    name (`importlib.resources`) could.
    """
    packaged = Path(__file__).parent / name
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / name
