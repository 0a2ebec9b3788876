"""Services that AWS has retired."""

from policygen.finding import Severity
from policygen.lint.judged import Judged, odd_actions
from policygen.lint.rule import Objections, rule
from policygen.policy.model import Policy
from policygen.reference.extra import NONE, Extra
from policygen.reference.services import data_date, is_retired


@rule("retired-service", Severity.WARNING, group="reference")
def retired_service(policy: Policy, extra: Extra = NONE) -> Objections:
    """An action belongs to a service that AWS has retired.

    Why it matters: AWS still accepts the name, but the entry allows and denies nothing any more.
    Instead: remove it.

    Fires on: {"Effect": "Allow", "Action": "deeplens:ListDevices", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "rekognition:DetectFaces", "Resource": "*"}
    """
    for action, pointer in odd_actions(policy, _is_of_retired_service):
        service = action.partition(":")[0]
        if not extra.has_service(service):
            yield pointer, f"`{service}` is retired, it is not in AWS's data of {data_date()}; remove `{action}`"


@Judged
def _is_of_retired_service(action: str) -> bool:
    return is_retired(action.partition(":")[0])
