"""VPC endpoint policies: they look like resource policies, but limit what can be done through the endpoint."""

from itertools import combinations

from policygen.policy.arn import segments
from policygen.policy.model import Policy, Statement
from policygen.policy.pattern import intersects, is_wild


def is_of_endpoint(policy: Policy) -> bool | None:
    """Whether a policy is a VPC endpoint policy; None if it may also be a resource policy.

    It is an endpoint policy if the file says so or if it names several buckets: S3 refuses a bucket policy that names
    another bucket ("Policy has invalid resource"). AWS's default endpoint policy, every action on everything, can be
    either, and so can a policy about several services (Amazon VPC guide, "Control access to VPC endpoints using
    endpoint policies").
    """
    if policy.name.startswith("vpc-endpoint/"):
        return True
    arns = [parts for text in policy.resource_texts if len(parts := segments(text)) == 6]
    buckets = sorted({arn[5].partition("/")[0] for arn in arns if arn[2:5] == ("s3", "", "")})
    services = {name.partition(":")[0] for name in policy.action_names if ":" in name}
    if services == {"s3"} and not all(intersects(one, other) for one, other in combinations(buckets, 2)):
        return True
    several = len(services) > 1 or len({arn[2] for arn in arns if not is_wild(arn[2])}) > 1
    return None if several or any(map(is_about_everything, policy.statements)) else False


def is_about_everything(statement: Statement) -> bool:
    """Whether a statement is about every action on everything, as in AWS's default endpoint policy."""
    return statement.action_names == ("*",) and statement.resource_texts == ("*",)
