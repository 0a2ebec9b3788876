"""Rules that a repository writes itself, as data: the `[[rule]]` tables of its settings, proved by their examples."""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

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
    for number, entry in enumerate(entries):
        at, name = f"/rule/{number}", entry["id"]
        if name in taken or name in rules or name == GROUP:
            raise source.error(f"{at}/id", f"another rule or group is called `{name}`; choose another id")
        rule, place, problem = _read(_as_json(entry), previews)
        if rule is None:
            raise source.error(f"{at}/{place}", f"the rule `{name}` {problem}")
        rules[name] = rule
    return tuple(rules.values())


class _Read(NamedTuple):
    """A rule, or what is wrong with it and where in its entry."""

    rule: Rule | None
    place: str = ""
    problem: str = ""


@lru_cache(64)
def _read(text: str, previews: Previews) -> _Read:
    """The rule of an entry in JSON; an editor asks for the same rules at each key that is pressed."""
    entry: dict[str, Any] = json.loads(text)
    never = entry["never_allowed"]
    actions, resources = tuple(never["actions"]), tuple(never.get("resources", ("*",)))
    check = NeverAllowed(entry["message"], actions, resources, never.get("unless"))
    for problem in _problems(check, previews):
        return _Read(None, "never_allowed", problem)
    for place, problem in _failures(entry, check):
        return _Read(None, place, f"{problem}; correct the rule or the example")
    severity = Severity(entry.get("severity", Severity.ERROR))
    return _Read(Rule(entry["id"], severity, GROUP, check, AboutPolicies(KINDS), _documentation(entry)))


def _as_json(entry: Mapping[str, Any]) -> str:
    """An entry with the dates of TOML as texts, as policies write them."""
    return json.dumps(entry, default=lambda value: value.isoformat())


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
