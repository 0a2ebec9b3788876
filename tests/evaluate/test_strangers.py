"""A stranger's request that a policy is said to allow is one that the evaluator allows."""

from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.evaluate import Layers, Outcome, allow_all, compile_policy, decide
from policygen.evaluate.strangers import Budget, admitted, strangers
from policygen.policy.model import Kind, Policy

KEYS = {
    "aws:PrincipalOrgID": ["o-example123", "*", "${aws:ResourceOrgID}"],
    "aws:PrincipalArn": ["arn:aws:iam::*:role/app", "arn:aws:iam::123456789012:role/*", "*"],
    "aws:SourceIp": ["0.0.0.0/0", "203.0.113.0/24", "10.0.0.0/8"],
    "aws:SourceVpc": ["vpc-*", "vpc-0123456789abcdef0"],
    "aws:SourceArn": ["arn:aws:s3:::reports", "arn:aws:s3:::*", "arn:aws:sns:*:*:*"],
    "aws:SecureTransport": ["true", "false"],
    "aws:userid": ["*:alice", "AROAEXAMPLE:*"],
    "aws:TagKeys": ["a", "b*"],
}
OPERATORS = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLikeIfExists", "StringEqualsIfExists"]
CONDITION = st.sampled_from(sorted(KEYS)).flatmap(
    lambda key: st.builds(
        lambda operator, values: (("IpAddress" if key == "aws:SourceIp" else operator), {key: values}),
        st.sampled_from([*OPERATORS, "ForAllValues:StringLike", "ForAnyValue:StringEquals"]),
        st.lists(st.sampled_from(KEYS[key]), min_size=1, max_size=2),
    )
)
STATEMENT = st.builds(
    lambda effect, principal, action, resource, conditions: {
        "Effect": effect,
        "Principal": principal,
        "Action": action,
        "Resource": resource,
        "Condition": dict(conditions),
    },
    st.sampled_from(["Allow", "Deny"]),
    st.sampled_from(["*", {"AWS": "*"}, {"AWS": "123456789012"}]),
    st.sampled_from(["s3:GetObject", "s3:*", "s3:Put*"]),
    st.sampled_from(["arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}/*", "*"]),
    st.lists(CONDITION, max_size=2),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(STATEMENT, min_size=1, max_size=3))
def test_a_witness_is_allowed(statements):
    policy = compile_policy(Policy({"Version": "2012-10-17", "Statement": statements}, Kind.RESOURCE))
    budget = Budget()
    for caller in strangers([policy], signed_only=False):
        for statement in (statement for statement in policy.statements if statement.allows):
            if statement.naming and statement.naming(strange(caller)):
                witness = admitted(policy, statement, caller, budget)
                if witness and witness.request:
                    layers = Layers(identity=(allow_all(),), resource=(policy,))
                    assert decide(witness.request, layers).outcome is Outcome.ALLOW
                    assert "123456789012" not in str(witness.request.context)


def strange(caller):
    from policygen.evaluate.principal import Principal

    return Principal(caller.type, "*", caller.account)
