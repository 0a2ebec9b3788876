"""A small IAM: carries out the steps of a way, each decided by the evaluator on the account as it is then."""

import copy

from policygen.access.powers import principal, request
from policygen.access.stack import Stacks
from policygen.account import snapshot
from policygen.audit.example import answers
from policygen.evaluate import Outcome, decide
from policygen.reference.escalation import paths

ADMIN = {"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_LISTS = {"user": "UserDetailList", "group": "GroupDetailList", "role": "RoleDetailList", "policy": "Policies"}
_BECOMING = (
    *("CreateAccessKey", "CreateLoginProfile", "UpdateLoginProfile", "CreateServiceSpecificCredential"),
    *("AssumeRole", "PassRole", "UpdateAssumeRolePolicy"),
)
_PROBES = (
    ("iam:CreateAccessKey", "arn:aws:iam::123456789012:user/nobody"),
    ("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/nobody"),
    ("iam:AttachUserPolicy", "arn:aws:iam::123456789012:user/nobody"),
    ("iam:CreatePolicyVersion", "arn:aws:iam::123456789012:policy/nobody"),
    ("iam:UpdateAssumeRolePolicy", "arn:aws:iam::123456789012:role/nobody"),
    ("iam:AddUserToGroup", "arn:aws:iam::123456789012:group/nobody"),
    ("something:Unheard", "*"),
)


class World:
    """An account whose details can be changed, and somebody in it."""

    def __init__(self, details, who, held=()):
        self.details, self.who = details, who  # `user/eve`
        self.held = {*held, who}  # whoever one has become on the way, with credentials that still work

    @classmethod
    def of(cls, sketch, who):
        return cls(copy.deepcopy(answers(sketch)["authorization-details"]), who)

    def entity(self, name):
        kind, _, short = name.partition("/")
        key = f"{kind.capitalize()}Name"
        return next(item for item in self.details[_LISTS[kind]] if item[key] == short)

    @property
    def account(self):
        return snapshot.account({"authorization-details": self.details})

    def allows(self, action, on, service=""):
        account = self.account
        stacks = Stacks(account)
        kind, _, name = self.who.partition("/")
        holder = account.user(name) if kind == "user" else account.role(name)
        asked = request(principal(holder, "123456789012", "aws"), action, on, service)
        return decide(asked, stacks.with_trust(stacks.of(holder).layers, asked)).outcome is Outcome.ALLOW

    def acting_as(self, who):
        assert who in self.held
        return World(self.details, who, self.held)

    @property
    def administers(self):
        return any(all(self.acting_as(who).allows(*probe) for probe in _PROBES) for who in self.held)

    def after(self, action, on, target, version=""):
        """The world after an action on an entity, which is about `target` if it changes permissions; None if denied."""
        service = next(iter(self.services(on)), "") if action == "iam:PassRole" else ""
        if (action == "iam:PassRole" and not service) or not self.allows(action, on, service):
            return None
        name = on.partition(":123456789012:")[2]
        details, verb = copy.deepcopy(self.details), action.partition(":")[2]
        if verb in _BECOMING:
            return World(details, name, self.held)
        world = World(details, self.who, self.held)
        world.carry_out(verb, name, target, version)
        return world

    def services(self, on):
        """The services that a role can be passed to and then used through."""
        trusted = str(self.entity(on.partition(":123456789012:")[2])["AssumeRolePolicyDocument"])
        for path in paths():
            if path.family == "roles" and all(any(self.allows(one, "*") for one in names) for names in path.also):
                yield from (service for service in path.services if service in trusted)

    def carry_out(self, action, name, target, version):  # noqa: C901
        item = self.entity(name)
        if action.startswith(("Put", "Attach")) and action.endswith("Policy"):
            item["AttachedManagedPolicies"] = [*item.get("AttachedManagedPolicies", []), ADMIN]
        elif action.endswith("PermissionsBoundary"):
            item.pop("PermissionsBoundary", None)
        elif action == "AddUserToGroup":
            user = self.entity(target)
            user["GroupList"] = [*user.get("GroupList", []), item["GroupName"]]
        elif action == "RemoveUserFromGroup":
            user = self.entity(target)
            user["GroupList"] = [group for group in user["GroupList"] if group != item["GroupName"]]
        elif action == "CreatePolicyVersion":
            for one in item["PolicyVersionList"]:
                one["IsDefaultVersion"] = False
            item["PolicyVersionList"].append({"VersionId": "v9", "IsDefaultVersion": True, "Document": ALL})
        elif action == "SetDefaultPolicyVersion":
            for one in item["PolicyVersionList"]:
                one["IsDefaultVersion"] = one["VersionId"] == version
        elif action.startswith("Delete"):
            item[f"{item_kind(name)}PolicyList"] = []
        elif action.startswith("Detach"):
            item["AttachedManagedPolicies"] = []
        else:
            raise AssertionError(action)


def item_kind(name):
    return name.partition("/")[0].capitalize()


def arrives(sketch, who, way):
    """Whether a way really leads to an administrator."""
    world = World.of(sketch, who)
    for step in way.steps:
        if not step.on:  # over all resources of a type, so there is nothing to carry out
            return True
        version = step.told.partition(" to v")[2].partition(" ")[0]
        if step.source not in world.held:
            return False
        world = world.acting_as(step.source).after(step.action, step.on, step.target, f"v{version}" if version else "")
        if world is None:
            return False
    return world.administers
