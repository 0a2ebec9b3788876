"""Services that AWS has retired."""

from policygen.errors import some
from policygen.finding import Severity
from policygen.lint.entries import odd_actions
from policygen.lint.rule import Objections, rule
from policygen.policy.model import Element, Policy
from policygen.reference.services import data_date, is_retired, memory_date


@rule("retired-service", Severity.WARNING, group="reference")
def retired_service(policy: Policy) -> Objections:
    """Actions belong to a service that AWS's data no longer lists.

    Why it matters: AWS accepts the name of a retired service, but the entry no longer allows or denies anything.

    Instead: remove it. If the service still exists, add it to `extra_services`.

    Fires on: {"Effect": "Allow", "Action": ["deeplens:ListDevices", "deeplens:GetDevice"], "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "rekognition:DetectFaces", "Resource": "*"}
    """
    by_service: dict[str, list[Element]] = {}
    for entry in odd_actions(policy):
        service = entry.value.partition(":")[0].lower()
        if is_retired(service) and not policy.previews.has_service(service):
            by_service.setdefault(service, []).append(entry)
    for service, entries in by_service.items():
        what = f"AWS's data of {data_date()} does not list `{service}`, which the data of {memory_date()} did"
        names = some(entry.value for entry in entries)
        yield entries[0].pointer, f"{what}; remove {names} if the service is retired"
