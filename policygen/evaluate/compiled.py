"""Policies compiled for evaluation: each statement is a few tests, indexed by the service of the request."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from policygen.evaluate.ambiguous import is_ambiguous, is_short, wide_pattern
from policygen.evaluate.conditions import ContextTest, RefusedError, check_length, condition_test
from policygen.evaluate.match import Pattern, Test, any_of, resource_pattern, text_pattern, variables_in
from policygen.evaluate.principal import NamingTest, naming_test
from policygen.evaluate.request import Request
from policygen.policy.model import Condition, Element, Kind, Policy, Statement, once_per_policy
from policygen.policy.pattern import is_wild, normalise

_VERSIONS = ("2008-10-17", "2012-10-17")
_WITH_PRINCIPAL = (Kind.RESOURCE, Kind.TRUST, Kind.RCP)


@dataclass(frozen=True, slots=True, eq=False)
class CompiledStatement:
    """One statement as tests, except of its actions, which `Entry` tests."""

    policy: Policy
    statement: Statement
    allows: bool
    resource: Test | None
    """Whether the Resource or NotResource list matches an ARN; None if it matches everything."""
    wide: Test | None
    """The same, if a `*` at the end of a segment matches beyond the colon; None if that makes no difference."""
    short: bool
    """Whether an entry of the list has fewer than the six segments of an ARN."""
    resource_negated: bool
    tests: tuple[ContextTest, ...]
    """One test for each condition of the statement, in order."""
    naming: NamingTest | None
    """How it names a principal; None if policies of this kind do not name principals."""

    @property
    def sid(self) -> str:
        """The Sid, "" if there is none."""
        return self.statement.sid

    @property
    def pointer(self) -> str:
        """Its place in the policy: `/Statement/0`."""
        return self.statement.pointer

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions that `tests` were compiled from."""
        return self.statement.conditions

    @property
    def names_providers(self) -> bool:
        """Whether its Principal names identity providers."""
        principal = self.statement.body.get("Principal", self.statement.body.get("NotPrincipal"))
        return isinstance(principal, dict) and "Federated" in principal

    def resource_matches(self, request: Request) -> bool:
        """Whether the statement applies to the resource of a request."""
        found = self.resource is None or self.resource(request.resource, request.context)
        return found is not self.resource_negated

    def is_ambiguous(self, request: Request) -> bool:
        """Whether AWS leaves open if the statement applies to the resource of a request.

        "If the `*` wildcard is the last character of a resource ARN segment, it can expand to match beyond the colon
        boundaries" (IAM User Guide, "IAM JSON policy elements: Resource"), but AWS does not say when it does.
        """
        if self.wide is None or self.resource is None or not (self.short or request.resource.count(":") > 5):
            return False
        return self.wide(request.resource, request.context) is not self.resource(request.resource, request.context)

    def matches(self, request: Request) -> bool:
        """Whether the statement certainly matches a request whose action and principal it matches."""
        if self.resource is not None or self.resource_negated:
            found = self.resource is None or self.resource(request.resource, request.context)
            if found is self.resource_negated:
                return False
        return not (self.wide and self.is_ambiguous(request)) and self.conditions_hold(request)

    def conditions_hold(self, request: Request) -> bool:
        """Whether all conditions hold in the context of a request."""
        context = request.context
        for test in self.tests:  # noqa: SIM110  (a generator would take twice the time)
            if not test(context):
                return False
        return True

    def keys(self, request: Request) -> Iterator[str]:
        """The condition keys that the statement reads, as written; none if it is about other resources."""
        substituted = self.policy.version == "2012-10-17"
        entries = (*self.statement.resources, *self.statement.not_resources)
        in_resource = [key for entry in entries for key in variables_in(entry.value)] if substituted else []
        if in_resource or self.resource_matches(request):
            yield from in_resource
            for condition in self.conditions:
                yield condition.key
                for value in condition.values if substituted else ():
                    yield from variables_in(value.value)


class Entry(NamedTuple):
    """A statement, as it applies to the requests of one service."""

    statement: CompiledStatement
    action: Test
    """Whether an entry of its Action or NotAction matches an action, given in lower case."""
    negated: bool

    def matches(self, request: Request) -> bool:
        """Whether the statement applies to the action of a request."""
        return self.action(request.name, request.context) is not self.negated


@dataclass(frozen=True, slots=True, eq=False)
class CompiledPolicy:
    """One policy, ready to decide."""

    policy: Policy
    statements: tuple[CompiledStatement, ...]
    services: frozenset[str]
    """The services that action entries name without wildcards, in lower case."""
    refused: tuple[str, ...]
    """Why IAM would reject the policy, a sentence each; the parts at fault are left out of the statements."""
    any_ambiguous: bool
    """Whether any statement can be ambiguous about a resource."""
    _grouped: tuple["_Grouped", ...]
    _elsewhere: tuple[Entry, ...]
    """The statements for the services that no entry names."""
    _by_service: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    """The results of `entries`: a policy may name many services, but few of them are asked for."""

    def entries(self, service: str) -> tuple[Entry, ...]:
        """The statements that can match requests of a service, given in lower case, in the policy's order."""
        if service not in self.services:
            return self._elsewhere
        if service not in self._by_service:
            self._by_service[service] = tuple(_entries(self._grouped, service))
        return self._by_service[service]

    def only(self, kept: Collection[CompiledStatement]) -> "CompiledPolicy":
        """The policy with only some of its statements."""
        grouped = tuple(one for one in self._grouped if one.statement in kept)
        return _indexed(self.policy, grouped, self.refused)

    def action_patterns(self, service: str) -> Iterator[tuple[CompiledStatement, tuple[Pattern, ...], bool]]:
        """The statements of `entries` with the patterns of their actions, and whether these are in NotAction.

        The service "" means any service that no entry names.
        """
        for statement, names, anywhere, elsewhere in self._grouped:
            if service in names or anywhere or elsewhere.negated:
                yield statement, (*anywhere, *names.get(service, ())), elsewhere.negated

    def matching(self, request: Request) -> list[CompiledStatement]:
        """The statements that match a request, regardless of who makes it."""
        name, context = request.name, request.context
        return [
            statement
            for statement, action, negated in self._by_service.get(request.service) or self.entries(request.service)
            if action(name, context) is not negated and statement.matches(request)
        ]

    def ambiguous(self, request: Request) -> list[CompiledStatement]:
        """The statements whose match depends on whether a `*` in their resources matches beyond a colon."""
        if not self.any_ambiguous:
            return []
        return [
            entry.statement
            for entry in self.entries(request.service)
            if entry.matches(request) and entry.statement.is_ambiguous(request)
            if entry.statement.conditions_hold(request)
        ]


class _Grouped(NamedTuple):
    """A statement with its action entries by service."""

    statement: CompiledStatement
    names: dict[str, list[Pattern]]
    anywhere: list[Pattern]
    """The entries whose prefix has wildcards."""
    elsewhere: Entry
    """The statement for the services that no entry names."""


@once_per_policy
def compile_policy(policy: Policy) -> CompiledPolicy:
    """The policy as immutable tests.

    Parts that IAM would reject, and values known only at deployment, do not raise: they make every decision `unknown`.
    """
    compiled: list[_Grouped] = []
    refused = list(_refused(policy))
    for statement in policy.statements:
        try:
            entries, negated = _one_of(statement, "Action")
            if not entries and negated is None:
                raise RefusedError(f"{statement.pointer}: neither `Action` nor `NotAction`")
            compiled.append(_grouped(_statement(policy, statement), entries, bool(negated)))
        except RefusedError as error:
            refused.append(f"{_name(policy)}{error}")
    return _indexed(policy, tuple(compiled), tuple(refused))


def _indexed(policy: Policy, compiled: tuple[_Grouped, ...], refused: tuple[str, ...]) -> CompiledPolicy:
    return CompiledPolicy(
        policy,
        tuple(grouped.statement for grouped in compiled),
        frozenset(service for grouped in compiled for service in grouped.names),
        refused,
        any(grouped.statement.wide for grouped in compiled),
        compiled,
        tuple(grouped.elsewhere for grouped in compiled if grouped.anywhere or grouped.elsewhere.negated),
    )


def _refused(policy: Policy) -> Iterator[str]:
    if policy.unknown:
        yield f"{policy.name or policy.file or 'the policy'} has values that are known only at deployment"
    if policy.version not in _VERSIONS:
        yield f"{_name(policy)}/Version: the version must be `2012-10-17` or `2008-10-17`"
    body = policy.document.get("Statement")
    if not isinstance(body, dict | list) or (isinstance(body, list) and not all(isinstance(s, dict) for s in body)):
        yield f"{_name(policy)}/Statement: `Statement` must be an object or a list of objects"


def _name(policy: Policy) -> str:
    name = policy.name or policy.file
    return f"IAM would reject {name}: " if name else "IAM would reject "


def _statement(policy: Policy, statement: Statement) -> CompiledStatement:
    variables = policy.version == "2012-10-17"
    if statement.effect not in ("Allow", "Deny"):
        raise RefusedError(f"{statement.pointer}/Effect: the effect must be `Allow` or `Deny`")
    resources, negated = _one_of(statement, "Resource")
    if negated is None and policy.kind not in _WITH_PRINCIPAL:
        raise RefusedError(f"{statement.pointer}: neither `Resource` nor `NotResource`")
    everything = negated is None or any(normalise(entry.value) == "*" for entry in resources)
    entries = [] if everything else [entry.value for entry in resources]
    uncertain = any(map(is_ambiguous, entries))
    _check_conditions(statement)
    return CompiledStatement(
        policy=policy,
        statement=statement,
        allows=statement.allows,
        resource=None if everything else any_of(resource_pattern(entry, variables=variables) for entry in entries),
        wide=any_of(wide_pattern(entry, variables=variables) for entry in entries) if uncertain else None,
        short=any(map(is_short, entries)),
        resource_negated=bool(negated),
        tests=tuple(condition_test(condition, variables=variables) for condition in statement.conditions),
        naming=_naming(policy, statement),
    )


def _one_of(statement: Statement, name: str) -> tuple[tuple[Element, ...], bool | None]:
    """The entries of an element or of its negation (`NotAction`), and whether it is the negation; None for neither."""
    names = [found for found in (name, f"Not{name}") if found in statement.body]
    if not names:
        return (), None
    place = f"{statement.pointer}/{names[0]}"
    if len(names) == 2:
        raise RefusedError(f"{place}: `{name}` and `Not{name}` in one statement")
    entries = statement.elements(names[0])
    check_length(entries, place)
    value = statement.body[names[0]]
    if len(entries) != (len(value) if isinstance(value, list) else 1):
        raise RefusedError(f"{place}: every entry must be a string")
    return entries, names[0] != name


def _check_conditions(statement: Statement) -> None:
    block = statement.body.get("Condition", {})
    if not isinstance(block, dict) or not all(isinstance(keys, dict) for keys in block.values()):
        raise RefusedError(f"{statement.pointer}/Condition: a condition must map operators to keys and keys to values")
    if sum(map(len, block.values())) != len(statement.conditions):
        raise RefusedError(f"{statement.pointer}/Condition: an operator without a name")


def _naming(policy: Policy, statement: Statement) -> NamingTest | None:
    names = [name for name in ("Principal", "NotPrincipal") if name in statement.body]
    if policy.kind not in _WITH_PRINCIPAL:
        if names:
            raise RefusedError(f"{statement.pointer}/{names[0]}: only a resource policy can name principals")
        return None
    if len(names) != 1:
        raise RefusedError(f"{statement.pointer}: the statement must have either `Principal` or `NotPrincipal`")
    return naming_test(
        statement.body[names[0]], negated=names[0] != "Principal", pointer=f"{statement.pointer}/{names[0]}"
    )


def _service(entry: str) -> str:
    """The only service whose actions an entry can match; "" if its prefix has wildcards."""
    prefix, colon, _ = entry.partition(":")
    return prefix if colon and not is_wild(prefix) else ""


def _grouped(statement: CompiledStatement, entries: Sequence[Element], negated: bool) -> _Grouped:
    names: dict[str, list[Pattern]] = {}
    anywhere: list[Pattern] = []
    for entry in entries:
        name = normalise(entry.value.lower())
        service = _service(name)
        pattern = text_pattern(name, variables=False)
        (names.setdefault(service, []) if service else anywhere).append(pattern)
    return _Grouped(statement, names, anywhere, Entry(statement, any_of(anywhere), negated))


def _entries(compiled: Sequence[_Grouped], service: str) -> Iterator[Entry]:
    for statement, names, anywhere, elsewhere in compiled:
        if service in names:
            yield Entry(statement, any_of(anywhere + names[service]), elsewhere.negated)
        elif anywhere or elsewhere.negated:
            yield elsewhere
