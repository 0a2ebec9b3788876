"""The controls of other catalogs that our rules about accounts check."""

from policygen.reference.data import load

CATALOGS = {"security_hub": "Security Hub", "prowler": "Prowler"}
"""The catalogs in the data, and their names in reports."""


def controls(rule: str) -> tuple[str, ...]:
    """The controls that a rule checks: `Security Hub IAM.5`, `Prowler iam_user_mfa_enabled_console_access`."""
    data = load("controls")
    return tuple(f"{name} {control}" for key, name in CATALOGS.items() for control in data[key].get(rule, ()))
