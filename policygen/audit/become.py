"""Who can become administrator: by their own policies, or by becoming another user or role that is or can.

What is not decidable from the snapshot is unknown, with the reason; the rules on escalation only put it in words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from policygen.access.escalation import Escalation, escalations
from policygen.access.grants import Grant, grants
from policygen.access.own_user import own_user
from policygen.access.powers import KNOWN, Powers, principal, request
from policygen.account.model import Group, ManagedPolicy, Role, User
from policygen.audit.subject import Subject
from policygen.evaluate import Principal
from policygen.lint.escalation.findings import RULES, grouped, sentence
from policygen.policy.model import Kind, Policy
from policygen.policy.pattern import matches
from policygen.reference.escalation import Path, paths

_AS_USER = (
    *("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"),
    *("iam:CreateServiceSpecificCredential", "iam:ResetServiceSpecificCredential"),
)
_AS_ROLE = ("sts:AssumeRole", "iam:UpdateAssumeRolePolicy", "iam:PassRole")
_POLICIES_OF = {
    User: ("iam:PutUserPolicy", "iam:AttachUserPolicy"),
    Role: ("iam:PutRolePolicy", "iam:AttachRolePolicy"),
    Group: ("iam:PutGroupPolicy", "iam:AttachGroupPolicy"),
}
_VERSIONS = ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion")
_OF_OWNERS = tuple(action for actions in _POLICIES_OF.values() for action in actions)
_FOLLOWED = {*_AS_USER, *_AS_ROLE, *_VERSIONS, *_OF_OWNERS, "iam:AddUserToGroup"}
"""The actions whose named targets are looked up in the account; those of other paths are not in a snapshot."""

_Known = tuple[bool | None, str]
"""Whether there is a way (None: perhaps), and the way, or the reason why that is not known, in words."""
_NO: _Known = (False, "")
_Granted = Mapping[str, list[Grant]]


@dataclass(frozen=True)
class Way:
    """What came of one user or role: an administrator, or whether there is a way to become one.

    `steps` says for a True answer how, one step an item, and for None what is not known; `unread` that nothing is known
    against it but that the snapshot lacks a kind of entities as a whole.
    """

    answer: bool | None
    steps: tuple[str, ...] = ()
    administrator: bool = False
    unread: bool = False


@dataclass(frozen=True)
class _Edge:
    """That somebody can (None: perhaps) become a user or role, and how it could then widen its policies."""

    target: str
    can: bool | None
    how: str
    widened: str


@lru_cache(maxsize=1)
def ways(subject: Subject) -> Mapping[str, Way]:
    """The way of every user and role, by ARN."""
    return _Account(subject).ways()


class _Account:
    """One account, with what is asked of it again and again."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.holders: tuple[User | Role, ...] = (*subject.account.users, *subject.account.roles)
        self.edges_of: dict[object, list[_Edge]] = {}
        self.granted: dict[tuple[Policy, ...], _Granted] = {}

    def ways(self) -> Mapping[str, Way]:
        """Each by itself first; then through others, until nothing changes."""
        found = {holder.arn: self.alone(holder) for holder in self.holders}
        names = {holder.arn: _name(holder) for holder in self.holders}
        closed = [h for h in self.holders if not (found[h.arn].answer or found[h.arn].administrator)]
        open_ = {holder.arn: edges for holder in closed if (edges := self.edges(holder))}
        changed = True
        while changed:
            changed = False
            for arn, edges in open_.items():
                best = _through(found, names, found[arn], edges)
                if best.answer is not found[arn].answer:
                    found[arn], changed = best, True
        return found

    def alone(self, holder: User | Role) -> Way:
        """What a user or role makes of its own policies."""
        powers = self.subject.powers(holder)
        if powers.administers:
            return Way(False, administrator=True)
        found: list[_Known] = [(True, text) for text in _sentences(self.open_paths(holder, powers))]
        found = found or list(self.own(holder, powers))
        sure = tuple(dict.fromkeys(text for can, text in found if can))
        if powers.unread:
            lacks = f"the snapshot lacks {self.subject.stacks.of(holder).missing[0]}"
            return Way(None, (lacks, *(f"unless that does not allow it: {text}" for text in sure)))
        if sure:
            return Way(True, sure)
        doubts = tuple(dict.fromkeys(text for can, text in found if can is None))
        if powers.administers is None:
            doubts = ("whether it is administrator already depends on conditions", *doubts)
        if doubts:
            return Way(None, doubts)
        granted = self.grants(powers)
        kinds = [what for what, actions in self.unread.items() if not actions or any(map(granted.get, actions))]
        said = f"the snapshot has no {' and no '.join(kinds)} at all, as one read with `--filter` has"
        return Way(None, (said,), unread=True) if kinds else Way(False)

    def open_paths(self, holder: User | Role, powers: Powers) -> list[Escalation]:
        """The paths over every resource; less those that a boundary closes; a role has no own user."""
        granted = self.grants(powers)
        if not any(set(path.every) <= granted.keys() for path in paths()):
            return []
        limit = self.grants_of((powers.boundary,)) if powers.boundary else None
        return [
            found
            for found in escalations(self.relevant(powers))
            if (limit is None or {grant.action for grant in found.grants} <= limit.keys())
            and (isinstance(holder, User) or all(grant.every or not grant.own_user for grant in found.grants))
        ]

    def own(self, holder: User | Role, powers: Powers) -> Iterator[_Known]:
        """What a user or role can do to itself, its groups and its policies, and what cannot be followed."""
        granted = self.grants(powers)
        if not granted:
            return
        yield from self.empowers(holder, holder, powers, granted)
        if isinstance(holder, User):
            yield from self.joins(holder, powers, granted)
        others = (path for path in paths() if path.family != "roles" and not set(path.every) <= _FOLLOWED)
        for path in others:
            if all(map(granted.get, path.every)) and all(any(map(granted.get, names)) for names in path.also):
                yield self.elsewhere(holder, powers, path, granted)

    def elsewhere(self, holder: User | Role, powers: Powers, path: Path, granted: _Granted) -> _Known:
        """A path over resources that are named: over one's own user, or over what no snapshot tells about."""
        action = path.every[0]
        if path.own_user_too or action.startswith("iam:Delete"):
            if type(holder).__name__ not in action:
                return _NO
            return self.can(holder, powers, action, holder.arn), f"may `{action}` on itself, which {path.gain}"
        if action == "iam:RemoveUserFromGroup":
            return self.leaves(holder, powers)
        actions = " and ".join(f"`{name}`" for name in path.every)
        resources = dict.fromkeys(text for grant in granted[action] for text in grant.statement.resource_texts)
        on = ", ".join(f"`{text}`" for text in list(resources)[:2])
        return None, f"may {actions} on {on or 'some resources'}; what that gives is not in a snapshot"

    def leaves(self, holder: User | Role, powers: Powers) -> _Known:
        """Whether a user can leave a group that denies something."""
        for group in self.groups(holder):
            able = self.can(holder, powers, "iam:RemoveUserFromGroup", group.arn)
            if able is not False and any(
                _denies(held.policy) for held in self.subject.stacks.own(group) if held.policy
            ):
                return None, f"may `iam:RemoveUserFromGroup` on `group/{group.name}`, whose policies deny something"
        return _NO

    def empowers(self, holder: User | Role, target: User | Role, powers: Powers, granted: _Granted) -> Iterator[_Known]:
        """Whether somebody can widen the policies of a user or role, which may be the same."""
        who = "itself" if target is holder else _name(target)
        for owner in (target, *self.groups(target)):
            on = who if owner is target else f"`group/{owner.name}`, which {who} is in"
            for action in _POLICIES_OF[type(owner)]:
                if action in granted:
                    yield self.can(holder, powers, action, owner.arn), f"may `{action}` on {on}"
        if not any(action in granted for action in _VERSIONS):
            return
        for held in self.subject.stacks.of(target).held:
            policy = self.subject.account.policy(held.arn) if held.arn else None
            if policy and not policy.aws_managed:
                yield from self.rewrites(holder, powers, granted, policy, f"`policy/{policy.name}`, which {who} holds")

    def rewrites(
        self, holder: User | Role, powers: Powers, granted: _Granted, policy: ManagedPolicy, named: str
    ) -> Iterator[_Known]:
        """Whether somebody can give a managed policy another text."""
        create, rollback = _VERSIONS
        if create in granted:
            yield self.can(holder, powers, create, policy.arn), f"may `{create}` on {named}"
        older = [version for version in policy.versions if not version.is_default]
        able = self.can(holder, powers, rollback, policy.arn) if rollback in granted and older else False
        full = [v.id for v in older if able is not False and Powers("", "aws", (Policy(dict(v.document)),)).administers]
        if full:
            yield able, f"may `{rollback}` on {named}; its version {full[0]} allows everything"
        elif able is not False:
            yield None, f"may `{rollback}` on {named}; what its version {older[0].id} gives is not followed"

    def groups(self, holder: User | Role) -> list[Group]:
        """The groups of a user that the snapshot has."""
        found = map(self.subject.account.group, holder.groups if isinstance(holder, User) else ())
        return [group for group in found if group]

    def joins(self, user: User, powers: Powers, granted: _Granted) -> Iterator[_Known]:
        """Whether a user can join a group that gives more."""
        mine = {name.lower() for name in user.groups}
        for group in self.subject.account.groups if "iam:AddUserToGroup" in granted else ():
            can = False if group.name.lower() in mine else self.can(user, powers, "iam:AddUserToGroup", group.arn)
            if can is False:
                continue
            gives = self.subject.powers(group)
            way = f"may `iam:AddUserToGroup` on `group/{group.name}`"
            if any(self.can(user, powers, a, group.arn) for a in _POLICIES_OF[Group] if a in granted):
                yield can, f"{way}, and change its policies"
            elif Powers(gives.account, gives.partition, gives.policies, powers.boundary, gives.unread).administers:
                yield can, f"{way}, which makes administrators"
            elif gives.unread or self.grants(gives):
                yield None, f"{way}; what its policies add is not followed"

    def edges(self, holder: User | Role) -> list[_Edge]:
        """The users and roles that one can become; remembered for all who hold the same policies."""
        powers = self.subject.powers(holder)
        granted = self.grants(powers)
        named = tuple(role.arn for role in self.trusting.get(holder.arn, ()))
        asked = self.asking and ("sts:AssumeRole" in granted or "*" in self.trusting)
        kind = holder.arn if asked or self.personal(powers, granted) else type(holder).__name__
        key = (id(powers), named, kind)
        if key not in self.edges_of:
            self.edges_of[key] = list(self._edges(holder, powers, granted))
        return [edge for edge in self.edges_of[key] if edge.target != holder.arn]

    def _edges(self, holder: User | Role, powers: Powers, granted: _Granted) -> Iterator[_Edge]:
        users = self.subject.account.users if any(action in granted for action in _AS_USER) else ()
        services = self.passes(granted)
        targets: list[tuple[User | Role, Iterator[_Known]]] = [
            *((user, self.as_user(holder, user, powers, granted)) for user in users),
            *((role, self.as_role(holder, role, powers, granted, services)) for role in self.subject.account.roles),
        ]
        for target, found in targets:
            known = sorted((one for one in found if one[0] is not False), key=lambda one: one[0] is None)
            if known:
                widened = next((how for can, how in self.empowers(holder, target, powers, granted) if can), "")
                yield _Edge(target.arn, *known[0], widened)

    def as_user(self, holder: User | Role, user: User, powers: Powers, granted: _Granted) -> Iterator[_Known]:
        """Whether somebody can act as a user."""
        for action in _AS_USER:
            if action in granted:
                yield self.can(holder, powers, action, user.arn), f"`{action}`"

    def as_role(
        self, holder: User | Role, role: Role, powers: Powers, granted: _Granted, services: set[str]
    ) -> Iterator[_Known]:
        """Whether somebody can act as a role."""
        named = role in self.trusting.get(holder.arn, ()) or role in self.trusting.get("*", ())
        if named or "sts:AssumeRole" in granted:
            ask = request(self.who(holder), "sts:AssumeRole", role.arn)
            yield powers.decide(ask, self.trust[role.arn]), "`sts:AssumeRole`"
        if "iam:UpdateAssumeRolePolicy" in granted:
            yield self.can(holder, powers, "iam:UpdateAssumeRolePolicy", role.arn), "`iam:UpdateAssumeRolePolicy`"
        for service in sorted(services & _services(self.trust[role.arn]))[:1] if services else ():
            can = self.can(holder, powers, "iam:PassRole", role.arn)
            yield can, f"`iam:PassRole` to `{service}`, which runs what it is given"

    def passes(self, granted: _Granted) -> set[str]:
        """The services to which a role can be passed so that it can be used there."""
        return {
            service
            for path in paths()
            if path.family == "roles" and all(any(map(granted.get, names)) for names in path.also)
            for grant in granted.get("iam:PassRole", ())
            for service in path.services
            if grant.services is None or any(matches(pattern, service) for pattern in grant.services)
        }

    def personal(self, powers: Powers, granted: _Granted) -> bool:
        """Whether what the policies give depends on who holds them, beyond each one's own user."""
        texts = {text for found in granted.values() for grant in found for text in grant.statement.resource_texts}
        return any("${" in text and own_user(text) not in ("@", "*/@") for text in texts) or any(
            condition.key.lower() in KNOWN
            for policy in (*powers.policies, *([powers.boundary] if powers.boundary else []))
            for statement in policy.statements
            for condition in statement.conditions
        )

    def can(self, holder: User | Role, powers: Powers, action: str, resource: str) -> bool | None:
        """Whether a holder of the powers can do an action to a resource."""
        return powers.can(self.who(holder), action, resource)

    def who(self, holder: User | Role) -> Principal:
        """A user or role as the one who asks."""
        return principal(holder, self.subject.account.id or "", self.subject.account.partition or "aws")

    def relevant(self, powers: Powers) -> tuple[Policy, ...]:
        """The policies that say anything of the actions that paths need."""
        if not any(self.grants_of((policy,)) for policy in powers.policies):
            return ()
        return tuple(policy for policy in powers.policies if self.grants_of((policy,)) or _denies(policy))

    def grants(self, powers: Powers) -> _Granted:
        """What policies together grant of the actions that paths need."""
        return self.grants_of(self.relevant(powers))

    def grants_of(self, policies: tuple[Policy, ...]) -> _Granted:
        """The same, remembered."""
        if policies not in self.granted:
            self.granted[policies] = grants(policies)
        return self.granted[policies]

    @cached_property
    def trust(self) -> Mapping[str, Policy]:
        """The trust policy of each role, by ARN."""
        return {role.arn: Policy(dict(role.trust), Kind.TRUST) for role in self.subject.account.roles}

    @cached_property
    def trusting(self) -> Mapping[str, list[Role]]:
        """The roles whose trust policies name a principal in full, by its ARN; those that name everybody, by `*`."""
        found: dict[str, list[Role]] = {}
        for role in self.subject.account.roles:
            for arn in _named(self.trust[role.arn], "AWS"):
                found.setdefault(arn, []).append(role)
        return found

    @cached_property
    def asking(self) -> bool:
        """Whether some trust policy asks in a condition who the principal is."""
        conditions = (c for trust in self.trust.values() for s in trust.statements for c in s.conditions)
        return any(condition.key.lower() in KNOWN for condition in conditions)

    @cached_property
    def unread(self) -> Mapping[str, tuple[str, ...]]:
        """The kinds of entities that the snapshot seems to lack, and the actions that need them; (): everybody does."""
        account, summary = self.subject.account, self.subject.account.summary or {}
        kinds: tuple[tuple[str, Sequence[object], tuple[str, ...]], ...] = (
            ("users", account.users, _AS_USER),
            ("roles", account.roles, ()),
            ("groups", account.groups, ("iam:AddUserToGroup", *_POLICIES_OF[Group])),
            ("policies", account.policies, _VERSIONS),
        )
        return {what: actions for what, items, actions in kinds if not items and summary.get(what.title()) != 0}


def _through(found: Mapping[str, Way], names: Mapping[str, str], now: Way, edges: Sequence[_Edge]) -> Way:
    """The way of somebody who can become others, as far as theirs are known."""
    for edge in edges if now.answer is not True else ():
        way = found[edge.target]
        said = f"{'becomes' if edge.can else 'perhaps becomes'} {names[edge.target]} ({edge.how})"
        reaches = way.administrator or way.answer is True or bool(edge.widened)
        steps = ("which is administrator",) if way.administrator else way.steps if way.answer else (edge.widened,)
        if edge.can and reaches:
            return Way(True, (said, *steps))
        if now.answer is False and (reaches or way.answer is None):
            now = Way(None, (said, *(steps if reaches else way.steps)))
    return now


def _name(holder: User | Role) -> str:
    return f"`{type(holder).__name__.lower()}/{holder.name}`"


def _sentences(found: Sequence[Escalation]) -> list[str]:
    """Open paths in words."""
    return [sentence(group) for family in RULES for group in grouped(found, family)]


def _denies(policy: Policy) -> bool:
    return any(statement.effect == "Deny" for statement in policy.statements)


def _named(trust: Policy, kind: str) -> set[str]:
    """The principals of a kind that the Allow statements of a trust policy name; a bare `*` is one of every kind."""
    named: set[str] = set()
    for statement in trust.statements:
        principals = statement.body.get("Principal") if statement.allows else None
        entries = principals.get(kind, []) if isinstance(principals, dict) else principals
        named |= {entry for entry in (entries if isinstance(entries, list) else [entries]) if isinstance(entry, str)}
    return named


def _services(trust: Policy) -> set[str]:
    return {service.lower() for service in _named(trust, "Service")}
