"""`policygen init`: ask the strategy's questions and write policygen.toml."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from policygen.adopt.first_manifest import Answers, check, manifest, propose
from policygen.audit.strategy import Category
from policygen.cli import FOUND, OK, options
from policygen.errors import PolicygenError
from policygen.finding import Severity
from policygen.shipped import schema_text


def _levels(_ctx: click.Context, _option: click.Parameter, given: Sequence[str]) -> dict[str, Severity]:
    levels = {}
    for text in given:
        rule, level = options.pair(text, "RULE=SEVERITY")
        if level not in list(map(str, Severity)):
            raise click.BadParameter(f"`{text}` is not RULE=SEVERITY; the severities are {', '.join(Severity)}")
        levels[rule] = Severity(level)
    return levels


@dataclass(frozen=True)
class Given:
    """The answers given as options; the names are those of `Answers`."""

    account: str | None
    partition: str | None
    name: str | None
    common_group: str | None
    categories: tuple[Category, ...]
    enforce_mfa: bool | None
    rotation_days: int | None
    unused_days: int | None
    levels: dict[str, Severity]


@click.command()
@click.argument("output", default="policygen.toml", type=options.FILE)
@click.option("--snapshot", type=options.EXISTING_FOLDER, help="A snapshot of the account, to propose answers from.")
@options.account_id
@options.partition
@click.option("--name", metavar="NAME", help="What you call the account.")
@click.option("--common-group", metavar="GROUP", help="The group that every user is a member of.")
@options.categories
@click.option("--enforce-mfa/--no-enforce-mfa", default=None, help="Deny people everything until they use MFA.")
@click.option("--rotation-days", type=click.IntRange(1), help="How many days old an access key may be.")
@click.option("--unused-days", type=click.IntRange(1), help="How many days a credential may be unused.")
@click.option(
    "--level", "levels", multiple=True, callback=_levels, metavar="RULE=SEVERITY", help="A rule's severity; repeatable."
)
@click.option("--yes", is_flag=True, help="Do not ask; use the proposals.")
@click.option("--force", is_flag=True, help="Replace an existing file.")
@options.gather("given", Given)
def command(output: Path, snapshot: Path | None, yes: bool, force: bool, given: Given) -> int:
    """Ask what the user management strategy leaves to you, and write a commented policygen.toml.

    Every answer can also be given as an option. With --snapshot, answers are proposed from the account, and group names
    are checked against it.
    """
    from policygen.account.snapshot import read_folder
    from policygen.files import write_text

    account = read_folder(snapshot) if snapshot else None
    kept = {name: value for name, value in vars(given).items() if value not in (None, (), {})}
    answers = replace(propose(account), **kept)
    if not yes:
        answers = _ask(answers, frozenset(kept))
    if not answers.account:
        raise PolicygenError("the account is not known; give --account or a --snapshot")
    for warning in check(answers, account):
        click.echo(f"policygen: {warning}", err=True)
    if output.exists() and not force and (yes or not click.confirm(f"{output} exists; replace it?", err=True)):
        click.echo(f"policygen: {output} was not changed; --force replaces it", err=True)
        return FOUND
    write_text(output.with_name("policygen.schema.json"), schema_text("policygen"))
    write_text(output, manifest(answers))
    click.echo(f"wrote {output}; next: `policygen build`, and `policygen audit` on a snapshot", err=True)
    return OK


def _ask(answers: Answers, given: frozenset[str]) -> Answers:
    """The answers, after asking for those that were not given as options."""
    if not sys.stdin.isatty():
        raise PolicygenError("stdin is not a terminal, so nobody can be asked; --yes uses the proposals")
    answered: dict[str, Any] = {}
    for key, question in {
        "account": "Which AWS account (12 digits)?",
        "name": "What do you call it?",
        "common_group": "Which group is every user a member of?",
    }.items():
        if key not in given:
            answered[key] = click.prompt(question, default=getattr(answers, key) or None, err=True)
    if "categories" not in given:
        shown = " ".join(
            f"{category.group}={pattern}" for category in answers.categories for pattern in category.patterns or ("",)
        )
        click.echo(
            "Every user is in exactly one category: machines first, people last. Enter `-` for no categories.", err=True
        )
        text = click.prompt("Which categories, and which user names belong to them?", default=shown, err=True)
        answered["categories"] = options.read_categories(pair for pair in text.split() if pair != "-")
    if "enforce_mfa" not in given:
        question = "Deny people everything until they use MFA?"
        answered["enforce_mfa"] = click.confirm(question, default=answers.enforce_mfa, err=True)
    for key, question in {
        "rotation_days": "After how many days must an access key be rotated?",
        "unused_days": "For how many days may a credential be unused?",
    }.items():
        if key not in given:
            days = click.IntRange(1)
            answered[key] = click.prompt(question, default=getattr(answers, key), type=days, err=True)
    if "levels" not in given:
        answered["levels"] = _ask_levels()
    return replace(answers, **answered)


def _ask_levels() -> dict[str, Severity]:
    """The severities of the strategy's two main rules, if not the default."""
    levels = {}
    for rule, default in (("user-not-in-common-group", "security-warning"), ("user-with-inline-policy", "warning")):
        choice = click.Choice(list(map(str, Severity)))
        level = click.prompt(f"Which severity does {rule} have?", default=default, type=choice, err=True)
        if level != default:
            levels[rule] = Severity(level)
    return levels
