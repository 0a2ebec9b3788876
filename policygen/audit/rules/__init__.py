"""The rules, one module a topic; importing this package registers them all, in the order of a report's menu."""

# ruff: noqa: I001  (the order is that of the menu)
from policygen.audit.rules import users
from policygen.audit.rules import membership
from policygen.audit.rules import common_groups
from policygen.audit.rules import admins
from policygen.audit.rules import escalation
from policygen.audit.rules import credentials
from policygen.audit.rules import stolen_keys
from policygen.audit.rules import root
from policygen.audit.rules import password_policy
from policygen.audit.rules import groups
from policygen.audit.rules import policies
from policygen.audit.rules import roles

__all__ = [
    "admins",
    "common_groups",
    "credentials",
    "escalation",
    "groups",
    "membership",
    "password_policy",
    "policies",
    "roles",
    "root",
    "stolen_keys",
    "users",
]
