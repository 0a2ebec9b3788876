"""`policygen lint`: what is wrong with policies in files, in folders, on stdin."""

from collections.abc import Iterator, Sequence

import click

from policygen.cli import options
from policygen.lint.inputs import Input, Problem, find, stdin
from policygen.lint.notice import every_rule
from policygen.lint.run import Outcome, check
from policygen.lint.select import select
from policygen.policy.model import Kind
from policygen.report import FORMATS, Report, render


def _names(_ctx: click.Context, _option: click.Parameter, given: Sequence[str]) -> tuple[str, ...]:
    """A list that is given by repeating the option, by commas, or both."""
    return tuple(name for text in given for name in text.replace(",", " ").split())


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH…|-]")
@click.option("--select", "selected", multiple=True, callback=_names, help="Rules and groups to run (all).")
@click.option("--ignore", "ignored", multiple=True, callback=_names, help="Rules and groups to leave out.")
@options.kind
@click.option("--stdin-filename", default="<stdin>", help="The name under which to report what stands on stdin.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 whatever is found.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="How to print what is found.")
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    selected: tuple[str, ...],
    ignored: tuple[str, ...],
    kind: Kind | None,
    stdin_filename: str,
    exit_zero: bool,
    form: str,
) -> int:
    """Lint policies: files, folders (their .json files), or `-` for stdin; the folder here if nothing is named.

    A file holds a policy document, or what `aws iam get-policy-version`, `get-group-policy`, `get-user-policy`,
    `get-role-policy` or `get-account-authorization-details` print.
    """
    rules = select(selected, ignored)
    problems: list[Problem] = []
    outcomes: list[Outcome] = []
    for item in _inputs(paths or (".",), stdin_filename):
        if isinstance(item, Problem):
            problems.append(item)
        else:
            outcomes.append(check(item, rules, kind))
    problems += [problem for outcome in outcomes for problem in outcome.problems]
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    for problem in problems:
        click.echo(f"policygen: {problem.sentence}", err=True)
    sources = {outcome.file: outcome.source for outcome in outcomes if outcome.source}
    checked = {"policies": sum(outcome.policies for outcome in outcomes), "files": len(outcomes)}
    click.echo(render(Report(findings, sources, every_rule(), checked), form), nl=False)
    if any(problem.fails for problem in problems):
        return 2
    return 1 if findings and not exit_zero else 0


def _inputs(paths: Sequence[str], stdin_filename: str) -> Iterator[Input | Problem]:
    for path in paths:
        if path == "-":
            yield stdin(stdin_filename)
        else:
            yield from find([path])
