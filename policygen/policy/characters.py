"""Characters that do not belong in a policy: invisible ones, and lookalikes of the ones that JSON and ARNs need."""

from unicodedata import category, name

_LATIN = 0xFF
"""The highest character that IAM accepts (IAM API Reference, `CreatePolicy`, pattern of `PolicyDocument`)."""
_LOOKALIKES = frozenset("“”„‟‘’‚‛«»′″‐‑‒–—―−…＊：／，｛｝［］")
"""Typographic quotes, dashes and full-width characters, written in place of the plain ones."""


def foreign(text: str, *, above_latin: bool) -> str:
    """The first invisible character or lookalike in a text, "" if there is none.

    With `above_latin`, every character above U+00FF counts too, because IAM rejects those.
    """
    if text.isascii() and text.isprintable():
        return ""
    return next((c for c in text if is_hidden(c) or c in _LOOKALIKES or (above_latin and ord(c) > _LATIN)), "")


def is_hidden(character: str) -> bool:
    """Whether a character is invisible or only looks like a space: control and format characters, unusual spaces."""
    return character not in " \t\n\r" and category(character) in ("Cc", "Cf", "Zs", "Zl", "Zp")


def is_lookalike(character: str) -> bool:
    """Whether a character merely looks like a quote, a dash or JSON punctuation."""
    return character in _LOOKALIKES


def named(character: str) -> str:
    """The code point and name of a character: `U+200B (zero width space)`."""
    words = name(character, "").lower()
    return f"U+{ord(character):04X}" + (f" ({words})" if words else "")
