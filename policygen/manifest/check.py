"""What is wrong with a manifest, before anything of it is rendered."""

from collections.abc import Iterator, Mapping
from typing import Any

from policygen.errors import did_you_mean
from policygen.policy.model import escape
from policygen.policy.schema import check_toml
from policygen.recipe.formats import problem
from policygen.toml import TomlSource


def check(source: TomlSource) -> None:
    """Raise PolicygenError, with `file:line`, for the first mistake."""
    check_toml(source, "policygen")
    data = source.data
    _check_ids(source, data)
    for kind, noun in (("groups", "group"), ("roles", "role"), ("boundaries", "boundary")):
        for name, table in data.get(kind, {}).items():
            _check_place(source, f"/{kind}/{escape(name)}", f"{noun} `{name}`", name, table)
    _check_groups(source, data)
    _check_boundaries(source, data)
    _check_names(source, data)
    _check_parameters(source, data)


def _check_ids(source: TomlSource, data: Mapping[str, Any]) -> None:
    organization = data.get("organization", {})
    ids = [(f"/accounts/{name}", table, {"id": "account-id"}) for name, table in data.get("accounts", {}).items()]
    ids += [("/organization", organization, {"id": "org-id", "root": "ou-id"})]
    ids += [(f"/ous/{escape(name)}", table, {"id": "ou-id"}) for name, table in data.get("ous", {}).items()]
    for pointer, table, formats in ids:
        for key, format_ in (*formats.items(), ("partition", "partition")):
            if key in table and (fault := problem(format_, table[key])):
                raise source.error(f"{pointer}/{key}", f"{key} `{table[key]}` {fault}")


def _check_place(source: TomlSource, pointer: str, words: str, name: str, table: Mapping[str, Any]) -> None:
    if fault := problem("iam-name", name):
        raise source.error(pointer, f"{words} {fault}")
    if fault := problem("iam-path", table.get("path", "/")):
        raise source.error(f"{pointer}/path", f"path `{table['path']}` {fault}")
    known = source.data.get("accounts", {})
    for account in table.get("accounts", ()):
        if account not in known:
            raise source.error(f"{pointer}/accounts", f"there is no account `{account}`{did_you_mean(account, known)}")


def _check_groups(source: TomlSource, data: Mapping[str, Any]) -> None:
    """Check that names differ by more than case, which IAM ignores, and that at most one category is the default."""
    for kind in ("groups", "roles", "boundaries"):
        seen: dict[str, str] = {}
        for name in data.get(kind, {}):
            if other := seen.get(name.lower()):
                raise source.error(f"/{kind}/{escape(name)}", f"{kind} `{other}` and `{name}` are the same to IAM")
            seen[name.lower()] = name
    default = ""
    for name, group in data.get("groups", {}).items():
        if group.get("default_category"):
            if default:
                raise source.error(f"/groups/{name}", f"`{default}` already is the default category")
            default = name


def _check_boundaries(source: TomlSource, data: Mapping[str, Any]) -> None:
    """Check that a role's boundary is an ARN, or a boundary that exists in all accounts of the role."""
    known = data.get("boundaries", {})
    for name, role in data.get("roles", {}).items():
        boundary, pointer = role.get("boundary", "arn:"), f"/roles/{escape(name)}/boundary"
        if boundary.startswith("arn:"):
            continue
        if boundary not in known:
            hint = did_you_mean(boundary, known) or "; add it under `[boundaries]`, or give its ARN"
            raise source.error(pointer, f"there is no boundary `{boundary}`{hint}")
        for account in role.get("accounts", data.get("accounts", {})):
            if account not in known[boundary].get("accounts", data.get("accounts", {})):
                raise source.error(pointer, f"boundary `{boundary}` is not in account `{account}`, where the role is")


def _check_names(source: TomlSource, data: Mapping[str, Any]) -> None:
    """Check that the names of a place's policies are different, and that IAM accepts them."""
    for pointer, table in _places(data):
        taken = {*table.get("recipes", ()), *table.get("scps", ()), *table.get("rcps", ())}
        for name in table.get("policies", {}):
            where = f"{pointer}/policies/{escape(name)}"
            if fault := problem("iam-name", name):
                raise source.error(where, f"policy `{name}` {fault}")
            if name in taken:
                raise source.error(where, f"`{name}` is the name of a recipe here already; take another name")


def _check_parameters(source: TomlSource, data: Mapping[str, Any]) -> None:
    """Check that parameters are for recipes in use: others are mistakes, mostly misspellings."""
    places = dict(_places(data))
    everywhere = {recipe for table in places.values() for recipe in _recipes(table)}
    tables = {"": data} | {f"/accounts/{name}": entry for name, entry in data.get("accounts", {}).items()} | places
    for pointer, table in tables.items():
        used = set(_recipes(table)) if pointer in places else everywhere
        for recipe in () if pointer.startswith("/boundaries/") else table.get("parameters", {}):
            if recipe not in used:
                raise source.error(
                    f"{pointer}/parameters/{recipe}",
                    f"parameters for `{recipe}`, which is not among the recipes here{did_you_mean(recipe, used)}",
                )


def _places(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for kind in ("groups", "roles", "boundaries", "ous"):
        yield from ((f"/{kind}/{escape(name)}", table) for name, table in data.get(kind, {}).items())
    if "organization" in data:
        yield "/organization", data["organization"]


def _recipes(table: Mapping[str, Any]) -> Iterator[str]:
    """The recipes that a place names."""
    for key in ("recipes", "scps", "rcps"):
        yield from table.get(key, ())
    yield from (table[key] for key in ("trust", "recipe") if key in table)
    yield from (instance["recipe"] for instance in table.get("policies", {}).values())
