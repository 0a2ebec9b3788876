"""Who would be locked out: what the caller and the members can still do once a plan is carried out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from policygen.account.desired import arn_name
from policygen.account.model import Account, Document, Role, User
from policygen.account.plan import Plan, Step
from policygen.account.state import State, default_document
from policygen.evaluate import CompiledPolicy, Decision, Layers, Outcome, compile_policy, decide, person_request
from policygen.policy.model import Kind, Policy
from policygen.reference.services import expand

# What a user needs before there is an MFA device, and what the recipes leave open to users without one.
_ENROLMENT = frozenset(
    f"iam:{name}"
    for name in (
        "changepassword",
        "createvirtualmfadevice",
        "enablemfadevice",
        "getaccountpasswordpolicy",
        "getaccountsummary",
        "getmfadevice",
        "getuser",
        "listmfadevices",
        "listvirtualmfadevices",
        "resyncmfadevice",
    )
) | {"sts:getsessiontoken", "sts:getcalleridentity"}
_PROBES = ("s3:ListAllMyBuckets", "ec2:DescribeInstances")
_UNDO = {
    "CreateGroup": ("iam:DeleteGroup",),
    "PutGroupPolicy": ("iam:PutGroupPolicy", "iam:DeleteGroupPolicy"),
    "AttachGroupPolicy": ("iam:DetachGroupPolicy",),
    "DetachGroupPolicy": ("iam:AttachGroupPolicy",),
    "AddUserToGroup": ("iam:RemoveUserFromGroup",),
    "CreatePolicy": ("iam:DeletePolicy",),
    "DeletePolicy": ("iam:CreatePolicy",),
    "CreatePolicyVersion": ("iam:SetDefaultPolicyVersion",),
    "SetDefaultPolicyVersion": ("iam:SetDefaultPolicyVersion",),
    "DeletePolicyVersion": ("iam:CreatePolicyVersion",),
}


@dataclass(frozen=True)
class Verdict:
    """What the guard found."""

    lockouts: tuple[str, ...]
    """Each one stops an apply: somebody would be locked out, or it depends on something that has to be told."""
    undecided: tuple[str, ...]
    """What could not be looked at, and why."""


def judge(plan: Plan, account: Account, *, context: Mapping[str, str], long_term_key: bool | None = None) -> Verdict:
    """What a plan would do to its caller, to the members of its groups and to roles.

    `context` holds condition keys of the caller's requests, such as `aws:SourceIp`; `long_term_key` says whether the
    caller's present credentials carry no MFA, None where that is not known. Organization policies are not looked at.
    """
    if not plan.steps:
        return Verdict((), ())
    before, after = _Rights(account, plan.observed), _Rights(account, plan.after())
    lockouts, undecided = _caller(plan, account, before, after, context, long_term_key)
    more, unseen = _members(plan, account, before, after)
    return Verdict((*lockouts, *more, *_roles(plan)), (*undecided, *unseen))


@dataclass
class _Rights:
    """The policies of users and roles of an account, where a state takes the place of what it shows."""

    account: Account
    state: State
    _compiled: dict[int, CompiledPolicy] = field(default_factory=dict)
    _groups: dict[str, tuple[tuple[Document, ...], bool]] = field(default_factory=dict)

    def groups(self, user: User) -> tuple[str, ...]:
        shown = self.state["users"].get(user.name.lower())
        return tuple(sorted(shown["groups"] if shown else map(str.lower, user.groups)))

    def layers(self, entity: User | Role) -> tuple[Layers, bool]:
        """The policies of a user or role, and whether all of them are known."""
        own, known = self._managed(policy.arn for policy in entity.attached)
        documents = [*own, *(policy.document for policy in entity.inline)]
        for name in self.groups(entity) if isinstance(entity, User) else ():
            of_group, all_known = self._of_group(name)
            documents += of_group
            known = known and all_known
        limit, limit_known = self._managed([entity.boundary] if entity.boundary else [])
        boundary = self._compile(limit[0], Kind.BOUNDARY) if limit else None
        layers = Layers(identity=tuple(self._compile(document) for document in documents), boundary=boundary)
        return layers, known and limit_known

    def _of_group(self, name: str) -> tuple[tuple[Document, ...], bool]:
        if name not in self._groups:
            if name in self.state["groups"]:
                shown = self.state["groups"][name]
                inline, arns = list(shown["inline"].values()), shown["attached"]
            else:
                group = self.account.group(name)
                inline = [policy.document for policy in group.inline] if group else []
                arns = [policy.arn for policy in group.attached] if group else []
            managed, known = self._managed(arns)
            self._groups[name] = ((*inline, *managed), known)
        return self._groups[name]

    def _managed(self, arns: Iterable[str]) -> tuple[list[Document], bool]:
        documents, known = [], True
        for arn in arns:
            shown, policy = self.state["policies"].get(arn), self.account.policy(arn)
            if shown:
                documents.append(default_document(shown))
            elif policy:
                documents.append(policy.document)
            else:
                known = False
        return documents, known

    def _compile(self, document: Document, kind: Kind = Kind.IDENTITY) -> CompiledPolicy:
        if id(document) not in self._compiled:
            self._compiled[id(document)] = compile_policy(Policy(dict(document), kind))
        return self._compiled[id(document)]


def _caller(
    plan: Plan,
    account: Account,
    before: _Rights,
    after: _Rights,
    context: Mapping[str, str],
    long_term_key: bool | None,
) -> tuple[list[str], list[str]]:
    entity = _entity(account)
    if account.caller is None:
        return [], ["who will apply the plan is not known, so whether they can undo it is not either"]
    if account.caller.arn.endswith(":root"):
        return [], []
    if entity is None:
        return [], [f"{account.caller.arn} is no user or role of the snapshot; whether they can undo it is not known"]
    sessions, unseen = _sessions(account, entity)
    (had, knew), (has, knows) = before.layers(entity), after.layers(entity)
    if not (knew and knows):
        unseen.append(f"{entity.name} has managed policies that the snapshot does not show")
    lost: dict[str, dict[str, None]] = {}
    for action, resource in dict.fromkeys(pair for step in plan.steps for pair in _undo(step, plan)):
        was = [_ask(account, entity, action, resource, had, session, context) for session in sessions]
        now = [_ask(account, entity, action, resource, has, session, context) for session in sessions]
        if not any(decision.outcome is Outcome.ALLOW for decision in was):
            continue  # nothing is lost; if it was needed for the plan, AWS says so
        reason = _lost(was, now, sessions, long_term_key is True)
        if reason:
            lost.setdefault(reason, {})[action] = None
    return [
        f"{entity.name}, who applies this, {reason}: {', '.join(actions)}" for reason, actions in lost.items()
    ], unseen


def _lost(was: list[Decision], now: list[Decision], sessions: list[str | None], long_term_key: bool) -> str:
    open_keys = sorted({key for decision in now for key in decision.missing_context if key.lower() in _TOLD})
    if not all(decision.outcome is Outcome.ALLOW for decision in now) and open_keys:
        return f"may or may not be able to undo it, depending on {', '.join(open_keys)} (give it with --context)"
    if not any(decision.outcome is Outcome.ALLOW for decision in now):
        sids = {statement.sid for decision in now for statement in decision.statements if statement.sid}
        return f"could not undo it{f' ({chr(44).join(sorted(sids))} denies it)' if sids else ''}"
    of_key = [pair for kind, *pair in zip(sessions, was, now, strict=True) if kind == "long-term-key"]
    if long_term_key and any(w.outcome is Outcome.ALLOW and n.outcome is not Outcome.ALLOW for w, n in of_key):
        return "could undo it with MFA only, and the credentials in use carry none"
    return ""


_TOLD = frozenset({"aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip"})
"""Keys whose value nobody but the caller knows."""


def _sessions(account: Account, entity: User | Role) -> tuple[list[str | None], list[str]]:
    """The kinds of credentials that the caller can have, and what is not known about that."""
    if isinstance(entity, Role):
        return [None], []  # whether AWS sets the MFA keys in a role's session is not documented; they count as absent
    credentials = account.credentials(entity.name)
    if credentials is None or credentials.mfa_active is None:
        unseen = [f"whether {entity.name} has MFA is not known without a credential report; it is taken for granted"]
        return ["long-term-key", "no-mfa", "mfa"], unseen
    return ["long-term-key", "no-mfa", *(["mfa"] if credentials.mfa_active else [])], []


def _entity(account: Account) -> User | Role | None:
    if account.caller is None:
        return None
    kind, _, name = account.caller.arn.split(":", 5)[5].partition("/")
    return account.role(name.split("/")[0]) if kind == "assumed-role" else account.user(name.rpartition("/")[2])


def _undo(step: Step, plan: Plan) -> Iterator[tuple[str, str]]:
    name = step.arguments.get("GroupName", "")
    if name:
        state = plan.observed["groups"].get(name.lower())
        declared = next((group.path for group in plan.desired.groups if group.name.lower() == name.lower()), "/")
        path = state["path"] if state else declared
        resource = f"arn:{plan.desired.partition}:iam::{plan.desired.account}:group{path}{name}"
    else:
        arguments = step.arguments
        resource = arguments.get("PolicyArn") or plan.observed["prefix"] + arguments["Path"] + arguments["PolicyName"]
    for action in _UNDO[step.operation]:
        yield action, resource


def _ask(
    account: Account,
    entity: User | Role,
    action: str,
    resource: str,
    layers: Layers,
    session: str | None,
    context: Mapping[str, str] | None = None,
) -> Decision:
    principal = f"user{entity.path}{entity.name}" if isinstance(entity, User) else f"role/{entity.name}/policygen"
    usual: dict[str, Any] = {
        "aws:SecureTransport": "true",
        "aws:ViaAWSService": "false",
        "aws:PrincipalIsAWSService": "false",
        "aws:CurrentTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    given = {key.lower() for key in context or {}}
    values = {key: value for key, value in usual.items() if key.lower() not in given} | dict(context or {})
    request = person_request(
        principal,
        action,
        resource,
        account=account.id or "",
        partition=account.partition or "aws",
        session=session,
        context=values,
    )
    return decide(request, layers)


def _members(plan: Plan, account: Account, before: _Rights, after: _Rights) -> tuple[list[str], list[str]]:
    """Users without an MFA device who could do something and can do nothing but enrol afterwards."""
    touched = {str(step.arguments.get("GroupName", "")).lower() for step in plan.steps}
    arns = {step.arguments.get("PolicyArn") for step in plan.steps}
    touched |= {name for name, group in after.state["groups"].items() if arns.intersection(group["attached"])}
    concerned = [user for user in account.users if touched.intersection(after.groups(user))]
    report = "credential-report" in account.parts
    if concerned and not report:
        return [], ["who has MFA is not known without a credential report, so members without it were not looked at"]
    verdicts: dict[Any, bool] = {}
    locked = []
    for user in concerned:
        credentials = account.credentials(user.name)
        if credentials and credentials.mfa_active:
            continue
        alike = (before.groups(user), after.groups(user), user.boundary, user.attached, *map(id, user.inline))
        if alike not in verdicts:
            verdicts[alike] = _shut_out(account, user, before, after)
        if verdicts[alike]:
            locked.append(user.name)
    if not locked:
        return [], []
    names = ", ".join(locked[:5]) + (f" and {len(locked) - 5} more" if len(locked) > 5 else "")
    return [f"without MFA, these can do nothing but enrol afterwards: {names}"], []


def _shut_out(account: Account, user: User, before: _Rights, after: _Rights) -> bool:
    had, has = before.layers(user)[0], after.layers(user)[0]
    lost = False
    for action, resource in _probes(account, user, had):
        if _ask(account, user, action, resource, had, "long-term-key").outcome is not Outcome.ALLOW:
            continue
        if _ask(account, user, action, resource, has, "long-term-key").outcome is Outcome.ALLOW:
            return False
        lost = True
    return lost


def _probes(account: Account, user: User, layers: Layers) -> Iterator[tuple[str, str]]:
    """One request for each Action entry that is allowed, enrolment left out, and a few that everybody knows."""
    yield from ((action, "*") for action in _PROBES)
    for policy in layers.identity:
        for statement in policy.policy.statements:
            resource = next((str(element.value) for element in statement.resources), "*")
            concrete = resource.replace("${aws:username}", user.name)
            concrete = concrete if concrete == "*" else concrete.replace("*", "x").replace("?", "x")
            for element in statement.actions if statement.allows else ():
                actions = (str(action) for action in expand(str(element.value)))
                found = next((action for action in actions if action.lower() not in _ENROLMENT), None)
                if found:
                    yield found, concrete


def _roles(plan: Plan) -> list[str]:
    found = []
    for step in plan.steps:
        holders = plan.observed["policies"].get(step.arguments.get("PolicyArn", ""), {}).get("holders", ())
        roles = [holder for holder in holders if holder.startswith("role/")]
        if roles and any(change.denial and not change.gained for change in step.changes):
            name = arn_name(str(step.arguments["PolicyArn"]))
            found.append(f"managed policy {name} denies more afterwards, and {', '.join(roles)} has it too")
    return found
