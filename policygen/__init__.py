"""IAM policies from a catalog of recipes: rendered, linted, proven, committed, applied to groups, audited."""

__version__ = "0.1.0"
