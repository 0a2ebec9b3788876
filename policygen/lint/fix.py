"""Fix what can be fixed without changing what a policy means: duplicates, `Null` conditions, layout."""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policygen.finding import Finding
from policygen.loader.aws_cli import is_document
from policygen.loader.paths import Input, read
from policygen.policy.arn import arn_covers
from policygen.policy.canonical import dumps
from policygen.policy.pattern import covers
from policygen.policy.source import JsonSyntaxError, Source


@dataclass(frozen=True)
class Change:
    """A file before and after a fix."""

    file: str
    before: str
    after: str


def fix_files(files: Iterable[str], findings: Sequence[Finding]) -> Iterator[Change]:
    """The changes in files that fixing the findings makes; unchanged files are omitted."""
    for file in files:
        try:
            source = read(Input(file))
        except JsonSyntaxError:
            continue
        after = fix_text(source, [finding for finding in findings if finding.file == file])
        if after is not None and after != source.text:
            yield Change(file, source.text, after)


def unfixed(files: Iterable[str], findings: Sequence[Finding]) -> list[str]:
    """The files with findings that could be fixed if they contained a policy document in JSON and nothing else."""
    fixable = {finding.file for finding in findings if finding.rule in FIXABLE}
    return [file for file in files if file in fixable and fix_text(read(Input(file)), ()) is None]


def fix_text(source: Source, findings: Iterable[Finding]) -> str | None:
    """The canonical text of a policy with the findings fixed, where that cannot change any decision.

    None for a text that is not a bare policy document in JSON or cannot be written: it is left alone.
    """
    try:
        document = source.data
    except JsonSyntaxError:
        return None
    if source.tree or not isinstance(document, dict) or not is_document(document):
        return None
    text = dumps(fix(document, findings))
    # JSON can escape half a surrogate pair, which a file cannot contain
    return text if text.isascii() or text.encode("utf-8", "ignore").decode("utf-8") == text else None


def fix(document: Mapping[str, Any], findings: Iterable[Finding]) -> dict[str, Any]:
    """A fixed copy of the document. A finding only says where to look; each change is checked again."""
    fixed: dict[str, Any] = copy.deepcopy(dict(document))
    for finding in findings:
        if change := _FIXES.get(finding.rule):
            body = fixed.get("Statement")
            tokens = [token.replace("~1", "/").replace("~0", "~") for token in finding.pointer.split("/")[2:]]
            if isinstance(body, list) and tokens and tokens[0].isdigit() and int(tokens[0]) < len(body):
                body = body[int(tokens.pop(0))]
            if isinstance(body, dict):
                change(body, tokens)
    return fixed


def _drop_covered(general: Callable[[str, str], bool]) -> Callable[[dict[str, Any], list[str]], None]:
    """Drop each entry of a list that another one covers; of two that cover each other, keep the first."""

    def change(statement: dict[str, Any], tokens: list[str]) -> None:
        entries = statement.get(tokens[0]) if tokens else None
        if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
            return
        kept = list(dict.fromkeys(entries))
        for entry in list(kept):
            others = [other for other in kept if other is not entry]
            first = kept.index(entry)
            if any(general(o, entry) and not (general(entry, o) and kept.index(o) > first) for o in others):
                kept.remove(entry)
        statement[tokens[0]] = kept

    return change


def _action_covers(general: str, specific: str) -> bool:
    return covers(general.lower(), specific.lower())


def _resource_covers(general: str, specific: str) -> bool:
    # the value of a policy variable is not known, and may contain wildcards
    return general == specific or ("${" not in general + specific and arn_covers(general, specific))


def _null(operator: str, value: str) -> Callable[[dict[str, Any], list[str]], None]:
    """Replace comparing a key with `*` by `Null`, unless the condition block already has a `Null` for the key."""

    def change(statement: dict[str, Any], tokens: list[str]) -> None:
        block = statement.get("Condition")
        if not isinstance(block, dict) or len(tokens) < 3 or tokens[0] != "Condition" or tokens[1].lower() != operator:
            return
        keys, key, null = block.get(tokens[1]), tokens[2], block.get("Null", {})
        if not isinstance(keys, dict) or not isinstance(null, dict) or not _has_star(keys.get(key)):
            return
        if key.lower() in map(str.lower, null) or any(name.lower() == "null" and name != "Null" for name in block):
            return
        block["Null"] = null | {key: value}
        del keys[key]
        if not keys:
            del block[tokens[1]]

    return change


def _has_star(values: Any) -> bool:
    """Whether values are all texts, and one is `*`."""
    values = values if isinstance(values, list) else [values]
    return "*" in values and all(isinstance(value, str) for value in values)


_FIXES: Mapping[str, Callable[[dict[str, Any], list[str]], None]] = {
    "redundant-action": _drop_covered(_action_covers),
    "redundant-resource": _drop_covered(_resource_covers),
    "equivalent-to-null-false": _null("stringlike", "false"),
    "equivalent-to-null-true": _null("stringnotlike", "true"),
}
FIXABLE = frozenset(_FIXES)
"""The rules whose findings can be fixed."""
