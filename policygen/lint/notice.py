"""What the linter itself reports, outside all rules: its ids are documented as the rules' are, and always selected."""

from collections.abc import Iterator

from policygen.finding import Finding, Severity
from policygen.lint.rule import Check, Rule, registry
from policygen.loader.near_misses import NearMiss
from policygen.policy.model import Kind, Policy
from policygen.policy.source import JsonSyntaxError, Source


def json_syntax_error(_policy: Policy) -> Iterator[tuple[str, str]]:
    """The file is not strict JSON.

    Why it matters: IAM refuses it. A duplicate key is an error too: most parsers keep the last value and drop the
    other one, so the policy that you read is not the policy that IAM gets.

    Instead: save it as UTF-8 without a byte order mark, with no comments, no trailing commas and each key once.
    """
    return iter(())


def stale_accept(_policy: Policy) -> Iterator[tuple[str, str]]:
    """An accepted finding is not found any more.

    Why it matters: an acceptance that accepts nothing today may hide something else tomorrow.

    Instead: remove the `[[accept]]`, or correct its rule, file or statement.
    """
    return iter(())


def incomplete_accept(_policy: Policy) -> Iterator[tuple[str, str]]:
    """An accepted finding is about actions that the acceptance does not name.

    Why it matters: a finding about a set of actions, such as `write-on-every-resource`, stays the same finding when an
    action is added to the statement. Whoever accepted it has not looked at that one. The finding is reported too.

    Instead: fix the policy, or look at the actions and add them to `actions` of the `[[accept]]`.
    """
    return iter(())


def expired_accept(_policy: Policy) -> Iterator[tuple[str, str]]:
    """The day until which a finding was accepted has passed.

    Why it matters: whoever accepted it wanted it to be looked at again by now. The finding itself is reported too.

    Instead: fix the policy and remove the `[[accept]]`, or give a new `until` and say why in its reason.
    """
    return iter(())


def schema(_policy: Policy) -> Iterator[tuple[str, str]]:
    """A rendered policy has not the form that IAM asks for.

    Why it matters: IAM refuses it. The rules of the linter say so of a policy in a file, each under its own name; the
    policy of a recipe is held against its JSON schema before they look at it.

    Instead: mend the recipe's template.
    """
    return iter(())


def policy_too_long_to_lint(_policy: Policy) -> Iterator[tuple[str, str]]:
    """The policy is longer than any that AWS accepts, and no rule has looked at it.

    Why it matters: AWS refuses it, and a text made to be slow to judge must not hold up the others.

    Instead: split it.
    """
    return iter(())


def policy_too_complex_to_lint(_policy: Policy) -> Iterator[tuple[str, str]]:
    """The policy has so many wildcards, names or conditions that no rule has looked at it.

    Why it matters: nothing is known of what it allows, and a text made to be slow to judge must not hold up the others.
    Policies that people write, and all of AWS's own, come to a fifth of the limit at most.

    Instead: split it, or use fewer patterns.
    """
    return iter(())


def not_a_policy(_policy: Policy) -> Iterator[tuple[str, str]]:
    """A text looks like a policy and is not one.

    Why it matters: IAM refuses it, and no rule has looked at what it says. Names of elements are case-sensitive, and a
    statement needs a policy around it.

    Instead: `{"Version": "2012-10-17", "Statement": [{"Effect": …, "Action": …, "Resource": …}]}`.
    """
    return iter(())


def _notice(check: Check) -> Rule:
    return Rule(check.__name__.replace("_", "-"), Severity.ERROR, "linter", frozenset(Kind), check)


NOTICES = {
    notice.id: notice
    for notice in map(
        _notice,
        (
            json_syntax_error,
            not_a_policy,
            policy_too_complex_to_lint,
            policy_too_long_to_lint,
            schema,
            stale_accept,
            incomplete_accept,
            expired_accept,
        ),
    )
}

STALE = frozenset(("stale-accept", "incomplete-accept", "expired-accept"))
"""The notices that are about acceptances, not about policies."""


def every_rule() -> dict[str, Rule]:
    """The rules and the notices, by id: whatever a finding can name."""
    return NOTICES | registry()


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
