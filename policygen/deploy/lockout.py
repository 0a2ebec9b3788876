"""Who would be locked out: what the caller and everybody whom a plan touches can still do once it is carried out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any, NamedTuple

from policygen.access.plain_english import conditions_in_words
from policygen.access.requests import Person, Scenario, can, of_others, probes, scenarios
from policygen.access.stack import Stack, Stacks
from policygen.account.model import Account, Role, User
from policygen.deploy.account_in import account_in, user_in
from policygen.deploy.desired import arn_name
from policygen.deploy.effects import more_access
from policygen.deploy.operations import Step
from policygen.deploy.plan import Plan
from policygen.deploy.state import State
from policygen.evaluate import CompiledPolicy, CompiledStatement, Decision, Layers, Outcome, compile_policy
from policygen.evaluate.match import variables_in
from policygen.policy.model import Policy, once_per_policy

_PERSONAL = ("aws:username", "aws:userid", "aws:principalarn", "aws:principaltag/")
_FOLDED = 5


@dataclass(frozen=True)
class Lockout:
    """People who lose their way in, or would if what is not known is so."""

    who: tuple[str, ...]
    certain: bool
    why: str
    """What comes after the names."""

    def sentence(self, *, fold: bool = False) -> str:
        """The names, all of them unless they are to be folded, and why."""
        names, more = self.who, ""
        if fold and len(names) > _FOLDED:
            names, more = names[:_FOLDED], f" and {len(self.who) - _FOLDED} more (`--format json` names them all)"
        return f"{', '.join(names)}{more}{self.why}"


@dataclass(frozen=True)
class Verdict:
    """What the guard found."""

    lockouts: tuple[Lockout, ...] = ()
    """Each one stops an apply: somebody would be locked out, or may be."""
    undecided: tuple[str, ...] = ()
    """What could not be looked at, and why."""
    notes: tuple[str, ...] = ()
    """What changes for people who are not locked out."""


class _World(NamedTuple):
    """The kinds of credentials that somebody has, as far as it is known."""

    sessions: tuple[str | None, ...]
    mfa: str = ""
    """What would have to be known, where it is not."""


class _Found(NamedTuple):
    """What becomes of one person; `locked` is None where it depends on something."""

    locked: bool | None
    why: str = ""
    keys_need_mfa: bool = False


def judge(plan: Plan, account: Account, *, context: Mapping[str, str], long_term_key: bool | None = None) -> Verdict:
    """What a plan would do to its caller, to every user whose policies change, and to roles that share them.

    `context` holds condition keys of the caller's requests, such as `aws:SourceIp`; `long_term_key` says whether the
    caller's present credentials carry no MFA, None where that is not known. Organization policies are not looked at.
    """
    if not plan.steps:
        return Verdict()
    planned = plan.after()
    before = Stacks(account_in(account, plan.observed))
    guard = _Guard(plan, planned, account, context, before, Stacks(account_in(account, planned), before))
    lockouts, undecided = _caller(guard, long_term_key)
    more, notes = _users(guard)
    return Verdict((*lockouts, *more, *_roles(guard)), tuple(undecided), notes)


@dataclass(frozen=True)
class _Guard:
    plan: Plan
    planned: State
    account: Account
    context: Mapping[str, str]
    before: Stacks
    after: Stacks

    def person(self, entity: User | Role, context: Mapping[str, str]) -> Person:
        return Person(entity, self.plan.desired.account, self.plan.desired.partition, context)

    def stacks(self, entity: User | Role) -> tuple[Stack, Stack]:
        """The stack of somebody before the plan and after it."""
        if isinstance(entity, Role):
            return self.before.of(entity), self.after.of(entity)
        return self.before.of(user_in(entity, self.plan.observed)), self.after.of(user_in(entity, self.planned))


@once_per_policy
def _personal(policy: Policy) -> bool:
    """Whether a policy can decide differently for two users who have it."""
    found = [condition.key for statement in policy.statements for condition in statement.conditions]
    found += [
        name
        for statement in policy.statements
        for condition in statement.conditions
        for value in condition.values
        for name in variables_in(value.value)
    ]
    return any(key.lower().startswith(_PERSONAL) for key in found)


def _users(guard: _Guard) -> tuple[list[Lockout], tuple[str, ...]]:
    context = of_others(guard.context)
    seen: dict[Any, _Found] = {}
    locked: dict[tuple[bool, str], list[str]] = {}
    need_mfa = []
    for user in guard.account.users:
        had, has = guard.stacks(user)
        if _keeps_all(had, has):
            continue
        worlds = _worlds(guard.account, user)
        own = (user.name,) if any(map(_personal, (*had.policies, *has.policies))) else ()
        key = (had, has, tuple(worlds), own)
        if key not in seen:
            seen[key] = _judged(guard.person(user, context), had, has, worlds)
        found = seen[key]
        if found.locked is not False:
            locked.setdefault((found.locked is True, found.why), []).append(user.name)
        elif found.keys_need_mfa:
            need_mfa.append(user.name)
    lockouts = [Lockout(tuple(names), certain, why) for (certain, why), names in locked.items()]
    note = f"access keys that do nothing without MFA afterwards (`sts:GetSessionToken`): {', '.join(need_mfa)}"
    return lockouts, (note,) if need_mfa else ()


def _keeps_all(had: Stack, has: Stack) -> bool:
    """Whether nothing is lost for certain: policies only come, and those that come deny nothing."""
    if had == has:
        return True
    if had.boundary is not has.boundary or set(had.unread) != set(has.unread):
        return False
    come = set(has.policies) - set(had.policies)
    return set(had.policies) <= set(has.policies) and not any(
        compile_policy(policy).refused or not statement.allows for policy in come for statement in policy.statements
    )


def _judged(person: Person, had: Stack, has: Stack, worlds: list[_World]) -> _Found:
    """Whether somebody who can do something now can do nothing but enrol an MFA device afterwards."""
    layers, policies = (had.layers, has.layers), _all(had, has)
    options, exact = scenarios(person, policies)

    def locked(sessions: tuple[str | None, ...], scenario: Scenario) -> tuple[bool | None, Decision | None]:
        return _lost(person, layers, probes(person.entity.name, policies), sessions, scenario)

    found = _Outcomes(
        [(world, scenario, *locked(world.sessions, scenario)) for world, scenario in product(worlds, options)], exact
    )
    if found.verdict is False:
        mfa, key = (any(session in world.sessions for world in worlds) for session in ("mfa", "long-term-key"))
        only = mfa and key and all(locked(("long-term-key",), scenario)[0] for scenario in options)
        return _Found(False, keys_need_mfa=only)
    if found.verdict is None:
        return _Found(None, f" may be locked out, {found.depending()}: {found.because()}")
    enrol = any(
        can(person.request(action, resource, session, scenario), has.layers)[0]
        for action, resource in _enrolment(person)
        for world in worlds
        for session in world.sessions
        for scenario in options
    )
    nothing = "nothing but enrol an MFA device" if enrol else "nothing"
    return _Found(True, f" can do {nothing} afterwards: {found.because()}")


def _lost(
    person: Person,
    layers: tuple[Layers, Layers],
    asks: Iterable[tuple[str, str]],
    sessions: tuple[str | None, ...],
    scenario: Scenario,
) -> tuple[bool | None, Decision | None]:
    """Whether something that is asked could be done before and nothing can be done afterwards; what denies it."""
    before, after = layers
    could: bool | None = False
    blame: Decision | None = None
    sure = True
    for action, resource, session in ((*ask, session) for ask in asks for session in sessions):
        request = person.request(action, resource, session, scenario)
        now, decision = can(request, after)
        if now:
            return False, None
        was = could if could else can(request, before)[0]
        if was is not False:
            could = was or could or None
            blame = blame or decision
        sure = sure and now is False
    if could is False:
        return False, None
    return (True if could and sure else None), blame


class _Outcomes(NamedTuple):
    """One outcome for each world and scenario; `complete` says whether these are all there can be."""

    results: list[tuple[_World, Scenario, bool | None, Decision | None]]
    complete: bool

    @property
    def verdict(self) -> bool | None:
        """Whether it is so in all of them, in none, or None where that depends or is not known."""
        seen = {locked for _, _, locked, _ in self.results}
        return seen.pop() if len(seen) == 1 and (self.complete or seen == {False}) else None

    def depending(self) -> str:
        """On what it depends."""
        keys = [key for key in self.results[0][1] if self._varies([s.get(key) for _, s, *_ in self.results])]
        parts = [f"{', '.join(keys)} (say it with `--context {keys[0]}=VALUE`)"] if keys else []
        if self._varies([world for world, *_ in self.results]):
            parts += [world.mfa for world, *_ in self.results if world.mfa][:1]
        parts += [d.reason for _, _, locked, d in self.results if d and locked is None][:1]
        return f"depending on {' and on '.join(parts)}" if parts else "which cannot be decided"

    def _varies(self, parts: list[Any]) -> bool:
        """Whether the outcomes differ between the values of a part, given for each result."""
        by_value: dict[Any, set[bool | None]] = {}
        for value, (_, _, locked, _) in zip(parts, self.results, strict=True):
            by_value.setdefault(value, set()).add(locked)
        return len({frozenset(found) for found in by_value.values()}) > 1

    def because(self) -> str:
        """What denies it where it is denied."""
        order = sorted(self.results, key=lambda result: result[2] is not True)
        return next((_because(decision) for *_, decision in order if decision), "it cannot be decided")


def _because(decision: Decision) -> str:
    if decision.outcome is Outcome.EXPLICIT_DENY:
        unique = list(dict.fromkeys(map(_statement, decision.statements)))
        verb = "denies" if len(unique) == 1 else "deny"
        conditions = [words for statement in decision.statements if (words := _conditions(statement))]
        if len(unique) == 1:
            return f"{unique[0]} {verb} it{f' if {conditions[0]}' if conditions else ''}"
        named = dict(zip(map(_statement, decision.statements), map(_conditions, decision.statements), strict=True))
        parts = [f"{name} (if {words})" if words else name for name, words in named.items()]
        return f"{', '.join(parts[:-1])} and {parts[-1]} {verb} it"
    if decision.outcome is Outcome.IMPLICIT_DENY:
        return decision.reason
    return decision.reason or "it is not known"


def _statement(statement: CompiledStatement) -> str:
    place = f"`{statement.sid}`" if statement.sid else f"the statement {statement.pointer}"
    return f"{place} of the policy `{statement.policy.name}`"


def _conditions(statement: CompiledStatement) -> str:
    return conditions_in_words(statement.statement)


def _caller(guard: _Guard, long_term_key: bool | None) -> tuple[list[Lockout], list[str]]:
    account = guard.account
    if account.caller is None:
        return [], ["who will apply the plan is not known, so whether they can undo it is not known either"]
    if account.caller.arn.endswith(":root"):
        return [], []
    entity = _entity(account)
    if entity is None:
        return [], [
            f"{account.caller.arn} is not a user or role of the snapshot; whether they can undo it is not known"
        ]
    had, has = guard.stacks(entity)
    layers, person = (had.layers, has.layers), guard.person(entity, guard.context)
    worlds = _worlds(account, entity)
    options, exact = scenarios(person, _all(had, has))
    lost: dict[tuple[bool, str], dict[str, None]] = {}
    for action, resource, more in dict.fromkeys(ask for step in guard.plan.steps for ask in _undo(step, guard.plan)):
        asked = [{**scenario, **dict(more)} for scenario in options]
        undo = partial(_lost, person, layers, [(action, resource)])
        found = _Outcomes([(w, s, *undo(w.sessions, s)) for w, s in product(worlds, asked)], exact)
        if found.verdict:
            lost.setdefault((True, f"could not undo it ({found.because()})"), {})[action] = None
        elif found.verdict is None:
            why = f"may not be able to undo it, {found.depending()} ({found.because()})"
            lost.setdefault((False, why), {})[action] = None
        elif long_term_key and isinstance(entity, User) and any(undo(("long-term-key",), s)[0] for s in asked):
            why = "could undo it with MFA only, and the credentials in use carry none"
            lost.setdefault((True, why), {})[action] = None
    return [
        Lockout((entity.name,), certain, f", who applies this, {why}: {', '.join(actions)}")
        for (certain, why), actions in lost.items()
    ], []


def _worlds(account: Account, entity: User | Role) -> list[_World]:
    """The kinds of credentials that somebody can have: one world, or two where nobody knows whether they have MFA."""
    if isinstance(entity, Role):
        return [_World((None,))]
    credentials = account.credentials(entity.name)
    known = credentials.access_keys if credentials else ()
    key = any(one.active is not False for one in known) or not credentials or credentials.password_enabled is False
    plain: tuple[str | None, ...] = ("long-term-key", "no-mfa") if key else ("no-mfa",)
    if credentials and credentials.mfa_active is not None:
        return [_World((*plain, "mfa") if credentials.mfa_active else plain)]
    unknown = "whether they have MFA, which only a credential report says"
    return [_World(plain, unknown), _World((*plain, "mfa"), unknown)]


def _entity(account: Account) -> User | Role | None:
    if account.caller is None:
        return None
    kind, _, name = account.caller.arn.split(":", 5)[5].partition("/")
    return account.role(name.split("/")[0]) if kind == "assumed-role" else account.user(name.rpartition("/")[2])


def _undo(step: Step, plan: Plan) -> Iterator[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """What undoing a step asks for: action, resource, and the condition keys that such a call carries."""
    name, arguments = step.arguments.get("GroupName", ""), step.arguments
    if name:
        state = plan.observed.group(name)
        declared = next((group.path for group in plan.desired.groups if group.name.lower() == name.lower()), "/")
        path = state.path if state else declared
        resource = f"arn:{plan.desired.partition}:iam::{plan.desired.account}:group{path}{name}"
    else:
        resource = plan.observed.arn(arguments)
    attached = (("iam:policyarn", arguments["PolicyArn"]),) if name and "PolicyArn" in arguments else ()
    for operation in step.record.inverse:
        yield f"iam:{operation}", resource, attached


def _enrolment(person: Person) -> Iterator[tuple[str, str]]:
    prefix = f"arn:{person.partition}:iam::{person.account}"
    path = person.entity.path if isinstance(person.entity, User) else "/"
    yield "iam:EnableMFADevice", f"{prefix}:user{path}{person.entity.name}"
    yield "iam:CreateVirtualMFADevice", f"{prefix}:mfa/{person.entity.name}"


def _all(had: Stack, has: Stack) -> tuple[CompiledPolicy, ...]:
    boundaries = [policy for policy in (had.boundary, has.boundary) if policy]
    return tuple(map(compile_policy, dict.fromkeys((*had.policies, *has.policies, *boundaries))))


def _roles(guard: _Guard) -> list[Lockout]:
    """Roles that lose rights because a policy which they share with a group denies more; comparing decides."""
    found: dict[tuple[bool, str], list[str]] = {}
    for step in guard.plan.steps:
        arn = str(step.arguments.get("PolicyArn", ""))
        if not any(change.denial and not change.gained for change in step.changes):
            continue
        policy = guard.plan.observed.policies.get(arn)
        for holder in policy.holders if policy else ():
            role = guard.account.role(holder.removeprefix("role/")) if holder.startswith("role/") else None
            if role is None:
                continue
            had, has = guard.stacks(role)
            taken, doubt = more_access(has.policies, had.policies, guard.plan.desired.account)
            name = arn_name(arn)
            if taken:
                why = f": managed policy {name}, which they have too, denies more afterwards, such as {taken}"
                found.setdefault((True, why), []).append(holder)
            elif doubt:
                why = f": managed policy {name}, which they have too, may deny more afterwards: {doubt}"
                found.setdefault((False, why), []).append(holder)
    return [Lockout(tuple(dict.fromkeys(who)), certain, why) for (certain, why), who in found.items()]
