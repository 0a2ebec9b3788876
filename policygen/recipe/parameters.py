"""Parameters: what a user gives, checked against the recipe's JSON Schema, with a message for each mistake."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Any

from policygen.errors import PolicygenError, did_you_mean
from policygen.policy.source import JsonSyntaxError, Source
from policygen.recipe.formats import FORMATS, foreign, problem
from policygen.toml import TomlSource


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
        return _wanted(self.schema) + _example(self.schema)


COMMON = (
    Parameter("account", {"type": "string", "format": "account-id", "description": "The AWS account id."}),
    Parameter(
        "partition",
        {"type": "string", "format": "partition", "default": "aws", "description": "The AWS partition of the account."},
    ),
)
"""The parameters of every recipe."""


def resolve(parameters: Iterable[Parameter], given: Mapping[str, Any], where: str = "") -> dict[str, Any]:
    """The value of every parameter: as given, or its default.

    Raises PolicygenError for an unknown or missing parameter and for an invalid value; messages start with `where`.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            raise PolicygenError(f"{where}there is no parameter `{name}`{_known(name, known)}")
    values = {name: _plain(given.get(name, parameter.default), parameter) for name, parameter in known.items()}
    for name, parameter in known.items():
        if name not in given and parameter.required:
            raise PolicygenError(f"{where}parameter `{name}` is missing; give {parameter.wanted}")
    left_out = {name for name, parameter in known.items() if name not in given and "default" not in parameter.schema}
    for name, sentence in problems(known.values(), {key: values[key] for key in values if key not in left_out}):
        raise PolicygenError(f"{where}parameter `{name}`: {sentence}")
    for name, value in values.items() if "partition" in values else ():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and (fault := foreign(text, values["partition"])):
                raise PolicygenError(f"{where}parameter `{name}`: `{text}` {fault}")
    return values


def _plain(value: Any, parameter: Parameter) -> Any:
    """The value as JSON has it: tuples as lists, TOML's dates as text, whole numbers (`8.0`) as `int`."""
    if isinstance(value, date | time):
        return value.isoformat()
    if parameter.schema["type"] == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    return [_plain(item, parameter) for item in value] if isinstance(value, list | tuple) else value


def problems(parameters: Iterable[Parameter], values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(parameter, sentence that quotes the value) for each value that does not match its schema."""
    # `required` has another meaning in JSON Schema
    schemas = {p.name: {key: value for key, value in p.schema.items() if key != "required"} for p in parameters}
    for error in _validator_class()({"properties": schemas}, format_checker=_formats()).iter_errors(values):
        yield str(error.absolute_path[0]), _sentence(error)


def from_settings(parameters: Iterable[Parameter], settings: Iterable[str], where: str = "") -> dict[str, Any]:
    """The values of `NAME=VALUE` settings; a list is a repeated name or one JSON value.

    Raises PolicygenError for a setting without `=`, an unknown name, a value of the wrong type, and a second value for
    a parameter that is not a list.
    """
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise PolicygenError(f"`--set {setting}` has no `=`; write `--set NAME=VALUE`")
        if name not in known:
            raise PolicygenError(f"{where}there is no parameter `{name}`{_known(name, known)}")
        parameter = known[name]
        value = _typed(parameter, text, where)
        if name in values and parameter.schema["type"] != "array":
            raise PolicygenError(f"{where}parameter `{name}` is given twice, but takes one value")
        values[name] = [*values[name], *value] if name in values else value
    return values


def from_file(path: str, text: str) -> dict[str, Any]:
    """The parameters in a file: TOML, or JSON if the name ends in `.json` or the text starts with `{`.

    Raises PolicygenError with `file:line` for anything else.
    """
    name = "<stdin>" if path == "-" else path
    is_json = Path(path).suffix == ".json" or text.lstrip().startswith("{")
    values = Source(text, name).data if is_json else TomlSource(text, name).data
    if not isinstance(values, dict):
        raise PolicygenError(f"{name}: does not contain a table of parameters")
    return values


def _typed(parameter: Parameter, text: str, where: str) -> Any:
    kind = parameter.schema["type"]
    if kind == "string":
        return text
    if kind == "array" and not text.lstrip().startswith("["):
        return [_typed(Parameter(parameter.name, parameter.schema["items"]), text, where)]
    try:
        return Source(text, "").data
    except JsonSyntaxError:
        raise PolicygenError(f"{where}parameter `{parameter.name}`: `{text}` is not {parameter.wanted}") from None


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

    return extend(Draft202012Validator, {"resource-type": resource_type})  # type: ignore[no-untyped-call]


def _sentence(error: Any) -> str:
    """The message for a violation: "`given` is …; give … such as …"."""
    text = error.instance if isinstance(error.instance, str) else json.dumps(error.instance, default=str)
    given = f"`{text if len(text) <= 80 else text[:79] + '…'}`"
    schema = error.schema
    give = f"; give {_wanted(schema)}{_example(schema)}"
    match error.validator:
        case "format":
            return f"{given} {problem(str(error.validator_value), str(error.instance))}"
        case "enum":
            choices = [str(choice) for choice in error.validator_value]
            return f"{given} is none of {', '.join(choices)}{did_you_mean(str(error.instance), choices)}"
        case "minItems":
            return f"{given} has too few entries; give {error.validator_value} or more{_example(schema)}"
        case "maxItems":
            return f"{given} has too many entries; give {error.validator_value} or fewer"
        case "uniqueItems":
            return f"{given} names something twice"
        case "resource-type":
            return f"{given} names no {error.validator_value}"
        case "minimum" | "exclusiveMinimum" | "minLength":
            return f"{given} is too small{give}"
        case "maximum" | "exclusiveMaximum" | "maxLength":
            return f"{given} is too large{give}"
    return f"{given} is not {_wanted(schema)}{_example(schema)}"


def _wanted(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(f"`{choice}`" for choice in schema["enum"])
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]].wanted
    low, high = schema.get("minimum"), schema.get("maximum")
    bounds = f" from {low} to {high}" if low is not None and high is not None else ""
    names = {"boolean": "`true` or `false`", "integer": f"a whole number{bounds}", "number": f"a number{bounds}"}
    if schema.get("type") == "array":
        return f"a list, each entry {_wanted(schema.get('items', {}))}"
    return names.get(schema.get("type", ""), "a text")


def _example(schema: Mapping[str, Any]) -> str:
    if schema.get("type") == "boolean":
        return ""
    if examples := schema.get("examples"):
        example = examples[0]
        return f", such as `{example if isinstance(example, str) else json.dumps(example, default=str)}`"
    if schema.get("type") == "array":
        return _example(schema.get("items", {}))
    return f", such as `{FORMATS[schema['format']].example}`" if schema.get("format") in FORMATS else ""


def _known(name: str, known: Mapping[str, Parameter]) -> str:
    return did_you_mean(name, known) or f"; it has {', '.join(f'`{name}`' for name in known)}"
