"""The rules, one module a topic; importing this package registers them all, in the order of the report's menu."""

from policygen.audit.rules import users  # isort: skip
from policygen.audit.rules import membership  # isort: skip
from policygen.audit.rules import common_groups  # isort: skip
from policygen.audit.rules import admins  # isort: skip

__all__ = ["admins", "common_groups", "membership", "users"]
