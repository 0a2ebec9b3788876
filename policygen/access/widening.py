"""How a user or role can widen somebody's permissions: through policies, groups, and policy versions."""

from collections.abc import Iterator

from policygen.access.actors import Actor, Actors, denies
from policygen.access.powers import Powers
from policygen.account.model import Group, ManagedPolicy, Role, User
from policygen.policy.model import Policy
from policygen.reference.escalation import Path, paths

AS_USER = (
    *("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"),
    *("iam:CreateServiceSpecificCredential", "iam:ResetServiceSpecificCredential"),
)
"""The actions that create credentials for a user."""
AS_ROLE = ("sts:AssumeRole", "iam:UpdateAssumeRolePolicy", "iam:PassRole")
"""The actions through which a role can be used."""
POLICIES_OF = {
    User: ("iam:PutUserPolicy", "iam:AttachUserPolicy"),
    Role: ("iam:PutRolePolicy", "iam:AttachRolePolicy"),
    Group: ("iam:PutGroupPolicy", "iam:AttachGroupPolicy"),
}
VERSIONS = ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion")
_FOLLOWED = {
    *AS_USER,
    *AS_ROLE,
    *VERSIONS,
    *(action for actions in POLICIES_OF.values() for action in actions),
    "iam:AddUserToGroup",
}
"""The actions whose targets are looked up in the account; the targets of other paths are not in a snapshot."""

Known = tuple[bool | None, str]
"""Whether there is a way (None: perhaps), and the way or the reason for None, in words."""
_NO: Known = (False, "")


def own_ways(actors: Actors, actor: Actor) -> Iterator[Known]:
    """How a user or role can widen its own permissions, and what may do so but is not analysed."""
    if not actor.granted:
        return
    yield from widenings(actors, actor, actor.entity)
    if isinstance(actor.entity, User):
        yield from _joins(actors, actor, actor.entity)
    granted = actor.granted
    for path in paths():
        followed = path.family == "roles" or set(path.every) <= _FOLLOWED
        if followed or not all(map(granted.get, path.every)):
            continue
        if all(any(map(granted.get, names)) for names in path.also):
            yield _elsewhere(actors, actor, path)


def widenings(actors: Actors, actor: Actor, target: User | Role) -> Iterator[Known]:
    """Whether an actor can widen the policies of a user or role, which may be itself."""
    on_target, who = ("itself", "it") if target is actor.entity else (named(target), named(target))
    for owner in (target, *actors.groups(target)):
        on = on_target if owner is target else f"`group/{owner.name}`, of which {who} is a member"
        for action in POLICIES_OF[type(owner)]:
            if action in actor.granted:
                yield actor.can(action, owner.arn), f"may `{action}` on {on}"
    if not any(action in actor.granted for action in VERSIONS):
        return
    for held in actors.stacks.of(target).held:
        policy = actors.account.policy(held.arn) if held.arn else None
        if policy and not policy.aws_managed:
            yield from _rewrites(actor, policy, f"`policy/{policy.name}`, which applies to {who}")


def named(holder: User | Role) -> str:
    """A user or role for use in a sentence."""
    return f"`{type(holder).__name__.lower()}/{holder.name}`"


def _rewrites(actor: Actor, policy: ManagedPolicy, on: str) -> Iterator[Known]:
    """Whether an actor can change the document of a managed policy."""
    create, rollback = VERSIONS
    if create in actor.granted:
        yield actor.can(create, policy.arn), f"may `{create}` on {on}"
    older = [version for version in policy.versions if not version.is_default]
    able = actor.can(rollback, policy.arn) if rollback in actor.granted and older else False
    full = [v.id for v in older if able is not False and Powers("", "aws", (Policy(dict(v.document)),)).administers]
    if full:
        yield able, f"may `{rollback}` on {on}; its version {full[0]} allows everything"
    elif able is not False:
        yield None, f"may `{rollback}` on {on}; what its version {older[0].id} allows is not analysed"


def _joins(actors: Actors, actor: Actor, user: User) -> Iterator[Known]:
    """Whether a user can join a group that allows more."""
    mine = {name.lower() for name in user.groups}
    for group in actors.account.groups if "iam:AddUserToGroup" in actor.granted else ():
        can = False if group.name.lower() in mine else actor.can("iam:AddUserToGroup", group.arn)
        if can is False:
            continue
        gives = actors.powers(group)
        way = f"may `iam:AddUserToGroup` on `group/{group.name}`"
        if any(actor.can(action, group.arn) for action in POLICIES_OF[Group] if action in actor.granted):
            yield can, f"{way}, and change its policies"
        elif Powers(gives.account, gives.partition, gives.policies, actor.powers.boundary, gives.unread).administers:
            yield can, f"{way}, which makes administrators"
        elif gives.unread or actors.granted(gives):
            yield None, f"{way}; what its policies allow is not analysed"


def _elsewhere(actors: Actors, actor: Actor, path: Path) -> Known:
    """Whether a path over named resources is open: over the actor's own user, or over what is not in a snapshot."""
    action, holder = path.every[0], actor.entity
    if path.own_user_too or action.startswith("iam:Delete"):
        if type(holder).__name__ not in action:
            return _NO
        return actor.can(action, holder.arn), f"may `{action}` on itself, which {path.gain}"
    if action == "iam:RemoveUserFromGroup":
        return _leaves(actors, actor)
    actions = " and ".join(f"`{name}`" for name in path.every)
    resources = dict.fromkeys(text for grant in actor.granted[action] for text in grant.statement.resource_texts)
    on = ", ".join(f"`{text}`" for text in list(resources)[:2])
    return None, f"may {actions} on {on or 'some resources'}; where that leads is not in a snapshot"


def _leaves(actors: Actors, actor: Actor) -> Known:
    """Whether a user can leave a group that denies something."""
    for group in actors.groups(actor.entity):
        able = actor.can("iam:RemoveUserFromGroup", group.arn)
        if able is not False and any(denies(held.policy) for held in actors.stacks.own(group) if held.policy):
            return None, f"may `iam:RemoveUserFromGroup` on `group/{group.name}`, whose policies have a Deny"
    return _NO
