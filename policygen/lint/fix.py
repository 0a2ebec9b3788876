"""Fix what can be fixed without changing what a policy means, in the text where it is written."""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policygen.finding import Finding
from policygen.loader.paths import Input, read
from policygen.loader.policies import Loaded, load, parse_text
from policygen.policy.arn import arn_covers
from policygen.policy.edit import CannotEditError, Edit, edited, edits
from policygen.policy.meaning import same
from policygen.policy.model import Policy
from policygen.policy.pattern import covers, is_wild
from policygen.policy.source import JsonSyntaxError, Source


@dataclass(frozen=True)
class Fixed:
    """What fixing the findings in a text changes."""

    source: Source
    edits: tuple[Edit, ...] = ()
    left: tuple[str, ...] = ()
    """One sentence for each policy that could not be fixed in place."""

    @property
    def text(self) -> str:
        """The fixed text."""
        return edited(self.source.text, self.edits)


@dataclass(frozen=True)
class _Wanted:
    """A policy, its document as it should be, and the edits that make it so."""

    policy: Policy
    document: Mapping[str, Any]
    edits: Sequence[Edit]


def fix_files(findings: Sequence[Finding]) -> Iterator[Fixed]:
    """What fixing the findings changes in the files that they are in; files without anything to fix are omitted."""
    of_files: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.rule in FIXABLE:
            of_files.setdefault(finding.file, []).append(finding)
    for file, found in of_files.items():
        fixed = fix_text(read(Input(file)), found)
        if fixed.edits or fixed.left:
            yield fixed


def fix_text(source: Source, findings: Iterable[Finding]) -> Fixed:
    """What fixing the findings in a text changes: nothing but the entries and conditions that they are about.

    A text that is not JSON, YAML or Terraform is left alone, and so is what AWS or Terraform printed.
    """
    try:
        loaded = load(source)
    except JsonSyntaxError:
        return Fixed(source)
    wanted: list[_Wanted] = []
    left: list[str] = []
    findings = list(findings)
    for policy in loaded.policies:
        document = fix(policy.document, [finding for finding in findings if _is_of(finding, policy)])
        if document == policy.document:
            continue
        try:
            wanted.append(_Wanted(policy, document, _edits(policy, document, loaded)))
        except CannotEditError as error:
            left.append(_sentence(policy, str(error)))
    if wanted and not _is_right(source, loaded, wanted):
        right = [one for one in wanted if _is_right(source, loaded, [one])]
        left += [_sentence(one.policy) for one in wanted if one not in right]
        wanted = right
    return Fixed(source, tuple(sorted({edit for one in wanted for edit in one.edits})), tuple(left))


def _edits(policy: Policy, document: Mapping[str, Any], loaded: Loaded) -> Sequence[Edit]:
    if loaded.is_output:
        raise CannotEditError("this is a copy of what is in AWS or in a plan, so fix what it was made from")
    return edits(policy, document)


def _is_of(finding: Finding, policy: Policy) -> bool:
    """Whether a finding is about a policy: its place says so, since several may have one name, or share a place."""
    span = policy.span(finding.pointer)
    return span is not None and span[:2] == (finding.line, finding.column)


def _is_right(source: Source, loaded: Loaded, wanted: Sequence[_Wanted]) -> bool:
    """Whether the edited text contains the fixed policies, and the others as before."""
    text = edited(source.text, sorted({edit for one in wanted for edit in one.edits}))
    documents = {id(one.policy): one.document for one in wanted}
    try:
        after = load(parse_text(text, source.file)).policies
    except JsonSyntaxError:
        return False
    expected = [documents.get(id(policy), policy.document) for policy in loaded.policies]
    return len(after) == len(expected) and all(same(a.document, b) for a, b in zip(after, expected, strict=True))


def _sentence(policy: Policy, why: str = "") -> str:
    line, column, *_ = policy.span("") or (1, 1)
    why = why or "it is not written as plain values, or there is a comment between them, so change it by hand"
    what = f"the policy `{policy.name}`" if policy.name else "the policy"
    return f"{policy.file}:{line}:{column}: {what} was not fixed: {why}"


def fix(document: Mapping[str, Any], findings: Iterable[Finding]) -> dict[str, Any]:
    """A fixed copy of the document. A finding only says where to look; each change is checked again."""
    fixed: dict[str, Any] = copy.deepcopy(dict(document))
    # all findings about the entries of one list are fixed at once
    lists = {
        (f.rule, f.pointer.rpartition("/")[0] if f.rule.startswith("redundant-") else f.pointer): f for f in findings
    }
    for finding in lists.values():
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
        place = {entry: index for index, entry in enumerate(dict.fromkeys(entries))}
        left = dict(place)
        wild = [entry for entry in place if is_wild(entry)]
        alike: dict[str, list[str]] = {}
        for entry in place:
            alike.setdefault(entry.lower(), []).append(entry)
        for entry in place:
            others = {*wild, *alike[entry.lower()]} - {entry}  # nothing else can cover it, and lists are long
            if any(
                o in left and general(o, entry) and not (general(entry, o) and place[o] > place[entry]) for o in others
            ):
                del left[entry]
        statement[tokens[0]] = list(left)

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
