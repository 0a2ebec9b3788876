"""Check that no step of a plan exceeds a quota of IAM, as it is set for the account."""

from collections.abc import Iterable, Mapping

from policygen.deploy.desired import arn_name
from policygen.deploy.operations import Step
from policygen.deploy.state import State
from policygen.errors import PolicygenError
from policygen.reference.quotas import account_quota


def check(observed: State, steps: Iterable[Step], summary: Mapping[str, int]) -> None:
    """Raise PolicygenError if a step would exceed a quota; `summary` is from GetAccountSummary."""
    state = observed
    for step in steps:
        state = step.after(state)
        for quota in step.record.quotas:
            used = quota.used(state, step.arguments)
            if quota.counted:
                used += summary.get(quota.counted, 0) - quota.used(observed, step.arguments)
            limit = account_quota(quota.name, summary)
            if used > limit:
                names = {"PolicyName": arn_name(step.arguments.get("PolicyArn", "")), **step.arguments}
                what = quota.what.format(**names)
                raise PolicygenError(f"the plan needs {used} {what}, and {quota.name} is {limit}; nothing was changed")
