"""Policies that AWS's APIs reject, even where Access Analyzer finds nothing: one rule for each error message.

The error messages, as the services word them, and their sources are in `reference/data/refusals.json`.
"""

from functools import partial

from policygen.finding import Severity
from policygen.lint.rule import rule

rejected = partial(rule, severity=Severity.ERROR, group="rejected-by-aws")
