"""The modules that hold rules; importing this one registers them all."""

from policygen.lint.wildcards import access as _wildcards_access  # noqa: F401
from policygen.lint.wildcards import dead as _wildcards_dead  # noqa: F401
from policygen.lint.wildcards import negated as _wildcards_negated  # noqa: F401
