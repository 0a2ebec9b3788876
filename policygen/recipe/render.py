"""Render a recipe: parameters in, a validated and linted policy out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policygen.errors import PolicygenError
from policygen.finding import Finding, Severity
from policygen.policy.canonical import dumps
from policygen.policy.model import Kind, Policy
from policygen.policy.source import Source
from policygen.recipe import template
from policygen.recipe.catalog import Recipe
from policygen.recipe.parameters import resolve
from policygen.reference.managed_policies import resolve as resolve_managed
from policygen.reference.managed_policies import unlisted


@dataclass(frozen=True)
class Rendered:
    """A recipe rendered for one account."""

    recipe: Recipe
    parameters: Mapping[str, Any]
    policy: Policy
    """The policy; for a `managed` recipe `{"PolicyArn": …}`, which is neither validated nor linted."""
    findings: tuple[Finding, ...]
    """The findings of schema and linter, except those that the recipe accepts."""

    @property
    def ok(self) -> bool:
        """Whether no finding is an error."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)

    @property
    def unknown(self) -> str:
        """Why nothing is known about the AWS managed policy of a `managed` recipe; "" if it is listed."""
        return unlisted(self.policy.document["PolicyArn"]) if self.recipe.kind == "managed" else ""

    def text(self, *, minify: bool = False) -> str:
        """The canonical JSON, with a final newline."""
        return dumps(self.policy.document, minify=minify)


def render_recipe(recipe: Recipe, given: Mapping[str, Any], *, file: str = "", check: bool = True) -> Rendered:
    """Render a recipe with the parameters given; with `check`, validate and lint the policy.

    Findings name `file`, or the recipe if that is "". Raises PolicygenError for an unknown or missing parameter, for an
    invalid value, and for a broken template.
    """
    where = f"{recipe.name}: "
    try:
        values = recipe.with_lists(given)
    except PolicygenError as error:
        raise PolicygenError(f"{where}{error}") from None
    parameters = resolve(recipe.parameters, values, where)
    document = template.render(recipe.template, parameters, str(recipe.folder / template.FILE))
    if not isinstance(document, dict):
        raise PolicygenError(f"{recipe.folder / template.FILE}: does not render to a JSON object")
    if recipe.kind == "managed":
        _check_reference(recipe, document)
        return Rendered(recipe, parameters, Policy(document, source=None), ())
    _check_partition(recipe, document, parameters["partition"])
    policy = Policy(document, Kind(recipe.kind), Source(dumps(document), file or recipe.name))
    return Rendered(recipe, parameters, policy, tuple(_findings(recipe, policy)) if check else ())


def _findings(recipe: Recipe, policy: Policy) -> list[Finding]:
    from policygen.lint.linter import lint
    from policygen.policy.schema import validate

    # an unused `[[accept]]` is fine here, since other parameters may need it: `policygen test` finds stale ones
    accepted = recipe.acceptances
    return validate(policy) or [found for found in lint(policy) if not any(one.accepts(found) for one in accepted)]


def _check_partition(recipe: Recipe, value: Any, partition: str) -> None:
    """Raise PolicygenError for an ARN or a service principal of another partition."""
    from policygen.recipe.formats import foreign

    if isinstance(value, str) and (fault := foreign(value, partition)):
        raise PolicygenError(f"{recipe.folder / template.FILE}: renders `{value}`, which {fault}")
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_partition(recipe, part, partition)


def _check_reference(recipe: Recipe, document: Mapping[str, Any]) -> None:
    from policygen.recipe.formats import problem

    arn = document.get("PolicyArn")
    where = f'{recipe.folder / template.FILE}: a managed recipe must render `{{"PolicyArn": …}}`'
    if not isinstance(arn, str) or len(document) != 1:
        raise PolicygenError(where)
    if fault := problem("arn", arn):
        raise PolicygenError(f"{where}, and `{arn}` {fault}")
    _, partition, _, _, owner, _ = arn.split(":", 5)
    resolve_managed(arn, partition=partition, account=owner)
