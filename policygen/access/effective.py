"""The policies that have a say over a user of an account: the user's own, those of the groups, the boundary."""

from collections.abc import Iterator

from policygen.account.model import Account, Group, User
from policygen.errors import PolicygenError, did_you_mean
from policygen.evaluate.compiled import CompiledPolicy, compile_policy
from policygen.evaluate.layers import Layers
from policygen.policy.model import Kind, Policy


def find_user(account: Account, name: str) -> User:
    """The user of a name; raises PolicygenError where the account has none."""
    user = account.user(name)
    if user is None:
        raise PolicygenError(f"the account has no user `{name}`{did_you_mean(name, (u.name for u in account.users))}")
    return user


def layers_of(account: Account, user: User) -> Layers:
    """The layers of a user; what the snapshot refers to and does not hold makes decisions unknown."""
    unread: list[str] = []
    policies = list(_policies(account, user, f"user/{user.name}", unread))
    for name in user.groups:
        group = account.group(name)
        if group is None:
            unread.append(f"the group `{name}` of the user `{user.name}` is not in the snapshot")
        else:
            policies += _policies(account, group, f"group/{group.name}", unread)
    boundary = _managed(account, user.boundary, Kind.BOUNDARY, unread) if user.boundary else None
    return Layers(identity=tuple(policies), boundary=boundary, unread=tuple(unread))


def _policies(account: Account, holder: User | Group, owner: str, unread: list[str]) -> Iterator[CompiledPolicy]:
    for inline in holder.inline:
        yield compile_policy(Policy(dict(inline.document), name=f"{owner}/{inline.name}"))
    for attached in holder.attached:
        policy = _managed(account, attached.arn, Kind.IDENTITY, unread)
        if policy:
            yield policy


def _managed(account: Account, arn: str, kind: Kind, unread: list[str]) -> CompiledPolicy | None:
    policy = account.policy(arn)
    if policy is None:
        unread.append(f"the snapshot does not hold the policy `{arn}`")
        return None
    return compile_policy(Policy(dict(policy.document), kind, name=arn))
