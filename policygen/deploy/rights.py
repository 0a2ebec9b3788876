"""What the users and roles of an account hold in a state of it: their policies, each named by where it comes from."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from policygen.account.model import Account, Document, Group, Role, User
from policygen.deploy.desired import arn_name
from policygen.deploy.state import State, default_document
from policygen.evaluate import CompiledPolicy, Layers, compile_policy
from policygen.policy.model import Kind, Policy


class Held(NamedTuple):
    """Policies, and why some are not among them, a sentence each. What is alike is one object, so `==` is quick."""

    policies: tuple[CompiledPolicy, ...]
    boundary: CompiledPolicy | None = None
    unread: tuple[str, ...] = ()

    @property
    def layers(self) -> Layers:
        """As the evaluator wants them."""
        return Layers(identity=self.policies, boundary=self.boundary, unread=self.unread)


@dataclass
class Rights:
    """The policies of an account's users, roles and groups, where a state takes the place of what the account shows."""

    account: Account
    state: State
    _groups: dict[str, Held] = field(default_factory=dict)
    _texts: dict[int, str] = field(default_factory=dict)

    def groups(self, user: User) -> tuple[str, ...]:
        """The groups of a user, in lower case and in order."""
        shown = self.state["users"].get(user.name.lower())
        return tuple(sorted(shown["groups"] if shown else map(str.lower, user.groups)))

    def held(self, entity: User | Role) -> Held:
        """The policies of a user, those of the user's groups among them, or of a role."""
        kind = "user" if isinstance(entity, User) else "role"
        unread: list[str] = []
        policies = [self._compiled(p.document, f"`{p.name}` of {kind} {entity.name}") for p in entity.inline]
        policies += self._managed((p.arn for p in entity.attached), Kind.IDENTITY, unread)
        for name in self.groups(entity) if isinstance(entity, User) else ():
            of_group = self.of_group(name)
            policies += of_group.policies
            unread += of_group.unread
        boundary = self._managed(iter([entity.boundary] if entity.boundary else []), Kind.BOUNDARY, unread)
        return Held(tuple(policies), next(iter(boundary), None), tuple(dict.fromkeys(unread)))

    def of_group(self, name: str) -> Held:
        """The policies of a group, named in lower case."""
        if name not in self._groups:
            shown, group = self.state["groups"].get(name), self.account.group(name)
            if shown:
                title, inline, arns = shown["name"], shown["inline"], shown["attached"]
            else:
                title, inline, arns = _of_account(name, group)
            unread: list[str] = []
            policies = [self._compiled(document, f"`{key}` of group {title}") for key, document in inline.items()]
            policies += self._managed(iter(arns), Kind.IDENTITY, unread)
            self._groups[name] = Held(tuple(policies), None, tuple(unread))
        return self._groups[name]

    def document(self, arn: str) -> Document | None:
        """The document in force of a managed policy, None where neither state nor account shows it."""
        shown, policy = self.state["policies"].get(arn), self.account.policy(arn)
        return default_document(shown) if shown else policy.document if policy else None

    def _managed(self, arns: Iterator[str], kind: Kind, unread: list[str]) -> list[CompiledPolicy]:
        found = []
        for arn in arns:
            document = self.document(arn)
            if document is None:
                unread.append(f"the document of the policy `{arn}` is not known")
            else:
                found.append(self._compiled(document, f"`{arn_name(arn)}`", kind))
        return found

    def _compiled(self, document: Document, name: str, kind: Kind = Kind.IDENTITY) -> CompiledPolicy:
        text = self._texts.get(id(document))
        if text is None:
            text = self._texts[id(document)] = json.dumps(document, sort_keys=True)
        return _compile(text, name, kind)


@lru_cache(maxsize=8192)
def _compile(text: str, name: str, kind: Kind) -> CompiledPolicy:
    """One object for each policy, however many states and entities it is in."""
    return compile_policy(Policy(json.loads(text), kind, name=name))


def _of_account(name: str, group: Group | None) -> tuple[str, dict[str, Document], list[str]]:
    if group is None:
        return name, {}, []
    return group.name, {p.name: p.document for p in group.inline}, [p.arn for p in group.attached]
