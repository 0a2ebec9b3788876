"""What the linter itself reports: documented like rules, and always reported."""

from collections.abc import Mapping

from policygen.finding import Finding, Severity
from policygen.lint.rule import AboutPolicies, Rule
from policygen.lint.rules import registry
from policygen.loader.near_misses import NearMiss
from policygen.policy.model import Policy
from policygen.policy.source import JsonSyntaxError, Source
from policygen.rule.accept import NOTICES as OF_ACCEPT

_NOTICES = {
    "json-syntax-error": """The file is not strict JSON.

Why it matters: IAM refuses it. A duplicate key is an error, too: most parsers keep only the last value, so the policy
that you read may not be the policy that IAM gets.

Instead: save it as UTF-8 without a byte order mark, with no comments, no trailing commas and each key once.""",
    "not-a-policy": """A text looks like a policy but is not one.

Why it matters: IAM refuses it, and no rule has checked it. Element names are case-sensitive, and a statement must be
inside a policy.

Instead: `{"Version": "2012-10-17", "Statement": [{"Effect": …, "Action": …, "Resource": …}]}`.""",
    "policy-too-complex-to-lint": """The policy has too many wildcards, names or conditions to be checked.

Why it matters: nothing is known about what it allows. The limit keeps a policy that was made to be slow to check from
holding up the others; no AWS managed policy, and none that people write, exceeds a fifth of it.

Instead: split it, or use fewer patterns.""",
    "policy-too-long-to-lint": """The policy is longer than AWS accepts anywhere, so it was not checked.

Why it matters: AWS refuses it, and a policy that was made to be slow to check must not hold up the others.

Instead: split it.""",
    "schema": """A rendered policy does not match IAM's JSON schema.

Why it matters: IAM refuses it. Rules of the linter report the same problems in policy files, each under its own name;
a recipe's policy is checked against the schema first.

Instead: fix the recipe's template.""",
}

NOTICES: Mapping[str, Rule] = {
    name: Rule(name, Severity.ERROR, "linter", lambda _policy: iter(()), AboutPolicies(), text)
    for name, text in {**_NOTICES, **OF_ACCEPT}.items()
}
"""The notices as rules without findings, for their documentation."""


def every_rule() -> Mapping[str, Rule]:
    """The rules and the notices, by id: every rule that a finding can have."""
    return {**NOTICES, **registry()}


def syntax_finding(error: JsonSyntaxError) -> Finding:
    """The finding about a file that cannot be parsed."""
    place = (error.line, error.column, error.line, error.column + 1)
    return Finding("json-syntax-error", Severity.ERROR, error.message, "", error.file, *place)


def not_a_policy_finding(miss: NearMiss, source: Source) -> Finding:
    """The finding about a text that looks like a policy but is not one."""
    span = (source.key_span if miss.of_key else source.span)(miss.pointer)
    return Finding("not-a-policy", Severity.ERROR, miss.message, "", source.file, *span)


def too_long_finding(policy: Policy) -> Finding:
    """The finding about a policy that is too long to be checked."""
    message = "the policy is longer than AWS accepts anywhere, so it was not checked; split it"
    return _unchecked("policy-too-long-to-lint", message, policy)


def too_complex_finding(policy: Policy) -> Finding:
    """The finding about a policy that would take too long to check."""
    message = "the policy has too many wildcards, names or conditions to be checked; split it"
    return _unchecked("policy-too-complex-to-lint", message, policy)


def _unchecked(rule: str, message: str, policy: Policy) -> Finding:
    span = policy.span("") or (0, 0, 0, 0)
    return Finding(rule, Severity.ERROR, message, "", policy.file, *span, policy.name)
