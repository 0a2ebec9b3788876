"""Shell completion of the names of recipes, rules, accounts, partitions, schemas and principals."""

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

from policygen.errors import PolicygenError

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def _listed(names: Callable[[click.Context], Iterable[str]]) -> Complete:
    def complete(ctx: click.Context, _parameter: click.Parameter, start: str) -> list[str]:
        try:
            return sorted(name for name in names(ctx) if name.startswith(start))
        except (PolicygenError, OSError):  # running the command reports it; a shell cannot show it while completing
            return []

    return complete


def file(_ctx: click.Context, _parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """Let the shell complete files, for arguments that may also be something else."""
    return [CompletionItem(start, type="file")]


def _recipes(ctx: click.Context) -> Iterable[str]:
    from policygen.recipe.catalog import recipe_names

    catalogs = ctx.params.get("catalogs") or ()
    return recipe_names(*(catalog for catalog in catalogs if not catalog.startswith("git+")))  # which may be fetched


def _lint_rules(_ctx: click.Context) -> Iterable[str]:
    from policygen.lint.configuration import find_settings
    from policygen.rule.select import names

    return names(find_settings().rules)


def _audit_rules(_ctx: click.Context) -> Iterable[str]:
    from policygen.audit.rules import registry
    from policygen.rule.select import names

    return names(registry())


def _documented_rules(_ctx: click.Context) -> Iterable[str]:
    from policygen.audit.rules import registry
    from policygen.lint.configuration import find_settings

    return {*find_settings().rules, *registry()}


def _accounts(ctx: click.Context) -> Iterable[str]:
    from policygen.configuration import FILE
    from policygen.manifest.model import load_manifest

    path = ctx.params.get("manifest") or FILE
    return [account.name for account in load_manifest(path).accounts]


def _partitions(_ctx: click.Context) -> Iterable[str]:
    from policygen.reference.partitions import partitions

    return partitions()


def _schemas(_ctx: click.Context) -> Iterable[str]:
    from policygen.shipped import schema_names

    return schema_names()


def _principals(ctx: click.Context) -> Iterable[str]:
    from policygen.account.snapshot import read_entities

    if not (snapshot := ctx.params.get("snapshot")):
        return ()
    account = read_entities(snapshot)
    listed = (("user", account.users), ("group", account.groups), ("role", account.roles))
    return [f"{kind}/{entity.name}" for kind, entities in listed for entity in entities]


recipe, lint_rule, audit_rule = _listed(_recipes), _listed(_lint_rules), _listed(_audit_rules)
documented_rule, account, partition, schema = map(_listed, (_documented_rules, _accounts, _partitions, _schemas))
principal = _listed(_principals)
