"""What AWS's APIs refuse, whatever Access Analyzer says of it: one rule an answer, in the service's own words.

The answers and where they are published: `reference/data/refusals.json`.
"""

from functools import partial

from policygen.finding import Severity
from policygen.lint.rule import rule

rejected = partial(rule, severity=Severity.ERROR, group="rejected-by-aws")
