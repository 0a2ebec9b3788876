"""A request by someone of the account that owns the resource, in place of the same one by someone of another account.

The search makes its requests in the account of AWS's examples. Where policies name the resources of another account, a
request from within that account is what AWS would more likely receive, and what a reader expects.
"""

from dataclasses import replace

from policygen.evaluate.match import Value
from policygen.evaluate.request import Request
from policygen.evaluate.values import ACCOUNT


def at_home(request: Request) -> Request | None:
    """The request with the caller in the account of the resource; None if there is nothing to move."""
    who, home = request.principal, request.resource_account
    if who.account != ACCOUNT or home in ("", ACCOUNT) or ACCOUNT in request.resource:
        return None
    moved = replace(who, arn=who.arn.replace(ACCOUNT, home), account=home, issuer=who.issuer.replace(ACCOUNT, home))
    context = {key: _moved(value, home) for key, value in request.context.items()}
    return replace(request, principal=moved, context=context)


def _moved(value: Value, home: str) -> Value:
    if isinstance(value, tuple):
        return tuple(text.replace(ACCOUNT, home) for text in value)
    return value.replace(ACCOUNT, home)
