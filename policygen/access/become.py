"""Who can become an administrator: through their own policies, or by becoming a user or role that is one or can.

What the snapshot does not decide is unknown, with the reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from policygen.access.actors import Actor, Actors, trusted
from policygen.access.escalation import FAMILIES, grouped, in_words
from policygen.access.own_user import own_user
from policygen.access.powers import KNOWN, request
from policygen.access.widening import AS_USER, POLICIES_OF, VERSIONS, Known, named, own_ways, widenings
from policygen.account.model import Account, Group, Role, User
from policygen.policy.pattern import matches
from policygen.reference.escalation import paths


@dataclass(frozen=True)
class Way:
    """Whether a user or role is an administrator, and the answer to whether it can become one (None: not known).

    `steps` are the steps of a True answer, and the reasons for None. `unread` is true if the only reason is that the
    snapshot contains no entities of some type at all.
    """

    answer: bool | None
    steps: tuple[str, ...] = ()
    administrator: bool = False
    unread: bool = False


@dataclass(frozen=True)
class _Edge:
    """That somebody can (None: perhaps) become a user or role, and how they could also widen its permissions."""

    target: str
    can: bool | None
    how: str
    widened: str


def ways(actors: Actors) -> Mapping[str, Way]:
    """The way of every user and role of an account, by ARN: first through its own policies, then through others."""
    account = actors.account
    holders: tuple[User | Role, ...] = (*account.users, *account.roles)
    found = {holder.arn: _alone(actors, actors.actor(holder)) for holder in holders}
    names = {holder.arn: named(holder) for holder in holders}
    closed = [h for h in holders if not (found[h.arn].answer or found[h.arn].administrator)]
    known: dict[object, list[_Edge]] = {}
    open_ = {holder.arn: edges for holder in closed if (edges := _edges(actors, actors.actor(holder), known))}
    changed = True
    while changed:
        changed = False
        for arn, edges in open_.items():
            best = _through(found, names, found[arn], edges)
            if best.answer is not found[arn].answer:
                found[arn], changed = best, True
    return found


def _alone(actors: Actors, actor: Actor) -> Way:
    """The way of a user or role through its own policies alone."""
    powers = actor.powers
    if powers.administers:
        return Way(False, administrator=True)
    open_ = actors.open_paths(actor)
    found: list[Known] = [(True, in_words(group)) for family in FAMILIES for group in grouped(open_, family)]
    found = found or list(own_ways(actors, actor))
    sure = tuple(dict.fromkeys(text for can, text in found if can))
    if powers.unread:
        lacks = f"the snapshot lacks {actors.stacks.of(actor.entity).missing[0]}"
        return Way(None, (lacks, *(f"unless that does not allow it: {text}" for text in sure)))
    if sure:
        return Way(True, sure)
    doubts = tuple(dict.fromkeys(text for can, text in found if can is None))
    if powers.administers is None:
        doubts = ("whether it already is an administrator depends on conditions", *doubts)
    if doubts:
        return Way(None, doubts)
    kinds = [
        what for what, actions in _absent(actors.account).items() if not actions or any(map(actor.granted.get, actions))
    ]
    said = f"the snapshot has no {' and no '.join(kinds)} at all, perhaps because it was read with `--filter`"
    return Way(None, (said,), unread=True) if kinds else Way(False)


def _absent(account: Account) -> Mapping[str, tuple[str, ...]]:
    """The types of entities that seem to be missing from the snapshot, and the actions that need them; () means any."""
    summary = account.summary or {}
    kinds: tuple[tuple[str, Sequence[object], tuple[str, ...]], ...] = (
        ("users", account.users, AS_USER),
        ("roles", account.roles, ()),
        ("groups", account.groups, ("iam:AddUserToGroup", *POLICIES_OF[Group])),
        ("policies", account.policies, VERSIONS),
    )
    return {what: actions for what, items, actions in kinds if not items and summary.get(what.title()) != 0}


def _edges(actors: Actors, actor: Actor, known: dict[object, list[_Edge]]) -> list[_Edge]:
    """The users and roles that an actor can become; `known` keeps them for all actors with the same policies."""
    holder = actor.entity
    trusting = tuple(role.arn for role in actors.trusting.get(holder.arn, ()))
    asked = actors.trust_depends_on_principal and ("sts:AssumeRole" in actor.granted or "*" in actors.trusting)
    kind = holder.arn if asked or _personal(actor) else type(holder).__name__
    key = (id(actor.powers), trusting, kind)
    if key not in known:
        known[key] = list(_find_edges(actors, actor))
    return [edge for edge in known[key] if edge.target != holder.arn]


def _find_edges(actors: Actors, actor: Actor) -> Iterator[_Edge]:
    users = actors.account.users if any(action in actor.granted for action in AS_USER) else ()
    services = _passes(actor)
    targets: list[tuple[User | Role, Iterator[Known]]] = [
        *((user, _as_user(actor, user)) for user in users),
        *((role, _as_role(actors, actor, role, services)) for role in actors.account.roles),
    ]
    for target, found in targets:
        ways = sorted((one for one in found if one[0] is not False), key=lambda one: one[0] is None)
        if ways:
            widened = next((how for can, how in widenings(actors, actor, target) if can), "")
            yield _Edge(target.arn, *ways[0], widened)


def _as_user(actor: Actor, user: User) -> Iterator[Known]:
    for action in AS_USER:
        if action in actor.granted:
            yield actor.can(action, user.arn), f"`{action}`"


def _as_role(actors: Actors, actor: Actor, role: Role, services: set[str]) -> Iterator[Known]:
    trust, trusting = actors.trust[role.arn], actors.trusting
    if role in trusting.get(actor.entity.arn, ()) or role in trusting.get("*", ()) or "sts:AssumeRole" in actor.granted:
        yield actor.powers.decide(request(actor.principal, "sts:AssumeRole", role.arn), trust), "`sts:AssumeRole`"
    if "iam:UpdateAssumeRolePolicy" in actor.granted:
        yield actor.can("iam:UpdateAssumeRolePolicy", role.arn), "`iam:UpdateAssumeRolePolicy`"
    for service in sorted(services & {name.lower() for name in trusted(trust, "Service")})[:1] if services else ():
        can = actor.can("iam:PassRole", role.arn)
        yield can, f"`iam:PassRole` to `{service}`, which then acts as the role"


def _passes(actor: Actor) -> set[str]:
    """The services that an actor can pass a role to and then use it through."""
    granted = actor.granted
    return {
        service
        for path in paths()
        if path.family == "roles" and all(any(map(granted.get, names)) for names in path.also)
        for grant in granted.get("iam:PassRole", ())
        for service in path.services
        if grant.services is None or any(matches(pattern, service) for pattern in grant.services)
    }


def _personal(actor: Actor) -> bool:
    """Whether an actor's policies allow different things to different principals, other than on their own user."""
    powers = actor.powers
    texts = {text for found in actor.granted.values() for grant in found for text in grant.statement.resource_texts}
    return any("${" in text and own_user(text) not in ("@", "*/@") for text in texts) or any(
        condition.key.lower() in KNOWN
        for policy in (*powers.policies, *([powers.boundary] if powers.boundary else []))
        for statement in policy.statements
        for condition in statement.conditions
    )


def _through(found: Mapping[str, Way], names: Mapping[str, str], now: Way, edges: Sequence[_Edge]) -> Way:
    """The way of an actor, given the ways found so far of those that it can become."""
    for edge in edges if now.answer is not True else ():
        way = found[edge.target]
        said = f"{'becomes' if edge.can else 'perhaps becomes'} {names[edge.target]} ({edge.how})"
        reaches = way.administrator or way.answer is True or bool(edge.widened)
        steps = ("which is an administrator",) if way.administrator else way.steps if way.answer else (edge.widened,)
        if edge.can and reaches:
            return Way(True, (said, *steps))
        if now.answer is False and (reaches or way.answer is None):
            now = Way(None, (said, *(steps if reaches else way.steps)))
    return now
