"""IAM Access Analyzer's policy checks, decided offline: one rule for each issue code, one module for each topic.

A rule's id is AWS's issue code in kebab case, its severity is AWS's finding type, its place is AWS's location.
Source: IAM User Guide, "IAM Access Analyzer policy check reference" (2026-10).
"""

from functools import partial

from policygen.finding import Severity
from policygen.lint.rule import rule
from policygen.policy.model import Kind

error = partial(rule, severity=Severity.ERROR, group="access-analyzer")
security_warning = partial(rule, severity=Severity.SECURITY_WARNING, group="access-analyzer")
warning = partial(rule, severity=Severity.WARNING, group="access-analyzer")
suggestion = partial(rule, severity=Severity.SUGGESTION, group="access-analyzer")

IDENTITY = (Kind.IDENTITY, Kind.BOUNDARY)
"""Access Analyzer treats a permissions boundary as an identity policy."""

RESOURCE = (Kind.RESOURCE, Kind.TRUST)
"""A role trust policy is a resource policy whose resource is the role that it is attached to."""
