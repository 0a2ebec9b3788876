"""Who can do something: users, roles and outsiders, each with its ways, and those for whom it is not known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from policygen.access.asked import Asked
from policygen.access.judge import Judge
from policygen.access.outsiders import Outsider, outsiders
from policygen.access.stack import HeldPolicy, Stack, Stacks
from policygen.access.subject import Subject
from policygen.access.targets import Target, targets
from policygen.access.way import Way, way
from policygen.account.model import Account, Role, User
from policygen.evaluate import (
    CompiledPolicy,
    CompiledStatement,
    Layers,
    Outcome,
    Request,
    allow_all,
    compile_policy,
    decide,
)
from policygen.evaluate.compare import Verdict
from policygen.evaluate.request import owner_in
from policygen.policy.model import Policy

Levels = tuple[tuple[CompiledPolicy, ...], ...]


@dataclass(frozen=True, eq=False)
class Answer:
    """The answer for a user, a role or an outsider that can, or for which that is not known."""

    who: Subject | Outsider
    ways: tuple[tuple[Way, Request], ...] = ()
    """The ways in which it can, each with a request that is allowed."""
    unknown: tuple[str, ...] = ()
    """Why it is not known whether it can; empty if it can."""


@dataclass(frozen=True)
class Given:
    """The policies that limit or allow, beside those of users and roles."""

    scps: Levels = ()
    rcps: Levels = ()
    resource: tuple[CompiledPolicy, ...] | None = None
    """The policies of the resource; None if they are not given."""
    owner: str = ""
    """The account of resources whose ARNs do not name one; "" for that of the only snapshot."""


def who(accounts: Sequence[Account], asked: Asked, given: Given) -> list[Answer]:
    """Who can do any of what is asked; users and roles that certainly cannot are left out."""
    read = [Stacks(account) for account in accounts]
    owner = given.owner or (accounts[0].id if len(accounts) == 1 else None) or ""
    parts = [_Part(target, replace(given, owner=owner)) for target in targets(read, asked, given.resource)]
    answers = []
    for stacks in read:
        entities: tuple[User | Role, ...] = (*stacks.account.users, *stacks.account.roles)
        for entity in entities:
            subject, stack = Subject(stacks.account, entity), stacks.of(entity)
            found = [part.answer(subject, stack) for part in parts]
            ways = tuple(one for answer in found for one in answer.ways)
            unknown = () if ways else tuple(dict.fromkeys(reason for answer in found for reason in answer.unknown))
            if ways or unknown:
                answers.append(Answer(subject, ways, unknown))
    return answers + [Answer(*found) for part in parts for found in outsiders(part.target, read, given.rcps, owner)]


class _Split(NamedTuple):
    """The statements of a policy that can apply to what is asked."""

    allows: list[tuple[CompiledStatement, CompiledPolicy]]
    """Each Allow, and the policy with only this statement."""
    denies: list[tuple[CompiledStatement, CompiledPolicy]]
    """The same for each Deny."""
    refused: tuple[str, ...]
    """Why IAM would reject the policy."""


class _Part:
    """One part of the question, and what has been found out about it."""

    def __init__(self, target: Target, given: Given) -> None:
        self.target = target
        self.owner = given.owner
        self.judge = Judge(target.asked, given.owner)
        self.scps, self.rcps = (
            tuple(tuple(map(target.asked.relevant, level)) for level in levels) for levels in (given.scps, given.rcps)
        )
        self.resource = None if target.resource is None else tuple(map(target.asked.relevant, target.resource))
        self._splits: dict[int, _Split] = {}
        self._ways: dict[object, Way] = {}
        self._met: dict[tuple[int, int], bool] = {}

    def answer(self, subject: Subject, stack: Stack) -> Answer:
        """The answer for a user or role."""
        splits = [(held, self._split(held.policy)) for held in stack.held if held.policy]
        denies = tuple(policy for _, split in splits for _, policy in split.denies)
        boundary = self.target.asked.relevant(compile_policy(stack.boundary)) if stack.boundary else None
        base = Layers(denies, boundary, scps=self.scps, rcps=self.rcps, resource=self.resource)
        unread = (*stack.unread, *filter(None, [self.target.unread]), *base.unknown)
        unread += tuple(reason for _, split in splits for reason in split.refused)
        if unread:
            return Answer(subject, unknown=() if self._nothing_missing_helps(subject, base) else unread)
        ways: list[tuple[Way, Request]] = []
        unknown: list[str] = []
        for held, allow, layers in self._attempts(subject, base, splits):
            judged = self.judge.judge(subject, layers)
            if judged.witness:
                ways += [(w, judged.witness) for w in self._ways_of(subject, layers, held, allow, judged.witness)]
            elif judged.verdict is Verdict.UNKNOWN:
                unknown.append(judged.reason)
        return Answer(subject, tuple(ways), () if ways else tuple(dict.fromkeys(unknown)))

    def _attempts(
        self, subject: Subject, base: Layers, splits: Sequence[tuple[HeldPolicy, _Split]]
    ) -> Iterator[tuple[HeldPolicy | None, CompiledStatement | None, Layers]]:
        """The policies with one Allow of the identity each, and with none if the resource's policy may be enough."""
        denies = [deny for _, split in splits for deny in split.denies]
        for held, split in splits:
            for allow, alone in split.allows:
                # with a policy of the resource, a request need not be about what the Allow is about
                limiting = [policy for deny, policy in denies if self.resource or self._meet(allow, deny)]
                identity = (alone, *limiting)
                yield held, allow, replace(base, identity=identity)
        if self.resource and self._may_own(subject):
            yield None, None, base

    def _may_own(self, subject: Subject) -> bool:
        """Whether the resource may belong to the account of a subject, so that its own policy may be enough."""
        account = subject.principal.account
        owners = {owner_in(resource, account) or self.owner or account for resource in self.target.asked.resources}
        return account in owners

    def _meet(self, allow: CompiledStatement, deny: CompiledStatement) -> bool:
        """Whether a Deny may take back something that an Allow gives of what is asked."""
        if (id(allow), id(deny)) not in self._met:
            self._met[id(allow), id(deny)] = self.target.asked.within(allow).concerns(deny)
        return self._met[id(allow), id(deny)]

    def _nothing_missing_helps(self, subject: Subject, base: Layers) -> bool:
        """Whether a subject certainly cannot, even if what could not be read allows everything."""
        return not base.unknown and (
            self.judge.judge(subject, replace(base, identity=(*base.identity, allow_all()))).verdict is Verdict.NONE
        )

    def _ways_of(
        self,
        subject: Subject,
        layers: Layers,
        held: HeldPolicy | None,
        allow: CompiledStatement | None,
        witness: Request,
    ) -> Iterator[Way]:
        """The way through an Allow of the identity, or the ways through the resource's policy alone."""
        besides = self._besides(layers, witness) if self.resource else ()
        for statement in (allow,) if allow else besides:
            others = tuple(id(s) for _, policy in layers.named() for s in policy.statements)
            key = id(statement), id(held), others, besides
            if key not in self._ways:
                found = way(self.target.asked, statement, held, layers)
                found = replace(found, roles=self.target.roles, beside=besides if allow else ())
                self._ways[key] = self._ways.setdefault(found, found)
            yield self._ways[key]

    def _besides(self, layers: Layers, witness: Request) -> tuple[CompiledStatement, ...]:
        """The statements of the resource's policy without which a request would not be allowed."""
        allows = tuple(s for s in decide(witness, layers).statements if s.naming)
        silent = tuple(p.only([s for s in p.statements if not s.allows]) for p in layers.resource or ())
        alone = decide(witness, replace(layers, resource=silent)).outcome is Outcome.ALLOW
        return () if alone else allows

    def _split(self, policy: Policy) -> _Split:
        if id(policy) not in self._splits:
            compiled = compile_policy(policy)
            relevant = [(s, compiled.only([s])) for s in compiled.statements if self.target.asked.concerns(s)]
            self._splits[id(policy)] = _Split(
                [(statement, alone) for statement, alone in relevant if statement.allows],
                [(statement, alone) for statement, alone in relevant if not statement.allows],
                compiled.refused,
            )
        return self._splits[id(policy)]
