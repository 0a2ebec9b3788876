"""A user or role of an account as the one who makes requests: its principal, and the condition keys known of it.

Source: IAM User Guide, "AWS global condition context keys" (2026-11): `aws:PrincipalTag` of a role session also has the
session's tags, so that only those of a user are all known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from policygen.access.powers import principal
from policygen.account.model import Account, Entity, Group, Role, User
from policygen.evaluate import Principal, Request
from policygen.evaluate.match import Value
from policygen.evaluate.request import owner_in

_PERSONAL = ("aws:principal", "aws:username", "aws:userid")
_TAG, _NAME = "aws:principaltag/", "aws:username"
_OF_ONE = (_NAME, "aws:principalarn")
"""The keys that follow from a principal and that differ between the members of a group."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A user or role of an account, or any member of a group."""

    account: Account
    entity: User | Role
    anyone: bool = False
    """Whether this is any member of a group, of which the entity is only an example."""

    @cached_property
    def principal(self) -> Principal:
        """The principal of its requests; for a role, one of its sessions."""
        return principal(self.entity, self.account.id or "", self.account.partition or "aws")

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """The condition keys with known values, in lower case."""
        entity, keys = self.entity, dict(self.principal.keys)
        if self.anyone:
            return {key: value for key, value in keys.items() if key not in _OF_ONE}
        if isinstance(entity, User):
            keys |= {f"{_TAG}{key.lower()}": value for key, value in entity.tags.items()}
            keys |= {"aws:userid": entity.id} if entity.id else {}
        return keys

    def known(self, names: Iterable[str]) -> dict[str, Value | None]:
        """Of some condition keys in lower case, those whose value is known; None for those known to be absent."""
        found: dict[str, Value | None] = {}
        for name in names:
            if name in self.keys:
                found[name] = self.keys[name]
            elif not self.anyone and (name.startswith(_TAG) if isinstance(self.entity, User) else name == _NAME):
                found[name] = None
        return found

    def makes(self, request: Request, resource: str, known: Mapping[str, Value | None], owner: str = "") -> Request:
        """A request of somebody else, made by this one on a resource; `known` is what is known of this one.

        `owner` is the account of a resource whose ARN does not name one, "" if that is not known.
        """
        replaced = request.principal.keys.keys() | known.keys()
        own_tags = isinstance(self.entity, Role) or self.anyone  # which a session may have beside those of the role
        kept = {
            key: value
            for key, value in request.context.items()
            if key not in replaced and (own_tags or not key.startswith(_TAG))
        }
        own = {key: value for key, value in known.items() if value is not None}
        owner = owner_in(resource, self.principal.account) or owner
        context = kept | own | dict(self.principal.keys)
        if "aws:resourceaccount" in context and owner:
            context["aws:resourceaccount"] = owner
        return Request(self.principal, request.action, resource, context, resource_account=owner)


def subject_of(account: Account, holder: Entity) -> Subject:
    """A user or role, or any member of a group."""
    if not isinstance(holder, Group):
        return Subject(account, holder)
    arn = f"arn:{account.partition or 'aws'}:iam::{account.id}:user/member"
    return Subject(account, User("member", "/", "", arn, groups=(holder.name,)), anyone=True)


def is_personal(key: str) -> bool:
    """Whether the value of a condition key, in lower case, depends on the principal within one account."""
    return key.startswith(_PERSONAL)
