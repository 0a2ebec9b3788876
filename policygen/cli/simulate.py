"""`policygen simulate`: decide whether policies allow a request, and explain why."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from policygen.cli import FOUND, OK, completion, options
from policygen.errors import PolicygenError

if TYPE_CHECKING:
    from policygen.access.stack import Stacks
    from policygen.evaluate import Layers, Request
    from policygen.policy.model import Policy
    from policygen.policy.previews import Previews


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
    role: str | None
    group: str | None
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
@options.resource_account
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
@click.option("--role", metavar="NAME", help="A role in --snapshot, with all policies that apply.")
@click.option("--group", metavar="NAME", help="A group in --snapshot: decide for a member with its policies alone.")
@options.snapshot
@options.boundary
@click.option("--session-policy", type=options.POLICY_FILE, help="The session policy.")
@options.scps
@options.rcps
@options.resource_policy
@click.option("--requests", type=options.POLICY_FILE, help="Decide the requests in a file, one JSON object per line.")
@click.option(
    "--expect",
    type=click.Choice(["allow", "deny", "explicit-deny", "implicit-deny"]),
    help="Exit with 1 unless every decision is this; `unknown` never matches.",
)
@options.output_format("text", "json")
@options.gather("given", Options)
def command(paths: tuple[str, ...], given: Options) -> int:
    """Decide whether policies from files, stdin, recipes or a snapshot allow requests, and explain why.

    Nothing is sent to AWS. An empty list (`--context aws:SourceIp=[]`) means that the key is absent. With several
    actions or resources, each combination is decided and gets its own line. With --snapshot, a request to assume one
    of its roles is decided with the role's trust policy.
    """
    from policygen.lint.configuration import find_settings

    previews = find_settings().previews
    if given.requests:
        if paths or given.actions or given.recipes or given.snapshot:
            raise click.UsageError("--requests reads policies and actions from its file alone")
        if given.expect:
            raise click.UsageError("--expect goes with --action, not with --requests")
        return _answer(given.requests, previews)
    if not given.actions:
        raise click.UsageError("--action is missing; give one, or --requests")
    from policygen.evaluate import decide, explain
    from policygen.report import decision as report

    own = _from_snapshot(paths, given)
    layers = _layers(paths, given, own)
    asked = _requests(given, own, previews)
    decisions = [decide(request, own.stacks.with_trust(layers, request) if own.stacks else layers) for request in asked]
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
        click.echo(report.as_text(decisions[0], explain(asked[0], decisions[0].layers)), nl=False)
    wrong = given.expect and any(not _is(str(decision.outcome), given.expect) for decision in decisions)
    return FOUND if wrong else OK


def _is(outcome: str, expected: str) -> bool:
    return outcome == expected or (expected == "deny" and outcome.endswith("-deny"))


@dataclass(frozen=True)
class _Own:
    """What is known of the principal before any option about it: its own policies and condition keys."""

    principal: str = "user/alice"
    layers: "Layers | None" = None
    """Its policies; None if the question is about the given policies alone."""
    keys: Mapping[str, Any] = field(default_factory=dict)
    stacks: "Stacks | None" = None
    """The snapshot, if there is one."""


def _requests(given: Options, own: _Own, previews: "Previews") -> "list[Request]":
    """A request for each action and resource; raises PolicygenError for actions and keys that do not exist."""
    from policygen.evaluate import person_request
    from policygen.evaluate.known import check_action, check_keys

    check_keys(given.context, previews)
    requests = [
        person_request(
            given.principal or own.principal,
            action,
            resource,
            account=given.parameters.account or (own.stacks and own.stacks.account.id) or options.ACCOUNT,
            partition=given.parameters.partition or (own.stacks and own.stacks.account.partition) or "aws",
            session=given.session,
            context={**own.keys, **given.context},
            resource_account=given.resource_account,
        )
        for action in dict.fromkeys(given.actions)
        for resource in dict.fromkeys(given.resources)
    ]
    for request in requests:
        check_action(request.action, previews)
    return requests


def _layers(paths: tuple[str, ...], given: Options, own: _Own) -> "Layers":
    """The policies that decide."""
    from policygen.evaluate import Layers, allow_all, layered
    from policygen.loader.policies import read_policies
    from policygen.policy.model import Kind

    layers = layered(
        [*_recipes(given), *(policy for path in paths for policy in _of_one(path, read_policies(path)))],
        own.layers or Layers(),
        boundary=read_policies(given.boundary, Kind.BOUNDARY) if given.boundary else (),
        session=read_policies(given.session_policy, Kind.IDENTITY) if given.session_policy else (),
        scps=[read_policies(path, Kind.SCP) for path in given.scps],
        rcps=[read_policies(path, Kind.RCP) for path in given.rcps],
        resource=read_policies(given.resource_policy, Kind.RESOURCE) if given.resource_policy else (),
    )
    if own.layers or layers.identity or layers.resource:
        return layers
    if not any(layers.named()):
        raise click.UsageError("there are no policies; name files, `-`, --recipe or --snapshot")
    click.echo("decided on top of an identity policy that allows everything", err=True)
    return replace(layers, identity=(allow_all(),))


def _of_one(path: str, policies: "list[Policy]") -> "list[Policy]":
    """The policies of a file, unchanged; raises PolicygenError if several users, groups or roles have them."""
    from policygen.manifest.sides import HOLDERS

    names = [policy.name.split("/") for policy in policies]
    holders = list(dict.fromkeys(f"{name[0]}/{name[1]}" for name in names if name[0] in HOLDERS and name[1:]))
    if len(holders) > 1:
        raise PolicygenError(
            f"{path}: has the policies of {holders[0]} and {holders[1]}, which do not apply together; choose one with "
            "--snapshot and --user, --role or --group, or give only its policies"
        )
    return policies


def _from_snapshot(paths: tuple[str, ...], given: Options) -> _Own:
    """The user, role or group of --snapshot that the question is about, or a principal of another account."""
    named = [f"{kind}/{name}" for kind in ("user", "role", "group") if (name := getattr(given, kind))]
    if len(named) > 1:
        raise click.UsageError("--user, --role and --group exclude each other")
    if not given.snapshot:
        if named:
            raise click.UsageError("--user, --role and --group name an entity in --snapshot, which is missing")
        return _Own()
    if not named and not given.principal:
        raise click.UsageError("--snapshot needs a principal: give --user, --role, --group or --principal")
    from policygen.access.stack import Stacks
    from policygen.account.find import find_entity
    from policygen.account.model import Group, User
    from policygen.account.snapshot import read_entities
    from policygen.evaluate import Layers, principal

    account = read_entities(given.snapshot)
    stacks = Stacks(account)
    if not named and given.principal:
        who = principal.parse(
            given.principal, account=account.id or options.ACCOUNT, partition=account.partition or "aws"
        )
        if who.account != account.id and who.account and not (paths or given.recipes):
            return _Own(layers=Layers(unread=(f"the policies of `{who.arn}` are not in the snapshot",)), stacks=stacks)
        if who.account != account.id or who.type not in (principal.PrincipalType.USER, principal.PrincipalType.ROLE):
            return _Own(layers=Layers(), stacks=stacks)
        named = [who.issuer or who.arn]
    entity = find_entity(account, named[0])
    if isinstance(entity, Group):
        member = f"arn:{account.partition}:iam::{account.id}:user/member"
        return _Own(member, stacks.of(entity).layers, {}, stacks)
    keys = {f"aws:PrincipalTag/{key}": value for key, value in entity.tags.items()}
    keys |= {"aws:userid": entity.id} if isinstance(entity, User) and entity.id else {}
    return _Own(entity.arn, stacks.of(entity).layers, keys, stacks)


def _recipes(given: Options) -> "Iterator[Policy]":
    """The recipes' policies; a parameter is used for every recipe that has it."""
    from policygen.recipe.catalog import find_recipe
    from policygen.recipe.render import render_recipe

    recipes = [find_recipe(name, *given.parameters.catalogs) for name in given.recipes]
    values = given.parameters.of_each({recipe.name: (recipe, ()) for recipe in recipes})
    for recipe in recipes:
        if recipe.kind == "managed":
            raise PolicygenError(
                f"`{recipe.name}` is an AWS managed policy, whose document is not included; give a file"
            )
        yield render_recipe(recipe, values[recipe.name], check=False).policy


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
