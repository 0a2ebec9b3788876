"""Services that AWS has retired."""

from policygen.finding import Severity
from policygen.lint.entries import odd_actions
from policygen.lint.rule import Objections, rule
from policygen.policy.model import Policy
from policygen.reference.services import data_date, is_retired, memory_date


@rule("retired-service", Severity.WARNING, group="reference")
def retired_service(policy: Policy) -> Objections:
    """An action belongs to a service that AWS's data no longer lists.

    Why it matters: AWS accepts the name of a retired service, but the entry no longer allows or denies anything.

    Instead: remove it. If the service still exists, add it to `extra_services`.

    Fires on: {"Effect": "Allow", "Action": "deeplens:ListDevices", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "rekognition:DetectFaces", "Resource": "*"}
    """
    for action, pointer in odd_actions(policy):
        service = action.partition(":")[0]
        if is_retired(service.lower()) and not policy.previews.has_service(service):
            what = f"AWS's data of {data_date()} does not list `{service}`, which the data of {memory_date()} did"
            yield pointer, f"{what}; remove `{action}` if the service is retired"
