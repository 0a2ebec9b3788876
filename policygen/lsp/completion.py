"""Completion of service prefixes, actions and condition keys, in JSON, YAML and Terraform files."""

import re
from collections.abc import Iterator

from lsprotocol.types import CompletionItem, CompletionItemKind, TextEdit

from policygen.lsp.document import Document
from policygen.reference.descriptions import actions_of_prefix, keys_of_prefix
from policygen.reference.services import services

_TYPED = re.compile(r"(?:([A-Za-z0-9-]+):)?[A-Za-z0-9/_.-]*\Z")
_ELEMENT = re.compile(
    r"\b(?:(?P<action>(?:Not)?Action|(?:not_)?actions)|(?P<key>Condition|condition|variable)|Sid|Effect|Version|Id"
    r"|(?:Not)?Resource|(?:not_)?resources|(?:Not)?Principal|(?:not_)?principals|test|values)\b(?=[\"']?\s*[:={])"
)
_LOOKED_AT = 20_000
"""Characters before the cursor among which the element is looked for that it is in."""


def complete(document: Document, offset: int) -> Iterator[CompletionItem]:
    """What can be written at an offset: nothing unless it is in `Action`, `NotAction` or `Condition`."""
    before = document.text[max(0, offset - _LOOKED_AT) : offset]
    typed = _TYPED.search(before)
    elements = [match.lastgroup for match in _ELEMENT.finditer(before)]
    if typed is None or not elements or not elements[-1]:
        return
    place, prefix = document.range(offset - len(typed[0]), offset), (typed[1] or "").lower()
    for name, detail, text, kind in _names(elements[-1], prefix):
        yield CompletionItem(
            name,
            kind=kind,
            detail=detail,
            documentation=text or None,
            filter_text=name,
            text_edit=TextEdit(place, name),
        )


def _names(element: str, prefix: str) -> Iterator[tuple[str, str, str, CompletionItemKind]]:
    """Each name with a detail, a text and what it is."""
    if not prefix:
        known = {**services()} | ({"aws": "Global condition keys"} if element == "key" else {})
        for service, title in known.items():
            yield f"{service}:", title, "", CompletionItemKind.Module
    elif element == "action":
        for action, text in actions_of_prefix(prefix):
            yield str(action), str(action.level), text, CompletionItemKind.Function
    else:
        for key in keys_of_prefix(prefix):
            yield re.split(r"\$\{|<", key.name)[0], key.type, key.text, CompletionItemKind.Property
