"""Policies of resources and roles that let in strangers, or accounts that nobody looks after."""

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
    """A policy of a resource or of a role lets in anybody.

    Why it matters: the resource is open to the world. `"*"` and `{"AWS": "*"}` mean the same: everybody, other accounts
    and callers who did not sign in included. A condition counts only if a stranger cannot meet it: `aws:SourceIp` with
    `0.0.0.0/0`, `StringLike` with `*`, `…IfExists` on a key that the stranger leaves out, and keys that callers choose
    (`aws:UserAgent`, `aws:SecureTransport`, an `aws:PrincipalTag/…`, a role's name) keep nobody out.

    Instead: name accounts or roles in `Principal`, or compare what strangers cannot choose: `aws:PrincipalOrgID`,
    `aws:SourceAccount`, `aws:SourceArn`, `aws:SourceVpce`. If it is meant to be public, accept the finding.

    The policy of a VPC endpoint names everybody by default and is not public, since it only limits what those in the
    VPC may do. The output of `aws ec2 describe-vpc-endpoints` tells that it is one, and so do several buckets in one
    policy; where a policy may be either, the message says so.

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
        doubt = "" if sure else ", as far as there was time to see"
        limit = "; no condition here keeps strangers out" if statement.conditions else ""
        what = f"{who} can `{entry}`{doubt}{limit}"
        if of_endpoint is None:
            what += "; unless this is the policy of a VPC endpoint, which `describe-vpc-endpoints` would tell"
        message = f"{what}; name who may, or compare what they cannot choose"
        allowed = [entry.value for entry in statement.actions] or ["*"]
        yield f"{statement.pointer}/Principal", OfActions(message, allowed)


@rule("cross-account-access", Severity.SUGGESTION, group="access", kinds=_KINDS)
def cross_account_access(policy: Policy) -> Objections:
    """A policy of a resource or of a role lets in another account, without a condition.

    Why it matters: whoever administers that account decides who gets in. Where it belongs to a company that works for
    others too, one of these can make it act on your account (the confused deputy).

    Instead: see that the account is known. Ask another company for an external ID and compare `sts:ExternalId`; compare
    `aws:PrincipalOrgID` where it must stay in the organization. Then accept the finding.

    The account of the resource is told by its ARNs, by the role's ARN where the file has it, or else by nothing: then
    only a policy that names several accounts is reported.

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
        yield one.pointer, f"account {one.account}{which} gets in without a condition; see that it is known"


def _accounts(statement: Statement) -> Iterator[tuple[NamedPrincipal, str]]:
    for entry in principals(statement):
        arn = parse(entry.value)
        account = arn.account if arn and arn.service in ("iam", "sts") else entry.value
        if entry.key == "AWS" and len(account) == 12 and account.isdigit():
            yield entry, account


def _own_account(policy: Policy) -> str:
    """The account that the policy belongs to, "" where nothing tells."""
    accounts = {arn.account for text in policy.resource_texts if (arn := parse(text)) and arn.account.isdigit()}
    return policy.account or (accounts.pop() if len(accounts) == 1 else "")
