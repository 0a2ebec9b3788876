"""A list of principals as the `Principal` element of a statement, each under the key that IAM wants it under."""

from collections.abc import Iterable

from policygen.policy.arn import segments


def principal_element(principals: Iterable[str]) -> dict[str, list[str]]:
    """The element: account ids and ARNs under `AWS`, identity providers under `Federated`, services under `Service`.

    Source: IAM User Guide, "AWS JSON policy elements: Principal".
    """
    element: dict[str, list[str]] = {}
    for principal in principals:
        element.setdefault(_key(principal), []).append(principal)
    return {key: element[key] for key in ("AWS", "Federated", "Service") if key in element}


def _key(principal: str) -> str:
    if principal.startswith("arn:"):
        return "Federated" if segments(principal)[5].startswith(("oidc-provider/", "saml-provider/")) else "AWS"
    return "AWS" if principal.isdigit() else "Service"
