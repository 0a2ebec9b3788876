"""How policies are linted: the settings of a run, and the scope of each file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from policygen.finding import Severity
from policygen.lint.notices import NOTICES, every_rule
from policygen.lint.rule import Rule
from policygen.lint.rules import registry
from policygen.loader.gitignore import PathPatterns, absolute
from policygen.policy.model import Kind
from policygen.policy.previews import NONE, Previews
from policygen.rule.accept import Acceptance
from policygen.rule.select import ids, select

Severities = tuple[tuple[str, Severity], ...]
"""Rule or group → the severity of its findings, instead of the rule's own."""


@dataclass(frozen=True)
class PathSettings:
    """The settings that differ for the files that match a pattern."""

    pattern: PathPatterns
    ignore: tuple[str, ...] = ()
    severity: Severities = ()
    kind: Kind | None = None
    place: str | None = None


@dataclass(frozen=True)
class Scope:
    """How one file is linted."""

    rules: tuple[Rule, ...]
    kind: Kind | None = None
    """The kind of its policies; None to detect it."""
    place: str | None = None
    """What they are attached to, a name of `reference.quotas`; None to detect it."""
    previews: Previews = NONE


@dataclass(frozen=True)
class Settings:
    """How files are linted; the defaults apply without any configuration."""

    folder: Path = Path()
    """Patterns are relative to it."""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Severities = ()
    fail_on: Severity = Severity.SUGGESTION
    exclude: tuple[PathPatterns, ...] = ()
    previews: Previews = NONE
    paths: tuple[PathSettings, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()
    own: tuple[Rule, ...] = ()
    """The rules of the configuration itself."""
    kind: Kind | None = None
    place: str | None = None

    @property
    def rules(self) -> Mapping[str, Rule]:
        """Every rule that a finding can have, by id."""
        return {**every_rule(), **{rule.id: rule for rule in self.own}}

    def scope(self, file: str) -> Scope:
        """The rules for a file, and its kind; if several patterns match it, the later ones win."""
        paths = [settings for settings in self.paths if settings.pattern.cover(file)]
        ignored = (*self.ignore, *(name for settings in paths for name in settings.ignore))
        severity = (*self.severity, *(pair for settings in paths for pair in settings.severity))
        kind, place = _attached(self.kind, self.place, paths)
        return Scope(_rules(self.select, ignored, severity, self.own), kind, place, self.previews)

    def kind_of(self, file: str) -> Kind | None:
        """The kind of a file's policies; None to detect it."""
        return _attached(self.kind, self.place, [one for one in self.paths if one.pattern.cover(file)])[0]

    def in_force(self, files: Sequence[str], paths: Sequence[str] = ()) -> list[Acceptance]:
        """The acceptances that a run can apply or call stale, given the files that it read and the paths that it got.

        These are the acceptances whose rule ran on a file that was read, and those for files that do not exist: the run
        covered everything below the configuration file, or the acceptance names a single missing file.
        """
        above = [f"{absolute(path).rstrip('/')}/" for path in paths]
        everywhere = f"{absolute(self.folder)}/".startswith(tuple(above))
        return [a for a in self.acceptances if self._judges(a, files) or (everywhere and not any(map(a.covers, files)))]

    def _judges(self, acceptance: Acceptance, files: Sequence[str]) -> bool:
        read, named = [file for file in files if acceptance.covers(file)], acceptance.path.strip("/")
        if not read:
            one = "/" in acceptance.path.rstrip("/") and not any(wildcard in named for wildcard in "*?[")
            return one and not (self.folder / named).exists()
        ran = (rule.id for file in read for rule in self.scope(file).rules)
        return acceptance.rule in NOTICES or acceptance.rule in ran


def _attached(kind: Kind | None, place: str | None, paths: Sequence[PathSettings]) -> tuple[Kind | None, str | None]:
    """The kind and the place of a file's policies, with the settings of the patterns that match the file."""
    place = place or next((settings.place for settings in reversed(paths) if settings.place), None)
    kind = kind or next((settings.kind for settings in reversed(paths) if settings.kind), None)
    return kind or (Kind(place) if place in ("scp", "rcp") else None), place


@lru_cache
def _rules(
    wanted: tuple[str, ...], ignored: tuple[str, ...], severity: Severities, own: tuple[Rule, ...]
) -> tuple[Rule, ...]:
    given, mine = dict(severity), {rule.id: rule for rule in own}
    known = {**every_rule(), **mine}
    return tuple(
        replace(rule, severity=given.get(rule.id) or given.get(rule.group) or rule.severity)
        for rule in select({**registry(), **mine}, ids(wanted, known), ids(ignored, known))
    )
