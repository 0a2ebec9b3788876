"""The plan: the ordered calls that bring an account from its present to its desired state. A pure function.

The order keeps a promise: what anyone may do both before and after, they may do at every moment in between. Everything
is created before it is used; permissions are granted before any are taken away; the permission to enrol MFA comes
before a Deny without MFA; a policy is replaced in one call, never deleted and created again. Only policies that both
give and take permissions can break the promise, and then a remark says so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce

from policygen.account.model import Document
from policygen.deploy.desired import OWN_PATH, Desired, DesiredGroup, DesiredPolicy, arn_name, arn_path
from policygen.deploy.difference import Change, changes, has_deny
from policygen.deploy.members import memberships
from policygen.deploy.operation import Rank
from policygen.deploy.operations import Step
from policygen.deploy.quotas import check
from policygen.deploy.state import GroupState, State
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
    """What is not as declared and is not changed: undeclared policies on a group, users in two categories."""

    def after(self, count: int | None = None) -> State:
        """The state after the first `count` steps; after all of them by default."""
        return reduce(lambda state, step: step.after(state), self.steps[:count], self.observed)


@dataclass
class _Draft:
    state: State
    desired: Desired
    ranked: list[tuple[int, list[Step]]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    changed: dict[str, int] = field(default_factory=dict)
    """The rank at which each declared managed policy gets its document."""

    def add(self, *steps: Step, rank: int | None = None) -> int:
        """Add steps that belong together and return their rank, by default that of the last one."""
        if rank is None:
            rank = steps[-1].rank or _rank(steps[-1].changes)
        self.ranked.append((rank, list(steps)))
        return rank


def make_plan(desired: Desired, observed: State, summary: Mapping[str, int], *, prune: bool = False) -> Plan:
    """Plan the steps from the observed to the desired state.

    Raises PolicygenError for a group or user that does not exist, and if a step would exceed a quota.
    """
    draft = _Draft(observed, desired)
    own = desired.managed
    for policy in (policy for group in desired.groups for policy in group.policies):
        if policy.arn in own and policy.document is not None and not same(own[policy.arn], policy.document):
            raise PolicygenError(
                f"two groups want different documents of one managed policy, `{policy.arn}`; make one of them inline"
            )
    for arn, document in own.items():
        _check_name(draft, arn, own)
        draft.changed[arn] = _managed(draft, arn, document, summary)
    for group in desired.groups:
        _group(draft, group)
    joins, remarks = memberships(desired, observed)
    draft.remarks += remarks
    for group_name, user in joins:
        denied = Rank.JOIN_DENIED if _denies(draft, group_name) else None
        name = observed.users[user].name
        arguments = {"GroupName": group_name, "UserName": name}
        draft.add(Step("AddUserToGroup", arguments, f"user {name} in group {group_name}"), rank=denied)
    if prune:
        _prune(draft, set(own))
    steps = tuple(step for _, steps in sorted(draft.ranked, key=lambda entry: entry[0]) for step in steps)
    draft.remarks += _broken_promise(steps)
    plan = Plan(desired, observed, summary, prune, steps, tuple(draft.remarks))
    check(observed, steps, summary)
    return plan


def _group(draft: _Draft, group: DesiredGroup) -> None:
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
    for policy in group.policies:
        if policy.arn is None:
            _inline(draft, existing, policy)
        elif policy.arn not in existing.attached:
            _attach(draft, existing, policy)
    _strangers(draft, existing, group)


def _inline(draft: _Draft, group: GroupState, policy: DesiredPolicy) -> None:
    before = group.inline.get(policy.name)
    if policy.document is None or (before is not None and same(before, policy.document)):
        return
    arguments = {"GroupName": group.name, "PolicyName": policy.name, "PolicyDocument": policy.document}
    differences = tuple(changes(before, policy.document))
    subject = f"policy {policy.name} of group {group.name}"
    draft.add(Step("PutGroupPolicy", arguments, subject, before, differences))


def _attach(draft: _Draft, group: GroupState, policy: DesiredPolicy) -> None:
    document = policy.document or draft.state.document(policy.arn or "")
    differences = tuple(changes(None, document))
    own_account = f":{draft.desired.account}:" in (policy.arn or "")
    if own_account and document is None:
        raise PolicygenError(f"account {draft.desired.account} has no policy `{policy.arn}` to attach to {group.name}")
    arguments = {"GroupName": group.name, "PolicyArn": policy.arn}
    step = Step("AttachGroupPolicy", arguments, f"policy {policy.name} to group {group.name}", None, differences)
    # the document of an AWS managed policy is not known before it is attached somewhere, so it may deny
    rank = Rank.DENY if document is None else _rank(differences)
    draft.add(step, rank=max(rank, draft.changed.get(policy.arn or "", rank)))


def _check_name(draft: _Draft, arn: str, declared: Iterable[str]) -> None:
    """An account's policy names are unique, whatever their path and case (IAM API Reference, CreatePolicy)."""
    account, name = draft.desired.account, arn_name(arn)
    for other in sorted({*draft.state.policies, *declared}):
        if f":{account}:" in other and other != arn and arn_name(other).lower() == name.lower():
            raise PolicygenError(
                f"managed policy `{arn}` cannot be created because of `{other}`: in IAM, the names of an account's "
                "managed policies must differ in more than path and case; attach that policy, or make yours inline"
            )


def _managed(draft: _Draft, arn: str, document: Document, summary: Mapping[str, int]) -> int:
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


def _strangers(draft: _Draft, existing: GroupState, group: DesiredGroup) -> None:
    for name in sorted(existing.inline.keys() - {policy.name for policy in group.policies if policy.arn is None}):
        draft.remarks.append(f"group {existing.name} has the inline policy {name}, which is not declared")
    for arn in _undeclared(existing, group):
        tail = "; --prune removes it" if _own(draft.state, arn) else ""
        draft.remarks.append(f"group {existing.name} has {arn}, which is not declared{tail}")


def _undeclared(existing: GroupState, group: DesiredGroup) -> list[str]:
    declared = {policy.arn for policy in group.policies}
    return [arn for arn in existing.attached if arn not in declared]


def _prune(draft: _Draft, declared: set[str]) -> None:
    """Detach policygen's own managed policies that are not declared, and delete those that are unattached."""
    held = {arn: set(policy.holders) for arn, policy in draft.state.policies.items()}
    for group in draft.desired.groups:
        existing = draft.state.group(group.name)
        for arn in _undeclared(existing, group) if existing else ():
            if existing and _own(draft.state, arn):
                _detach(draft, existing, arn)
                held.get(arn, set()).discard(f"group/{existing.name}")
    for arn, policy in draft.state.policies.items():
        if not _own(draft.state, arn) or arn in declared:
            continue
        if held[arn]:
            draft.remarks.append(f"{arn} is not declared, but {', '.join(sorted(held[arn]))} has it; left as it is")
            continue
        name = arn_name(arn)
        steps = [
            Step(
                "DeletePolicyVersion",
                {"PolicyArn": arn, "VersionId": version.id},
                f"version {version.id} of managed policy {name}, not in force",
                version.document,
            )
            for version in policy.versions
            if version.id != policy.default
        ]
        steps.append(Step("DeletePolicy", {"PolicyArn": arn}, f"managed policy {name}", policy.document))
        draft.add(*steps)


def _detach(draft: _Draft, group: GroupState, arn: str) -> None:
    document = draft.state.document(arn)
    differences = tuple(changes(document, None))
    subject = f"policy {arn_name(arn)} from group {group.name}"
    arguments = {"GroupName": group.name, "PolicyArn": arn}
    draft.add(Step("DetachGroupPolicy", arguments, subject, document, differences))


def _rank(differences: Iterable[Change]) -> Rank:
    kinds = {(change.gained, change.denial) for change in differences}
    if (False, False) in kinds:
        return Rank.TRADE if (True, False) in kinds else Rank.LOSE
    return Rank.DENY if (False, True) in kinds else Rank.GAIN


def _denies(draft: _Draft, group: str) -> bool:
    wanted = [policy for g in draft.desired.groups if g.name.lower() == group.lower() for policy in g.policies]
    existing = draft.state.group(group) or GroupState(group, "", {})
    documents = [policy.document or draft.state.document(policy.arn or "") for policy in wanted]
    documents += [*existing.inline.values(), *(draft.state.document(arn) for arn in existing.attached)]
    return any(document is None or has_deny(document) for document in documents)


def _own(state: State, arn: str) -> bool:
    return arn.startswith(state.prefix + OWN_PATH)


def _declared(desired: Desired, holder: str, arn: str) -> bool:
    groups = (group for group in desired.groups if any(policy.arn == arn for policy in group.policies))
    return any(holder.lower() == f"group/{group.name.lower()}" for group in groups)
