"""Compare two sets of policies: does the new one allow more, or decide anything differently?

Requests fall into finitely many classes, and one request of each is enough. If policy variables or too many patterns
make it impossible to write down a request of a class, the search continues over what such a request *might* match: if
even that shows no difference, there is none; otherwise the verdict is `unknown`.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from policygen.evaluate.compiled import CompiledPolicy
from policygen.evaluate.decide import Outcome
from policygen.evaluate.reading import incomparable, plain, readings
from policygen.evaluate.request import Request
from policygen.evaluate.search import Search, Shown
from policygen.policy.model import Kind
from policygen.reference.services import data_date

Policies = Sequence[CompiledPolicy]


class Verdict(StrEnum):
    """The result of a comparison."""

    NONE = "none"
    FOUND = "found"
    UNKNOWN = "unknown"


class Comparison(NamedTuple):
    """A verdict, with the decisions of both sides on a request that shows it."""

    verdict: Verdict
    shown: Shown | None = None
    """If the verdict is unknown, a request that is decided differently but not listed in AWS's data."""
    reason: str = ""
    """Why the verdict is unknown."""
    kind: Kind | None = None
    """The kind of the policies; None if they are of several kinds."""
    note: str = ""
    """What the policies were compared on top of, "" if nothing was added."""
    on_allow_all: bool = False
    """Whether a policy that allows everything was added."""

    @property
    def witness(self) -> Request | None:
        """The request that shows the difference."""
        return self.shown[0].request if self.shown else None


def new_access(old: Policies, new: Policies) -> Comparison:
    """Whether the new policies allow a user, a role or a root user a request that the old ones do not.

    The policies are all of one kind; those that only limit are compared on top of policies that allow everything.
    """
    kinds = {policy.policy.kind for policy in (*old, *new)}
    kind = next(iter(kinds)) if len(kinds) == 1 else None
    known = not any(policy.policy.unknown for policy in (*old, *new))  # the same parameter can have two values
    if kind and known and [policy.policy.document for policy in old] == [policy.policy.document for policy in new]:
        return Comparison(Verdict.NONE, kind=kind)
    found = readings(old, new)
    if isinstance(found, str):
        return Comparison(Verdict.UNKNOWN, reason=found, kind=kind)
    results = []
    for reading in found:
        result = _result(Search(reading, _allows_more, only_more=True))
        results.append(result._replace(kind=kind, note=reading.note, on_allow_all=reading.on_allow_all))
    worst = min(results, key=lambda result: (Verdict.FOUND, Verdict.UNKNOWN, Verdict.NONE).index(result.verdict))
    if worst.verdict is Verdict.NONE:
        return worst._replace(on_allow_all=any(result.on_allow_all for result in results))
    return worst


def difference(old: Policies, new: Policies) -> Comparison:
    """Whether the new policies by themselves decide any request differently; explicit and implicit denies differ."""
    if why := incomparable(old, new):
        return Comparison(Verdict.UNKNOWN, reason=why)
    return _result(Search(plain(old, new), lambda before, after: before is not after, only_more=False))


def _allows_more(before: Outcome, after: Outcome) -> bool:
    return after is Outcome.ALLOW and before is not Outcome.ALLOW


def _result(search: Search) -> Comparison:
    shown = search.run()
    if shown:
        return Comparison(Verdict.FOUND, shown)
    if search.doubt:
        return Comparison(Verdict.UNKNOWN, reason=search.doubt)
    if search.unusable:
        action = search.unusable[0].request.action
        reason = f"only on resources that `{action}` does not take, as far as AWS's data of {data_date()} knows"
        return Comparison(Verdict.UNKNOWN, search.unusable, reason)
    return Comparison(Verdict.NONE)
