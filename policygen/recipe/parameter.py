"""One parameter: its declaration in `recipe.toml` (JSON Schema and a little more), and whether a value matches it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from policygen.errors import did_you_mean
from policygen.recipe.formats import FORMATS, problem
from policygen.recipe.text_pattern import text_fault
from policygen.reference import resource_arns

_OURS = ("required", "requires", "greater_than", "resource_type", "any_account", "properties")
"""The keys of a declaration that mean something else, or nothing, in JSON Schema."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a recipe: its name, and its table in `recipe.toml`."""

    name: str
    schema: Mapping[str, Any]

    @property
    def required(self) -> bool:
        """Whether a value must be given."""
        return "default" not in self.schema and bool(self.schema.get("required", True))

    @property
    def default(self) -> Any:
        """The value if none is given; None if the parameter may be left out."""
        return self.schema.get("default")

    @property
    def wanted(self) -> str:
        """A description of the values, as in "give … such as …"."""
        schema = _json_schema(self.schema)
        return wanted(schema) + example(schema)


def violations(parameters: Iterable[Parameter], values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(parameter, sentence that quotes the value) for each value that does not match its declaration."""
    schemas = {parameter.name: _json_schema(parameter.schema) for parameter in parameters}
    for error in _validator_class()({"properties": schemas}, format_checker=_formats()).iter_errors(values):
        yield str(error.absolute_path[0]), _sentence(error)


def unmet(parameter: Parameter, known: Mapping[str, Parameter], values: Mapping[str, Any]) -> str:
    """Why a parameter may not be given (`is only for …`), by its `requires`; "" if it may."""
    requires = parameter.schema.get("requires", {})
    for name, value in requires.items() if isinstance(requires, dict) else [(requires, None)]:
        if name in known and value is None and is_empty(values[name]):
            return f"is only for use with `{name}`; give that too"
        if name in known and value is not None and values[name] != value:
            return f"is only for use with `{name}` = {json.dumps(value)}"
    return ""


def is_empty(value: Any) -> bool:
    """Whether a value is as good as none: nothing, an empty text or list, or `false`."""
    return value in (None, [], "", False)


def disorder(parameter: Parameter, values: Mapping[str, Any]) -> str:
    """Why a value is not greater than that of the parameter in `greater_than`; "" if it is."""
    other = parameter.schema.get("greater_than")
    if other is None or values.get(other) is None:
        return ""
    low, high = values[other], values[parameter.name]
    if parameter.schema.get("format") == "date-time":
        in_order = datetime.fromisoformat(low) < datetime.fromisoformat(high)
    else:
        in_order = low < high
    return "" if in_order else f"`{high}` is not greater than `{other}`, which is `{low}`"


def _json_schema(declared: Mapping[str, Any]) -> dict[str, Any]:
    """A declaration as JSON Schema, with keywords of our own for `pattern` and for resources."""
    schema = {key: value for key, value in declared.items() if key not in _OURS}
    if declared["type"] == "resource":
        schema.pop("pattern", None)
        options = {key: bool(declared.get(key)) for key in ("pattern", "any_account")}
        return {**schema, "type": "string", "resource": {"resource_type": declared["resource_type"], **options}}
    if "items" in declared:
        schema["items"] = _json_schema(declared["items"])
    return schema | ({"fields": list(declared["properties"])} if "properties" in declared else {})


@cache
def _formats() -> Any:
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=())
    for name in FORMATS:
        checker.checks(name)(lambda text, name=name: not isinstance(text, str) or not problem(name, text))
    return checker


@cache
def _validator_class() -> Any:
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def resource_type(_validator: Any, wanted: str, value: Any, _schema: Any) -> Iterable[ValidationError]:
        parts = value.split(":", 5) if isinstance(value, str) else []
        service, _, kind = wanted.partition(":")
        if len(parts) == 6 and (parts[2] != service or not parts[5].startswith((f"{kind}/", f"{kind}:"))):
            yield ValidationError(f"names no {wanted}")

    def pattern(_validator: Any, wanted: str, value: Any, _schema: Any) -> Iterable[ValidationError]:
        if isinstance(value, str) and (fault := text_fault(wanted, value)):
            yield ValidationError(fault)

    def resource(_validator: Any, options: Mapping[str, Any], value: Any, _schema: Any) -> Iterable[ValidationError]:
        if isinstance(value, str) and (fault := resource_arns.resource_fault(text=value, **options)):
            yield ValidationError(fault)

    ours = {"resource-type": resource_type, "pattern": pattern, "resource": resource}
    return extend(Draft202012Validator, ours)  # type: ignore[no-untyped-call]


def _sentence(error: Any) -> str:
    """The message for a violation: "`given` is …; give … such as …"."""
    text = error.instance if isinstance(error.instance, str) else json.dumps(error.instance, default=str)
    given = f"`{text if len(text) <= 80 else text[:79] + '…'}`"
    schema = error.schema
    give = f"; give {wanted(schema)}{example(schema)}"
    match error.validator:
        case "format":
            return f"{given} {problem(str(error.validator_value), str(error.instance))}"
        case "enum":
            choices = [str(choice) for choice in error.validator_value]
            return f"{given} is none of {', '.join(choices)}{did_you_mean(str(error.instance), choices)}"
        case "minItems":
            return f"{given} has too few entries; give {error.validator_value} or more{example(schema)}"
        case "maxItems":
            return f"{given} has too many entries; give {error.validator_value} or fewer"
        case "uniqueItems":
            return f"{given} names something twice"
        case "resource-type":
            return f"{given} names no {error.validator_value}"
        case "pattern" | "resource":
            return f"{given} {error.message}{give}"
        case "minimum" | "exclusiveMinimum" | "minLength":
            return f"{given} is too small{give}"
        case "maximum" | "exclusiveMaximum" | "maxLength":
            return f"{given} is too large{give}"
    return f"{given} is not {wanted(schema)}{example(schema)}"


def wanted(schema: Mapping[str, Any]) -> str:
    """A description of the values that match a schema, as in "give …"."""
    if "enum" in schema:
        return "one of " + ", ".join(f"`{choice}`" for choice in schema["enum"])
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]].wanted
    if resource := schema.get("resource"):
        return resource_arns.wanted(resource["resource_type"], pattern=resource["pattern"])
    low, high = schema.get("minimum"), schema.get("maximum")
    bounds = f" from {low} to {high}" if low is not None and high is not None else ""
    match schema.get("type"):
        case "array":
            return f"a list, each entry {wanted(schema.get('items', {}))}"
        case "object":
            return f"a table of {', '.join(f'`{name}`' for name in schema['fields'])}"
        case "boolean":
            return "`true` or `false`"
        case "integer" | "number" as kind:
            return f"a{' whole' if kind == 'integer' else ''} number{bounds}"
    return f"a text that matches `{schema['pattern']}`" if "pattern" in schema else "a text"


def example(schema: Mapping[str, Any]) -> str:
    """An example of the values that match a schema, as in ", such as …"; "" if there is none."""
    if schema.get("type") == "boolean":
        return ""
    if examples := schema.get("examples"):
        first = examples[0]
        return f", such as `{first if isinstance(first, str) else json.dumps(first, default=str)}`"
    if schema.get("type") == "array":
        return example(schema.get("items", {}))
    return f", such as `{FORMATS[schema['format']].example}`" if schema.get("format") in FORMATS else ""
