"""Which findings are true whatever the values are that are known only at deployment."""

from collections.abc import Sequence
from typing import Any

from policygen.finding import Finding
from policygen.policy.model import Policy
from policygen.policy.unknown import has_example

WHATEVER_THE_CONDITION = frozenset(
    {
        *("invalid-action", "invalid-service-in-action", "redundant-action", "redundant-resource", "invalid-service"),
        *("unsupported-action-in-policy", "unsupported-resource-arn-in-policy", "redundant-statement"),
        *("data-type-mismatch", "invalid-policy-element", "missing-effect", "invalid-effect", "missing-action"),
        *("missing-resource", "unsupported-element-combination", "unsupported-principal", "unsupported-sid"),
        *("empty-sid-value", "unique-sids-required", "unique-sids-recommended", "empty-array-action"),
        *("empty-array-resource", "missing-principal", "invalid-principal-key", "invalid-principal-format"),
        *("unsupported-wildcard-in-principal", "federated-principal-not-supported", "invalid-role-reference"),
        *("invalid-user-reference", "empty-array-principal", "empty-object-principal", "invalid-arn-prefix"),
        *("missing-arn-field", "invalid-partition", "invalid-arn-service-case", "wildcard-in-service-name"),
        *("invalid-arn-region", "invalid-arn-account", "invalid-arn-resource", "arn-region-not-allowed"),
        *("arn-account-not-allowed", "missing-arn-region", "missing-arn-account", "scp-syntax-error-action-wildcard"),
        *("scp-syntax-error-principal", "rcp-syntax-error-principal", "rcp-syntax-error-allow"),
        *("rcp-syntax-error-notaction", "rcp-syntax-error-action", "role-trust-policy-syntax-error-notprincipal"),
        *("role-trust-policy-unsupported-wildcard-in-principal", "role-trust-policy-syntax-error-resource"),
        *("invalid-federated-principal-syntax-in-role-trust-policy", "mismatched-action-for-principal"),
        *("missing-action-for-roles-anywhere-trust-policy", "redundant-principal-in-role-trust-policy"),
        *("missing-brace-in-variable", "empty-variable", "unsupported-space-in-variable"),
        *("missing-quote-in-variable", "variable-unsupported-in-element", "variable-unsupported-in-version"),
        *("left-over-placeholder", "action-does-not-apply-to-resource", "sns-action-out-of-scope"),
        *("trust-policy-action", "ecr-policy-with-resource", "unsupported-character", "sqs-too-many-actions"),
        *("unknown-service-principal", "retired-service", "dead-wildcard", "action-without-resource-support"),
        *("action-may-need-every-resource", "action-cannot-act-on-resource", "resource-no-action-can-act-on"),
    }
)
"""The rules about what a statement consists of: spelling, shape, what AWS has. No condition makes it right or wrong."""


_COMPARING = frozenset({"redundant-action", "redundant-resource", "redundant-statement"})
"""The rules that compare what is in one list; what they say must be so in every account and Region."""


def comparable(policy: Policy, findings: Sequence[Finding]) -> list[Finding]:
    """Without the findings that compare an example of a value with others, or what is never deployed together."""
    unlike: dict[str, bool] = {}
    for finding in findings:
        outer = finding.pointer.rpartition("/")[0]
        if finding.rule in _COMPARING and outer not in unlike:
            unlike[outer] = _has_unlike(policy, outer)
    return [f for f in findings if f.rule not in _COMPARING or not unlike[f.pointer.rpartition("/")[0]]]


def _has_unlike(policy: Policy, pointer: str) -> bool:
    """Whether a list has examples of values in it, or items of two branches of a condition."""
    items: Any = policy.document
    for token in pointer.split("/")[1:]:
        items = items[int(token)] if isinstance(items, list) else items[token]
    count = len(items) if isinstance(items, list) else 0
    return has_example(items) or any("/Fn::If/" in policy.origin(f"{pointer}/{index}") for index in range(count))


def depends_on_unknown(policy: Policy, rule: str, pointer: str) -> bool:
    """Whether a finding is about an unknown value, a list with one, or a statement with an unknown effect.

    It is so, too, if the condition of the statement is unknown, except for the rules WHATEVER_THE_CONDITION.
    """
    parts = pointer.split("/")
    above = {"/".join(parts[:end]) for end in range(1, len(parts) + 1)}
    statement = "/".join(parts[:3])
    whole = {statement, f"{statement}/Effect"}
    if rule not in WHATEVER_THE_CONDITION:
        whole.add(f"{statement}/Condition")
    if not policy.unknown.isdisjoint(above | whole):
        return True
    return any(other.rpartition("/")[0] == pointer for other in policy.unknown)
