"""`policygen simulate`: decide whether policies allow a request, and explain why."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from policygen.cli import FOUND, OK, completion, options
from policygen.errors import PolicygenError, did_you_mean

if TYPE_CHECKING:
    from policygen.evaluate import Layers, Request
    from policygen.policy.model import Policy
    from policygen.policy.previews import Previews

ACCOUNT = "123456789012"
"""The default account of the principal and of recipes: the one in AWS's examples."""


@dataclass(frozen=True)
class Options:
    """The options, except POLICY."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    resource_account: str
    principal: str | None
    session: str | None
    context: dict[str, Any]
    recipes: tuple[str, ...]
    parameters: options.Parameters
    user: str | None
    snapshot: Path | None
    boundary: str | None
    session_policy: str | None
    scps: tuple[str, ...]
    rcps: tuple[str, ...]
    resource_policy: str | None
    requests: str | None
    expect: str | None
    output_format: str


@click.command()
@click.argument("paths", nargs=-1, metavar="[POLICY…|-]", type=options.POLICY_FILE)
@click.option("--action", "actions", multiple=True, metavar="SERVICE:NAME", help="The action; repeatable.")
@click.option(
    "--resource", "resources", multiple=True, metavar="ARN", default=("*",), help="The resource (*); repeatable."
)
@click.option("--resource-account", metavar="ID", default="", help="The resource's account, if not in its ARN.")
@click.option("--principal", metavar="WHO", help="user/NAME (default user/alice), role/NAME/SESSION, root or an ARN.")
@click.option("--session", type=click.Choice(["mfa", "no-mfa", "long-term-key"]), help="How the principal signed in.")
@options.context
@click.option(
    "--recipe",
    "recipes",
    multiple=True,
    metavar="NAME",
    shell_complete=completion.recipe,
    help="A recipe whose policy applies; repeatable.",
)
@options.parameters
@click.option("--user", metavar="NAME", help="A user in --snapshot, with all policies that apply.")
@click.option(
    "--snapshot",
    type=click.Path(exists=True, path_type=Path),
    help="A folder that `policygen snapshot` wrote, or the output of `get-account-authorization-details`.",
)
@click.option("--boundary", type=options.POLICY_FILE, help="The permissions boundary.")
@click.option("--session-policy", type=options.POLICY_FILE, help="The session policy.")
@click.option(
    "--scp",
    "scps",
    type=options.POLICY_FILE,
    multiple=True,
    help="The SCPs of one level; repeat it for each level, from the root down.",
)
@click.option("--rcp", "rcps", type=options.POLICY_FILE, multiple=True, help="The RCPs of one level, like --scp.")
@click.option("--resource-policy", type=options.POLICY_FILE, help="The resource-based policy, such as a bucket's.")
@click.option("--requests", type=options.POLICY_FILE, help="Decide the requests in a file, one JSON object per line.")
@click.option(
    "--expect",
    type=click.Choice(["allow", "deny", "explicit-deny", "implicit-deny"]),
    help="Exit with 1 unless every decision is this; `unknown` never matches.",
)
@options.output_format("text", "json")
@options.gather("given", Options)
def command(paths: tuple[str, ...], given: Options) -> int:
    """Decide whether policies from files, stdin, recipes or a user allow requests, and explain why.

    Nothing is sent to AWS. An empty list (`--context aws:SourceIp=[]`) means that the key is absent. With several
    actions or resources, each combination is decided and gets its own line.
    """
    from policygen.lint.configuration import find_settings

    previews = find_settings().previews
    if given.requests:
        if paths or given.actions or given.recipes or given.user:
            raise click.UsageError("--requests reads policies and actions from its file alone")
        if given.expect:
            raise click.UsageError("--expect goes with --action, not with --requests")
        return _answer(given.requests, previews)
    if not given.actions:
        raise click.UsageError("--action is missing; give one, or --requests")
    from policygen.evaluate import decide, explain
    from policygen.report import decision as report

    layers, principal, keys = _layers(paths, given)
    asked = _requests(given, principal, keys, previews)
    decisions = [decide(request, layers) for request in asked]
    if given.output_format == "json":
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
    wrong = given.expect and any(not _is(str(decision.outcome), given.expect) for decision in decisions)
    return FOUND if wrong else OK


def _is(outcome: str, expected: str) -> bool:
    return outcome == expected or (expected == "deny" and outcome.endswith("-deny"))


def _requests(given: Options, principal: str, keys: dict[str, Any], previews: "Previews") -> "list[Request]":
    """A request for each action and resource; raises PolicygenError for actions and keys that do not exist."""
    from policygen.evaluate import person_request
    from policygen.evaluate.known import check_action, check_keys

    check_keys(given.context, previews)
    requests = [
        person_request(
            given.principal or principal,
            action,
            resource,
            account=given.parameters.account or ACCOUNT,
            partition=given.parameters.partition or "aws",
            session=given.session,
            context=keys | given.context,
            resource_account=given.resource_account,
        )
        for action in dict.fromkeys(given.actions)
        for resource in dict.fromkeys(given.resources)
    ]
    for request in requests:
        check_action(request.action, previews)
    return requests


def _layers(paths: tuple[str, ...], given: Options) -> "tuple[Layers, str, dict[str, Any]]":
    """The policies, the principal, and the condition keys that follow from the principal."""
    from policygen.evaluate import Layers, allow_all, layered
    from policygen.loader.policies import read_policies
    from policygen.policy.model import Kind

    if bool(given.user) != bool(given.snapshot):
        raise click.UsageError("--user and --snapshot go together")
    own, principal, keys = Layers(), "user/alice", dict[str, Any]()
    if given.user and given.snapshot:
        own, principal, keys = _user(given.snapshot, given.user)
    layers = layered(
        [*_recipes(given), *(policy for path in paths for policy in read_policies(path))],
        own,
        boundary=read_policies(given.boundary, Kind.BOUNDARY) if given.boundary else (),
        session=read_policies(given.session_policy, Kind.IDENTITY) if given.session_policy else (),
        scps=[read_policies(path, Kind.SCP) for path in given.scps],
        rcps=[read_policies(path, Kind.RCP) for path in given.rcps],
        resource=read_policies(given.resource_policy, Kind.RESOURCE) if given.resource_policy else (),
    )
    if given.user or layers.identity or layers.resource:
        return layers, principal, keys
    if not any(layers.named()):
        raise click.UsageError("there are no policies; name files, `-`, --recipe or --user")
    click.echo("decided on top of an identity policy that allows everything", err=True)
    layers = replace(layers, identity=(allow_all(),))
    return layers, principal, keys


def _user(path: Path, name: str) -> "tuple[Layers, str, dict[str, Any]]":
    from policygen.access.stack import Stacks
    from policygen.account.snapshot import PARTS, find, read

    part = "authorization-details"
    parts = find(path) if path.is_dir() else {part: path}
    if part not in parts:
        raise PolicygenError(
            f"{path}: the folder does not contain `{PARTS[part].file}`; `policygen snapshot` writes it"
        )
    found = read(parts)
    user = found.user(name)
    if user is None:
        raise PolicygenError(f"the account has no user `{name}`{did_you_mean(name, (u.name for u in found.users))}")
    tags = {f"aws:PrincipalTag/{key}": value for key, value in user.tags.items()}
    return Stacks(found).of(user).layers, user.arn, {"aws:userid": user.id} | tags


def _recipes(given: Options) -> "Iterator[Policy]":
    """The recipes' policies; a parameter is used for every recipe that has it."""
    from policygen.recipe.catalog import find_recipe
    from policygen.recipe.render import render_recipe

    recipes = [find_recipe(name, *given.parameters.catalogs) for name in given.recipes]
    known = {parameter.name for recipe in recipes for parameter in recipe.parameters}
    for recipe in recipes:
        if recipe.kind == "managed":
            raise PolicygenError(
                f"`{recipe.name}` is an AWS managed policy, whose document is not included; give a file"
            )
        foreign = known - {parameter.name for parameter in recipe.parameters}
        values = {"account": ACCOUNT} | given.parameters.of(recipe, without=foreign)
        yield render_recipe(recipe, values, check=False).policy


def _answer(path: str, previews: "Previews") -> int:
    """Print one decision for each request, both as lines of JSON."""
    from policygen.evaluate.question import answer

    failed = False
    with click.open_file(path, "rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                reply = answer(line, number, previews)
                failed = failed or "error" in reply
                click.echo(json.dumps(reply))
    return FOUND if failed else OK
