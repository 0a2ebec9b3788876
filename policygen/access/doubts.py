"""Why it is unknown whether a user or role can become an administrator: what a snapshot does not contain."""

from collections.abc import Mapping, Sequence

from policygen.access.actors import Actor
from policygen.access.changes import ACTIONS, JOIN, REWRITE, ROLL_BACK, WIDEN
from policygen.access.graph import AS_USER, ASSUME, TRUST, Graph, Node, on_what
from policygen.account.model import Account, Group
from policygen.reference.escalation import Path

_FOLLOWED = {*AS_USER, ASSUME, TRUST, *ACTIONS}
"""The actions whose targets are looked up in the account."""


def doubts(graph: Graph, node: Node) -> tuple[str, ...]:
    """The reasons; empty if there are none."""
    powers = node.actor.powers
    if powers.unread:
        return (f"the snapshot lacks {node.actor.stack.missing[0]}",)
    found = [said for path in node.actor.paths if (said := _elsewhere(node.actor, path))]
    if node.administers is None:
        found.insert(0, "whether it already is an administrator depends on conditions")
    return tuple(dict.fromkeys(found))


def unread_parts(account: Account, actor: Actor) -> str:
    """Why the snapshot seems incomplete for judging an actor; "" if it does not."""
    summary = account.summary or {}
    kinds: Mapping[str, tuple[Sequence[object], tuple[str, ...]]] = {
        "users": (account.users, AS_USER),
        "roles": (account.roles, ()),
        "groups": (account.groups, (JOIN, *WIDEN[Group])),
        "policies": (account.policies, (REWRITE, ROLL_BACK)),
    }
    lacking = [
        what
        for what, (items, actions) in kinds.items()
        if not items and summary.get(what.title()) != 0 and (not actions or actor.named.intersection(actions))
    ]
    said = f"the snapshot has no {' and no '.join(lacking)} at all, perhaps because it was read with `--filter`"
    return said if lacking else ""


def _elsewhere(actor: Actor, path: Path) -> str:
    """Whether a path is open over resources that are not in a snapshot, in words."""
    if path.family == "roles" or path.services or set(path.every) <= _FOLLOWED:
        return ""
    granted = actor.granted
    if not all(map(granted.get, path.every)):
        return ""
    if not all(any(map(granted.get, names)) for names in path.also):
        return ""
    return f"may {on_what(actor, path)}; where that leads is not in a snapshot"
