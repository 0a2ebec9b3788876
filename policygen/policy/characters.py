"""Characters that a policy should not hold: those that do not show, and those that only look like the right ones."""

from unicodedata import category, name

_LATIN = 0xFF
"""The last character of a policy document of IAM (IAM API Reference, `CreatePolicy`, pattern of `PolicyDocument`)."""
_LOOKALIKES = frozenset("“”„‟‘’‚‛«»′″‐‑‒–—―−…＊：／，｛｝［］")
"""Typographic quotes, dashes and full-width signs, used where JSON and ARNs need the plain ones."""


def foreign(text: str, *, above_latin: bool) -> str:
    """The first character that does not show or only looks like another one, "" if there is none.

    `above_latin` says whether every character above U+00FF counts, as it does for IAM.
    """
    if text.isascii() and text.isprintable():
        return ""
    return next((c for c in text if is_hidden(c) or c in _LOOKALIKES or (above_latin and ord(c) > _LATIN)), "")


def is_hidden(character: str) -> bool:
    """Whether a character takes no place of its own or looks like a space: controls, formats, odd spaces."""
    return character not in " \t\n\r" and category(character) in ("Cc", "Cf", "Zs", "Zl", "Zp")


def is_lookalike(character: str) -> bool:
    """Whether a character looks like a quote, a dash or a sign of JSON and is another one."""
    return character in _LOOKALIKES


def named(character: str) -> str:
    """A character by its number and name: `U+200B (zero width space)`."""
    words = name(character, "").lower()
    return f"U+{ord(character):04X}" + (f" ({words})" if words else "")
