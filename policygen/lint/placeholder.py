"""Template placeholders that were never filled in."""

import re
from functools import lru_cache

from policygen.finding import Severity
from policygen.lint.rule import Objections, rule
from policygen.lint.texts import distinct_texts, every_text
from policygen.policy.model import Policy

_VARIABLE = r"\$\{(?!\s*(?:[^\s:,{}]+:[^\s:,{}][^,{}]*(?:,[^{}]*)?|[*?$]?)\s*\})[^{}]*\}"
"""`${…}` that is neither a condition key (`aws:username`, `www.amazon.com:user_id`) nor an escaped `*`, `?` or `$`."""

_FORMS = (
    _VARIABLE,
    r"(?<!\$)\{\{[^{}]*\}\}",
    r"<[A-Za-z][^<>]*>",
    r"\[[A-Za-z][^\[\]]*\]",
    r"%[A-Za-z][A-Za-z_-]{2,}%",  # not `%C3%`, a character in a URL
    r"(?<![A-Za-z0-9])(?i:your)[_-][A-Za-z0-9_-]*",
    r"(?<![A-Za-z0-9])(?:Your|YOUR)[A-Z][A-Za-z0-9]+",
    r"(?<![A-Za-z0-9])(?i:(?:replace|change)[_-]?(?:me|this))(?![A-Za-z0-9])",
    r"(?<![A-Za-z0-9])(?:REPLACE|INSERT)[_-](?:[A-Z0-9]+[_-]?)+",
    r"(?<![A-Za-z0-9])(?i:x{4,})(?![A-Za-z0-9])",
    r"(?<![A-Za-z0-9])(?:[A-Z]{1,20}[_-]){0,3}ACCOUNT[_-]?(?:ID|NUMBER)(?![A-Za-z0-9])",
    r"(?<=:)(?i:(?:[a-z]+[_-]?)?account[_-]?(?:id|number)|(?:aws[_-]?)?region)(?=:)",  # a field of an ARN
)
_PLACEHOLDER = re.compile("|".join(_FORMS))
_HINTS = ("<", "[", "{", "%", "your", "replace", "change", "insert", "xxxx", "account", "region")
"""Every placeholder contains one of these; checking them first takes a quarter of the time on AWS managed policies."""
_FREE = frozenset(("Sid", "Id"))
"""Elements whose text has no meaning to AWS."""


@rule("left-over-placeholder", Severity.ERROR, group="reference", decisive=True)
def left_over_placeholder(policy: Policy) -> Objections:
    """A placeholder was never filled in.

    Why it matters: samples say `<bucket>`, `YOUR_BUCKET` or `${Account}`, and templates `{{ bucket }}` or
    `${AWS::AccountId}`, where a value belongs. AWS takes most of them literally: it saves the policy, which
    matches nothing that exists. Other findings on such a place are left out, as they would be about the placeholder.

    Instead: write the value, or use a policy variable such as `${aws:PrincipalAccount}`.

    Fires on: {"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": "arn:aws:iam::${Account}:user/alice"}
    Fires on: {…, "Effect": "Deny", "Action": "s3:*", "Resource": "*",
               "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "${AWS::AccountId}"}}}
    Fires on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::<your-bucket>/*"}
    Fires on: {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:region:account-id:jobs"}
    Quiet on: {…, "Effect": "Allow", "Action": "iam:ChangePassword",
               "Resource": "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username, 'nobody'}"}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/${*}/a"}
    """
    if not any(map(_left_over, distinct_texts(policy))):
        return
    seen: set[str] = set()
    for written, pointer in every_text(policy.document, without=_FREE):
        if (found := _left_over(written)) and str(pointer) not in seen:
            seen.add(str(pointer))
            yield pointer, f"`{found}` is a placeholder that was never filled in; write the value that belongs there"


@lru_cache(maxsize=25_000)
def _left_over(text: str) -> str:
    """The first placeholder in a text; "" if there is none."""
    lower = text.lower()
    found = _PLACEHOLDER.search(text) if any(hint in lower for hint in _HINTS) else None
    return found[0] if found else ""
