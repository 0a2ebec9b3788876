"""Who would be locked out: what the caller and everyone else affected by a plan can still do after it is applied."""

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
    """People who are locked out, or may be, depending on something that is not known."""

    who: tuple[str, ...]
    certain: bool
    why: str
    """The rest of the sentence, after the names."""

    def sentence(self, *, fold: bool = False) -> str:
        """Who is locked out and why; `fold` leaves out all but the first few names."""
        names, more = self.who, ""
        if fold and len(names) > _FOLDED:
            names, more = names[:_FOLDED], f" and {len(self.who) - _FOLDED} more (`--format json` names them all)"
        return f"{', '.join(names)}{more}{self.why}"


@dataclass(frozen=True)
class Verdict:
    """The result of the guard."""

    lockouts: tuple[Lockout, ...] = ()
    """Who would be locked out, or may be; any of these stops an apply."""
    undecided: tuple[str, ...] = ()
    """What could not be checked, and why."""
    notes: tuple[str, ...] = ()
    """What else changes for people who are not locked out."""


class _World(NamedTuple):
    """The kinds of credentials that someone has, or may have."""

    sessions: tuple[str | None, ...]
    mfa: str = ""
    """What would have to be known to be certain; "" if it is known."""


class _Found(NamedTuple):
    """The result for one person; `locked` is None if it depends on something unknown."""

    locked: bool | None
    why: str = ""
    keys_need_mfa: bool = False


def judge(plan: Plan, account: Account, *, context: Mapping[str, str], long_term_key: bool | None = None) -> Verdict:
    """What a plan would do to its caller, to every user whose policies change, and to roles that share those policies.

    `context` maps condition keys of the caller's requests, such as `aws:SourceIp`, to their values. `long_term_key`
    says whether the caller's credentials are an access key without MFA; None if unknown. SCPs and RCPs are ignored.
    """
    if not plan.steps:
        return Verdict()
    planned = plan.after()
    before = Stacks(account_in(account, plan.observed))
    guard = _Guard(plan, planned, account, context, before, Stacks(account_in(account, planned), before))
    caller, undecided = _caller(guard, long_term_key)
    users, notes = _users(guard)
    return Verdict((*caller, *users, *_lockouts(_roles(guard))), undecided, notes)


def _lockouts(found: Iterable[tuple[str, bool, str]]) -> list[Lockout]:
    """Lockouts from (who, certain, why), with all who share a reason in one."""
    names: dict[tuple[bool, str], dict[str, None]] = {}
    for who, certain, why in found:
        names.setdefault((certain, why), {})[who] = None
    return [Lockout(tuple(group), certain, why) for (certain, why), group in names.items()]


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
        """The policies that apply to a user or role before and after the plan."""
        if isinstance(entity, Role):
            return self.before.of(_now(self.before, entity)), self.after.of(_now(self.after, entity))
        return self.before.of(user_in(entity, self.plan.observed)), self.after.of(user_in(entity, self.planned))


def _now(stacks: Stacks, role: Role) -> Role:
    """The role as the account of the stacks has it."""
    return stacks.account.role(role.name) or role


@once_per_policy
def _personal(policy: Policy) -> bool:
    """Whether a policy may decide differently for two users who both have it."""
    conditions = [condition for statement in policy.statements for condition in statement.conditions]
    values = [value.value for condition in conditions for value in condition.values]
    keys = [*(condition.key for condition in conditions), *(name for text in values for name in variables_in(text))]
    return any(key.lower().startswith(_PERSONAL) for key in keys)


def _users(guard: _Guard) -> tuple[list[Lockout], tuple[str, ...]]:
    context = of_others(guard.context)
    seen: dict[Any, _Found] = {}
    locked = []
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
            locked.append((user.name, found.locked is True, found.why))
        elif found.keys_need_mfa:
            need_mfa.append(user.name)
    note = f"access keys that can do nothing without MFA afterwards (`sts:GetSessionToken`): {', '.join(need_mfa)}"
    return _lockouts(locked), (note,) if need_mfa else ()


def _keeps_all(had: Stack, has: Stack) -> bool:
    """Whether it is certain that nothing is lost: policies are only added, and those deny nothing."""
    if had == has:
        return True
    if had.boundary is not has.boundary or set(had.unread) != set(has.unread):
        return False
    added = set(has.policies) - set(had.policies)
    return set(had.policies) <= set(has.policies) and not any(
        compile_policy(policy).refused or not statement.allows for policy in added for statement in policy.statements
    )


def _judged(person: Person, had: Stack, has: Stack, worlds: list[_World]) -> _Found:
    """Whether someone who can do something now can do nothing afterwards but enrol an MFA device."""
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
    """Whether any of the actions could be done before and none can be done afterwards, and what denies it.

    `asks` are pairs of an action and a resource.
    """
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
    """The outcome for each world and scenario; `complete` tells whether these are all that are possible."""

    results: list[tuple[_World, Scenario, bool | None, Decision | None]]
    complete: bool

    @property
    def verdict(self) -> bool | None:
        """True if someone is locked out in all of them, False if in none, None if that depends or is not known."""
        seen = {locked for _, _, locked, _ in self.results}
        return seen.pop() if len(seen) == 1 and (self.complete or seen == {False}) else None

    def depending(self) -> str:
        """What the result depends on."""
        keys = [key for key in self.results[0][1] if self._varies([s.get(key) for _, s, *_ in self.results])]
        parts = [f"{', '.join(keys)} (set it with `--context {keys[0]}=VALUE`)"] if keys else []
        if self._varies([world for world, *_ in self.results]):
            parts += [world.mfa for world, *_ in self.results if world.mfa][:1]
        parts += [d.reason for _, _, locked, d in self.results if d and locked is None][:1]
        return f"depending on {' and on '.join(parts)}" if parts else "which cannot be decided"

    def _varies(self, parts: list[Any]) -> bool:
        """Whether the outcome depends on a part of the results, of which `parts` has one value for each."""
        by_value: dict[Any, set[bool | None]] = {}
        for value, (_, _, locked, _) in zip(parts, self.results, strict=True):
            by_value.setdefault(value, set()).add(locked)
        return len({frozenset(found) for found in by_value.values()}) > 1

    def because(self) -> str:
        """Which statements deny it."""
        order = sorted(self.results, key=lambda result: result[2] is not True)
        return next((_because(decision) for *_, decision in order if decision), "it cannot be decided")


def _because(decision: Decision) -> str:
    if decision.outcome is not Outcome.EXPLICIT_DENY:
        return decision.reason or "it is not known"
    conditions = {_statement(one): conditions_in_words(one.statement) for one in decision.statements}
    if len(conditions) == 1:
        [(name, words)] = conditions.items()
        return f"{name} denies it{f' if {words}' if words else ''}"
    *names, last = [f"{name} (if {words})" if words else name for name, words in conditions.items()]
    return f"{', '.join(names)} and {last} deny it"


def _statement(statement: CompiledStatement) -> str:
    place = f"`{statement.sid}`" if statement.sid else f"the statement {statement.pointer}"
    return f"{place} of the policy `{statement.policy.name}`"


def _caller(guard: _Guard, long_term_key: bool | None) -> tuple[list[Lockout], tuple[str, ...]]:
    account = guard.account
    if account.caller is None:
        return [], ("it is not known who will apply the plan, and so whether they can undo it",)
    arn = account.caller.arn
    if arn.endswith(":root"):
        return [], ()
    kind, _, path = arn.split(":", 5)[5].partition("/")
    assumed = kind == "assumed-role"
    entity = account.role(path.split("/")[0]) if assumed else account.user(path.rpartition("/")[2])
    if not isinstance(entity, User | Role):
        return [], (f"{arn} is not a user or role in the snapshot, so it is not known whether they can undo the plan",)
    had, has = guard.stacks(entity)
    layers, person = (had.layers, has.layers), guard.person(entity, guard.context)
    worlds = _worlds(account, entity)
    options, exact = scenarios(person, _all(had, has))
    lost = []
    for action, resource, more in dict.fromkeys(ask for step in guard.plan.steps for ask in _undo(step, guard.plan)):
        asked = [{**scenario, **dict(more)} for scenario in options]
        undo = partial(_lost, person, layers, [(action, resource)])
        found = _Outcomes([(w, s, *undo(w.sessions, s)) for w, s in product(worlds, asked)], exact)
        if found.verdict:
            lost.append((action, True, f"could not undo it ({found.because()})"))
        elif found.verdict is None:
            lost.append((action, False, f"may not be able to undo it, {found.depending()} ({found.because()})"))
        elif long_term_key and isinstance(entity, User) and any(undo(("long-term-key",), s)[0] for s in asked):
            lost.append((action, True, "could undo it only with MFA, which the credentials in use do not carry"))
    return [
        Lockout((entity.name,), one.certain, f", who applies this, {one.why}: {', '.join(one.who)}")
        for one in _lockouts(lost)
    ], ()


def _worlds(account: Account, entity: User | Role) -> list[_World]:
    """The kinds of credentials that someone can have: one world, or two if it is unknown whether they have MFA."""
    if isinstance(entity, Role):
        return [_World((None,))]
    credentials = account.credentials(entity.name)
    known = credentials.access_keys if credentials else ()
    key = any(one.active is not False for one in known) or not credentials or credentials.password_enabled is False
    plain: tuple[str | None, ...] = ("long-term-key", "no-mfa") if key else ("no-mfa",)
    if credentials and credentials.mfa_active is not None:
        return [_World((*plain, "mfa") if credentials.mfa_active else plain)]
    unknown = "whether they have MFA, which only a credential report tells"
    return [_World(plain, unknown), _World((*plain, "mfa"), unknown)]


def _undo(step: Step, plan: Plan) -> Iterator[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """The requests that undo a step: action, resource, and the condition keys of such a request."""
    arguments, desired = step.arguments, plan.desired
    kind = next((kind for kind in ("group", "role") if f"{kind.title()}Name" in arguments), "")
    if kind:
        name, state = arguments[f"{kind.title()}Name"], plan.observed.holder(arguments)
        every = desired.groups if kind == "group" else desired.roles
        declared = next((one.path for one in every if one.name.lower() == name.lower()), "/")
        path = state.path if state else declared
        resource = f"arn:{desired.partition}:iam::{desired.account}:{kind}{path}{name}"
    else:
        resource = plan.observed.arn(arguments)
    attached = (("iam:policyarn", arguments["PolicyArn"]),) if kind and "PolicyArn" in arguments else ()
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


def _roles(guard: _Guard) -> Iterator[tuple[str, bool, str]]:
    """Roles that lose permissions because a managed policy that they share with a group denies more."""
    for step in guard.plan.steps:
        arn = str(step.arguments.get("PolicyArn", ""))
        policy = guard.plan.observed.policies.get(arn)
        if policy is None or not any(change.denial and not change.gained for change in step.changes):
            continue
        for holder in policy.holders:
            role = guard.account.role(holder.removeprefix("role/")) if holder.startswith("role/") else None
            if role is None:
                continue
            had, has = guard.stacks(role)
            taken, doubt = more_access(has.policies, had.policies, guard.plan.desired.account)
            if taken or doubt:
                denies = f"denies more afterwards, such as {taken}" if taken else f"may deny more afterwards: {doubt}"
                yield holder, bool(taken), f": managed policy {arn_name(arn)}, which they have too, {denies}"
