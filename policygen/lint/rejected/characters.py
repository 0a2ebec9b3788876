"""Invisible and look-alike characters, such as copying from a web page or a chat leaves in a policy."""

from policygen.lint.rejected import rejected
from policygen.lint.rule import Objections
from policygen.lint.texts import distinct_texts, every_text
from policygen.policy.characters import foreign, named
from policygen.policy.model import Kind, Policy
from policygen.reference.refusals import refusal

_OF_IAM = (Kind.IDENTITY, Kind.BOUNDARY, Kind.TRUST)


@rejected("unsupported-character", decisive=True)
def unsupported_character(policy: Policy) -> Objections:
    """A text contains an invisible or look-alike character, or one that IAM does not accept.

    Why it matters: IAM does not accept characters above U+00FF. In other policies, a name with a zero-width space, a
    no-break space or a typographic dash looks right, but is a different name.
    Instead: type the text again.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObject\\u200b", "Resource": "*"}
    Fires on: {"Effect": "Allow", "Action": "docdb\\u2011elastic:ListClusters", "Resource": "*"}
    Fires on (resource): {…, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/\\u00a0*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/caf\\u00e9/*"}
    Quiet on (resource): {…, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/\\u5831\\u544a/*"}
    """
    above_latin = policy.kind in _OF_IAM
    if _is_plain(policy) or not any(foreign(text, above_latin=above_latin) for text in distinct_texts(policy)):
        return
    for text, pointer in every_text(policy.document):
        if found := foreign(text, above_latin=above_latin):
            says = f"; {refusal('unsupported-character')}" if above_latin and ord(found) > 0xFF else ""
            shown = "".join(c if c.isprintable() and c.isascii() else f"<U+{ord(c):04X}>" for c in text)
            yield pointer, f"`{shown}` contains {named(found)}; type it again{says}"


def _is_plain(policy: Policy) -> bool:
    """Whether the text that the policy was read from is ASCII, as most are, without escapes."""
    text = policy.source.text if policy.source else ""
    return bool(text) and text.isascii() and "\\" not in text
