"""What the linter itself reports: its ids are documented as those of rules are, and always selected."""

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

Why it matters: IAM refuses it. A duplicate key is an error too: most parsers keep the last value and drop the
other one, so the policy that you read is not the policy that IAM gets.

Instead: save it as UTF-8 without a byte order mark, with no comments, no trailing commas and each key once.""",
    "not-a-policy": """A text looks like a policy and is not one.

Why it matters: IAM refuses it, and no rule has looked at what it says. Names of elements are case-sensitive, and a
statement needs a policy around it.

Instead: `{"Version": "2012-10-17", "Statement": [{"Effect": …, "Action": …, "Resource": …}]}`.""",
    "policy-too-complex-to-lint": """The policy has so many wildcards, names or conditions that no rule looks at it.

Why it matters: nothing is known of what it allows, and a text made to be slow to judge must not hold up the others.
Policies that people write, and all of AWS's own, come to a fifth of the limit at most.

Instead: split it, or use fewer patterns.""",
    "policy-too-long-to-lint": """The policy is longer than any that AWS accepts, and no rule has looked at it.

Why it matters: AWS refuses it, and a text made to be slow to judge must not hold up the others.

Instead: split it.""",
    "schema": """A rendered policy does not match IAM's JSON schema.

Why it matters: IAM refuses it. For a policy in a file, rules of the linter report the same, each under its own name;
the policy of a recipe is checked against the schema first.

Instead: fix the recipe's template.""",
}

NOTICES: Mapping[str, Rule] = {
    name: Rule(name, Severity.ERROR, "linter", lambda _policy: iter(()), AboutPolicies(), text)
    for name, text in {**_NOTICES, **OF_ACCEPT}.items()
}
"""The notices as rules that find nothing, for their documentation."""


def every_rule() -> Mapping[str, Rule]:
    """The rules and the notices, by id: everything that a finding can name."""
    return {**NOTICES, **registry()}


def syntax_finding(error: JsonSyntaxError) -> Finding:
    """What is reported of a file that cannot be parsed."""
    place = (error.line, error.column, error.line, error.column + 1)
    return Finding("json-syntax-error", Severity.ERROR, error.message, "", error.file, *place)


def not_a_policy_finding(miss: NearMiss, source: Source) -> Finding:
    """What is reported of something that looks like a policy and is not one."""
    return Finding(
        "not-a-policy",
        Severity.ERROR,
        miss.message,
        "",
        source.file,
        *(source.key_span if miss.of_key else source.span)(miss.pointer),
    )


def too_long_finding(policy: Policy) -> Finding:
    """What is reported of a policy that no rule looks at for its length."""
    message = "the policy is longer than any that AWS accepts, so no rule looks at it; split it"
    span = policy.span("") or (0, 0, 0, 0)
    return Finding("policy-too-long-to-lint", Severity.ERROR, message, "", policy.file, *span, policy.name)


def too_complex_finding(policy: Policy) -> Finding:
    """What is reported of a policy that no rule looks at for the work that it would be."""
    message = "the policy has too many wildcards, names or conditions to be judged, so no rule looks at it; split it"
    span = policy.span("") or (0, 0, 0, 0)
    return Finding("policy-too-complex-to-lint", Severity.ERROR, message, "", policy.file, *span, policy.name)
