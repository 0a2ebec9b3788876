"""Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'default'}`."""

import re
from collections.abc import Iterator

from policygen.lint.access_analyzer import error
from policygen.lint.access_analyzer.operators import each_condition
from policygen.lint.access_analyzer.principals import each_principal
from policygen.lint.entries import each_resource, odd_actions
from policygen.lint.rule import Objections
from policygen.policy.model import Element, Policy, once_per_policy
from policygen.reference.operators import find_operator

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_UNCLOSED = re.compile(r"\$\{[^}]*(?:\$\{|$)")
_DEFAULT = re.compile(r"'[^']*'")


@error("missing-brace-in-variable")
def missing_brace_in_variable(policy: Policy) -> Objections:
    """A policy variable lacks its closing brace.

    Why it matters: it is then plain text, and matches nothing.
    Instead: write `${aws:username}`.

    Fires on: {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "arn:aws:iam::123456789012:user/${aws:username"}
    Quiet on: {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}
    """
    for value, pointer in _texts(policy):
        if _UNCLOSED.search(value):
            yield pointer, f"a variable in `{value}` has no closing brace"


@error("empty-variable")
def empty_variable(policy: Policy) -> Objections:
    """A policy variable has no name.

    Why it matters: IAM rejects the policy.
    Instead: name a condition key: `${aws:username}`.

    Fires on: {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "arn:aws:iam::123456789012:user/${}"}
    Quiet on: {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}
    """
    for _, name, pointer in _variables(policy):
        if not name.strip():
            yield pointer, "the variable `${}` has no name; name a condition key"


@error("unsupported-space-in-variable")
def unsupported_space_in_variable(policy: Policy) -> Objections:
    """The name of a policy variable contains a space.

    Why it matters: IAM rejects the policy.
    Instead: use spaces only before a default value: `${aws:PrincipalTag/team, 'none'}`.

    Fires on: {…, "Action": "iam:GetUser", "Resource": "arn:aws:iam::123456789012:user/${ aws:username }"}
    Quiet on: {…, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/${aws:PrincipalTag/team, 'no team'}/*"}
    """
    for variable, name, pointer in _variables(policy):
        if name.strip() and " " in name.partition(",")[0]:
            yield pointer, f"the name of the variable `{variable}` may not contain a space"


@error("missing-quote-in-variable")
def missing_quote_in_variable(policy: Policy) -> Objections:
    """The default value of a policy variable is not in quotes.

    Why it matters: IAM rejects the policy.
    Instead: use single quotes: `${aws:PrincipalTag/team, 'none'}`.

    Fires on: {…, "Resource": "arn:aws:s3:::app/${aws:PrincipalTag/team, none}/*"}
    Quiet on: {…, "Resource": "arn:aws:s3:::app/${aws:PrincipalTag/team, 'none'}/*"}
    """
    for variable, name, pointer in _variables(policy):
        _, comma, default = name.partition(",")
        if comma and not _DEFAULT.fullmatch(default.strip()):
            yield pointer, f"put the default value in `{variable}` into single quotes"


@error("variable-unsupported-in-element")
def variable_unsupported_in_element(policy: Policy) -> Objections:
    """A policy variable is used where IAM does not replace variables.

    Why it matters: it is plain text there, and matches nothing.
    Instead: use variables only in `Resource`, `NotResource` and the values of conditions.

    Fires on: {"Effect": "Allow", "Action": "${aws:PrincipalTag/service}:Get*", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::${aws:PrincipalTag/service}/*"}
    """
    for value, pointer in odd_actions(policy):
        if "${" in value:
            yield pointer, f"variables are not replaced in actions: `{value}`"
    for principal in each_principal(policy):
        if "${" in principal.value:
            yield principal.pointer, f"variables are not replaced in principals: `{principal.value}`"


@error("variable-unsupported-in-version")
def variable_unsupported_in_version(policy: Policy) -> Objections:
    """A policy variable is used in a policy with the old version of the policy language.

    Why it matters: before 2012-10-17 it is plain text, so an Allow grants nothing and a Deny stops nobody.
    Instead: write `"Version": "2012-10-17"`.

    Fires on: {"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:GetUser",
               "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}]}
    Quiet on: {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:GetUser",
               "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}]}
    """
    if policy.version == "2012-10-17":
        return
    for variable, _, pointer in _variables(policy):
        yield pointer, f'`{variable}` is plain text without `"Version": "2012-10-17"`'


@error("invalid-variable-for-operator")
def invalid_variable_for_operator(policy: Policy) -> Objections:
    """A condition operator that does not support policy variables compares with one.

    Why it matters: the variable is not replaced, so the condition never matches.
    Instead: use variables only with String and Arn operators.

    Fires on: {…, "Condition": {"IpAddress": {"aws:SourceIp": "${aws:VpcSourceIp}"}}}
    Quiet on: {…, "Condition": {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}}
    """
    for condition in each_condition(policy):
        operator = find_operator(condition.operator)
        if operator and operator.family not in {"String", "ARN"}:
            for value, pointer in condition.values:
                if isinstance(value, str) and _VARIABLE.search(value):
                    yield pointer, f"`{operator.name}` does not support variables; `{value}` is plain text to it"


@once_per_policy
def _texts(policy: Policy) -> list[Element]:
    """The texts that contain a variable, or the start of one, where IAM replaces variables."""
    values = (entry for condition in each_condition(policy) for entry in condition.values)
    return [
        entry for entry in (*each_resource(policy), *values) if isinstance(entry.value, str) and "${" in entry.value
    ]


def _variables(policy: Policy) -> Iterator[tuple[str, str, str]]:
    """Each variable as written, its content and its pointer; `${*}`, `${?}` and `${$}` are escapes, not variables."""
    for value, pointer in _texts(policy):
        for match in _VARIABLE.finditer(value):
            if match[1] not in {"*", "?", "$"}:
                yield match[0], match[1], pointer
