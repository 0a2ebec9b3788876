"""Documents held against the JSON Schemas of `schemas/`: the shape of a policy, before its meaning."""

import json
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from policygen import data
from policygen.errors import did_you_mean
from policygen.finding import Finding, Severity
from policygen.policy.acceptance import acceptance
from policygen.policy.model import Kind, Policy, escape

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError
    from referencing import Resource

_SCHEMAS = {
    Kind.IDENTITY: "identity-policy",
    Kind.BOUNDARY: "identity-policy",
    Kind.SCP: "scp",
    Kind.RCP: "rcp",
    Kind.RESOURCE: "resource-policy",
    Kind.TRUST: "trust-policy",
}
_MOST = 100
"""What breaks its schema more often than this is another kind of document, and the first places say so."""

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
    """A place in a document that its schema does not allow."""

    pointer: str
    """JSON Pointer."""
    message: str
    """One sentence that needs the place beside it: `Effect` must be `Allow` or `Deny`, not `allow`."""


def validate(policy: Policy) -> list[Finding]:
    """What the schema of the policy's kind objects to: errors of the rule `schema`, in the order of the file.

    A policy without any has the form that IAM asks for; whether it means something is for the rules to say. Reports
    the first 100 or so places, which is more than a policy with mistakes has.
    """
    found = [
        Finding("schema", Severity.ERROR, message, pointer, policy.file, *(policy.span(pointer) or ()))
        for pointer, message in violations(_SCHEMAS[policy.kind], policy.document)
    ]
    return sorted(found, key=lambda finding: (finding.line, finding.column))


def violations(name: str, document: Any) -> list[Violation]:
    """Where parsed JSON or TOML departs from `schemas/<name>.schema.json`; the first 100 or so places."""
    if acceptance(name)(document):
        return []
    validator = _validator(name)
    try:
        errors = list(islice(validator.iter_errors(document), _MOST))
    except RecursionError:
        return [Violation("", "nested too deeply to be read")]
    mistyped = {_pointer(error) for error in errors if error.validator == "type"}
    kept = [error for error in errors if error.validator == "type" or _pointer(error) not in mistyped]
    found = dict.fromkeys(violation for error in kept for violation in _explain(error, validator.schema))
    return list(islice(found, _MOST))


@cache
def _validator(name: str) -> "Draft202012Validator":
    from jsonschema import Draft202012Validator
    from referencing import Registry

    # a $ref between schemas is answered from the folder; nothing is ever fetched
    registry: Registry[Any] = Registry(retrieve=_retrieve)  # type: ignore[call-arg]
    return Draft202012Validator(data.schema(name), registry=registry)


def _retrieve(uri: str) -> "Resource[Any]":
    from referencing import Resource

    name = uri.rpartition("/")[2].removesuffix(".schema.json")
    return Resource.from_contents(data.schema(name))


def _explain(error: "ValidationError", root: Any) -> Iterator[Violation]:
    """A violation in plain words; several where one error of the library speaks of several keys."""
    schema: Any = error.schema
    wanted: Any = error.validator_value
    given: Any = error.instance
    keyword = str(error.validator)
    pointer, label = _pointer(error), _label(error)
    if "errorMessage" in schema and keyword in ("pattern", "not", "required"):
        subject = f"the {schema['title']}" if isinstance(given, dict) else _shown(given)
        yield Violation(pointer, f"{subject} {schema['errorMessage']}")
    elif keyword == "required":
        owner = f"the {schema['title']}" if "title" in schema else label
        yield from (Violation(pointer, f"{owner} has no `{key}`; add it") for key in wanted if key not in given)
    elif keyword == "additionalProperties":
        known = schema["properties"]
        owner = " of ".join(dict.fromkeys(_a(part["title"]) for part in (schema, root) if "title" in part))
        for key in (key for key in given if key not in known):
            message = f"{_shown(key)} does not belong in {owner}{did_you_mean(key, known)}"
            yield Violation(f"{pointer}/{escape(key)}", message)
    else:
        yield Violation(pointer, f"{label} must {_demand(keyword, wanted, given)}")


def _demand(keyword: str, wanted: Any, given: Any) -> str:
    """What a keyword of JSON Schema asks of a value, after "must"."""
    match keyword:
        case "type":
            nouns = [_NOUNS[kind][0] for kind in ([wanted] if isinstance(wanted, str) else wanted)]
            return f"be {_either(nouns)}, not {_noun(given)}"
        case "enum":
            return f"be {_either([_shown(value) for value in wanted])}, not {_shown(given)}"
        case "const":
            return f"be {_shown(wanted)}, not {_shown(given)}"
        case "minItems":
            return "not be an empty list" if wanted == 1 else f"have at least {wanted} entries"
    return f"have {keyword} {_shown(wanted)}, unlike {_shown(given)}"


def _pointer(error: "ValidationError") -> str:
    """Of the value; for a key that is not allowed, of the value that it names."""
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
    """The JSON type of a value in words."""
    return next((noun for noun, types in _NOUNS.values() if isinstance(value, types)), "a date")


def _shown(value: Any) -> str:
    """A value as a message quotes it: one short line, with nothing in it that a terminal would act on."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    short = text if len(text) <= 80 else text[:79] + "…"
    return f"`{''.join(c if c.isprintable() else c.encode('unicode_escape').decode() for c in short)}`"


def _either(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
