"""`policygen simulate`: what policies decide about a request, and why."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from policygen.cli import FOUND, OK, completion, options
from policygen.errors import PolicygenError, did_you_mean

if TYPE_CHECKING:
    from policygen.evaluate import CompiledPolicy, Layers, Request
    from policygen.policy.model import Policy
    from policygen.policy.previews import Previews

ACCOUNT = "123456789012"
"""The account of the principal and of the recipe, where no other is given: that of AWS's own examples."""
_FILE = click.Path(dir_okay=False, allow_dash=True)


@click.command()
@click.argument("paths", nargs=-1, metavar="[POLICY…|-]", type=_FILE)
@click.option("--action", "actions", multiple=True, metavar="SERVICE:NAME", help="What is done; repeatable.")
@click.option(
    "--resource",
    "resources",
    multiple=True,
    metavar="ARN",
    default=("*",),
    show_default=True,
    help="To what; repeatable.",
)
@click.option("--resource-account", metavar="ID", default="", help="Who owns it, where its ARN names no account.")
@click.option(
    "--principal", metavar="WHO", help="By whom: user/NAME (default user/alice), role/NAME/SESSION, root, an ARN."
)
@click.option("--session", type=click.Choice(["mfa", "no-mfa", "long-term-key"]), help="How they signed in.")
@click.option("--context", multiple=True, metavar="KEY=VALUE", help="A condition key; repeat it for several values.")
@click.option(
    "--recipe",
    "recipes",
    multiple=True,
    metavar="NAME",
    shell_complete=completion.recipe,
    help="Decide by a recipe; repeatable.",
)
@options.parameters
@options.catalog
@click.option("--user", metavar="NAME", help="Decide by all the policies of a user in --snapshot.")
@click.option(
    "--snapshot",
    "details",
    type=click.Path(exists=True),
    help="A folder that `policygen snapshot` wrote, or what `get-account-authorization-details` printed.",
)
@click.option("--boundary", type=_FILE, help="The permissions boundary.")
@click.option("--session-policy", type=_FILE, help="The policy that the session was started with.")
@click.option("--scp", "scps", type=_FILE, multiple=True, help="The SCPs of one level, from the root down; repeatable.")
@click.option("--rcp", "rcps", type=_FILE, multiple=True, help="The RCPs of one level; repeatable.")
@click.option("--resource-policy", type=_FILE, help="The policy of the resource: bucket, key, trust policy.")
@click.option("--requests", type=_FILE, help="Decide one JSON question a line instead.")
@click.option(
    "--expect",
    type=click.Choice(["allow", "deny", "explicit-deny", "implicit-deny"]),
    help="Exit with 1 unless every decision is this one; `unknown` never is.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print the decision."
)
def command(requests: str | None, form: str, expect: str | None, **given: Any) -> int:
    """Decide requests by policies from files, stdin, a recipe, or a user's, and explain the decision.

    Nothing is sent to AWS. An empty list (`--context aws:SourceIp=[]`) says that a key is absent. With several actions
    or resources, each action is decided for each resource, a line each.
    """
    from policygen.lint.configuration import find_settings

    previews = find_settings().previews
    if requests:
        if given["paths"] or given["actions"] or given["recipes"] or given["user"]:
            raise click.UsageError("--requests takes policies and requests from its file alone")
        if expect:
            raise click.UsageError("--expect is about the decision of --action, and --requests has its own")
        return _answer(requests, previews)
    if not given["actions"]:
        raise click.UsageError("--action says what is done; or give --requests")
    from policygen.evaluate import decide, explain
    from policygen.report import decision as report

    layers, principal, keys = _layers(given)
    asked = _requests(given, principal, keys, previews)
    decisions = [decide(request, layers) for request in asked]
    if form == "json":
        entries = [report.as_json(decision) for decision in decisions]
        if len(entries) > 1:
            entries = [
                {"action": request.action, "resource": request.resource, **entry}
                for request, entry in zip(asked, entries, strict=True)
            ]
        click.echo(json.dumps(entries if len(entries) > 1 else entries[0], indent=2))
    elif len(decisions) > 1:
        click.echo(report.as_lines(decisions), nl=False)
    else:
        click.echo(report.as_text(decisions[0], explain(asked[0], layers)), nl=False)
    wrong = expect and any(not _is(str(decision.outcome), expect) for decision in decisions)
    return FOUND if wrong else OK


def _is(outcome: str, expected: str) -> bool:
    return outcome == expected or (expected == "deny" and outcome.endswith("-deny"))


def _requests(given: dict[str, Any], principal: str, keys: dict[str, Any], previews: "Previews") -> "list[Request]":
    """A request for each action and resource; raises PolicygenError for actions and keys that do not exist."""
    from policygen.evaluate import person_request
    from policygen.evaluate.known import check_action, check_keys

    context = _context(given["context"])
    check_keys(context, previews)
    requests = [
        person_request(
            given["principal"] or principal,
            action,
            resource,
            account=given["account"] or ACCOUNT,
            partition=given["partition"] or "aws",
            session=given["session"],
            context=keys | context,
            resource_account=given["resource_account"],
        )
        for action in dict.fromkeys(given["actions"])
        for resource in dict.fromkeys(given["resources"])
    ]
    for request in requests:
        check_action(request.action, previews)
    return requests


def _layers(given: dict[str, Any]) -> "tuple[Layers, str, dict[str, Any]]":
    """The policies of the options, the principal that they speak of, and the keys that are known of it."""
    from policygen.cli.reading import read_policies
    from policygen.evaluate import Layers, allow_all
    from policygen.policy.model import Kind

    base, principal = Layers(), "user/alice"
    keys: dict[str, Any] = {}
    if bool(given["user"]) != bool(given["details"]):
        raise click.UsageError("--user and --snapshot go together")
    if given["user"]:
        base, principal, keys = _user(given["details"], given["user"])
    found: dict[Kind, list[Policy]] = {kind: [] for kind in Kind}
    for policy in [*_recipes(given), *(policy for path in given["paths"] for policy in read_policies(path))]:
        found[policy.kind].append(policy)
    if given["boundary"]:
        found[Kind.BOUNDARY] += read_policies(given["boundary"], Kind.BOUNDARY)
    session = read_policies(given["session_policy"], Kind.IDENTITY) if given["session_policy"] else []
    resource = read_policies(given["resource_policy"], Kind.RESOURCE) if given["resource_policy"] else []
    scps = [read_policies(path, Kind.SCP) for path in given["scps"]] + ([found[Kind.SCP]] if found[Kind.SCP] else [])
    rcps = [read_policies(path, Kind.RCP) for path in given["rcps"]] + ([found[Kind.RCP]] if found[Kind.RCP] else [])
    boundary = _only(found[Kind.BOUNDARY], "permissions boundary") or base.boundary
    identity = base.identity + _compiled(found[Kind.IDENTITY])
    resource += found[Kind.RESOURCE] + found[Kind.TRUST]
    if not (identity or resource or boundary or scps or rcps or session or given["user"]):
        raise click.UsageError("which policies? name files, `-`, --recipe or --user")
    if not identity and not given["user"] and not resource:
        click.echo("taken on top of an identity policy that allows everything", err=True)
        identity = (allow_all(),)
    return (
        Layers(
            identity=identity,
            boundary=boundary,
            session=_only(session, "session policy"),
            scps=tuple(map(_compiled, scps)),
            rcps=tuple(map(_compiled, rcps)),
            resource=_compiled(resource) or None,
            unread=base.unread,
        ),
        principal,
        keys,
    )


def _user(file: str, name: str) -> "tuple[Layers, str, dict[str, Any]]":
    from policygen.access.stack import Stacks
    from policygen.account.snapshot import PARTS, find, read

    part = "authorization-details"
    parts = find(Path(file)) if Path(file).is_dir() else {part: Path(file)}
    if part not in parts:
        raise PolicygenError(f"{file}: the folder holds no `{PARTS[part].file}`, as `policygen snapshot` writes it")
    found = read(parts)
    user = found.user(name)
    if user is None:
        raise PolicygenError(f"the account has no user `{name}`{did_you_mean(name, (u.name for u in found.users))}")
    tags = {f"aws:PrincipalTag/{key}": value for key, value in user.tags.items()}
    return Stacks(found).of(user).layers, user.arn, {"aws:userid": user.id} | tags


def _recipes(given: dict[str, Any]) -> "list[Policy]":
    """The recipes' policies; a parameter goes to every recipe that has it."""
    from policygen.recipe.catalog import find_recipe
    from policygen.recipe.render import render_recipe

    recipes = [find_recipe(name, *given["catalogs"]) for name in given["recipes"]]
    known = {parameter.name for recipe in recipes for parameter in recipe.parameters}
    policies = []
    for recipe in recipes:
        if recipe.kind == "managed":
            raise PolicygenError(
                f"the recipe `{recipe.name}` is a policy of AWS, whose text is not here; give it as a file"
            )
        foreign = known - {parameter.name for parameter in recipe.parameters}
        settings = tuple(text for text in given["settings"] if text.partition("=")[0] not in foreign)
        values = options.given(recipe, given["account"], given["partition"], settings, given["params"])
        own = {"account": ACCOUNT} | {name: value for name, value in values.items() if name not in foreign}
        policies.append(render_recipe(recipe, own, check=False).policy)
    return policies


def _only(policies: "list[Policy]", what: str) -> "CompiledPolicy | None":
    if len(policies) > 1:
        raise PolicygenError(f"there are {len(policies)} policies where one {what} belongs")
    return next(iter(_compiled(policies)), None)


def _compiled(policies: "list[Policy]") -> "tuple[CompiledPolicy, ...]":
    from policygen.evaluate import compile_policy

    return tuple(map(compile_policy, policies))


def _context(settings: tuple[str, ...]) -> dict[str, Any]:
    """The values of `KEY=VALUE`: text as it is, a list as JSON or by repeating the key."""
    context: dict[str, Any] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not key or not equals:
            raise PolicygenError(f"`{setting}` is not KEY=VALUE")
        value = _list(text, key)
        if key in context:
            before = context[key] if isinstance(context[key], list) else [context[key]]
            value = before + (value if isinstance(value, list) else [value])
        context[key] = value
    return context


def _list(text: str, key: str) -> Any:
    if not text.startswith("["):
        return text
    try:
        return json.loads(text)
    except ValueError:
        raise PolicygenError(f"the value of `{key}` starts like a list and is no JSON") from None


def _answer(path: str, previews: "Previews") -> int:
    """One decision a line for one question a line."""
    from policygen.evaluate.question import answer

    failed = False
    with click.open_file(path, "rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                reply = answer(line, number, previews)
                failed = failed or "error" in reply
                click.echo(json.dumps(reply))
    return FOUND if failed else OK
