"""Service principals that do not exist."""

from collections.abc import Iterator

from policygen.lint.access_analyzer.operators import literals
from policygen.lint.access_analyzer.principals import each_principal
from policygen.lint.rejected import rejected
from policygen.lint.rule import Objections
from policygen.policy.model import Element, Policy
from policygen.policy.previews import Previews
from policygen.reference.data import load
from policygen.reference.refusals import refusal
from policygen.reference.service_principals import data_date, guess, is_known, split_service_principal

_GUESSES = 20
"""The number of guesses for one policy: more unknown services than that are not typing errors."""


@rejected("unknown-service-principal")
def unknown_service_principal(policy: Policy) -> Objections:
    """A service principal is not in the list of known ones.

    Why it matters: AWS rejects a policy whose `Principal` does not exist. In a condition, the value never matches, so
    an `Allow` grants nothing and a `Deny` with `StringNotEquals` denies everyone.
    Instead: correct the name; each service's guide names its service principals. AWS does not publish a list of all of
    them: if the service is too new for ours, add it to `extra_services`.

    Fires on (trust): {"Effect": "Allow", "Principal": {"Service": "lamda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    Fires on (trust): {"Effect": "Allow", "Principal": {"Service": "tagging.amazonaws.com"}, "Action": "sts:AssumeRole"}
    Fires on: {…, "Action": "iam:PassRole", "Resource": "arn:aws:iam::123456789012:role/app",
               "Condition": {"StringEquals": {"iam:PassedToService": "ec3.amazonaws.com"}}}
    Quiet on (trust): {…, "Principal": {"Service": ["lambda.amazonaws.com", "states.eu-west-1.amazonaws.com",
               "ec2.amazonaws.com.cn"]}, "Action": "sts:AssumeRole"}
    Quiet on: {…, "Action": "iam:PassRole", "Resource": "arn:aws:iam::123456789012:role/app",
               "Condition": {"StringLike": {"iam:PassedToService": "ec2.*"}}}
    """
    keys = {key.lower() for key in load("service_principals")["value_keys"]}
    used = [(entry, True) for entry in _principals(policy)]
    used += [(entry, False) for _, entry in literals(policy, keys, "String")]
    unknown = (pair for pair in used if not _is_vouched_for(pair[0].value, policy.previews))
    for number, ((text, pointer), refused) in enumerate(unknown):
        hint = guess(text) if number < _GUESSES else ""
        answer = f"; {refusal('unknown-service-principal')}".replace("…", text) if refused else ""
        yield pointer, f"`{text}` {_unlisted(text)}{hint}{answer}"


def _principals(policy: Policy) -> Iterator[Element]:
    """The entries of `Principal` and `NotPrincipal` that have the form of a service principal."""
    for key, value, pointer in each_principal(policy):
        if key == "Service" and split_service_principal(value):
            yield Element(value, pointer)


def _is_vouched_for(text: str, previews: Previews) -> bool:
    labels = split_service_principal(text) or ()
    return is_known(text) or any(map(previews.has_service, labels))


def _unlisted(text: str) -> str:
    if split_service_principal(text) is None:
        return "is not a service principal; they look like `ec2.amazonaws.com`"
    return f"is not a service principal in the list of {data_date()}"
