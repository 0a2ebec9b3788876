"""The catalog and the schemas that ship with the code: inside an installed package, or next to it in a checkout."""

import json
from functools import cache
from pathlib import Path
from typing import Any


def folder(name: str) -> Path:
    """The folder `recipes` or `schemas` of the running code.

    In a wheel it is inside the package. An editable install leaves stale copies in site-packages, which a lookup by
    package name (`importlib.resources`) could find; a path relative to `__file__` never does.
    """
    packaged = Path(__file__).parent / name
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / name


@cache
def schema(name: str) -> Any:
    """The parsed `schemas/<name>.schema.json`."""
    return json.loads((folder("schemas") / f"{name}.schema.json").read_text(encoding="utf-8"))


def schema_names() -> list[str]:
    """The names of all schemas."""
    return sorted(path.name.removesuffix(".schema.json") for path in folder("schemas").glob("*.schema.json"))


def schema_text(name: str) -> str:
    """A schema as JSON with all the schemas that it refers to included, so that it needs no other file."""
    parts: dict[str, Any] = {}
    whole: dict[str, Any] = _inside(schema(name), "#", parts)
    if parts:
        whole["$defs"] = whole.get("$defs", {}) | parts
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _inside(value: Any, root: str, parts: dict[str, Any]) -> Any:
    """The value with references to other schemas turned into ones to `parts`, which this fills; `root` is its own."""
    if isinstance(value, list):
        return [_inside(item, root, parts) for item in value]
    if not isinstance(value, dict):
        return value
    result = {key: _inside(item, root, parts) for key, item in value.items()}
    if isinstance(reference := value.get("$ref"), str):
        file, _, pointer = reference.partition("#")
        other = file.removesuffix(".schema.json")
        if other and other not in parts:
            parts[other] = {}  # it may refer to itself
            body = {key: item for key, item in schema(other).items() if key not in ("$id", "$schema")}
            parts[other] = _inside(body, f"#/$defs/{other}", parts)
        result["$ref"] = (f"#/$defs/{other}" if other else root) + pointer
    return result
