"""Resource policies and trust policies that allow access to strangers or to other accounts."""

from collections.abc import Iterator

from policygen.finding import Severity
from policygen.lint.external_access.endpoint import is_of_endpoint
from policygen.lint.rule import Objections, OfActions, rule
from policygen.policy.arn import parse
from policygen.policy.model import Kind, Policy, Statement
from policygen.policy.principals import NamedPrincipal, principals

_KINDS = (Kind.RESOURCE, Kind.TRUST)


@rule("public-access", Severity.ERROR, group="access", kinds=_KINDS, decisive=True)
def public_access(policy: Policy) -> Objections:
    """A resource policy or trust policy allows access to anyone.

    Why it matters: the resource is open to the world. `"*"` and `{"AWS": "*"}` mean the same: everyone, including other
    accounts and anonymous callers. A condition only helps if a stranger cannot satisfy it: `aws:SourceIp` with
    `0.0.0.0/0`, `StringLike` with `*`, `…IfExists` on a key that the stranger leaves out, and keys that callers choose
    (`aws:UserAgent`, `aws:SecureTransport`, an `aws:PrincipalTag/…`, a role's name) keep nobody out.

    Instead: name accounts or roles in `Principal`, or add a condition on a key that strangers cannot choose:
    `aws:PrincipalOrgID`, `aws:SourceAccount`, `aws:SourceArn`, `aws:SourceVpce`. If it is meant to be public, accept
    the finding.

    A VPC endpoint policy names everyone by default and is not public, since it only limits what can be done from inside
    the VPC. A policy is known to be one if it comes from `aws ec2 describe-vpc-endpoints` or names several buckets; if
    it could be either, the message says so.

    Fires on: {…, "Principal": {"AWS": "*"}, "Resource": "arn:aws:s3:::site/*"}
    Fires on: {…, "Principal": "*", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:123456789012:jobs",
               "Condition": {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}}
    Fires on: {…, "Principal": "*", "Action": "sns:Publish", "Resource": "arn:aws:sns:eu-west-1:123456789012:jobs",
               "Condition": {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}}
    Fires on (trust): {…, "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole",
               "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/deploy"}}}
    Quiet on: {…, "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*",
               "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-example123"}}}
    Quiet on (resource): {"Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::reports/*",
         "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}}]}
    Quiet on: {…, "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::reports/*",
               "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    Quiet on: {…, "Principal": "*", "Resource": ["arn:aws:s3:::reports/*", "arn:aws:s3:::packages.*.amazonaws.com/*"]}
    """
    of_endpoint = policy.kind is Kind.RESOURCE and is_of_endpoint(policy)
    if of_endpoint or not any(
        s.allows and any(entry.value == "*" for entry in principals(s)) for s in policy.statements
    ):
        return
    from policygen.lint.external_access.passing import strangers_let_in

    for statement, who, entry, sure in strangers_let_in(policy):
        doubt = "" if sure else ", as far as could be checked"
        limit = "; no condition here keeps strangers out" if statement.conditions else ""
        what = f"{who} can `{entry}`{doubt}{limit}"
        if of_endpoint is None:
            what += "; unless this is a VPC endpoint policy, which `describe-vpc-endpoints` would show"
        message = f"{what}; name who may, or add a condition on a key that they cannot choose"
        allowed = [entry.value for entry in statement.actions] or ["*"]
        yield f"{statement.pointer}/Principal", OfActions(message, allowed)


@rule("cross-account-access", Severity.SUGGESTION, group="access", kinds=_KINDS)
def cross_account_access(policy: Policy) -> Objections:
    """A resource policy or trust policy allows access to another account without a condition.

    Why it matters: the administrators of that account decide who has access. If it belongs to a company with other
    customers, one of them can make it act on your account (the confused deputy problem).

    Instead: check that you know the account. If it belongs to another company, ask for an external ID and compare
    `sts:ExternalId`; if it must belong to your organization, compare `aws:PrincipalOrgID`. Then accept the finding.

    The resource's own account is taken from its ARNs, or from the role's ARN if the file includes it. If it is not
    known, only a policy that names several accounts is reported.

    Fires on (trust): {…, "Principal": {"AWS": ["arn:aws:iam::123456789012:root",
               "arn:aws:iam::210987654321:role/deploy"]}, "Action": "sts:AssumeRole"}
    Fires on: {…, "Principal": {"AWS": "210987654321"}, "Action": "sqs:SendMessage",
               "Resource": "arn:aws:sqs:eu-west-1:123456789012:jobs"}
    Quiet on: {…, "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:123456789012:jobs"}
    Quiet on (trust): {…, "Principal": {"AWS": ["arn:aws:iam::123456789012:root", "arn:aws:iam::210987654321:root"]},
               "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": "7f3a"}}}
    """
    if policy.kind is Kind.RESOURCE and is_of_endpoint(policy):
        return
    own = _own_account(policy)
    named = [(s, e.pointer, account, e.value) for s in policy.statements for e, account in _accounts(s) if s.allows]
    foreign = [entry for entry in named if entry[2] != own]
    if not foreign or (not own and len({account for _, _, account, _ in named}) < 2):
        return
    from policygen.lint.external_access.passing import Named, let_in_as_they_are

    which = "" if own else ", which may not be your own,"
    for one in let_in_as_they_are(policy, (Named(*entry) for entry in foreign)):
        yield one.pointer, f"account {one.account}{which} has access without a condition; check that you know it"


def _accounts(statement: Statement) -> Iterator[tuple[NamedPrincipal, str]]:
    for entry in principals(statement):
        arn = parse(entry.value)
        account = arn.account if arn and arn.service in ("iam", "sts") else entry.value
        if entry.key == "AWS" and len(account) == 12 and account.isdigit():
            yield entry, account


def _own_account(policy: Policy) -> str:
    """The account that the policy belongs to; "" if it is not known."""
    accounts = {arn.account for text in policy.resource_texts if (arn := parse(text)) and arn.account.isdigit()}
    return policy.account or (accounts.pop() if len(accounts) == 1 else "")
