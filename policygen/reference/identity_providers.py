"""Identity providers: the calls of AWS STS for which they vouch for the caller, and those that AWS knows by name."""

from functools import cache

from policygen.policy.pattern import is_wild, matches
from policygen.reference.data import load


@cache
def provider_names() -> frozenset[str]:
    """The providers that trust policies name without an ARN: `accounts.google.com`."""
    return frozenset(
        text for listed in load("identity_providers")["calls"].values() for text in listed if not is_wild(text)
    )


@cache
def vouched_for() -> frozenset[str]:
    """The actions (lower case) that only an identity provider's users call: they have no AWS credentials yet."""
    return frozenset(call.lower() for call in load("identity_providers")["calls"])


def is_vouched_for(action: str) -> bool:
    """Whether an action (lower case) is one of `vouched_for`."""
    return action in vouched_for()


@cache
def calls_of(provider: str) -> frozenset[str]:
    """The actions (lower case) that an identity provider's users can ask for: the call, and what it may also need."""
    data = load("identity_providers")
    calls = [call for call, listed in data["calls"].items() if any(matches(known, provider) for known in listed)]
    return frozenset(action.lower() for action in (*calls, *data["beside"]))
