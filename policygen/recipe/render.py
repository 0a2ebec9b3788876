"""Render a recipe: parameters in, a policy out that has been validated against its schema and linted."""

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


@dataclass(frozen=True)
class Rendered:
    """A recipe rendered for one account."""

    recipe: Recipe
    parameters: Mapping[str, Any]
    policy: Policy
    """The document; for a `managed` recipe `{"PolicyArn": …}`, a reference that no schema and no rule looks at."""
    findings: tuple[Finding, ...]
    """The findings of schema and linter, without those that the recipe accepts."""

    @property
    def ok(self) -> bool:
        """Whether no finding is an error."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)

    def text(self, *, minify: bool = False) -> str:
        """The canonical JSON, with a final newline."""
        return dumps(self.policy.document, minify=minify)


def render_recipe(recipe: Recipe, given: Mapping[str, Any], *, file: str = "", check: bool = True) -> Rendered:
    """A recipe with parameters (`account` among them) as a policy, checked by schema and linter unless told otherwise.

    `file` is the name that findings carry, the recipe's own unless given. Raises PolicygenError for a parameter that
    is unknown, missing or ill-typed, and for a template that is broken.
    """
    parameters = resolve(recipe.parameters, given, f"{recipe.name}: ")
    document = template.render(recipe.template, parameters, str(recipe.folder / template.FILE))
    if not isinstance(document, dict):
        raise PolicygenError(f"{recipe.folder / template.FILE}: gives no JSON object")
    if recipe.kind == "managed":
        _check_reference(recipe, document)
        return Rendered(recipe, parameters, Policy(document, source=None), ())
    _check_partition(recipe, document, parameters["partition"])
    policy = Policy(document, Kind(recipe.kind), Source(dumps(document), file or recipe.name))
    return Rendered(recipe, parameters, policy, tuple(_findings(recipe, policy)) if check else ())


def _findings(recipe: Recipe, policy: Policy) -> list[Finding]:
    from policygen.lint.linter import lint
    from policygen.policy.schema import validate

    # what is accepted with some parameters may not be found with others: `policygen test` looks for stale acceptances
    accepted = recipe.acceptances
    return validate(policy) or [found for found in lint(policy) if not any(one.accepts(found) for one in accepted)]


def _check_partition(recipe: Recipe, value: Any, partition: str) -> None:
    """Raises PolicygenError for an ARN or a service principal that the template takes from another partition."""
    from policygen.recipe.formats import foreign

    if isinstance(value, str) and (fault := foreign(value, partition)):
        raise PolicygenError(f"{recipe.folder / template.FILE}: gives `{value}`, which {fault}")
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_partition(recipe, part, partition)


def _check_reference(recipe: Recipe, document: Mapping[str, Any]) -> None:
    from policygen.recipe.formats import problem

    arn = document.get("PolicyArn")
    where = f'{recipe.folder / template.FILE}: a managed recipe gives `{{"PolicyArn": …}}`'
    if not isinstance(arn, str) or len(document) != 1:
        raise PolicygenError(where)
    if fault := problem("arn", arn):
        raise PolicygenError(f"{where}, and `{arn}` {fault}")
