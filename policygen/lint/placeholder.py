"""Placeholders of somebody else's template that were never filled in."""

import re

from policygen.finding import Severity
from policygen.lint.judged import Judged, resources_where
from policygen.lint.rule import Objections, rule
from policygen.policy.model import Policy

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
# a condition key (`aws:username`, `www.amazon.com:user_id`) with a default or not, or an escaped `*`, `?`, `$`
_KNOWN = re.compile(r"\s*([^\s:,]+:[^\s:,][^,]*(,.*)?|[*?$]?)\s*", re.DOTALL)


@rule("left-over-placeholder", Severity.WARNING, group="reference", mentions="${")
def left_over_placeholder(policy: Policy) -> Objections:
    """A placeholder stands where a policy variable would, and is none.

    Why it matters: samples say `${Account}` and templates `${AWS::AccountId}` where a value belongs. IAM knows no such
    variable and saves the policy all the same; the statement then means nothing that exists.

    Instead: write the value, or a policy variable, which is a condition key: `${aws:PrincipalAccount}`.

    Fires on: {"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": "arn:aws:iam::${Account}:user/alice"}
    Fires on: {"Effect": "Deny", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "${AWS::AccountId}"}}}
    Quiet on: {"Effect": "Allow", "Action": "iam:ChangePassword",
        "Resource": "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username, 'nobody'}"}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/${*}/a"}
    """
    values = (element for s in policy.statements for condition in s.conditions for element in condition.values)
    for text, pointer in (*resources_where(policy, _unknown.__getitem__), *values):
        if isinstance(text, str) and _unknown[text]:
            yield pointer, f"`${{{_unknown[text]}}}` is no policy variable; write the value that belongs there"


@Judged
def _unknown(text: str) -> str:
    """The inside of the first placeholder that is no variable; "" where there is none."""
    found = _VARIABLE.findall(text) if "${" in text else ()
    return next((name for name in found if not _KNOWN.fullmatch(name)), "")
