"""Export the manifest as a template for CloudFormation or Terraform.

The template of an account refers to "this account" and "this partition" in place of the account's own, so that one
template serves a whole organization.
"""

import json
from collections.abc import Sequence

from policygen.deploy.desired import Desired
from policygen.deploy.export_cloudformation import cloudformation, cloudformation_of_organization
from policygen.deploy.export_terraform import terraform, terraform_of_organization
from policygen.deploy.organization import OrganizationPolicy

FORMATS = ("cloudformation", "terraform")
"""The formats of an export; both are JSON."""


def export(desired: Desired, output_format: str) -> str:
    """The groups with their declared members, the roles and the boundaries; `left_out` says what is missing."""
    template = {"cloudformation": cloudformation, "terraform": terraform}[output_format](desired)
    return json.dumps(template, indent=2, ensure_ascii=False) + "\n"


def export_organization(policies: Sequence[OrganizationPolicy], output_format: str) -> str:
    """The policies of the organization, attached to the root and to OUs, as a template."""
    known = {"cloudformation": cloudformation_of_organization, "terraform": terraform_of_organization}
    return json.dumps(known[output_format](policies), indent=2, ensure_ascii=False) + "\n"


def left_out(desired: Desired) -> list[str]:
    """One sentence for everything that a template cannot express."""
    depends = [group.name for group in desired.groups if group.common or group.is_category]
    text = f"the members of {', '.join(depends)} depend on the account's users; `policygen apply` adds them"
    return [text] if depends else []
