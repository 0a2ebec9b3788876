"""Run the linter on the files of some paths, in several processes if there are many, and apply acceptances."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from pathlib import Path

from policygen.errors import PolicygenError
from policygen.finding import Finding
from policygen.lint.lint_file import LintedFile, lint_file, lint_held
from policygen.lint.linter import in_order
from policygen.lint.settings import Settings
from policygen.loader.paths import Input, Problem, excluded, find, read, stdin
from policygen.loader.policies import load
from policygen.policy.model import Kind, Policy
from policygen.policy.source import Source
from policygen.rule.accept import accept

_SHOWN = 3
_CHUNK = 64
"""Files per process at a time; a smaller number is not worth another process."""


@dataclass(frozen=True)
class LintRun:
    """The result of a run."""

    outcomes: Sequence[LintedFile]
    findings: Sequence[Finding]
    """Without the accepted ones."""
    accepted: int
    problems: Sequence[Problem]

    @cached_property
    def files(self) -> list[str]:
        """The files that contain policies, or something that looks like one."""
        return [outcome.file for outcome in self.outcomes if outcome.policies or outcome.findings]

    @property
    def policies(self) -> int:
        """How many policies the files contain."""
        return sum(outcome.policies for outcome in self.outcomes)

    @property
    def formats(self) -> Counter[str]:
        """How many files with policies were read in each format."""
        return Counter(outcome.format for outcome in self.outcomes if outcome.policies)

    @property
    def by_folder(self) -> Counter[Kind]:
        """How many files have policies that were taken for a kind because of the name of their folder."""
        return Counter(kind for outcome in self.outcomes for kind in outcome.by_folder)

    @property
    def unknown(self) -> int:
        """How many values are known only when a template is deployed, and were not judged."""
        return sum(outcome.unknown for outcome in self.outcomes)

    @property
    def sources(self) -> dict[str, Source]:
        """The texts of the files with findings, by file."""
        return {outcome.file: outcome.source for outcome in self.outcomes if outcome.source}


def lint_paths(
    paths: Sequence[str],
    settings: Settings,
    *,
    today: date,
    jobs: int = 1,
    one_identity: bool = False,
    stdin_filename: str = "<stdin>",
    baseline: Path | None = None,
    require_policy: bool = False,
    force_exclude: bool = False,
    watch: Callable[[Iterable[LintedFile], int], Iterable[LintedFile]] = lambda outcomes, total: outcomes,
) -> LintRun:
    """Lint files, folders and, for `-`, stdin.

    `one_identity` means that one user, group or role has all the policies. `baseline` is skipped in folders. With
    `require_policy` a file without a policy fails the run; with `force_exclude` the excluded paths are skipped, too.
    `watch` wraps the outcomes, for progress, and gets their total number.
    """
    if force_exclude:
        paths = [path for path in paths if path == "-" or not excluded(path, settings.exclude)]
    found = [item for p in paths for item in ([stdin(stdin_filename)] if p == "-" else find([p], settings.exclude))]
    items = list({item.file: item for item in found if isinstance(item, Input)}.values())
    if baseline:
        own = baseline.resolve()
        items = [item for item in items if item.named or Path(item.file).resolve() != own]
    outcomes = list(watch(_lint_files(items, settings, jobs), len(items)))
    if one_identity:
        outcomes = _together(outcomes, items, settings)
    problems = [problem for problem in found if isinstance(problem, Problem)]
    problems += [problem for outcome in outcomes for problem in outcome.problems]
    problems += _without_policy(paths, outcomes, problems, fails=require_policy)
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    acceptances = settings.in_force([outcome.file for outcome in outcomes], paths)
    findings = accept(findings, acceptances, today)
    left = [finding for finding in findings if finding.fails]
    return LintRun(outcomes, left, len(findings) - len(left), problems)


def _lint_files(items: Sequence[Input], settings: Settings, jobs: int) -> Iterator[LintedFile]:
    """The outcomes in the order of the files; raises PolicygenError if a process dies."""
    jobs = min(jobs, -(-len(items) // _CHUNK))
    if jobs <= 1:
        yield from (_lint_file(settings, item) for item in items)
        return
    import signal
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    try:
        # Ctrl-C is for the process that the user sees
        with ProcessPoolExecutor(jobs, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)) as pool:
            yield from pool.map(partial(_lint_file, settings), items, chunksize=_CHUNK)
    except BrokenProcessPool:
        raise PolicygenError("a process of --jobs died, perhaps because memory ran out; try fewer jobs") from None


def _lint_file(settings: Settings, item: Input) -> LintedFile:
    return lint_file(item, settings.scope(item.file))


def _together(outcomes: Sequence[LintedFile], items: Sequence[Input], settings: Settings) -> list[LintedFile]:
    """The outcomes, plus the findings about all policies together, each in the file that it is about."""
    held = [policy for item in items for policy in _policies(item, settings)]
    sources = {policy.file: policy.source for policy in held}
    found: dict[str, list[Finding]] = {}
    for finding in lint_held(held, settings.scope("")):
        found.setdefault(finding.file, []).append(finding)
    return [
        replace(
            outcome, findings=tuple(in_order([*outcome.findings, *found[outcome.file]])), source=sources[outcome.file]
        )
        if outcome.file in found
        else outcome
        for outcome in outcomes
    ]


def _policies(item: Input, settings: Settings) -> list[Policy]:
    """The policies of a file; none if it cannot be read, which was reported already."""
    try:
        return list(load(read(item), settings.scope(item.file).kind).policies)
    except PolicygenError:
        return []


def _without_policy(
    paths: Sequence[str], outcomes: Sequence[LintedFile], problems: Sequence[Problem], *, fails: bool
) -> list[Problem]:
    """Problems about files without a policy, and about paths without any."""
    files = [o.file for o in outcomes if not (o.policies or o.findings or o.problems)]
    shown = ", ".join(files[:_SHOWN]) + (f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else "")
    if len(files) == len(outcomes) and files != [*paths] and not problems:
        there = f"; the files are {shown}" if files else ""
        return [Problem(f"no policy in {', '.join(f'`{path}`' for path in paths)}{there}", fails)]
    if len(files) > _SHOWN:
        return [Problem(f"{len(files)} files do not contain a policy: {shown}", fails)]
    return [Problem(f"{file}: does not contain a policy", fails) for file in files]
