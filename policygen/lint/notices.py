"""What the linter itself reports: documented like rules, and always reported."""

import re
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
    "template-syntax-error": """A template, a YAML file or a Terraform file cannot be read.

Why it matters: no rule has checked the policies in it, so the exit code is 2, whatever else was found.

Instead: correct it at the place that the message names. Keys that appear twice, nesting of more than 100 levels and
aliases that multiply are errors, too.""",
    "schema": """A rendered policy does not match IAM's JSON schema.

Why it matters: IAM refuses it. Rules of the linter report the same problems in policy files, each under its own name;
a recipe's policy is checked against the schema first.

Instead: fix the recipe's template.""",
}

UNREADABLE = "template-syntax-error"
"""The notice about what could not be read at all, for which a run fails."""
_TEMPLATES = (".yaml", ".yml", ".tf", ".tofu", ".template")
_IN_TEMPLATES = re.compile(r'"(?:AWS::\w+::\w+|terraform_version|AWSTemplateFormatVersion)"')
"""What a JSON file contains that is more than a policy, even if it cannot be parsed."""

NOTICES: Mapping[str, Rule] = {
    name: Rule(name, Severity.ERROR, "linter", lambda _policy: iter(()), AboutPolicies(), text)
    for name, text in {**_NOTICES, **OF_ACCEPT}.items()
}
"""The notices as rules without findings, for their documentation."""


def every_rule() -> Mapping[str, Rule]:
    """The rules and the notices, by id: every rule that a finding can have."""
    return {**NOTICES, **registry()}


def syntax_finding(error: JsonSyntaxError, source: Source | None) -> Finding:
    """The finding about a file, or a policy in a template, that cannot be parsed."""
    place = (error.line, error.column, error.line, error.column + 1)
    is_template = error.file.lower().endswith(_TEMPLATES) or (source and _IN_TEMPLATES.search(source.text))
    rule = UNREADABLE if is_template else "json-syntax-error"
    return Finding(rule, Severity.ERROR, error.message, "", error.file, *place)


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
