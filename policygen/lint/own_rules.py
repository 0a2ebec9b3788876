"""Rules that a repository writes itself, as data: the `[[rule]]` tables of its settings, proved by their examples."""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from policygen.finding import Severity
from policygen.lint.never_allowed import KINDS, NeverAllowed
from policygen.lint.rule import AboutPolicies, Rule
from policygen.loader.kind import infer
from policygen.policy.model import Kind, Policy
from policygen.policy.previews import Previews
from policygen.reference.resources import is_arn, is_everything
from policygen.reference.services import data_date, expand
from policygen.rule.rule import FIRES, QUIET

if TYPE_CHECKING:
    from policygen.toml import TomlSource

GROUP = "own"
"""The group of all such rules."""


def read_rules(
    entries: Sequence[Mapping[str, Any]], source: "TomlSource", taken: Container[str], previews: Previews
) -> tuple[Rule, ...]:
    """The rules in `[[rule]]` entries that the schema allows.

    `taken` are the names that a rule cannot have. Raises PolicygenError with `file:line` for a rule that cannot be what
    its author meant: no policy can break it, its condition is not valid, or one of its examples does not hold.
    """
    rules: dict[str, Rule] = {}
    for number, entry in enumerate(map(_as_json, entries)):
        at, name, never = f"/rule/{number}", entry["id"], entry["never_allowed"]
        if name in taken or name in rules or name == GROUP:
            raise source.error(f"{at}/id", f"another rule or group is called `{name}`; choose another id")
        actions, resources = tuple(never["actions"]), tuple(never.get("resources", ("*",)))
        check = NeverAllowed(entry["message"], actions, resources, never.get("unless"))
        for problem in _problems(check, previews):
            raise source.error(f"{at}/never_allowed", f"the rule `{name}` {problem}")
        severity = Severity(entry.get("severity", Severity.ERROR))
        rules[name] = Rule(name, severity, GROUP, check, AboutPolicies(KINDS), _documentation(entry))
        for example, problem in _failures(entry, check):
            why = f"the rule `{name}` {problem}; correct the rule or the example"
            raise source.error(f"{at}/{example}", why)
    return tuple(rules.values())


def _as_json(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry with the dates of TOML as texts, as policies write them."""
    converted: dict[str, Any] = json.loads(json.dumps(entry, default=lambda value: value.isoformat()))
    return converted


def _problems(check: NeverAllowed, previews: Previews) -> Iterator[str]:
    for action in check.actions:
        if not (expand(action) or previews.has_action(action)):
            yield f"is about `{action}`, which matches no action in AWS's data of {data_date()}; correct it"
    for resource in check.resources:
        if "${" in resource or not (is_everything(resource) or is_arn(resource)):
            yield f"is about the resource `{resource}`; write `*` or an ARN without variables"
    for refused in check.exception.refused if check.unless is not None else ():
        yield f"has an invalid condition in `unless`: {refused}"


def _documentation(entry: Mapping[str, Any]) -> str:
    """The documentation and the examples as the docstrings of other rules have them."""
    texts = [entry["message"], f"Never allowed: {json.dumps(entry['never_allowed'])}"]
    return "\n\n".join([*texts, *_examples(FIRES, entry["fires_on"]), *_examples(QUIET, entry["quiet_on"])])


def _examples(verdict: str, examples: Sequence[dict[str, Any]]) -> Iterator[str]:
    for example in examples:
        kind = _policy(example).kind
        label = verdict if kind is Kind.IDENTITY else f"{verdict} ({kind})"
        yield f"{label}: {json.dumps(example)}"


def _failures(entry: Mapping[str, Any], check: NeverAllowed) -> Iterator[tuple[str, str]]:
    """The place of each example that does not hold, and what the rule says of it."""
    for key in ("fires_on", "quiet_on"):
        for number, example in enumerate(entry[key]):
            found = list(check.broken(_policy(example)))
            doubt = next((f": it is unknown, since {one.doubt}" for one in found if one.doubt), "")
            if key == "fires_on" and not any(one.request for one in found):
                yield f"{key}/{number}", f"does not report example {number + 1} of `{key}`{doubt}"
            elif key == "quiet_on" and found:
                yield f"{key}/{number}", f"reports example {number + 1} of `{key}`{doubt}"


def _policy(example: dict[str, Any]) -> Policy:
    document = example if "Statement" in example else {"Version": "2012-10-17", "Statement": [example]}
    return Policy(document, infer(document))
