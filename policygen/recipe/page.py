"""A recipe's page: what an administrator wants to know before using it, as Markdown and as data."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from policygen.access.plain_english import describe
from policygen.recipe.catalog import Recipe
from policygen.recipe.files import read_toml
from policygen.recipe.parameter import Parameter
from policygen.recipe.render import Rendered, render_recipe
from policygen.reference.quotas import Quota, quotas

_CASES = "cases.toml"
ACCOUNT = "123456789012"
"""The account of every example, as in AWS's documentation."""


def example(recipe: Recipe, given: dict[str, Any]) -> Rendered:
    """The recipe rendered with the parameters given, and with the first example of each missing required one."""
    values: dict[str, Any] = {"account": ACCOUNT} if asks_for_account(recipe) else {}
    for parameter in recipe.own_parameters:
        if parameter.required and parameter.schema.get("examples"):
            values[parameter.name] = parameter.schema["examples"][0]
    return render_recipe(recipe, values | given)


def page(rendered: Rendered) -> str:
    """The page of a rendered recipe as Markdown, with a final newline: what it promises first, then how."""
    recipe = rendered.recipe
    sections = [f"# {recipe.name}\n\n**{recipe.title}.** {recipe.summary}"]
    if promised := _promises(recipe):
        sections.append(f"## What it promises\n\n{promised}")
    sections += [
        f"## The policy\n\n{_given(rendered)}\n\n```json\n{rendered.text()}```",
        f"## What it says\n\n{_says(rendered)}",
        f"## Parameters\n\n{_parameters(recipe)}",
    ]
    if replaced := recipe.metadata.get("replaces"):
        rows = "\n".join(f"- `{entry['name']}`: {' '.join(entry['differs'].split())}" for entry in replaced)
        sections.append(f"## What it replaces, and how it differs\n\n{rows}")
    if notes := str(recipe.metadata.get("notes", "")).strip():
        sections.append(f"## Notes\n\n{notes}")
    if changes := recipe.metadata.get("changed"):
        rows = "\n".join(f"- {one['version']} ({one['date']}): {' '.join(one['what'].split())}" for one in changes)
        sections.append(f"## Versions\n\n{rows}")
    if measured := sizes(rendered):
        sections.append(f"## Size\n\n{_table(('where', 'characters', 'of'), map(_size_row, measured))}")
    kinds = [recipe.kind, ", ".join(recipe.principals), ", ".join(recipe.tags)]
    sections.append(f"## Facts\n\n{_table(('kind', 'works on', 'tags'), [kinds])}{_controls(recipe)}")
    if named := recipe.metadata.get("sources"):
        sources = "\n".join(f"- [{source['title']}]({source['url']}){_read(source)}" for source in named)
        sections.append(f"## Sources\n\n{sources}")
    return "\n\n".join(sections) + "\n"


def _promises(recipe: Recipe) -> str:
    """The names of the cases; "" if there are none."""
    if not (recipe.folder / _CASES).exists():
        return ""
    cases = read_toml(recipe.folder, _CASES).data
    lines = [f"- {case['name']}" for key in ("always", "case") for case in cases.get(key, ())]
    for group in cases.get("group", ()):
        lines += [f"- {group['name']}: {case['name']}" for case in group.get("case", ())]
    return "\n".join(lines)


def _controls(recipe: Recipe) -> str:
    return f"\n\nHelps to meet: {'; '.join(recipe.controls)}." if recipe.controls else ""


def _given(rendered: Rendered) -> str:
    given = ", ".join(
        f"`{name}` {json.dumps(value)}" for name, value in rendered.parameters.items() if value is not None
    )
    return f"With {given}:"


def data(rendered: Rendered) -> dict[str, Any]:
    """The page for scripts: the content of `recipe.toml`, the parameters' values, the policy and its sizes."""
    recipe = rendered.recipe
    parameters = {
        parameter.name: {**parameter.schema, "required": parameter.required} for parameter in recipe.parameters
    }
    return {
        "name": recipe.name,
        **recipe.metadata,
        "parameters": parameters,
        "values": dict(rendered.parameters),
        "policy": rendered.policy.document,
        "statements": [
            {"sid": statement.sid, "pointer": statement.pointer, "words": describe(statement)}
            for statement in rendered.policy.statements
        ],
        "sizes": [
            {"quota": size.quota.name, "characters": size.characters, "limit": size.quota.limit}
            for size in sizes(rendered)
        ],
    }


class Size(NamedTuple):
    """The size of a policy, and the quota that applies to it."""

    quota: Quota
    characters: int


def sizes(rendered: Rendered) -> list[Size]:
    """The size of the policy for each IAM quota that applies to its kind."""
    # each service has its own quota for resource-based policies
    kind = rendered.recipe.kind
    measured = (quota for quota in quotas().values() if kind in quota.kinds and kind != "resource")
    return [Size(quota, quota.measure(rendered.policy)) for quota in measured]


def _read(source: Mapping[str, str]) -> str:
    return f", as of {source['date']}" if "date" in source else ""


def asks_for_account(recipe: Recipe) -> bool:
    """Whether the policy depends on the account."""
    return any(parameter.name == "account" and parameter.required for parameter in recipe.parameters)


def _parameters(recipe: Recipe) -> str:
    shown = [p for p in recipe.parameters if p.name != "account" or p.required]
    rows = [(f"`{p.name}`", _type(p), _default(p), str(p.schema["description"])) for p in shown]
    return _table(("name", "type", "default", "meaning"), rows)


def _type(parameter: Parameter) -> str:
    schema = parameter.schema
    item = schema.get("items", schema)
    name = item.get("resource_type") or item.get("format") or item["type"]
    if "enum" in item:
        name = " | ".join(map(str, item["enum"]))
    if item["type"] == "object":
        name = f"table of {', '.join(item['properties'])}"
    return f"list of {name}" if schema["type"] == "array" else str(name)


def _default(parameter: Parameter) -> str:
    if parameter.required:
        return "required"
    return "none" if parameter.default is None else f"`{json.dumps(parameter.default, default=str)}`"


def _says(rendered: Rendered) -> str:
    if rendered.recipe.kind == "managed":
        return f"Attach AWS's own policy `{rendered.policy.document['PolicyArn']}`."
    # Markdown would take the asterisks of patterns for emphasis
    said = ((s.sid or s.pointer, describe(s).replace("*", "\\*")) for s in rendered.policy.statements)
    return "\n".join(f"- **{name}**: {words}." for name, words in said)


def _size_row(size: Size) -> tuple[str, str, str]:
    limit = size.quota.limit
    fits = f"{size.characters / limit:.0%}" if size.characters <= limit else "**too long**"
    return size.quota.where, f"{size.characters:,}", f"{limit:,} ({fits})"


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
