"""IAM policies from a catalog of recipes: rendered, linted, proven, committed, applied to groups, audited.

    >>> import policygen
    >>> policygen.render("self-manage", account="123456789012").policy.document["Version"]
    '2012-10-17'

Whatever a caller gets wrong is a `PolicygenError`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from policygen.errors import PolicygenError

if TYPE_CHECKING:
    from pathlib import Path

    from policygen.finding import Finding
    from policygen.recipe.catalog import Recipe
    from policygen.recipe.render import Rendered

__version__ = "0.1.0"
__all__ = ["PolicygenError", "__version__", "lint_policy", "load_catalog", "render"]


def render(
    name: str,
    *,
    account: str,
    partition: str = "aws",
    parameters: Mapping[str, Any] | None = None,
    catalogs: "Sequence[str | Path]" = (),
) -> "Rendered":
    """Render a recipe for an account.

    `account` is 12 digits, `parameters` are the recipe's own by name, `catalogs` are folders with further recipes.
    Gives a `Rendered`: `policy.document` (the JSON as Python values), `text()` (canonical JSON), `findings` (what
    schema and linter say) and `ok` (whether none of them is an error). Raises PolicygenError for an unknown recipe or
    a parameter that is unknown, missing or ill-typed.
    """
    from policygen.recipe.catalog import find_recipe
    from policygen.recipe.render import render_recipe

    given = {**(parameters or {}), "account": account, "partition": partition}
    return render_recipe(find_recipe(name, *catalogs), given)


def lint_policy(document: Mapping[str, Any] | str, *, kind: str = "identity", file: str = "") -> "list[Finding]":
    """What every rule has to say about one policy document, in the order of the document.

    `document` is JSON text, whose findings then carry line and column, or the parsed object; `kind` is `identity`,
    `boundary`, `scp`, `rcp`, `resource` or `trust`. Raises PolicygenError for text that is not a JSON object, and for
    an unknown kind.
    """
    from policygen.lint.linter import lint
    from policygen.policy.model import Kind, Policy
    from policygen.policy.source import Source

    if kind not in list(Kind):
        raise PolicygenError(f"`{kind}` is not a kind of policy; give one of {', '.join(Kind)}")
    source = Source(document, file) if isinstance(document, str) else None
    data = source.data if source else document
    if not isinstance(data, Mapping):
        raise PolicygenError(f"{file or 'the document'}: a policy is a JSON object")
    return lint(Policy(dict(data), Kind(kind), source))


def load_catalog(*directories: "str | Path") -> "dict[str, Recipe]":
    """The recipes that ship with policygen, and those of the folders given, by name.

    Raises PolicygenError for a folder that is not there, a broken recipe, or one name in two catalogs.
    """
    from policygen.recipe.catalog import load_catalog as load

    return load(*directories)
