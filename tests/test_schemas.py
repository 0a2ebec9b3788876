"""What every schema has, so that editors and people can rely on it."""

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from policygen.shipped import folder, schema

NAMES = sorted(path.name.removesuffix(".schema.json") for path in folder("schemas").glob("*.schema.json"))
REGISTRY: Registry[Any] = Registry().with_resources(
    (resource.id() or "", resource) for resource in (Resource.from_contents(schema(name)) for name in NAMES)
)


def parts(value: Any, path: str = "") -> Any:
    """Every object inside a schema and the place where it stands."""
    if isinstance(value, dict):
        yield path, value
        for key, part in value.items():
            yield from parts(part, f"{path}/{key}")
    elif isinstance(value, list):
        for part in value:
            yield from parts(part, path)


def resolved(name: str, part: dict[str, Any]) -> dict[str, Any]:
    """A part of a schema together with what its `$ref` stands for."""
    if "$ref" not in part:
        return part
    resolver = REGISTRY.resolver(schema(name)["$id"])
    return {**resolver.lookup(part["$ref"]).contents, **part}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_valid_against_the_metaschema_of_2020_12(name):
    assert schema(name)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize("name", NAMES)
def test_its_id_is_its_file_name_under_one_address(name):
    assert schema(name)["$id"] == f"https://policygen.example/schemas/{name}.schema.json"
    assert schema(name)["title"]


@pytest.mark.parametrize("name", NAMES)
def test_every_property_says_what_it_is(name):
    missing = [
        f"{path}/{key}"
        for path, part in parts(schema(name))
        if path.endswith("/properties") and "/if/" not in path
        for key, value in part.items()
        if isinstance(value, dict) and not value.get("description")
    ]
    assert missing == []


@pytest.mark.parametrize("name", NAMES)
def test_every_object_with_properties_takes_no_others(name):
    lax = [
        path
        for path, part in parts(schema(name))
        if "properties" in part and not re.search("/(if|properties)$", path) and "additionalProperties" not in part
    ]
    assert lax == []


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_leads_somewhere_and_none_leaves_the_folder(name):
    for _, part in parts(schema(name)):
        if isinstance(part.get("$ref"), str):
            assert not part["$ref"].startswith("http")
            assert resolved(name, part)


@pytest.mark.parametrize("name", NAMES)
def test_no_pattern_takes_a_line_end_by_accident(name):
    """Python's `$` stands before a final line end too, which editors do not know."""
    for path, part in parts(schema(name)):
        pattern = part.get("pattern")
        if isinstance(pattern, str) and pattern.endswith("$"):
            assert not re.search(pattern, "\n") or re.search(pattern, "\n\n"), path


def test_formats_of_parameters_are_the_ones_that_are_checked():
    from policygen.recipe.formats import FORMATS

    assert schema("recipe")["$defs"]["format"]["enum"] == sorted(FORMATS)
