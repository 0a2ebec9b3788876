"""The plan: the ordered calls that bring an account from its present to its desired state. A pure function.

The order keeps a promise: what anyone may do both before and after, they may do at every moment in between. Everything
is created before it is used; permissions are granted before any are taken away; the permission to enrol MFA comes
before a Deny without MFA; a policy is replaced in one call, never deleted and created again. Only policies that both
give and take permissions can break the promise, and then a remark says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from graphlib import CycleError, TopologicalSorter

from policygen.account.model import Document
from policygen.deploy.desired import Desired, DesiredGroup, DesiredPolicy, DesiredRole, arn_name, arn_path
from policygen.deploy.difference import changes, has_deny
from policygen.deploy.draft import Draft, rank_of
from policygen.deploy.drift import worst_first
from policygen.deploy.members import memberships
from policygen.deploy.operation import Rank
from policygen.deploy.operations import Step
from policygen.deploy.quotas import check
from policygen.deploy.removal import remove, rename
from policygen.deploy.state import GroupState, HolderState, RoleState, State, names
from policygen.errors import PolicygenError
from policygen.policy.meaning import same
from policygen.reference.quotas import account_quota


@dataclass(frozen=True)
class Plan:
    """What to do, and the states that it follows from."""

    desired: Desired
    observed: State
    summary: Mapping[str, int]
    """Quotas and counts by their names in `GetAccountSummary`, as far as they are known."""
    prune: bool
    steps: tuple[Step, ...]
    remarks: tuple[str, ...]
    """What is not as declared and is not changed: a user in two categories, a group with another path."""
    drift: tuple[str, ...] = ()
    """Policies on declared groups that nobody declared, the most dangerous first."""
    strangers: tuple[str, ...] = ()
    """Members of declared groups whom nobody declared."""

    def after(self, count: int | None = None) -> State:
        """The state after the first `count` steps; after all of them by default."""
        return reduce(lambda state, step: step.after(state), self.steps[:count], self.observed)


def make_plan(desired: Desired, observed: State, summary: Mapping[str, int], *, prune: bool = False) -> Plan:
    """Plan the steps from the observed to the desired state.

    Raises PolicygenError for a group or user that does not exist, and if a step would exceed a quota.
    """
    draft = Draft(observed, desired)
    rename(draft)
    own = desired.managed
    for policy in desired.policies:
        if policy.arn in own and policy.document is not None and not same(own[policy.arn], policy.document):
            raise PolicygenError(
                f"the managed policy `{policy.arn}` has different documents in two places; make one of them inline"
            )
    for arn, document in own.items():
        _check_name(draft, arn, own)
        draft.changed[arn] = _managed(draft, arn, document, summary)
    for group in desired.groups:
        _group(draft, group)
    for role in _trusted_first(desired.roles):
        _role(draft, role)
    members = memberships(draft.desired, draft.state)
    draft.remarks += members.remarks
    for group_name, user in members.joins:
        denied = Rank.JOIN_DENIED if _denies(draft, group_name) else None
        name = draft.state.users[user].name
        arguments = {"GroupName": group_name, "UserName": name}
        draft.add(Step("AddUserToGroup", arguments, f"user {name} in group {group_name}"), rank=denied)
    remove(draft, members.undeclared, prune=prune)
    steps = draft.steps
    check(observed, steps, summary)
    return Plan(
        desired,
        observed,
        summary,
        prune,
        steps,
        remarks=(*draft.remarks, *_broken_promise(steps)),
        drift=worst_first(draft.drift),
        strangers=tuple(draft.strangers),
    )


def _group(draft: Draft, group: DesiredGroup) -> None:
    existing = draft.state.group(group.name)
    if existing is None:
        if not group.create:
            raise PolicygenError(
                f"account {draft.desired.account} has no group `{group.name}`; --create-group creates it"
            )
        draft.add(Step("CreateGroup", {"Path": group.path, "GroupName": group.name}, f"group {group.name}"))
        existing = GroupState(group.name, group.path, {})
    if existing.path != group.path:
        draft.remarks.append(f"group {existing.name} has the path {existing.path}, not {group.path}; left as it is")
    _policies(draft, existing, group.policies)


def _trusted_first(roles: Sequence[DesiredRole]) -> Iterable[DesiredRole]:
    """The roles, those that the trust policies of others name first: IAM refuses a principal that does not exist."""
    by_name = {role.name: role for role in roles}
    trusted = {
        role.name: [one.name for one in roles if one is not role and f":role{one.path}{one.name}'" in str(role.trust)]
        for role in roles
    }
    try:
        return [by_name[name] for name in TopologicalSorter(trusted).static_order()]
    except CycleError:  # of roles that trust each other, one has to be created without that; IAM says so
        return roles


def _role(draft: Draft, role: DesiredRole) -> None:
    existing = draft.state.roles.get(role.name.lower())
    if existing is None:
        existing = _create_role(draft, role)
    if existing.path != role.path:
        draft.remarks.append(f"role {existing.name} has the path {existing.path}, not {role.path}; left as it is")
    if not same(existing.trust, role.trust):
        arguments = {"RoleName": existing.name, "PolicyDocument": role.trust}
        differences = tuple(changes(existing.trust, role.trust))
        subject = f"trust policy of role {existing.name}"
        draft.add(Step("UpdateAssumeRolePolicy", arguments, subject, existing.trust, differences))
    _boundary(draft, existing, role)
    _policies(draft, existing, role.policies)


def _create_role(draft: Draft, role: DesiredRole) -> RoleState:
    limit = {"PermissionsBoundary": role.boundary} if role.boundary else {}
    arguments = {
        "RoleName": role.name,
        "Path": role.path,
        "AssumeRolePolicyDocument": role.trust,
        "MaxSessionDuration": 3600 * role.max_session_hours,
        **limit,
    }
    draft.add(Step("CreateRole", arguments, f"role {role.name}", None, tuple(changes(None, role.trust))))
    return RoleState(role.name, role.path, role.trust, {}, boundary=role.boundary)


def _boundary(draft: Draft, existing: RoleState, role: DesiredRole) -> None:
    """Set the permissions boundary; one that is not declared is removed only if policygen set it."""
    if existing.boundary == role.boundary:
        return
    before = {"PermissionsBoundary": existing.boundary} if existing.boundary else None
    subject, named = f"permissions boundary of role {existing.name}", {"RoleName": existing.name}
    if role.boundary:
        step = Step("PutRolePermissionsBoundary", {**named, "PermissionsBoundary": role.boundary}, subject, before)
        # a boundary only limits, so another one may give and take
        draft.add(step, rank=Rank.TRADE if existing.boundary else Rank.LOSE)
    elif role.exclusive or draft.desired.owned.role(role.name).boundary == existing.boundary:
        draft.add(Step("DeleteRolePermissionsBoundary", named, subject, before), rank=Rank.GAIN)
    else:
        draft.remarks.append(f"role {existing.name} has the permissions boundary {existing.boundary}, not declared")


def _policies(draft: Draft, holder: HolderState, policies: Iterable[DesiredPolicy]) -> None:
    for policy in policies:
        if policy.arn is None:
            _inline(draft, holder, policy)
        elif policy.arn not in holder.attached:
            _attach(draft, holder, policy)


def _inline(draft: Draft, holder: HolderState, policy: DesiredPolicy) -> None:
    before = holder.inline.get(policy.name)
    if policy.document is None or (before is not None and same(before, policy.document)):
        return
    arguments = {**names(holder), "PolicyName": policy.name, "PolicyDocument": policy.document}
    differences = tuple(changes(before, policy.document))
    subject = f"policy {policy.name} of {holder.kind} {holder.name}"
    draft.add(Step(f"Put{holder.kind.title()}Policy", arguments, subject, before, differences))


def _attach(draft: Draft, holder: HolderState, policy: DesiredPolicy) -> None:
    document = policy.document or draft.state.document(policy.arn or "")
    differences = tuple(changes(None, document))
    own_account = f":{draft.desired.account}:" in (policy.arn or "")
    if own_account and document is None:
        raise PolicygenError(f"account {draft.desired.account} has no policy `{policy.arn}` to attach to {holder.name}")
    arguments = {**names(holder), "PolicyArn": policy.arn}
    subject = f"policy {policy.name} to {holder.kind} {holder.name}"
    step = Step(f"Attach{holder.kind.title()}Policy", arguments, subject, None, differences)
    # the document of an AWS managed policy is not known before it is attached somewhere, so it may deny
    rank = Rank.DENY if document is None else rank_of(differences)
    draft.add(step, rank=max(rank, draft.changed.get(policy.arn or "", rank)))


def _check_name(draft: Draft, arn: str, declared: Iterable[str]) -> None:
    """An account's policy names are unique, whatever their path and case (IAM API Reference, CreatePolicy)."""
    account, name = draft.desired.account, arn_name(arn)
    for other in sorted({*draft.state.policies, *declared}):
        if f":{account}:" in other and other != arn and arn_name(other).lower() == name.lower():
            raise PolicygenError(
                f"managed policy `{arn}` cannot be created because of `{other}`: in IAM, the names of an account's "
                "managed policies must differ in more than path and case; attach that policy, or make yours inline"
            )


def _managed(draft: Draft, arn: str, document: Document, summary: Mapping[str, int]) -> int:
    """Add the steps that give a managed policy its document, and return their rank."""
    policy = draft.state.policies.get(arn)
    name, path = arn_name(arn), arn_path(arn)
    if policy is None:
        arguments = {"PolicyName": name, "Path": path, "PolicyDocument": document}
        return draft.add(Step("CreatePolicy", arguments, f"managed policy {name}"))
    before = policy.document
    if same(before, document):
        return Rank.CREATE_POLICY
    differences = tuple(changes(before, document))
    others = [holder for holder in policy.holders if not _declared(draft.desired, holder, arn)]
    if others:
        draft.remarks.append(f"managed policy {name} changes for {', '.join(others)} too")
    subject = f"managed policy {name}"
    if earlier := policy.version(document):
        arguments = {"PolicyArn": arn, "VersionId": earlier}
        return draft.add(Step("SetDefaultPolicyVersion", arguments, subject, before, differences))
    steps = []
    if len(policy.versions) >= account_quota("VersionsPerPolicyQuota", summary):
        oldest = next(version for version in policy.versions if version.id != policy.default)
        drop = {"PolicyArn": arn, "VersionId": oldest.id}
        steps.append(Step("DeletePolicyVersion", drop, f"oldest version of {name}, not in force", oldest.document))
    put = {"PolicyArn": arn, "PolicyDocument": document, "SetAsDefault": True}
    return draft.add(*steps, Step("CreatePolicyVersion", put, subject, before, differences))


def _broken_promise(steps: tuple[Step, ...]) -> list[str]:
    """A remark if permissions are granted after others were taken away, so that the promise may be broken."""
    lost = ""
    for step in steps:
        if lost and any(change.gained and not change.denial for change in step.changes):
            both = f"{lost} and {step.subject} both give and take"
            return [f"{both}: permissions that move between them are missing for a moment"]
        if not lost and any(not change.gained and not change.denial for change in step.changes):
            lost = step.subject
    return []


def _denies(draft: Draft, group: str) -> bool:
    wanted = [policy for g in draft.desired.groups if g.name.lower() == group.lower() for policy in g.policies]
    existing = draft.state.group(group) or GroupState(group, "", {})
    documents = [policy.document or draft.state.document(policy.arn or "") for policy in wanted]
    documents += [*existing.inline.values(), *(draft.state.document(arn) for arn in existing.attached)]
    return any(document is None or has_deny(document) for document in documents)


def _declared(desired: Desired, holder: str, arn: str) -> bool:
    """Whether a group or role (`group/All`) should have a managed policy."""
    declared = {f"group/{one.name.lower()}": one.policies for one in desired.groups}
    declared |= {f"role/{one.name.lower()}": one.policies for one in desired.roles}
    limited = {f"role/{one.name.lower()}" for one in desired.roles if one.boundary == arn}
    return holder.lower() in limited or any(policy.arn == arn for policy in declared.get(holder.lower(), ()))
