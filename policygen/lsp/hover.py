"""What a hover shows: the rules behind the findings at the place, and what AWS says about the word there."""

from collections.abc import Iterator, Mapping

from policygen.finding import Finding
from policygen.lint.rule import Rule
from policygen.policy.pattern import is_wild
from policygen.reference.descriptions import describe_action, describe_key
from policygen.reference.services import expand, services
from policygen.report.rule import markdown

_SHOWN = 12


def hover(word: str, findings: list[Finding], rules: Mapping[str, Rule]) -> str:
    """Markdown about a word and the findings at its place; "" if there is nothing to say."""
    parts = [*_about(word)]
    parts += [markdown(rules[rule]) for rule in dict.fromkeys(finding.rule for finding in findings) if rule in rules]
    return "\n\n---\n\n".join(parts)


def _about(word: str) -> Iterator[str]:
    action, key = describe_action(word), describe_key(word)
    if action:
        about = [f"**{action.action}** · {action.action.level}", f"{action.text}."]
        about += [
            f"Resource types: {', '.join(f'`{kind}` (`{arn}`)' for kind, arn in action.resources)}"
            if action.resources
            else 'It supports only `"Resource": "*"`.'
        ]
        about += [f"Condition keys: {_listed(action.keys)}"] if action.keys else []
        yield "\n\n".join(about)
    if key:
        yield "\n\n".join([f"**{key.name}** · condition key, {key.type}", *([f"{key.text}."] if key.text else [])])
    if is_wild(word) and word.partition(":")[0].lower() in services() and (matched := expand(word)):
        yield f"`{word}` matches {len(matched)} action{'s' * (len(matched) > 1)}: {_listed(tuple(map(str, matched)))}"


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(f"`{name}`" for name in names[:_SHOWN]) + more
