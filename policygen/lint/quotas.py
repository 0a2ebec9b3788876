"""Whether policies exceed the quotas of what they are attached to, counted as AWS counts."""

from collections.abc import Sequence

from policygen.finding import Finding, Severity
from policygen.lint.rule import Objections, rule
from policygen.policy.model import Kind, Policy
from policygen.reference.quotas import Quota, account_quotas, quotas
from policygen.rule.baseline import context

_PLACES = {"user": "user-inline", "group": "group-inline", "role": "role-inline", "policy": "managed"}
_RULE = "policy-exceeds-quota"
_ADVICE = "list fewer actions or merge statements, or split it"


@rule(_RULE, Severity.ERROR, group="quotas", kinds=(Kind.IDENTITY, Kind.BOUNDARY))
def policy_exceeds_quota(policy: Policy) -> Objections:
    """The policy exceeds a size or count quota of what it is attached to.

    Why it matters: AWS refuses it, but only when it is applied. `lint --for` says what it is attached to; otherwise it
    is taken from the file, such as the output of `get-account-authorization-details`. A permissions boundary is always
    a managed policy. The inline policies of one user, group or role count together, and with `--together` those of all
    files do. `--together --for managed` counts the managed policies: a group can have ten.

    Instead: list fewer actions, merge statements, or split the policy into several managed policies. If there are too
    many policies, merge some, or attach some to another group.

    Fires on (boundary): {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x{6144}/*"}
    Quiet on (boundary): {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x{4096}/*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x{6144}/*"}
    """
    place = place_of(policy)
    if place:
        yield from _longer(policy, place)


@rule("policy-exceeds-managed-policy-quota", Severity.WARNING, group="quotas", kinds=(Kind.IDENTITY,))
def policy_exceeds_managed_policy_quota(policy: Policy) -> Objections:
    """The policy is too long for a managed policy; only the inline policies of a role can be longer.

    Why it matters: a group or user cannot have it, neither as a managed policy nor as an inline policy.

    Instead: list fewer actions, merge statements, or split the policy into several managed policies.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x{6144}/*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x{4096}/*"}
    """
    too_long_for_any = quotas()["role-inline"].exceeded_by(policy)  # which another rule reports
    if place_of(policy) is None and not too_long_for_any:
        yield from _longer(policy, quotas()["managed"])


def exceeding(policies: Sequence[Policy], place: str | None = None) -> list[Finding]:
    """Findings about policies that exceed the quota of a place, alone or as inline policies of one owner.

    `place` is a name of `reference.quotas`, as in `lint --for group-inline`; None means that the policies' names say
    what they are attached to. With a place, do not run the rules of this group: each policy is measured here.
    """
    found: list[Finding] = []
    for together in _together(policies):
        quota = quotas()[place] if place else place_of(together[0])
        if quota is None or (place is None and len(together) == 1):
            continue
        used = sum(map(quota.measure, together))
        if used > quota.limit:
            first, count = together[0], len(together)
            what = f"the {count} inline policies of `{_owner(first)}` have" if count > 1 else "the policy has"
            found.append(_finding(first, _sentence(what, used, quota)))
    return found


def exceeding_together(policies: Sequence[Policy], place: str) -> list[Finding]:
    """Findings if one identity cannot have all the policies in a place, because of their length or number."""
    held = [policy for policy in policies if policy.kind is Kind.IDENTITY]
    if place == "managed":
        most = account_quotas()["AttachedPoliciesPerGroupQuota"]
        message = f"a group can have {most} of these {len(held)} managed policies; merge some"
        return [_finding(held[most], message)] if len(held) > most else []
    quota = quotas()[place]
    used = sum(map(quota.measure, held))
    what = f"the {len(held)} policies have"
    return [_finding(held[0], _sentence(what, used, quota))] if len(held) > 1 and used > quota.limit else []


def _finding(policy: Policy, message: str) -> Finding:
    span = policy.span("") or (0, 0, 0, 0)
    said = context(policy.document)
    return Finding(_RULE, Severity.ERROR, message, "", policy.file, *span, policy.name, context=said)


def _together(policies: Sequence[Policy]) -> list[list[Policy]]:
    """The inline policies of each owner; each other policy by itself."""
    groups: dict[object, list[Policy]] = {}
    for policy in policies:
        inline = policy.kind is Kind.IDENTITY and policy.name.split("/")[0] in ("user", "group", "role")
        groups.setdefault(_owner(policy) if inline else id(policy), []).append(policy)
    return list(groups.values())


def _owner(policy: Policy) -> str:
    return "/".join(policy.name.split("/")[:2])


def place_of(policy: Policy) -> Quota | None:
    """The quota of what a policy is attached to or embedded in, from its name and kind; None if they do not show it."""
    known = "managed" if policy.kind is Kind.BOUNDARY else _PLACES.get(policy.name.split("/")[0])
    return quotas()[known] if known else None


def _longer(policy: Policy, quota: Quota) -> Objections:
    used = quota.exceeded_by(policy)
    if used:
        yield "", _sentence("the policy has", used, quota)


def _sentence(what: str, used: int, quota: Quota) -> str:
    return f"{what} {used:,} characters, {quota.where} can have {quota.limit:,}; {_ADVICE}"
