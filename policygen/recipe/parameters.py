"""Parameters: what a user gives, checked against the recipe's JSON Schema, with a message for each mistake."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, time
from pathlib import Path
from typing import Any

from policygen.errors import PolicygenError, did_you_mean
from policygen.policy.source import JsonSyntaxError, Source
from policygen.recipe.formats import foreign
from policygen.recipe.parameter import Parameter, disorder, is_empty, unmet, violations
from policygen.recipe.text_pattern import pattern_fault
from policygen.reference.resource_arns import needs, resource_arn, type_fault
from policygen.toml import TomlSource

ACCOUNT = Parameter("account", {"type": "string", "format": "account-id", "description": "The AWS account id."})
PARTITION = Parameter(
    "partition",
    {"type": "string", "format": "partition", "default": "aws", "description": "The AWS partition of the account."},
)
REGION = Parameter(
    "region",
    {
        "type": "string",
        "format": "region-or-any",
        "default": "*",
        "description": "The region of resources that are given by name; every region unless given.",
    },
)


def common(own: Iterable[Parameter], used: Collection[str]) -> tuple[Parameter, ...]:
    """The parameters that a recipe has beside its own; `used` are the names in its template.

    They are `account`, which it asks for only if it uses it, `partition`, and `region` if it uses one and does not
    declare it.
    """
    declared = {parameter.name for parameter in own}
    needed = {*used, *(name for parameter in own for name in needs_of(parameter.schema))}
    account = Parameter(ACCOUNT.name, {**ACCOUNT.schema, "required": ACCOUNT.name in needed})
    return (account, PARTITION, *([REGION] if REGION.name in needed - declared else []))


def resolve(parameters: Iterable[Parameter], given: Mapping[str, Any], where: str = "") -> dict[str, Any]:
    """The value of every parameter: as given, or its default; a resource by its ARN. None is as good as not given.

    Raises PolicygenError for an unknown or missing parameter and for an invalid value; messages start with `where`.
    """
    parameters, given = tuple(parameters), {name: value for name, value in given.items() if value is not None}
    for sentence in faults(parameters, given):
        raise PolicygenError(f"{where}{sentence}")
    values = _values(parameters, given)
    values = {parameter.name: _rendered(values[parameter.name], parameter.schema, values) for parameter in parameters}
    for name, value in values.items() if "partition" in values else ():
        for text in _texts(value):
            if fault := foreign(text, values["partition"]):
                raise PolicygenError(f"{where}parameter `{name}`: `{text}` {fault}")
    return values


def faults(parameters: Iterable[Parameter], given: Mapping[str, Any], noun: str = "parameter") -> Iterator[str]:
    """A sentence for everything that is wrong with the values given, those of the fields of records too."""
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            yield f"there is no {noun} `{name}`{_known(name, known)}"
    values = _values(known.values(), given)
    for name, parameter in known.items():
        wanting = unmet(parameter, known, values)
        if name in given and wanting and not is_empty(values[name]):
            yield f"{noun} `{name}` {wanting}"
    for parameter in missing(known.values(), given):
        yield f"{noun} `{parameter.name}` is missing; give {parameter.wanted}"
    set_ = {name: value for name, value in values.items() if name in given or "default" in known[name].schema}
    found = [f"{noun} `{name}`: {sentence}" for name, sentence in violations(known.values(), set_)]
    yield from found
    for name, value in () if found else set_.items():
        yield from (f"{noun} `{name}`{sentence}" for sentence in _of_records(known[name].schema, value))
        if fault := disorder(known[name], set_):
            yield f"{noun} `{name}`: {fault}"


def missing(parameters: Iterable[Parameter], given: Mapping[str, Any]) -> Iterator[Parameter]:
    """The parameters that must be given and are not."""
    known = {parameter.name: parameter for parameter in parameters}
    values = _values(known.values(), given)
    for name, parameter in known.items():
        if name not in given and parameter.required and not unmet(parameter, known, values):
            yield parameter


def fields(schema: Mapping[str, Any]) -> tuple[Parameter, ...]:
    """The fields of a record, from its declaration."""
    return tuple(Parameter(name, field) for name, field in schema["properties"].items())


def _of_records(schema: Mapping[str, Any], value: Any) -> Iterator[str]:
    """The faults of a record, and of the records of a list."""
    if schema["type"] == "object":
        yield from (f": {sentence}" for sentence in faults(fields(schema), value, "field"))
    for index, item in enumerate(value if schema["type"] == "array" else (), 1):
        yield from (f", entry {index}{sentence}" for sentence in _of_records(schema["items"], item))


def _values(parameters: Iterable[Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    return {each.name: _plain(given.get(each.name, each.default), each.schema) for each in parameters}


def _plain(value: Any, schema: Mapping[str, Any]) -> Any:
    """The value as JSON has it: tuples as lists, TOML's dates as text, whole numbers (`8.0`) as `int`."""
    if isinstance(value, date | time):
        return value.isoformat()
    if schema["type"] == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    items = schema.get("items", schema)
    return [_plain(item, items) for item in value] if isinstance(value, list | tuple) else value


def _rendered(value: Any, schema: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    """The value as the template sees it: resources as ARNs, records with all their fields."""
    if value is None:
        return None
    match schema["type"]:
        case "array":
            return [_rendered(item, schema["items"], values) for item in value]
        case "object":
            own = _values(fields(schema), value)
            return {field.name: _rendered(own[field.name], field.schema, values) for field in fields(schema)}
        case "resource":
            return resource_arn(
                schema["resource_type"],
                value,
                partition=values["partition"],
                region=values.get("region") or "*",
                account="*" if schema.get("any_account") else values.get("account") or "",
            )
    return value


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(item)


def declaration_faults(parameters: Collection[Parameter]) -> Iterator[tuple[str, str]]:
    """(parameter, rest of a sentence) for each declaration that refers to what does not exist."""
    known = {parameter.name: parameter.schema for parameter in parameters}
    for name, schema in known.items():
        requires = schema.get("requires", {})
        for other in (*([requires] if isinstance(requires, str) else requires), schema.get("greater_than", name)):
            if other not in known:
                yield name, f"refers to `{other}`, which is not a parameter{did_you_mean(other, known)}"
        if "greater_than" in schema and known.get(schema["greater_than"], schema)["type"] != schema["type"]:
            yield name, f"must be greater than `{schema['greater_than']}`, which is of another type"
        yield from ((name, sentence) for sentence in _type_faults(schema))
    if "region" in known and known["region"].get("format") not in ("region", "region-or-any"):
        yield "region", "is the region of resources given by name; give it the format `region` or `region-or-any`"


def _type_faults(schema: Mapping[str, Any]) -> Iterator[str]:
    match schema["type"]:
        case "array":
            yield from _type_faults(schema["items"])
        case "object":
            for name, sentence in declaration_faults(fields(schema)):
                yield f"has a field `{name}` that {sentence}"
        case "resource":
            if fault := type_fault(schema["resource_type"]):
                yield f"has a resource type `{schema['resource_type']}` that {fault}"
        case "string" if "pattern" in schema:
            if fault := pattern_fault(schema["pattern"]):
                yield fault


def needs_of(schema: Mapping[str, Any]) -> frozenset[str]:
    """Which of `account` and `region` a value needs to render."""
    match schema["type"]:
        case "array":
            return needs_of(schema["items"])
        case "object":
            return frozenset(name for field in fields(schema) for name in needs_of(field.schema))
        case "resource" if not type_fault(schema["resource_type"]):
            return needs(schema["resource_type"]) - ({"account"} if schema.get("any_account") else set())
    return frozenset()


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
    if kind in ("string", "resource"):
        return text
    if kind == "array" and not text.lstrip().startswith("["):
        return [_typed(Parameter(parameter.name, parameter.schema["items"]), text, where)]
    try:
        return Source(text, "").data
    except JsonSyntaxError:
        raise PolicygenError(f"{where}parameter `{parameter.name}`: `{text}` is not {parameter.wanted}") from None


def _known(name: str, known: Mapping[str, Parameter]) -> str:
    return did_you_mean(name, known) or f"; it has {', '.join(f'`{name}`' for name in known)}"
