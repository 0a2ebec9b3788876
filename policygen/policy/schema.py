"""Validate documents against the JSON Schemas of `schemas/`, which describe their form, not their meaning."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from policygen import shipped
from policygen.errors import did_you_mean
from policygen.finding import Finding, Severity
from policygen.policy.model import Kind, Policy, escape

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

    from policygen.toml import TomlSource

_SCHEMAS = {
    Kind.IDENTITY: "identity-policy",
    Kind.BOUNDARY: "identity-policy",
    Kind.SCP: "scp",
    Kind.RCP: "rcp",
    Kind.RESOURCE: "resource-policy",
    Kind.TRUST: "trust-policy",
}
_MOST = 100
"""A document with more violations is of another kind, and the first places make that clear."""

_REFERENCE = re.compile(r'"\$ref": "([a-z-]+)\.schema\.json')

_LATIN, _FOREIGN = r"\u00FF", re.compile("[^\t\n\r -\u00ff]")
"""The end of the range of characters that IAM accepts, as the policy schemas write it; a character outside of it."""

_NOUNS: dict[str, tuple[str, tuple[type, ...]]] = {
    "null": ("null", (type(None),)),
    "boolean": ("true or false", (bool,)),
    "integer": ("a whole number", (int,)),
    "number": ("a number", (int, float)),
    "string": ("text", (str,)),
    "array": ("a list", (list,)),
    "object": ("an object", (dict,)),
}


class Violation(NamedTuple):
    """A place in a document, as a JSON Pointer, that violates the schema."""

    pointer: str
    message: str
    """One sentence, shown next to the place: `Effect` must be `Allow` or `Deny`, not `allow`."""


def validate(policy: Policy) -> list[Finding]:
    """The first 100 places where a policy violates the schema of its kind: errors of the rule `schema`, in file order.

    A policy without any has the form that IAM requires; the other rules check its meaning.
    """
    found = [
        Finding("schema", Severity.ERROR, message, pointer, policy.file, *(policy.span(pointer) or ()))
        for pointer, message in violations(_SCHEMAS[policy.kind], policy.document)
    ]
    return sorted(found, key=lambda finding: (finding.line, finding.column))


def violations(name: str, document: Any) -> list[Violation]:
    """The first 100 places where parsed JSON or TOML violates `schemas/<name>.schema.json`."""
    validator = _validator(name)
    try:
        errors = list(islice(validator.iter_errors(document), _MOST))
        mistyped = {_pointer(error) for error in errors if error.validator == "type"}
        kept = [error for error in errors if error.validator == "type" or _pointer(error) not in mistyped]
        return list(dict.fromkeys(Violation(_pointer(error), _explain(error, validator.schema)) for error in kept))
    except RecursionError:
        return [Violation("", "nested too deeply to read")]


def check_toml(source: "TomlSource", name: str) -> None:
    """Raise PolicygenError, with `file:line`, for the first place where a file violates a schema."""
    for pointer, message in violations(name, source.data):
        raise source.error(pointer, message)


@cache
def _validator(name: str) -> "Validator":
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    # with "$schema", the library would follow a $ref with its own validator instead of the one below
    known = [{key: value for key, value in schema.items() if key != "$schema"} for schema in _with_references(name)]
    resources = ((schema["$id"], DRAFT202012.create_resource(schema)) for schema in known)
    registry: Registry[Any] = Registry().with_resources(resources)
    make = extend(Draft202012Validator, {"additionalProperties": _additional_properties})  # type: ignore[no-untyped-call]
    validator: Validator = make(shipped.schema(name), registry=registry)
    return validator


def _with_references(name: str) -> Iterator[Mapping[str, Any]]:
    """A schema and those that it references, directly or not; all come from the folder, and nothing is fetched."""
    waiting = [name]
    for each in waiting:
        yield shipped.schema(each)
        waiting += set(_REFERENCE.findall(json.dumps(shipped.schema(each)))) - set(waiting)


def _additional_properties(
    validator: Any, wanted: Any, given: Any, schema: Mapping[str, Any]
) -> "Iterator[ValidationError]":
    """The keyword as the library implements it, but with one error for each key, in document order."""
    from jsonschema import ValidationError

    for key, value in given.items() if isinstance(given, dict) else ():
        if key not in schema.get("properties", {}):
            if wanted is False:
                yield ValidationError("not allowed", path=[key], instance=key)
            else:
                yield from validator.descend(value, wanted, path=key)


def _explain(error: "ValidationError", root: Any) -> str:
    schema: Any = error.schema
    wanted: Any = error.validator_value
    given: Any = error.instance
    keyword = str(error.validator)
    title = schema.get("title")
    if keyword == "pattern" and _LATIN in wanted and (foreign := _FOREIGN.search(given)):
        return f"{_shown(given)} contains U+{ord(foreign[0]):04X}, a character that IAM does not accept in a policy"
    if "errorMessage" in schema and keyword in ("pattern", "not", "required"):
        subject = f"the {title}" if isinstance(given, dict) else _shown(given)
        return f"{subject} {schema['errorMessage']}"
    if keyword == "required":
        missing = next(key for key in wanted if error.message.startswith(repr(key)))
        return f"{f'the {title}' if title else _label(error)} has no `{missing}`; add it"
    if keyword == "additionalProperties":
        owner = " of ".join(dict.fromkeys(_a(part["title"]) for part in (schema, root) if "title" in part))
        return f"{_shown(given)} does not belong in {owner}{did_you_mean(given, schema['properties'])}"
    return f"{_label(error)} must {_demand(keyword, wanted, given)}"


def _demand(keyword: str, wanted: Any, given: Any) -> str:
    """What a JSON Schema keyword requires of a value, as the words after "must"."""
    match keyword:
        case "type":
            nouns = [_NOUNS[kind][0] for kind in ([wanted] if isinstance(wanted, str) else wanted)]
            return f"be {_either(nouns)}, not {_noun(given)}"
        case "enum":
            close = did_you_mean(given, wanted) if isinstance(given, str) and len(wanted) > 3 else ""
            return f"be {_either([_shown(value) for value in wanted])}, not {_shown(given)}{close}"
        case "minItems" | "minProperties" | "minLength":
            return "not be empty" if wanted == 1 else f"have at least {wanted} entries"
        case "uniqueItems":
            return "not contain anything twice"
        case "minimum":
            return f"be at least {wanted}, not {_shown(given)}"
    return f"have {keyword} {_shown(wanted)}, unlike {_shown(given)}"


def _pointer(error: "ValidationError") -> str:
    """The pointer of the value at fault; if a key is at fault, of its value."""
    path = [*error.absolute_path, *([error.instance] if "propertyNames" in error.absolute_schema_path else ())]
    return "".join(f"/{escape(str(token))}" for token in path)


def _label(error: "ValidationError") -> str:
    path = error.absolute_path
    if not path:
        return "the document"
    if isinstance(path[-1], str):
        return _shown(path[-1])
    return f"an entry of {_shown(next((key for key in reversed(path) if isinstance(key, str)), 'the list'))}"


def _noun(value: Any) -> str:
    return next((noun for noun, types in _NOUNS.values() if isinstance(value, types)), "a date")


def _shown(value: Any) -> str:
    """A value as a message quotes it: one short line without control characters that a terminal would act on."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    short = text if len(text) <= 80 else text[:79] + "…"
    return f"`{''.join(c if c.isprintable() else c.encode('unicode_escape').decode() for c in short)}`"


def _either(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
